// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// ApiRules look at functions and macros of the kernel that have a better replacement, and at how they are called.
var ApiRules = []Rule{
	Only("IF_0", warnLevel, `^.\s*#\s*if\s+0\b`),
	Only("IF_1", warnLevel, `^.\s*#\s*if\s+1\b`),
	With("NEEDLESS_IF", warnLevel, checkNeedlessIf).Needing("kfree", "usb_free_urb", "debugfs_remove", "_destroy"),
	With("OOM_MESSAGE", warnLevel, checkOutOfMemory).Needing("("),
	Only("UNNECESSARY_KERN_LEVEL", warnLevel, `\b{logFunction}\s*\(.*\b(KERN_[A-Z]+)\b`).Except(`printk(?:_ratelimited|_once)?\s*\(`).
		Fixing(func(_ *checker, line string) string { return patKernLevel.ReplaceAllLiteralString(line, "") }).Needing("KERN_"),
	Only("LOGGING_CONTINUATION", warnLevel, `\bprintk\s*\(\s*KERN_CONT\b|\bpr_cont\s*\(`),
	With("UNNECESSARY_MODIFIER", warnLevel, checkShortModifier),
	With("MASK_THEN_SHIFT", warnLevel, checkMaskShift).Needing(">>"),
	With("COMPARISON_TO_NULL", checkLevel, checkNull).Needing("NULL"),
	With("CONSTANT_CONVERSION", warnLevel, checkConstantFunction).Needing("__constant_"),
	With("USLEEP_RANGE", checkLevel, checkUdelay).Needing("udelay"),
	With("MSLEEP", warnLevel, checkMsleep).Needing("msleep"),
	Only("JIFFIES_COMPARISON", warnLevel, `\bjiffies\s*{compare}|{compare}\s*jiffies\b`).Needing("jiffies"),
	Only("JIFFIES_COMPARISON", warnLevel, `\bget_jiffies_64\s*\(\s*\)\s*{compare}|{compare}\s*get_jiffies_64\s*\(\s*\)`).Needing("jiffies"),
	Only("SPACING", errorLevel, `^.\s*#\s*(ifdef|ifndef|elif)\s\s+`).
		Fixing(FirstOf(`^(.\s*#\s*(?:ifdef|ifndef|elif))\s{2,}`, "$1 ")),
	With("UNCOMMENTED_DEFINITION", checkLevel, uncommented(`^.\s*(struct\s+mutex|spinlock_t)\s+\S+;|^.\s*(DEFINE_MUTEX)\s*\(`)).Needing("mutex", "spinlock_t", "DEFINE_MUTEX"),
	With("MEMORY_BARRIER", warnLevel, uncommented(`\b(?:mb|rmb|wmb|(?:smp|virt)_`+barrierStem+`)\s*\(`)).Needing("mb", "store_release", "load_acquire"),
	With("MEMORY_BARRIER", warnLevel, checkInnerBarrier).Needing("__smp_"),
	With("WAITQUEUE_ACTIVE", warnLevel, uncommented(`\bwaitqueue_active\s*\(`)).Needing("waitqueue_active"),
	With("DATA_RACE", warnLevel, uncommented(`\bdata_race\s*\(`)).Needing("data_race"),
	With("CONTEXT_UNSAFE", warnLevel, uncommented(`\bcontext_unsafe\b`)).Needing("context_unsafe"),
	With("ARCH_DEFINES", checkLevel, checkArchDefine).Needing("__"),
}

const barrierStem = `(?:mb__before_atomic|mb__after_atomic|store_release|load_acquire|store_mb|mb|rmb|wmb)`

var patKernLevel = lazyregexp.New(`\s*KERN_[A-Z]+\s*`)

// uncommented makes a check that wants a comment where src matches.
func uncommented(src string) func(c *checker, r *Rule) {
	p := Compile(src)
	return func(c *checker, r *Rule) {
		if c.M.Match(p, c.Line.Text) && !c.HasComment(c.Line.Nr) {
			r.Fire(c, "")
		}
	}
}

var (
	patTested     = Compile(`\bif\s*\(\s*({lval})\s*\)`)
	patFreeTested = Compile(`\b(kfree|usb_free_urb|debugfs_remove(?:_recursive)?|(?:kmem_cache|mempool|dma_pool)_destroy)\s*\(\s*{$0}\s*\)\s*;`)
)

// checkNeedlessIf finds a test for NULL before a function that makes it itself.
func checkNeedlessIf(c *checker, r *Rule) {
	prev := c.Line.Prev
	if !strings.Contains(prev, "if") {
		return
	}
	m := c.M.Groups(patTested, prev)
	if m == nil {
		return
	}
	if f := c.M.Groups(patFreeTested, c.Line.Text, m[1]); f != nil {
		if r.Fire(c, fmt.Sprintf("%s(NULL) does no harm, so the test is not needed", f[1])) {
			fixNeedlessIf(c)
		}
	}
}

var (
	patLogCall  = Compile(`^\+.*\b{logFunction}\s*\(`)
	patNullTest = Compile(`^[ +]\s*if\s*\(\s*(!\s*|NULL\s*==\s*)?({lval})(\s*==\s*NULL\s*)?\s*\)`)
	patAlloced  = Compile(`(?:^|\n)[ +]\s*(?:{type}\s*)?{$0}\s*=\s*(?:\([^)]*\)\s*)?\s*{allocFunction}\s*\(`)
	patNoWarn   = lazyregexp.New(`\b__GFP_NOWARN\b`)
)

// checkOutOfMemory finds messages about a failed allocation, which the allocator prints itself.
func checkOutOfMemory(c *checker, r *Rule) {
	prev := c.Line.Prev
	if c.Line.Nr <= 3 || !strings.Contains(prev, "if") {
		return
	}
	m := c.M.Groups(patNullTest, prev)
	if m == nil || m[1] == "" && m[3] == "" || !c.M.Match(patLogCall, c.Line.Text) {
		return
	}
	st := c.Src.ReadStatement(Cursor{Nr: c.Line.Nr - 3, Left: c.Line.Left, Off: 0})
	if c.M.Match(patAlloced, st.Text, m[2]) && !patNoWarn.MatchString(st.Text) {
		r.Fire(c, "")
	}
}

var (
	patAnyLogCall = Compile(`\b{logFunction}\s*\(`)
	patShortMod   = lazyregexp.New(`[^"%]*(%[#\d.*\-]*(h+)[idux])`)
)

func checkShortModifier(c *checker, r *Rule) {
	if !c.Stmt.Known || strings.IndexByte(c.Stmt.Text, '"') < 0 || !c.M.Match(patAnyLogCall, c.Line.Text) {
		return
	}
	raw := c.RawStatement()
	if !strings.Contains(raw, "h") || strings.IndexByte(raw, '%') < 0 {
		return
	}
	start := min(strings.IndexByte(c.Stmt.Text, '"'), len(raw))
	for _, loc := range patShortMod.FindAllStringSubmatchIndex(raw[start:], -1) {
		if !r.Fire(c, "") {
			continue
		}
		format := raw[start+loc[2] : start+loc[3]]
		nr := c.Line.Nr + strings.Count(raw[:start+loc[2]], "\n")
		c.Fixes.Change(nr, func(line string) string {
			if !strings.HasPrefix(line, "+") {
				return line
			}
			return strings.Replace(line, format, strings.ReplaceAll(format, "h", ""), 1)
		})
	}
}

var patMaskShift = Compile(`{lvalOrCall}\s*&\s*({lvalOrCall})\s*>>`)

func checkMaskShift(c *checker, r *Rule) {
	if strings.IndexByte(c.Line.Text, '&') < 0 {
		return
	}
	if m := c.M.Groups(patMaskShift, c.Line.Text); m != nil && !strings.HasPrefix(m[3], "&") {
		r.Fire(c, "")
	}
}

var patNull = Compile(`\b{lvalOrCall}\s*(==|!=)\s*NULL\b`)

func checkNull(c *checker, r *Rule) {
	text := c.Line.Text
	c.M.All(patNull, text, func(loc []int) bool {
		not := "!"
		if text[loc[6]:loc[7]] == "!=" {
			not = ""
		}
		name := text[loc[2]:loc[3]] + text[loc[4]:loc[5]]
		if r.Fire(c, fmt.Sprintf("write the comparison as %q", not+name)) {
			fixNull(c, name, not+name)
		}
		return true
	})
}

var patConstantFn = lazyregexp.New(`__constant_((?:htons|ntohs|[bl]e(?:16|32|64)_to_cpu|cpu_to_[bl]e(?:16|32|64)))\s*\(`)

func checkConstantFunction(c *checker, r *Rule) {
	m := patConstantFn.FindStringSubmatch(c.Line.Text)
	if m != nil && !strings.HasPrefix(c.Line.File, "include/uapi/") && r.Fire(c, fmt.Sprintf("use %s", m[1])) {
		c.FixLine(func(line string) string { return strings.ReplaceAll(line, "__constant_"+m[1], m[1]) })
	}
}

var (
	patUdelay = lazyregexp.New(`\budelay\s*\(\s*(\d+)\s*\)`)
	patMsleep = lazyregexp.New(`\bmsleep\s*\((\d+)\);`)
)

func checkUdelay(c *checker, r *Rule) {
	m := patUdelay.FindStringSubmatch(c.Line.Text)
	if m == nil {
		return
	}
	delay, _, _ := CutNumber(m[1])
	if delay >= 10 {
		r.Fire(c, "")
	}
	if delay > 2000 {
		c.Report("LONG_UDELAY", warnLevel, "")
	}
}

func checkMsleep(c *checker, r *Rule) {
	if m := patMsleep.FindStringSubmatch(c.Line.Text); m != nil {
		if delay, _, _ := CutNumber(m[1]); delay < 20 {
			r.Fire(c, "")
		}
	}
}

var (
	patInnerBarrier  = Compile(`\b__smp_` + barrierStem + `\s*\(`)
	patDefineBarrier = Compile(`^.\s*#\s*define\s+__smp_` + barrierStem + `\s*\(`)
	patArchDefine    = lazyregexp.New(`^.\s*#\s*if.*\b(__i386__|__powerpc64__|__sun__|__s390x__)\b`)
)

func checkInnerBarrier(c *checker, r *Rule) {
	name := c.Line.File
	if strings.HasPrefix(name, "include/asm-generic/") || strings.HasSuffix(name, "/barrier.h") {
		return
	}
	if c.M.Match(patInnerBarrier, c.Line.Text) && !c.M.Match(patDefineBarrier, c.Line.Text) {
		r.Fire(c, "a barrier with __smp_ belongs in barrier.h and asm-generic alone")
	}
}

func checkArchDefine(c *checker, r *Rule) {
	if patArchDefine.MatchString(c.Line.Text) && !strings.Contains(c.Line.File, "include/asm-") {
		r.Fire(c, "")
	}
}
