// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// apiRules look at functions and macros of the kernel that have a better replacement, and at how they are called.
var apiRules = []rule{
	only("IF_0", warnLevel, `^.\s*#\s*if\s+0\b`),
	only("IF_1", warnLevel, `^.\s*#\s*if\s+1\b`),
	with("NEEDLESS_IF", warnLevel, checkNeedlessIf).needing("kfree", "usb_free_urb", "debugfs_remove", "_destroy"),
	with("OOM_MESSAGE", warnLevel, checkOutOfMemory).needing("("),
	only("UNNECESSARY_KERN_LEVEL", warnLevel, `\b{logFunction}\s*\(.*\b(KERN_[A-Z]+)\b`).except(`printk(?:_ratelimited|_once)?\s*\(`).
		fixing(func(_ *checker, line string) string { return patKernLevel.ReplaceAllLiteralString(line, "") }).needing("KERN_"),
	only("LOGGING_CONTINUATION", warnLevel, `\bprintk\s*\(\s*KERN_CONT\b|\bpr_cont\s*\(`),
	with("UNNECESSARY_MODIFIER", warnLevel, checkShortModifier),
	with("MASK_THEN_SHIFT", warnLevel, checkMaskShift).needing(">>"),
	with("COMPARISON_TO_NULL", checkLevel, checkNull).needing("NULL"),
	with("CONSTANT_CONVERSION", warnLevel, checkConstantFunction).needing("__constant_"),
	with("USLEEP_RANGE", checkLevel, checkUdelay).needing("udelay"),
	with("MSLEEP", warnLevel, checkMsleep).needing("msleep"),
	only("JIFFIES_COMPARISON", warnLevel, `\bjiffies\s*{compare}|{compare}\s*jiffies\b`).needing("jiffies"),
	only("JIFFIES_COMPARISON", warnLevel, `\bget_jiffies_64\s*\(\s*\)\s*{compare}|{compare}\s*get_jiffies_64\s*\(\s*\)`).needing("jiffies"),
	only("SPACING", errorLevel, `^.\s*#\s*(ifdef|ifndef|elif)\s\s+`).
		fixing(firstOf(`^(.\s*#\s*(?:ifdef|ifndef|elif))\s{2,}`, "$1 ")),
	with("UNCOMMENTED_DEFINITION", checkLevel, uncommented(`^.\s*(struct\s+mutex|spinlock_t)\s+\S+;|^.\s*(DEFINE_MUTEX)\s*\(`)).needing("mutex", "spinlock_t", "DEFINE_MUTEX"),
	with("MEMORY_BARRIER", warnLevel, uncommented(`\b(?:mb|rmb|wmb|(?:smp|virt)_`+barrierStem+`)\s*\(`)).needing("mb", "store_release", "load_acquire"),
	with("MEMORY_BARRIER", warnLevel, checkInnerBarrier).needing("__smp_"),
	with("WAITQUEUE_ACTIVE", warnLevel, uncommented(`\bwaitqueue_active\s*\(`)).needing("waitqueue_active"),
	with("DATA_RACE", warnLevel, uncommented(`\bdata_race\s*\(`)).needing("data_race"),
	with("CONTEXT_UNSAFE", warnLevel, uncommented(`\bcontext_unsafe\b`)).needing("context_unsafe"),
	with("ARCH_DEFINES", checkLevel, checkArchDefine).needing("__"),
}

const barrierStem = `(?:mb__before_atomic|mb__after_atomic|store_release|load_acquire|store_mb|mb|rmb|wmb)`

var patKernLevel = lazyregexp.New(`\s*KERN_[A-Z]+\s*`)

// uncommented makes a check that wants a comment where src matches.
func uncommented(src string) func(c *checker, r *rule) {
	p := pat(src)
	return func(c *checker, r *rule) {
		if c.m.Match(p, c.line.text) && !c.hasComment(c.line.nr) {
			r.fire(c, "")
		}
	}
}

var (
	patTested     = pat(`\bif\s*\(\s*({lval})\s*\)`)
	patFreeTested = pat(`\b(kfree|usb_free_urb|debugfs_remove(?:_recursive)?|(?:kmem_cache|mempool|dma_pool)_destroy)\s*\(\s*{$0}\s*\)\s*;`)
)

// checkNeedlessIf finds a test for NULL before a function that makes it itself.
func checkNeedlessIf(c *checker, r *rule) {
	prev := c.line.prev
	if !strings.Contains(prev, "if") {
		return
	}
	m := c.m.Groups(patTested, prev)
	if m == nil {
		return
	}
	if f := c.m.Groups(patFreeTested, c.line.text, m[1]); f != nil {
		if r.fire(c, fmt.Sprintf("%s(NULL) does no harm, so the test is not needed", f[1])) {
			c.fixNeedlessIf()
		}
	}
}

var (
	patLogCall  = pat(`^\+.*\b{logFunction}\s*\(`)
	patNullTest = pat(`^[ +]\s*if\s*\(\s*(!\s*|NULL\s*==\s*)?({lval})(\s*==\s*NULL\s*)?\s*\)`)
	patAlloced  = pat(`(?:^|\n)[ +]\s*(?:{type}\s*)?{$0}\s*=\s*(?:\([^)]*\)\s*)?\s*{allocFunction}\s*\(`)
	patNoWarn   = lazyregexp.New(`\b__GFP_NOWARN\b`)
)

// checkOutOfMemory finds messages about a failed allocation, which the allocator prints itself.
func checkOutOfMemory(c *checker, r *rule) {
	prev := c.line.prev
	if c.line.nr <= 3 || !strings.Contains(prev, "if") {
		return
	}
	m := c.m.Groups(patNullTest, prev)
	if m == nil || m[1] == "" && m[3] == "" || !c.m.Match(patLogCall, c.line.text) {
		return
	}
	st := c.src.readStatement(cursor{c.line.nr - 3, c.line.left, 0})
	if c.m.Match(patAlloced, st.text, m[2]) && !patNoWarn.MatchString(st.text) {
		r.fire(c, "")
	}
}

var (
	patAnyLogCall = pat(`\b{logFunction}\s*\(`)
	patShortMod   = lazyregexp.New(`[^"%]*(%[#\d.*\-]*(h+)[idux])`)
)

func checkShortModifier(c *checker, r *rule) {
	if !c.stmt.known || strings.IndexByte(c.stmt.text, '"') < 0 || !c.m.Match(patAnyLogCall, c.line.text) {
		return
	}
	raw := c.rawStatement()
	if !strings.Contains(raw, "h") || strings.IndexByte(raw, '%') < 0 {
		return
	}
	start := min(strings.IndexByte(c.stmt.text, '"'), len(raw))
	for _, loc := range patShortMod.FindAllStringSubmatchIndex(raw[start:], -1) {
		if !r.fire(c, "") {
			continue
		}
		format := raw[start+loc[2] : start+loc[3]]
		nr := c.line.nr + strings.Count(raw[:start+loc[2]], "\n")
		c.fixes.change(nr, func(line string) string {
			if !strings.HasPrefix(line, "+") {
				return line
			}
			return strings.Replace(line, format, strings.ReplaceAll(format, "h", ""), 1)
		})
	}
}

var patMaskShift = pat(`{lvalOrCall}\s*&\s*({lvalOrCall})\s*>>`)

func checkMaskShift(c *checker, r *rule) {
	if strings.IndexByte(c.line.text, '&') < 0 {
		return
	}
	if m := c.m.Groups(patMaskShift, c.line.text); m != nil && !strings.HasPrefix(m[3], "&") {
		r.fire(c, "")
	}
}

var patNull = pat(`\b{lvalOrCall}\s*(==|!=)\s*NULL\b`)

func checkNull(c *checker, r *rule) {
	text := c.line.text
	c.m.All(patNull, text, func(loc []int) bool {
		not := "!"
		if text[loc[6]:loc[7]] == "!=" {
			not = ""
		}
		name := text[loc[2]:loc[3]] + text[loc[4]:loc[5]]
		if r.fire(c, fmt.Sprintf("write the comparison as %q", not+name)) {
			c.fixNull(name, not+name)
		}
		return true
	})
}

var patConstantFn = lazyregexp.New(`__constant_((?:htons|ntohs|[bl]e(?:16|32|64)_to_cpu|cpu_to_[bl]e(?:16|32|64)))\s*\(`)

func checkConstantFunction(c *checker, r *rule) {
	m := patConstantFn.FindStringSubmatch(c.line.text)
	if m != nil && !strings.HasPrefix(c.line.file, "include/uapi/") && r.fire(c, fmt.Sprintf("use %s", m[1])) {
		c.fixLine(func(line string) string { return strings.ReplaceAll(line, "__constant_"+m[1], m[1]) })
	}
}

var (
	patUdelay = lazyregexp.New(`\budelay\s*\(\s*(\d+)\s*\)`)
	patMsleep = lazyregexp.New(`\bmsleep\s*\((\d+)\);`)
)

func checkUdelay(c *checker, r *rule) {
	m := patUdelay.FindStringSubmatch(c.line.text)
	if m == nil {
		return
	}
	delay, _, _ := cutNumber(m[1])
	if delay >= 10 {
		r.fire(c, "")
	}
	if delay > 2000 {
		c.report("LONG_UDELAY", warnLevel, "")
	}
}

func checkMsleep(c *checker, r *rule) {
	if m := patMsleep.FindStringSubmatch(c.line.text); m != nil {
		if delay, _, _ := cutNumber(m[1]); delay < 20 {
			r.fire(c, "")
		}
	}
}

var (
	patInnerBarrier  = pat(`\b__smp_` + barrierStem + `\s*\(`)
	patDefineBarrier = pat(`^.\s*#\s*define\s+__smp_` + barrierStem + `\s*\(`)
	patArchDefine    = lazyregexp.New(`^.\s*#\s*if.*\b(__i386__|__powerpc64__|__sun__|__s390x__)\b`)
)

func checkInnerBarrier(c *checker, r *rule) {
	name := c.line.file
	if strings.HasPrefix(name, "include/asm-generic/") || strings.HasSuffix(name, "/barrier.h") {
		return
	}
	if c.m.Match(patInnerBarrier, c.line.text) && !c.m.Match(patDefineBarrier, c.line.text) {
		r.fire(c, "a barrier with __smp_ belongs in barrier.h and asm-generic alone")
	}
}

func checkArchDefine(c *checker, r *rule) {
	if patArchDefine.MatchString(c.line.text) && !strings.Contains(c.line.file, "include/asm-") {
		r.fire(c, "")
	}
}
