// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// messageRules look at what is printed, and at what should not be in a kernel.
var messageRules = []rule{
	with("AVOID_BUG", warnLevel, checkBug).needing("BUG"),
	only("LINUX_VERSION_CODE", warnLevel, `\bLINUX_VERSION_CODE\b`),
	only("PRINTK_RATELIMITED", warnLevel, `\bprintk_ratelimit\s*\(`),
	only("PRINTK_WITHOUT_KERN_LEVEL", warnLevel, `\bprintk\s*\(\s*(?!KERN_[A-Z]+\b)`),
	with("PREFER_PR_LEVEL", warnLevel, checkPrintkLevel).needing("printk"),
	only("PREFER_DEV_LEVEL", warnLevel, `\bdev_printk\s*\(\s*KERN_([A-Z]+)`),
	only("TRACE_PRINTK", warnLevel, `\b(trace_printk|trace_puts|ftrace_vprintk)\s*\(`),
	only("ENOSYS", warnLevel, `\bENOSYS\b`),
	with("ENOTSUPP", warnLevel, checkENOTSUPP).needing("ENOTSUPP"),
}

var patBug = pat(`\b(?!AA_|BUILD_|IDA_|KVM_|RWLOCK_|snd_|SPIN_)(?:[a-zA-Z_]*_)?BUG(?:_ON)?(?:_[A-Z_]+)?\s*\(`)

func checkBug(c *checker, r *rule) {
	if c.m.Match(patBug, c.line.text) {
		c.report(r.typ, c.warnUnlessFile(), "")
	}
}

var patPrintkLevel = lazyregexp.New(`\b(printk(_once|_ratelimited)?)\s*\(\s*KERN_([A-Z]+)`)

func checkPrintkLevel(c *checker, r *rule) {
	m := patPrintkLevel.FindStringSubmatch(c.line.text)
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
	r.fire(c, fmt.Sprintf("use the subsystem's own printer, dev_%s%s() or pr_%s%s()", dev, m[2], level, m[2]))
}

var patENOTSUPP = lazyregexp.New(`\bENOTSUPP\b`)

func checkENOTSUPP(c *checker, r *rule) {
	if !c.fileMode && patENOTSUPP.MatchString(c.line.text) && r.fire(c, "") {
		c.fixLine(func(line string) string { return replaceFirst(patENOTSUPP, line, "EOPNOTSUPP") })
	}
}
