// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// kernelRules look at conventions of the kernel.
var kernelRules = []rule{
	only("ONE_SEMICOLON", warnLevel, `;\s*;\s*$`).fixing(func(_ *checker, line string) string {
		return patSemicolons.ReplaceAllLiteralString(line, ";")
	}).onlyIf(func(c *checker) bool { return strings.Count(c.line.text, ";") > 1 }),
	with("BIT_MACRO", checkLevel, checkBit).needing("define"),
	with("IS_ENABLED_CONFIG", warnLevel, checkIsEnabled).needing("IS_ENABLED"),
	with("PREFER_IS_ENABLED", warnLevel, checkEnabledPair).needing("_MODULE"),
	with("PREFER_FALLTHROUGH", warnLevel, checkFallthrough).needing("fall", "Fall", "FALL"),
	with("DEFAULT_NO_BREAK", warnLevel, checkDefault).needing("default"),
	only("USE_FUNC", warnLevel, `\b__FUNCTION__\b`).fixing(func(_ *checker, line string) string {
		return strings.ReplaceAll(line, "__FUNCTION__", "__func__")
	}),
	only("DATE_TIME", errorLevel, `\b(__(?:DATE|TIME|TIMESTAMP)__)\b`),
	only("YIELD", warnLevel, `\byield\s*\(\s*\)`),
	with("BOOL_COMPARISON", checkLevel, checkBool).needing("==", "!="),
	only("CONSIDER_COMPLETION", warnLevel, `^.\s*sema_init.+,\W?0\W?\)`),
	only("CONSIDER_KSTRTO", warnLevel, `\b((simple|strict)_(strto(l|ll|ul|ull)))\s*\(`),
	only("USE_DEVICE_INITCALL", warnLevel, `^.\s*__initcall\s*\(`),
	only("USE_LOCKDEP", warnLevel, `\bspin_is_locked\(`),
	with("DEPRECATED_API", warnLevel, checkDeprecated).needing("("),
	with("CONST_STRUCT", warnLevel, checkConstStruct).needing("struct"),
	with("NR_CPUS", warnLevel, checkCPUs).needing("NR_CPUS"),
	only("DEFINE_ARCH_HAS", errorLevel, `\+\s*#\s*define\s+((?:__)?ARCH_(?:HAS|HAVE)\w*)\b`),
	only("LIKELY_MISUSE", warnLevel, `\b((?:un)?likely)\s*\(\s*{arg}\s*\)\s*{compare}`).needing("likely"),
	with("SYSFS_EMIT", warnLevel, checkSysfsEmit).needing("sysfs_emit"),
	with("FLEXIBLE_ARRAY", errorLevel, checkFlexibleArray).needing("}"),
	only("LIKELY_MISUSE", warnLevel, `\b(?:(?:un)?likely)\s*\(\s*!?\s*(IS_ERR(?:_OR_NULL|_VALUE)?|WARN)`).needing("likely"),
	with("IN_ATOMIC", warnLevel, checkAtomic).needing("in_atomic"),
	with("RCU_TASKS_TRACE", warnLevel, checkTasksTrace).needing("rcu"),
	with("LOCKDEP", errorLevel, checkNoValidate).needing("lockdep"),
	only("EXPORTED_WORLD_WRITABLE", warnLevel, `(?:debugfs_create_\w+|DEVICE_ATTR).*\b(?:S_IWUGO|S_IWOTH|S_IRWXUGO|S_IALLUGO|0[0-7][0-7][2367])\b`),
	with("DEVICE_ATTR_RW", warnLevel, checkDeviceAttr),
	with("NON_OCTAL_PERMISSIONS", errorLevel, checkModes).needing("_param", "debugfs_create", "proc_create", "ATTR", "SENSOR_TEMPLATE"),
	with("SYMBOLIC_PERMS", warnLevel, checkSymbolicModes).needing("S_I"),
	with("MODULE_LICENSE", warnLevel, checkModuleLicense).needing("MODULE_LICENSE"),
	only("DUPLICATED_SYSCTL_CONST", warnLevel, `\.extra[12]\s*=\s*&(zero|one|int_max)\b`),
	with("MISSING_SENTINEL", errorLevel, checkSentinel).needing("_device_id"),
	only("UNINITIALIZED_PTR_WITH_FREE", errorLevel, `\*\s*({ident})\s+__free\s*\(\s*{ident}\s*\)\s*[,;]`).needing("__free"),
}

var (
	patSemicolons = lazyregexp.New(`(\s*;\s*){2,}$`)
	patBit        = pat(`#\s*define\s+\w+\s+\(?\s*1\s*([ulUL]*)\s*<<\s*(?:\d+|{ident})\s*\)?`)
	patBitShift   = pat(`\(?\s*1\s*[ulUL]*\s*<<\s*(\d+|{ident})\s*\)?`)
	patIsEnabled  = lazyregexp.New(`\bIS_ENABLED\s*\(\s*(\w+)\s*\)`)
	patEnabledTwo = pat(`^\+\s*#\s*if\s+defined(?:\s*\(?\s*|\s+)([A-Z_]+)\s*\)?\s*\|\|\s*defined(?:\s*\(?\s*|\s+)\1_MODULE\s*\)?\s*$`)
)

func checkBit(c *checker, r *rule) {
	m := c.m.Groups(patBit, c.line.text)
	if m == nil || strings.HasPrefix(c.line.file, "include/uapi/") {
		return
	}
	name := "BIT"
	if strings.Contains(strings.ToLower(m[1]), "ll") {
		name = "BIT_ULL"
	}
	if r.fire(c, fmt.Sprintf("write %s()", name)) {
		c.fixLine(func(line string) string {
			loc := c.m.Find(patBitShift, line)
			if loc == nil {
				return line
			}
			return line[:loc[0]] + name + "(" + line[loc[2]:loc[3]] + ")" + line[loc[1]:]
		})
	}
}

func checkIsEnabled(c *checker, r *rule) {
	if m := patIsEnabled.FindStringSubmatch(c.line.raw); m != nil && !strings.HasPrefix(m[1], c.set.kconfig) {
		r.fire(c, fmt.Sprintf("write IS_ENABLED(%s%s)", c.set.kconfig, m[1]))
	}
}

// checkEnabledPair wants IS_ENABLED() where a Kconfig symbol and its module are asked for.
func checkEnabledPair(c *checker, r *rule) {
	m := c.m.Groups(patEnabledTwo, c.line.text)
	if m == nil || len(m[1]) <= len(c.set.kconfig) || !strings.HasPrefix(m[1], c.set.kconfig) {
		return
	}
	if r.fire(c, "") {
		c.fixLine(func(string) string { return "+#if IS_ENABLED(" + m[1] + ")" })
	}
}

var patFallthrough = lazyregexp.New(`fallthrough|@fallthrough@|lint -fallthrough[ \t]*|` +
	`intentional(?:ly)?[ \t]*fall(?:(?:s | |-)[Tt]|t)hr(?:ough|u|ew)|` +
	`(?:else,?\s*)?FALL(?:S | |-)?THR(?:OUGH|U|EW)[ \t.!]*(?:-[^\n\r]*)?|` +
	`Fall(?:(?:s | |-)[Tt]|t)hr(?:ough|u|ew)[ \t.!]*(?:-[^\n\r]*)?|fall(?:s | |-)?thr(?:ough|u|ew)[ \t.!]*(?:-[^\n\r]*)?`)

// checkFallthrough finds comments that say what the keyword fallthrough does.
func checkFallthrough(c *checker, r *rule) {
	l := &c.line
	if strings.IndexByte(l.text, comment) < 0 {
		return
	}
	var text []byte
	for i := 0; i < len(l.text) && i < len(l.raw); i++ {
		if l.text[i] == comment {
			text = append(text, l.raw[i])
		}
	}
	if patFallthrough.Match(text) {
		c.report(r.typ, c.warnUnlessFile(), "")
	}
}

var patEmptyDefault = pat(`^\+[\c\s]*(?:case[\c\s]+\w+[\c\s]*:[\c\s]*|)*[\c\s]*\bdefault[\c\s]*:[\c\s]*;`)

func checkDefault(c *checker, r *rule) {
	if c.stmt.known && c.m.Match(patEmptyDefault, c.stmt.text) {
		r.fire(c, "")
	}
}

var patBool = pat(`\+\s*(.*?)\b((?i:true|false)|{lval})\s*(==|!=)\s*((?i:true|false)|{lval})\b(.*)$`)

func checkBool(c *checker, r *rule) {
	text := c.line.text
	if !hasBool(text) || !strings.Contains(text, "==") && !strings.Contains(text, "!=") {
		return
	}
	m := c.m.Groups(patBool, text)
	if m != nil && (isBool(m[2]) || isBool(m[4])) {
		r.fire(c, "")
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
func checkDeprecated(c *checker, r *rule) {
	text := c.line.text
	for i := range len(text) {
		if text[i] != '(' {
			continue
		}
		end := i
		for end > 0 && isSpace(text[end-1]) {
			end--
		}
		old := text[wordStartBefore(text, end):end]
		if better, ok := c.data.deprecated[old]; ok {
			r.fire(c, fmt.Sprintf("%s is deprecated: use %s", old, better))
			return
		}
	}
}

var patStructName = pat(`\bstruct\s+(\w+)\b(?!\s*[\{;])`)

func checkConstStruct(c *checker, r *rule) {
	text := c.line.text
	if strings.Contains(text, "const") && patConstWord.MatchString(text) {
		return
	}
	var name string
	c.m.All(patStructName, text, func(loc []int) bool {
		if c.data.constStructs[text[loc[2]:loc[3]]] {
			name = text[loc[2]:loc[3]]
		}
		return name == ""
	})
	if name != "" {
		r.fire(c, fmt.Sprintf("struct %s is normally const", name))
	}
}

var patCPUsOK = []*pattern.Pattern{
	pat(`^.\s*\s*#\s*if\b.*\bNR_CPUS\b`), pat(`^.\s*\s*#\s*define\b.*\bNR_CPUS\b`),
	pat(`^.\s*{declare}\s.*\[[^\]]*NR_CPUS[^\]]*\]`), pat(`\[[^\]]*\.\.\.[^\]]*NR_CPUS[^\]]*\]`),
	pat(`\[[^\]]*NR_CPUS[^\]]*\.\.\.[^\]]*\]`), pat(`^.\s*\.\w+\s*=\s*.*\bNR_CPUS\b`),
}

func checkCPUs(c *checker, r *rule) {
	if !containsWord(c.line.text, "NR_CPUS") {
		return
	}
	for _, p := range patCPUsOK {
		if c.m.Match(p, c.line.text) {
			return
		}
	}
	r.fire(c, "")
}

var patSysfsEmit = pat(`\breturn\s+sysfs_emit\s*\(\s*{arg}\s*,\s*({string})`)

func checkSysfsEmit(c *checker, r *rule) {
	loc := c.m.Find(patSysfsEmit, c.line.text)
	if loc == nil {
		return
	}
	raw := c.line.raw
	end := min(loc[11], len(raw))
	if strings.HasSuffix(raw[min(loc[10], end):end], `\n"`) {
		return
	}
	if r.fire(c, "") {
		c.fixLine(func(line string) string {
			if end > len(line) || end < 1 {
				return line
			}
			return line[:end-1] + `\n` + line[end-1:]
		})
	}
}

var (
	patStructEnd = lazyregexp.New(`^[+ ]\s*\}(?:\s*__packed)?\s*;\s*$`)
	patLastArray = pat(`^\+\s*(?:\}(?:\s*__packed\s*)?|{type})\s*{ident}\s*\[\s*(0|1)\s*\]\s*;\s*$`)
)

func checkFlexibleArray(c *checker, r *rule) {
	if !patStructEnd.MatchString(c.line.plain) || strings.IndexByte(c.line.prev, '[') < 0 {
		return
	}
	if m := c.m.Groups(patLastArray, c.line.prev); m != nil && r.fire(c, "") && m[1] == "0" {
		c.fixes.change(c.line.nr-1, func(line string) string { return strings.Replace(line, "[0]", "[]", 1) })
	}
}

var patInAtomic = pat(`\bin_atomic\s*\(`)

func checkAtomic(c *checker, r *rule) {
	switch {
	case !c.m.Match(patInAtomic, c.line.text):
	case strings.HasPrefix(c.line.file, "drivers/"):
		c.report(r.typ, errorLevel, "")
	case !strings.HasPrefix(c.line.file, "kernel/"):
		r.fire(c, "")
	}
}

var patTasksTrace = pat(`\b(rcu_read_lock_tasks_trace|rcu_read_lock_trace|rcu_read_lock_trace_held|rcu_read_unlock_trace|` +
	`rcu_read_unlock_tasks_trace|call_rcu_tasks_trace|synchronize_rcu_tasks_trace|rcu_barrier_tasks_trace|` +
	`rcu_tasks_trace_expedite_current|rcu_request_urgent_qs_task)\s*\(`)

func checkTasksTrace(c *checker, r *rule) {
	if c.m.Match(patTasksTrace, c.line.text) &&
		!hasAnyPrefix(c.line.file, "kernel/bpf/", "include/linux/bpf", "net/bpf/", "kernel/rcu/", "include/linux/rcu") {
		r.fire(c, "")
	}
}

var patNoValidate = pat(`^.\s*lockdep_set_novalidate_class\s*\(|__lockdep_no_validate__\s*\)`)

func checkNoValidate(c *checker, r *rule) {
	if c.m.Match(patNoValidate, c.line.text) &&
		!hasAnyPrefix(c.line.file, "kernel/lockdep", "include/linux/lockdep", "drivers/base/core") {
		r.fire(c, "")
	}
}

var (
	patModuleLicense = pat(`\bMODULE_LICENSE\s*\(\s*({string})\s*\)`)
	moduleLicenses   = lazyregexp.New(`^"(?:GPL|GPL v2|GPL and additional rights|Dual BSD/GPL|Dual MIT/GPL|Dual MPL/GPL|Proprietary)"$`)
)

func checkModuleLicense(c *checker, r *rule) {
	if !c.m.Match(patModuleLicense, c.line.text) {
		return
	}
	license := c.quoted(c.line.nr)
	if !moduleLicenses.MatchString(license) {
		r.fire(c, fmt.Sprintf("the kernel does not know the licence %s", license))
	}
	if !c.fileMode && license == `"GPL v2"` && r.fire(c, `write "GPL" for "GPL v2"`) {
		c.fixLine(func(line string) string { return strings.Replace(line, `"GPL v2"`, `"GPL"`, 1) })
	}
}

var (
	patIDTable   = pat(`struct\s+\b[a-z]\w*_device_id\b\s+\w+\s*\[\s*\]\s*=\s*\{`)
	patContinue  = lazyregexp.New(`\\\n`)
	patIDNoise   = lazyregexp.New(`[\s\x1c,0]`)
	patIDField   = pat(`\.{ident}=`)
	tableEndings = []string{"{}};", "{{}}};", "ISAPNP_DEVICE_SINGLE_END}};", "ISAPNP_CARD_END}};", "NULL};", "PCMCIA_DEVICE_NULL};"}
)

// checkSentinel wants an empty entry at the end of a table of device IDs.
func checkSentinel(c *checker, r *rule) {
	if !c.stmt.known || !c.m.Match(patIDTable, c.line.text) {
		return
	}
	s := patContinue.ReplaceAllLiteralString(dropMarkers(c.stmt.text), "\n")
	s = strings.ReplaceAll(strings.ReplaceAll(s, `""`, ""), "0x0", "")
	s = c.deleteAll(patIDField, patIDNoise.ReplaceAllLiteralString(s, ""))
	for _, end := range tableEndings {
		if strings.HasSuffix(s, end) {
			return
		}
	}
	r.fire(c, "")
}
