// SPDX-License-Identifier: GPL-2.0-only

package kernel

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// APIRules look at functions and macros of the kernel that have a better replacement, and at how they are called.
var APIRules = []engine.Rule{
	engine.Only("IF_0", engine.Warn, `^.\s*#\s*if\s+0\b`),
	engine.Only("IF_1", engine.Warn, `^.\s*#\s*if\s+1\b`),
	engine.With("NEEDLESS_IF", engine.Warn, checkNeedlessIf).Needing("kfree", "usb_free_urb", "debugfs_remove", "_destroy"),
	engine.With("OOM_MESSAGE", engine.Warn, checkOutOfMemory).Needing("("),
	engine.Only("UNNECESSARY_KERN_LEVEL", engine.Warn, `\b{logFunction}\s*\(.*\b(KERN_[A-Z]+)\b`).Except(`printk(?:_ratelimited|_once)?\s*\(`).
		Fixing(func(_ *engine.Checker, line string) string { return patKernLevel.ReplaceAllLiteralString(line, "") }).Needing("KERN_"),
	engine.Only("LOGGING_CONTINUATION", engine.Warn, `\bprintk\s*\(\s*KERN_CONT\b|\bpr_cont\s*\(`),
	engine.With("UNNECESSARY_MODIFIER", engine.Warn, checkShortModifier),
	engine.With("MASK_THEN_SHIFT", engine.Warn, checkMaskShift).Needing(">>"),
	engine.With("COMPARISON_TO_NULL", engine.Check, checkNull).Needing("NULL"),
	engine.With("CONSTANT_CONVERSION", engine.Warn, checkConstantFunction).Needing("__constant_"),
	engine.With("USLEEP_RANGE", engine.Check, checkUdelay).Needing("udelay"),
	engine.With("MSLEEP", engine.Warn, checkMsleep).Needing("msleep"),
	engine.Only("JIFFIES_COMPARISON", engine.Warn, `\bjiffies\s*{compare}|{compare}\s*jiffies\b`).Needing("jiffies"),
	engine.Only("JIFFIES_COMPARISON", engine.Warn, `\bget_jiffies_64\s*\(\s*\)\s*{compare}|{compare}\s*get_jiffies_64\s*\(\s*\)`).Needing("jiffies"),
	engine.Only("SPACING", engine.Error, `^.\s*#\s*(ifdef|ifndef|elif)\s\s+`).
		Fixing(engine.FirstOf(`^(.\s*#\s*(?:ifdef|ifndef|elif))\s{2,}`, "$1 ")),
	engine.With("UNCOMMENTED_DEFINITION", engine.Check, uncommented(`^.\s*(struct\s+mutex|spinlock_t)\s+\S+;|^.\s*(DEFINE_MUTEX)\s*\(`)).Needing("mutex", "spinlock_t", "DEFINE_MUTEX"),
	engine.With("MEMORY_BARRIER", engine.Warn, uncommented(`\b(?:mb|rmb|wmb|(?:smp|virt)_`+barrierStem+`)\s*\(`)).Needing("mb", "store_release", "load_acquire"),
	engine.With("MEMORY_BARRIER", engine.Warn, checkInnerBarrier).Needing("__smp_"),
	engine.With("WAITQUEUE_ACTIVE", engine.Warn, uncommented(`\bwaitqueue_active\s*\(`)).Needing("waitqueue_active"),
	engine.With("DATA_RACE", engine.Warn, uncommented(`\bdata_race\s*\(`)).Needing("data_race"),
	engine.With("CONTEXT_UNSAFE", engine.Warn, uncommented(`\bcontext_unsafe\b`)).Needing("context_unsafe"),
	engine.With("ARCH_DEFINES", engine.Check, checkArchDefine).Needing("__"),
}

const barrierStem = `(?:mb__before_atomic|mb__after_atomic|store_release|load_acquire|store_mb|mb|rmb|wmb)`

var patKernLevel = lazyregexp.New(`\s*KERN_[A-Z]+\s*`)

// uncommented makes a check that wants a comment where src matches.
func uncommented(src string) func(c *engine.Checker, r *engine.Rule) {
	p := syntax.Compile(src)
	return func(c *engine.Checker, r *engine.Rule) {
		if c.M.Match(p, c.Line.Text) && !c.HasComment(c.Line.Nr) {
			r.Fire(c, "")
		}
	}
}

var (
	patTested     = syntax.Compile(`\bif\s*\(\s*({lval})\s*\)`)
	patFreeTested = syntax.Compile(`\b(kfree|usb_free_urb|debugfs_remove(?:_recursive)?|(?:kmem_cache|mempool|dma_pool)_destroy)\s*\(\s*{$0}\s*\)\s*;`)
)

// checkNeedlessIf finds a test for NULL before a function that makes it itself.
func checkNeedlessIf(c *engine.Checker, r *engine.Rule) {
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
	patLogCall  = syntax.Compile(`^\+.*\b{logFunction}\s*\(`)
	patNullTest = syntax.Compile(`^[ +]\s*if\s*\(\s*(!\s*|NULL\s*==\s*)?({lval})(\s*==\s*NULL\s*)?\s*\)`)
	patAlloced  = syntax.Compile(`(?:^|\n)[ +]\s*(?:{type}\s*)?{$0}\s*=\s*(?:\([^)]*\)\s*)?\s*{allocFunction}\s*\(`)
	patNoWarn   = lazyregexp.New(`\b__GFP_NOWARN\b`)
)

// checkOutOfMemory finds messages about a failed allocation, which the allocator prints itself.
func checkOutOfMemory(c *engine.Checker, r *engine.Rule) {
	prev := c.Line.Prev
	if c.Line.Nr <= 3 || !strings.Contains(prev, "if") {
		return
	}
	m := c.M.Groups(patNullTest, prev)
	if m == nil || m[1] == "" && m[3] == "" || !c.M.Match(patLogCall, c.Line.Text) {
		return
	}
	st := c.Src.ReadStatement(lines.Cursor{Nr: c.Line.Nr - 3, Left: c.Line.Left, Off: 0})
	if c.M.Match(patAlloced, st.Text, m[2]) && !patNoWarn.MatchString(st.Text) {
		r.Fire(c, "")
	}
}

var (
	patAnyLogCall = syntax.Compile(`\b{logFunction}\s*\(`)
	patShortMod   = lazyregexp.New(`[^"%]*(%[#\d.*\-]*(h+)[idux])`)
)

func checkShortModifier(c *engine.Checker, r *engine.Rule) {
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

var patMaskShift = syntax.Compile(`{lvalOrCall}\s*&\s*({lvalOrCall})\s*>>`)

func checkMaskShift(c *engine.Checker, r *engine.Rule) {
	if strings.IndexByte(c.Line.Text, '&') < 0 {
		return
	}
	if m := c.M.Groups(patMaskShift, c.Line.Text); m != nil && !strings.HasPrefix(m[3], "&") {
		r.Fire(c, "")
	}
}

var patNull = syntax.Compile(`\b{lvalOrCall}\s*(==|!=)\s*NULL\b`)

func checkNull(c *engine.Checker, r *engine.Rule) {
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

func checkConstantFunction(c *engine.Checker, r *engine.Rule) {
	m := patConstantFn.FindStringSubmatch(c.Line.Text)
	if m != nil && !strings.HasPrefix(c.Line.File, "include/uapi/") && r.Fire(c, fmt.Sprintf("use %s", m[1])) {
		c.FixLine(func(line string) string { return strings.ReplaceAll(line, "__constant_"+m[1], m[1]) })
	}
}

var (
	patUdelay = lazyregexp.New(`\budelay\s*\(\s*(\d+)\s*\)`)
	patMsleep = lazyregexp.New(`\bmsleep\s*\((\d+)\);`)
)

func checkUdelay(c *engine.Checker, r *engine.Rule) {
	m := patUdelay.FindStringSubmatch(c.Line.Text)
	if m == nil {
		return
	}
	delay, _, _ := lines.CutNumber(m[1])
	if delay >= 10 {
		r.Fire(c, "")
	}
	if delay > 2000 {
		c.Report("LONG_UDELAY", engine.Warn, "")
	}
}

func checkMsleep(c *engine.Checker, r *engine.Rule) {
	if m := patMsleep.FindStringSubmatch(c.Line.Text); m != nil {
		if delay, _, _ := lines.CutNumber(m[1]); delay < 20 {
			r.Fire(c, "")
		}
	}
}

var (
	patInnerBarrier  = syntax.Compile(`\b__smp_` + barrierStem + `\s*\(`)
	patDefineBarrier = syntax.Compile(`^.\s*#\s*define\s+__smp_` + barrierStem + `\s*\(`)
	patArchDefine    = lazyregexp.New(`^.\s*#\s*if.*\b(__i386__|__powerpc64__|__sun__|__s390x__)\b`)
)

func checkInnerBarrier(c *engine.Checker, r *engine.Rule) {
	name := c.Line.File
	if strings.HasPrefix(name, "include/asm-generic/") || strings.HasSuffix(name, "/barrier.h") {
		return
	}
	if c.M.Match(patInnerBarrier, c.Line.Text) && !c.M.Match(patDefineBarrier, c.Line.Text) {
		r.Fire(c, "a barrier with __smp_ belongs in barrier.h and asm-generic alone")
	}
}

func checkArchDefine(c *engine.Checker, r *engine.Rule) {
	if patArchDefine.MatchString(c.Line.Text) && !strings.Contains(c.Line.File, "include/asm-") {
		r.Fire(c, "")
	}
}
