// SPDX-License-Identifier: GPL-2.0-only

package checks

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// reLongAllowed are lines that lose by being wrapped: quoted and indented text, logs, addresses of
// the web, diffs, tables, trailers and references to commits.
var reLongAllowed = lazyregexp.New(`^[\s>|+$#@]|^- \S+$|https?://|\blore\.kernel\.org|^(?:<\d>)?[[(]?\s*\d+\.\d{3,}\]?|^\d+\s{2,}|^\S+: (?:In function|error|warning|note)\b|^[A-Z][A-Za-z-]*: |\b[Cc]ommit [0-9a-f]{7,}|^\S+:\d+(?::\d+)?:|^\S+$|\S{60,}|\S {3,}\S|\s\.\.\.\s|^\[\d+\]|^(?:sysfs|debugfs|kobject|systemd|audit): |^\S+\.\w{1,5}:\(\.\w|: undefined reference to |^[\w.-]+ [\w-]*\d[\w-]*[.:@][\w.:@-]+: |^(?:Unable to handle kernel|Internal error|Oops|Kernel panic|Modules linked in|general protection fault|CPU|RIP|Call [Tt]race|BUG|WARNING|KASAN|INFO|Hardware name)\b|^[\w-]+ \([\w:.-]+\): |^\S+\.[chS]:\d+ \w+\(\)|^kernel: |: WARNING: |\(\S+\.[chS]:\d+|^(?:static|void|int|bool|struct|unsigned|const) .*\(.*[,;{)]$|^(?:\d+ )?\S+\.\w{1,5}:(?:\d+(?::\d+)?:)? |^[\w-]*\bld(?:\.\w+)?: |^ffff[0-9a-f]{8,}\b|^in_atomic\(\): |^[A-Z]\w*(?:==|\+?=)"|\+0x[0-9a-f]+/0x[0-9a-f]+|^(?:- )?[0-9a-f]{8,40} \(".*"\)[,.;]?$|^[\w.-]+\[\d+\]: |^[<>=@!*] (?:HCI|ACL|SCO|ISO|HOST) |^[A-Z]:[ *] \S|^==\d+==|^0x[0-9a-f]{6,} |^\S+/[\w.-]*\bld(?:\.\w+)?: |^\S+\.[chS]:\w+\(\) |^(?:[0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] |^Bail out! |\bat \S+\.[chS]:\d+ by `)

var (
	// reLogLine are lines that stand in nothing but a log or what a shell showed.
	reLogLine = lazyregexp.New(`^(?:(?:<\w>|<\d>?\[|\[ *\d+\.\d{3,}\]|[$#>] )|={20,}$|(?:WARNING|BUG|CPU|KASAN): |Call [Tt]race|Hardware name: |Modules linked in: )|\+0x[0-9a-f]+/0x[0-9a-f]+`)
	// reMessage is a line that says first who speaks, as those of a log do.
	reMessage = lazyregexp.New(`^[\w.<>/-]+(?: [\w.:-]+)?: `)
	// reCommand is a line that runs a program with options, and reSentence what ends a line of a text.
	reCommand  = lazyregexp.New(`^(?:sudo )?[a-z][\w.+/-]* (?:.* )?--?[A-Za-z][\w=./-]*(?: |$)`)
	reSentence = lazyregexp.New(`[.,;:]$`)
	// reFailed is a line in which a program says what the C library calls an error.
	reFailed = lazyregexp.New(`^[\w./-]+: .*: (?:No such (?:file or directory|device(?: or address)?|process)|Invalid argument|Permission denied|Operation not (?:permitted|supported)|Cannot allocate memory|Input/output error|Device or resource busy|Bad (?:address|file descriptor)|No space left on device|Connection (?:refused|timed out)|File exists|Is a directory|Not a directory|Inappropriate ioctl for device|Function not implemented|Protocol not supported)$`)
)

// longLines returns the lines of a message that are too long, and no worse for being wrapped. Of lines that are long it looks at left
// bytes; what is left of these is negative where there are more.
func longLines(text string, left int) (long []string, stillLeft int) {
	for block := range strings.SplitSeq(text, "\n\n") {
		lines := strings.Split(block, "\n")
		inLog := sync.OnceValue(func() bool { return slices.ContainsFunc(lines, reLogLine.MatchString) })
		for i, line := range lines {
			if len(line) <= maxWidth || utf8.RuneCountInString(line) <= maxWidth {
				continue
			}
			if left -= len(line); left < 0 {
				return long, left
			}
			if !reLongAllowed.MatchString(line) && !isCalled(lines, i) && !reFailed.MatchString(line) && !(reMessage.MatchString(line) && inLog()) {
				long = append(long, line)
			}
		}
	}
	return long, left
}

// isCalled reports whether the line i of a block is how a program was called.
func isCalled(block []string, i int) bool {
	return isCommand(block[i]) && (i == 0 || isCommand(block[i-1]) || strings.HasSuffix(block[i-1], ":"))
}

func isCommand(line string) bool { return reCommand.MatchString(line) && !reSentence.MatchString(line) }

func checkLongLines(x *exam, tell func(report.Finding)) {
	for _, p := range x.set.Patches {
		if long := x.longLines()[p]; len(long) > 0 {
			tell(report.Finding{Patch: p.Index, Detail: long[0][:min(len(long[0]), 300)], Message: fmt.Sprintf(
				"%s of the message longer than %d characters", report.Plural(len(long), "line"), maxWidth)})
		}
	}
}

// longLines returns the long lines of each message. Where they were too many it notes in which patch.
func (x *exam) longLines() map[*patchset.Patch][]string {
	if x.long != nil {
		return x.long
	}
	x.long = map[*patchset.Patch][]string{}
	left := limit.LongBytes
	for _, p := range x.set.Patches {
		var long []string
		if long, left = longLines(body(p), left); len(long) > 0 {
			x.long[p] = long
		}
		if left < 0 {
			x.longUnread = p.Index
			break
		}
	}
	return x.long
}
