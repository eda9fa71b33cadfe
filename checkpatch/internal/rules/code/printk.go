// SPDX-License-Identifier: GPL-2.0-only

package code

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// MessageRules look at what is printed, and at what should not be in a kernel.
var MessageRules = []engine.Rule{
	engine.With("AVOID_BUG", engine.Warn, checkBug).Needing("BUG"),
	engine.Only("LINUX_VERSION_CODE", engine.Warn, `\bLINUX_VERSION_CODE\b`),
	engine.Only("PRINTK_RATELIMITED", engine.Warn, `\bprintk_ratelimit\s*\(`),
	engine.Only("PRINTK_WITHOUT_KERN_LEVEL", engine.Warn, `\bprintk\s*\(\s*(?!KERN_[A-Z]+\b)`),
	engine.With("PREFER_PR_LEVEL", engine.Warn, checkPrintkLevel).Needing("printk"),
	engine.Only("PREFER_DEV_LEVEL", engine.Warn, `\bdev_printk\s*\(\s*KERN_([A-Z]+)`),
	engine.Only("TRACE_PRINTK", engine.Warn, `\b(trace_printk|trace_puts|ftrace_vprintk)\s*\(`),
	engine.Only("ENOSYS", engine.Warn, `\bENOSYS\b`),
	engine.With("ENOTSUPP", engine.Warn, checkENOTSUPP).Needing("ENOTSUPP"),
}

var patBug = syntax.Compile(`\b(?!AA_|BUILD_|IDA_|KVM_|RWLOCK_|snd_|SPIN_)(?:[a-zA-Z_]*_)?BUG(?:_ON)?(?:_[A-Z_]+)?\s*\(`)

// patOldBug is patBug of the days of DCCP.
var patOldBug = syntax.Compile(`\b(?!AA_|BUILD_|DCCP_|IDA_|KVM_|RWLOCK_|snd_|SPIN_)(?:[a-zA-Z_]*_)?BUG(?:_ON)?(?:_[A-Z_]+)?\s*\(`)

func checkBug(c *engine.Checker, r *engine.Rule) {
	bug := patBug
	if !c.Has(edition.PlainBUG) {
		bug = patOldBug
	}
	if c.M.Match(bug, c.Line.Text) {
		c.Report(r.Typ, c.WarnUnlessFile(), "")
	}
}

var patPrintkLevel = lazyregexp.New(`\b(printk(_once|_ratelimited)?)\s*\(\s*KERN_([A-Z]+)`)

func checkPrintkLevel(c *engine.Checker, r *engine.Rule) {
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

func checkENOTSUPP(c *engine.Checker, r *engine.Rule) {
	if !c.FileMode && patENOTSUPP.MatchString(c.Line.Text) && r.Fire(c, "") {
		c.FixLine(func(line string) string { return lines.ReplaceFirst(patENOTSUPP, line, "EOPNOTSUPP") })
	}
}
