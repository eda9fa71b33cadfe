// SPDX-License-Identifier: GPL-2.0-only

// Package kernel has the rules about C as the kernel writes it: functions that have a better replacement, attributes,
// permissions, locking, calls with the wrong arguments.
package kernel

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// Rules look at conventions of the kernel.
var Rules = []engine.Rule{
	engine.Only("ONE_SEMICOLON", engine.Warn, `;\s*;\s*$`).Fixing(func(_ *engine.Checker, line string) string {
		return patSemicolons.ReplaceAllLiteralString(line, ";")
	}).OnlyIf(func(c *engine.Checker) bool { return strings.Count(c.Line.Text, ";") > 1 }),
	engine.With("BIT_MACRO", engine.Check, checkBit).Needing("define"),
	engine.With("IS_ENABLED_CONFIG", engine.Warn, checkIsEnabled).Needing("IS_ENABLED"),
	engine.With("PREFER_IS_ENABLED", engine.Warn, checkEnabledPair).Needing("_MODULE"),
	engine.With("PREFER_FALLTHROUGH", engine.Warn, checkFallthrough).Needing("fall", "Fall", "FALL"),
	engine.With("DEFAULT_NO_BREAK", engine.Warn, checkDefault).Needing("default"),
	engine.Only("USE_FUNC", engine.Warn, `\b__FUNCTION__\b`).Fixing(func(_ *engine.Checker, line string) string {
		return strings.ReplaceAll(line, "__FUNCTION__", "__func__")
	}),
	engine.Only("DATE_TIME", engine.Error, `\b(__(?:DATE|TIME|TIMESTAMP)__)\b`),
	engine.Only("YIELD", engine.Warn, `\byield\s*\(\s*\)`),
	engine.With("BOOL_COMPARISON", engine.Check, checkBool).Needing("==", "!="),
	engine.Only("CONSIDER_COMPLETION", engine.Warn, `^.\s*sema_init.+,\W?0\W?\)`),
	engine.Only("CONSIDER_KSTRTO", engine.Warn, `\b((simple|strict)_(strto(l|ll|ul|ull)))\s*\(`),
	engine.Only("USE_DEVICE_INITCALL", engine.Warn, `^.\s*__initcall\s*\(`),
	engine.Only("USE_LOCKDEP", engine.Warn, `\bspin_is_locked\(`),
	engine.With("DEPRECATED_API", engine.Warn, checkDeprecated).Needing("("),
	engine.With("CONST_STRUCT", engine.Warn, checkConstStruct).Needing("struct"),
	engine.With("NR_CPUS", engine.Warn, checkCPUs).Needing("NR_CPUS"),
	engine.Only("DEFINE_ARCH_HAS", engine.Error, `\+\s*#\s*define\s+((?:__)?ARCH_(?:HAS|HAVE)\w*)\b`),
	engine.Only("LIKELY_MISUSE", engine.Warn, `\b((?:un)?likely)\s*\(\s*{arg}\s*\)\s*{compare}`).Needing("likely"),
	engine.With("SYSFS_EMIT", engine.Warn, checkSysfsEmit).Needing("sysfs_emit"),
	engine.With("FLEXIBLE_ARRAY", engine.Error, checkFlexibleArray).Needing("}"),
	engine.Only("LIKELY_MISUSE", engine.Warn, `\b(?:(?:un)?likely)\s*\(\s*!?\s*(IS_ERR(?:_OR_NULL|_VALUE)?|WARN)`).Needing("likely"),
	engine.With("IN_ATOMIC", engine.Warn, checkAtomic).Needing("in_atomic"),
	engine.With("RCU_TASKS_TRACE", engine.Warn, checkTasksTrace).Needing("rcu"),
	engine.With("LOCKDEP", engine.Error, checkNoValidate).Needing("lockdep"),
	engine.Only("EXPORTED_WORLD_WRITABLE", engine.Warn, `(?:debugfs_create_\w+|DEVICE_ATTR).*\b(?:S_IWUGO|S_IWOTH|S_IRWXUGO|S_IALLUGO|0[0-7][0-7][2367])\b`),
	engine.With("DEVICE_ATTR_RW", engine.Warn, checkDeviceAttr),
	engine.With("NON_OCTAL_PERMISSIONS", engine.Error, checkModes).Needing("_param", "debugfs_create", "proc_create", "ATTR", "SENSOR_TEMPLATE"),
	engine.With("SYMBOLIC_PERMS", engine.Warn, checkSymbolicModes).Needing("S_I"),
	engine.With("MODULE_LICENSE", engine.Warn, checkModuleLicense).Needing("MODULE_LICENSE"),
	engine.Only("DUPLICATED_SYSCTL_CONST", engine.Warn, `\.extra[12]\s*=\s*&(zero|one|int_max)\b`),
	engine.With("MISSING_SENTINEL", engine.Error, checkSentinel).Needing("_device_id"),
	engine.Only("UNINITIALIZED_PTR_WITH_FREE", engine.Error, `\*\s*({ident})\s+__free\s*\(\s*{ident}\s*\)\s*[,;]`).Needing("__free"),
}

var (
	patSemicolons = lazyregexp.New(`(\s*;\s*){2,}$`)
	patBit        = syntax.Compile(`#\s*define\s+\w+\s+\(?\s*1\s*([ulUL]*)\s*<<\s*(?:\d+|{ident})\s*\)?`)
	patBitShift   = syntax.Compile(`\(?\s*1\s*[ulUL]*\s*<<\s*(\d+|{ident})\s*\)?`)
	patIsEnabled  = lazyregexp.New(`\bIS_ENABLED\s*\(\s*(\w+)\s*\)`)
	patEnabledTwo = syntax.Compile(`^\+\s*#\s*if\s+defined(?:\s*\(?\s*|\s+)([A-Z_]+)\s*\)?\s*\|\|\s*defined(?:\s*\(?\s*|\s+)\1_MODULE\s*\)?\s*$`)
)

func checkBit(c *engine.Checker, r *engine.Rule) {
	m := c.M.Groups(patBit, c.Line.Text)
	if m == nil || strings.HasPrefix(c.Line.File, "include/uapi/") {
		return
	}
	name := "BIT"
	if strings.Contains(strings.ToLower(m[1]), "ll") {
		name = "BIT_ULL"
	}
	if r.Fire(c, fmt.Sprintf("write %s()", name)) {
		c.FixLine(func(line string) string {
			loc := c.M.Find(patBitShift, line)
			if loc == nil {
				return line
			}
			return line[:loc[0]] + name + "(" + line[loc[2]:loc[3]] + ")" + line[loc[1]:]
		})
	}
}

func checkIsEnabled(c *engine.Checker, r *engine.Rule) {
	if m := patIsEnabled.FindStringSubmatch(c.Line.Raw); m != nil && !strings.HasPrefix(m[1], c.Settings.Kconfig) {
		r.Fire(c, fmt.Sprintf("write IS_ENABLED(%s%s)", c.Settings.Kconfig, m[1]))
	}
}

// checkEnabledPair wants IS_ENABLED() where a Kconfig symbol and its module are asked for.
func checkEnabledPair(c *engine.Checker, r *engine.Rule) {
	m := c.M.Groups(patEnabledTwo, c.Line.Text)
	if m == nil || len(m[1]) <= len(c.Settings.Kconfig) || !strings.HasPrefix(m[1], c.Settings.Kconfig) {
		return
	}
	if r.Fire(c, "") {
		c.FixLine(func(string) string { return "+#if IS_ENABLED(" + m[1] + ")" })
	}
}

var patFallthrough = lazyregexp.New(`fallthrough|@fallthrough@|lint -fallthrough[ \t]*|` +
	`intentional(?:ly)?[ \t]*fall(?:(?:s | |-)[Tt]|t)hr(?:ough|u|ew)|` +
	`(?:else,?\s*)?FALL(?:S | |-)?THR(?:OUGH|U|EW)[ \t.!]*(?:-[^\n\r]*)?|` +
	`Fall(?:(?:s | |-)[Tt]|t)hr(?:ough|u|ew)[ \t.!]*(?:-[^\n\r]*)?|fall(?:s | |-)?thr(?:ough|u|ew)[ \t.!]*(?:-[^\n\r]*)?`)

// checkFallthrough finds comments that say what the keyword fallthrough does.
func checkFallthrough(c *engine.Checker, r *engine.Rule) {
	l := &c.Line
	if strings.IndexByte(l.Text, lines.Comment) < 0 {
		return
	}
	var text []byte
	for i := 0; i < len(l.Text) && i < len(l.Raw); i++ {
		if l.Text[i] == lines.Comment {
			text = append(text, l.Raw[i])
		}
	}
	if patFallthrough.Match(text) {
		c.Report(r.Typ, c.WarnUnlessFile(), "")
	}
}

var patEmptyDefault = syntax.Compile(`^\+[\c\s]*(?:case[\c\s]+\w+[\c\s]*:[\c\s]*|)*[\c\s]*\bdefault[\c\s]*:[\c\s]*;`)

func checkDefault(c *engine.Checker, r *engine.Rule) {
	if c.Stmt.Known && c.M.Match(patEmptyDefault, c.Stmt.Text) {
		r.Fire(c, "")
	}
}

var patBool = syntax.Compile(`\+\s*(.*?)\b((?i:true|false)|{lval})\s*(==|!=)\s*((?i:true|false)|{lval})\b(.*)$`)

func checkBool(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if !hasBool(text) || !strings.Contains(text, "==") && !strings.Contains(text, "!=") {
		return
	}
	m := c.M.Groups(patBool, text)
	if m != nil && (isBool(m[2]) || isBool(m[4])) {
		r.Fire(c, "")
	}
}

// hasBool reports whether true or false is in s, in any case.
func hasBool(s string) bool {
	for i := range len(s) {
		if s[i]|0x20 == 'e' && (i >= 3 && isBool(s[i-3:i+1]) || i >= 4 && isBool(s[i-4:i+1])) {
			return true
		}
	}
	return false
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

// checkDeprecated finds calls of what the tree moves away from.
func checkDeprecated(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	for i := range len(text) {
		if text[i] != '(' {
			continue
		}
		end := i
		for end > 0 && lines.IsSpace(text[end-1]) {
			end--
		}
		old := text[lines.WordStartBefore(text, end):end]
		if better, ok := c.Tree.Deprecated[old]; ok {
			r.Fire(c, fmt.Sprintf("%s is deprecated: use %s", old, better))
			return
		}
	}
}

var patStructName = syntax.Compile(`\bstruct\s+(\w+)\b(?!\s*\{)(\s*;)?`)

func checkConstStruct(c *engine.Checker, r *engine.Rule) {
	text := c.Line.Text
	if strings.Contains(text, "const") && patConstWord.MatchString(text) {
		return
	}
	var name string
	c.M.All(patStructName, text, func(loc []int) bool {
		if c.Tree.ConstStructs[text[loc[2]:loc[3]]] && (loc[4] < 0 || !c.Has(edition.ForwardStructs)) {
			name = text[loc[2]:loc[3]]
		}
		return name == ""
	})
	if name != "" {
		r.Fire(c, fmt.Sprintf("struct %s is normally const", name))
	}
}

var patCPUsOK = []*pattern.Pattern{
	syntax.Compile(`^.\s*\s*#\s*if\b.*\bNR_CPUS\b`), syntax.Compile(`^.\s*\s*#\s*define\b.*\bNR_CPUS\b`),
	syntax.Compile(`^.\s*{declare}\s.*\[[^\]]*NR_CPUS[^\]]*\]`), syntax.Compile(`\[[^\]]*\.\.\.[^\]]*NR_CPUS[^\]]*\]`),
	syntax.Compile(`\[[^\]]*NR_CPUS[^\]]*\.\.\.[^\]]*\]`), syntax.Compile(`^.\s*\.\w+\s*=\s*.*\bNR_CPUS\b`),
}

func checkCPUs(c *engine.Checker, r *engine.Rule) {
	if !lines.ContainsWord(c.Line.Text, "NR_CPUS") {
		return
	}
	for _, p := range patCPUsOK {
		if c.M.Match(p, c.Line.Text) {
			return
		}
	}
	r.Fire(c, "")
}

var patSysfsEmit = syntax.Compile(`\breturn\s+sysfs_emit\s*\(\s*{arg}\s*,\s*({string})`)

func checkSysfsEmit(c *engine.Checker, r *engine.Rule) {
	loc := c.M.Find(patSysfsEmit, c.Line.Text)
	if loc == nil {
		return
	}
	raw := c.Line.Raw
	end := min(loc[11], len(raw))
	if strings.HasSuffix(raw[min(loc[10], end):end], `\n"`) {
		return
	}
	if r.Fire(c, "") {
		c.FixLine(func(line string) string {
			if end > len(line) || end < 1 {
				return line
			}
			return line[:end-1] + `\n` + line[end-1:]
		})
	}
}

var (
	patStructEnd = lazyregexp.New(`^[+ ]\s*\}(?:\s*__packed)?\s*;\s*$`)
	patLastArray = syntax.Compile(`^\+\s*(?:\}(?:\s*__packed\s*)?|{type})\s*{ident}\s*\[\s*(0|1)\s*\]\s*;\s*$`)
)

func checkFlexibleArray(c *engine.Checker, r *engine.Rule) {
	if !patStructEnd.MatchString(c.Line.Plain) || strings.IndexByte(c.Line.Prev, '[') < 0 {
		return
	}
	if m := c.M.Groups(patLastArray, c.Line.Prev); m != nil && r.Fire(c, "") && m[1] == "0" {
		c.Fixes.Change(c.Line.Nr-1, func(line string) string { return strings.Replace(line, "[0]", "[]", 1) })
	}
}

var patInAtomic = syntax.Compile(`\bin_atomic\s*\(`)

func checkAtomic(c *engine.Checker, r *engine.Rule) {
	switch {
	case !c.M.Match(patInAtomic, c.Line.Text):
	case strings.HasPrefix(c.Line.File, "drivers/"):
		c.Report(r.Typ, engine.Error, "")
	case !strings.HasPrefix(c.Line.File, "kernel/"):
		r.Fire(c, "")
	}
}

var patTasksTrace = syntax.Compile(`\b(rcu_read_lock_tasks_trace|rcu_read_lock_trace|rcu_read_lock_trace_held|rcu_read_unlock_trace|` +
	`rcu_read_unlock_tasks_trace|call_rcu_tasks_trace|synchronize_rcu_tasks_trace|rcu_barrier_tasks_trace|` +
	`rcu_tasks_trace_expedite_current|rcu_request_urgent_qs_task)\s*\(`)

// newTasksTrace are those that scripts before Linux 7.0 do not know.
var newTasksTrace = []string{"rcu_read_lock_tasks_trace", "rcu_read_unlock_tasks_trace", "rcu_tasks_trace_expedite_current"}

func checkTasksTrace(c *engine.Checker, r *engine.Rule) {
	if lines.HasAnyPrefix(c.Line.File, "kernel/bpf/", "include/linux/bpf", "net/bpf/", "kernel/rcu/", "include/linux/rcu") {
		return
	}
	newest, used := c.Has(edition.MoreTasksTrace), false
	c.M.All(patTasksTrace, c.Line.Text, func(loc []int) bool {
		used = newest || !slices.Contains(newTasksTrace, c.Line.Text[loc[2]:loc[3]])
		return !used
	})
	if used {
		r.Fire(c, "")
	}
}

var patNoValidate = syntax.Compile(`^.\s*lockdep_set_novalidate_class\s*\(|__lockdep_no_validate__\s*\)`)

func checkNoValidate(c *engine.Checker, r *engine.Rule) {
	if c.M.Match(patNoValidate, c.Line.Text) &&
		!lines.HasAnyPrefix(c.Line.File, "kernel/lockdep", "include/linux/lockdep", "drivers/base/core") {
		r.Fire(c, "")
	}
}

var (
	patModuleLicense = syntax.Compile(`\bMODULE_LICENSE\s*\(\s*({string})\s*\)`)
	moduleLicenses   = lazyregexp.New(`^"(?:GPL|GPL v2|GPL and additional rights|Dual BSD/GPL|Dual MIT/GPL|Dual MPL/GPL|Proprietary)"$`)
)

func checkModuleLicense(c *engine.Checker, r *engine.Rule) {
	if !c.M.Match(patModuleLicense, c.Line.Text) {
		return
	}
	license := c.Quoted(c.Line.Nr)
	if !moduleLicenses.MatchString(license) {
		r.Fire(c, fmt.Sprintf("the kernel does not know the licence %s", license))
	}
	if !c.FileMode && license == `"GPL v2"` && r.Fire(c, `write "GPL" for "GPL v2"`) {
		c.FixLine(func(line string) string { return strings.Replace(line, `"GPL v2"`, `"GPL"`, 1) })
	}
}

var (
	patIDTable   = syntax.Compile(`struct\s+\b[a-z]\w*_device_id\b\s+\w+\s*\[\s*\]\s*=\s*\{`)
	patContinue  = lazyregexp.New(`\\\n`)
	patIDNoise   = lazyregexp.New(`[\s\x1c,0]`)
	patIDField   = syntax.Compile(`\.{ident}=`)
	tableEndings = []string{"{}};", "{{}}};", "ISAPNP_DEVICE_SINGLE_END}};", "ISAPNP_CARD_END}};", "NULL};", "PCMCIA_DEVICE_NULL};"}
)

// checkSentinel wants an empty entry at the end of a table of device IDs.
func checkSentinel(c *engine.Checker, r *engine.Rule) {
	if !c.Stmt.Known || !c.M.Match(patIDTable, c.Line.Text) {
		return
	}
	s := patContinue.ReplaceAllLiteralString(lines.DropMarkers(c.Stmt.Text), "\n")
	s = strings.ReplaceAll(strings.ReplaceAll(s, `""`, ""), "0x0", "")
	s = c.DeleteAll(patIDField, patIDNoise.ReplaceAllLiteralString(s, ""))
	for _, end := range tableEndings {
		if strings.HasSuffix(s, end) {
			return
		}
	}
	r.Fire(c, "")
}
