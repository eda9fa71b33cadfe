// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// MessageRules look at what is printed, and at what should not be in a kernel.
var MessageRules = []Rule{
	With("AVOID_BUG", warnLevel, checkBug).Needing("BUG"),
	Only("LINUX_VERSION_CODE", warnLevel, `\bLINUX_VERSION_CODE\b`),
	Only("PRINTK_RATELIMITED", warnLevel, `\bprintk_ratelimit\s*\(`),
	Only("PRINTK_WITHOUT_KERN_LEVEL", warnLevel, `\bprintk\s*\(\s*(?!KERN_[A-Z]+\b)`),
	With("PREFER_PR_LEVEL", warnLevel, checkPrintkLevel).Needing("printk"),
	Only("PREFER_DEV_LEVEL", warnLevel, `\bdev_printk\s*\(\s*KERN_([A-Z]+)`),
	Only("TRACE_PRINTK", warnLevel, `\b(trace_printk|trace_puts|ftrace_vprintk)\s*\(`),
	Only("ENOSYS", warnLevel, `\bENOSYS\b`),
	With("ENOTSUPP", warnLevel, checkENOTSUPP).Needing("ENOTSUPP"),
}

var patBug = Compile(`\b(?!AA_|BUILD_|IDA_|KVM_|RWLOCK_|snd_|SPIN_)(?:[a-zA-Z_]*_)?BUG(?:_ON)?(?:_[A-Z_]+)?\s*\(`)

func checkBug(c *checker, r *Rule) {
	if c.M.Match(patBug, c.Line.Text) {
		c.Report(r.Typ, c.WarnUnlessFile(), "")
	}
}

var patPrintkLevel = lazyregexp.New(`\b(printk(_once|_ratelimited)?)\s*\(\s*KERN_([A-Z]+)`)

func checkPrintkLevel(c *checker, r *Rule) {
	m := patPrintkLevel.FindStringSubmatch(c.Line.Text)
	if m == nil {
		return
	}
	level := strings.ToLower(m[3])
	if level == "warning" {
		level = "warn"
	}
	dev := level
	if level == "debug" {
		dev = "dbg"
	}
	r.Fire(c, fmt.Sprintf("use the subsystem's own printer, dev_%s%s() or pr_%s%s()", dev, m[2], level, m[2]))
}

var patENOTSUPP = lazyregexp.New(`\bENOTSUPP\b`)

func checkENOTSUPP(c *checker, r *Rule) {
	if !c.FileMode && patENOTSUPP.MatchString(c.Line.Text) && r.Fire(c, "") {
		c.FixLine(func(line string) string { return ReplaceFirst(patENOTSUPP, line, "EOPNOTSUPP") })
	}
}
