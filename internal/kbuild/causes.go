// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"regexp"

	"github.com/lsmpatch/lsmpatch/internal/report"
)

// A form is one shape of the first line of a complaint. Its regular expression names the groups
// file, line, column, severity and message. Severity Note stands for "as the line says", check
// "" for "by the command that was running".
type form struct {
	check    string
	severity report.Severity
	re       *regexp.Regexp
}

var forms = [...]form{
	{"build/config", report.Error, regexp.MustCompile(
		`^(?P<file>[^\s:]*Kconfig[^\s:]*):(?P<line>\d+): ?(?:error: )?(?P<message>(?:syntax error|unknown|invalid|can't open|recursive|unexpected|missing|unbalanced).*)`)},
	{"build/config", report.Note, regexp.MustCompile(
		`^(?P<file>[^\s:]*Kconfig[^\s:]*):(?P<line>\d+): ?(?P<severity>warning|error): ?(?P<message>.*)`)},
	{"build/config", report.Error, regexp.MustCompile(`^error: (?P<message>recursive dependency detected!)`)},
	{"build/config", report.Warning, regexp.MustCompile(`^WARNING: (?P<message>unmet direct dependencies detected for .*)`)},
	{"build/modpost", report.Note, regexp.MustCompile(`^(?P<severity>ERROR|WARNING): modpost: (?P<message>.*)`)},
	{"build/link", report.Note, regexp.MustCompile(
		`^\S*ld(?:\.lld|\.bfd)?(?:-\d+)?: (?P<severity>error|warning): (?P<message>.*)`)},
	{"build/link", report.Error, regexp.MustCompile(
		`^(?:\S*ld(?:\.bfd)?: )?(?P<file>[^\s:]+):(?:(?P<line>\d+):)?(?:\(\S+\):)? (?P<message>undefined reference to .*)`)},
	{"build/objtool", report.Note, regexp.MustCompile(`^\S+: (?P<severity>warning|error): objtool: (?P<message>.*)`)},
	{"", report.Note, regexp.MustCompile(
		`^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:(?P<column>\d+):)? (?:fatal )?(?P<severity>error|warning|note): (?P<message>.*)`)},
	{"build/make", report.Error, regexp.MustCompile(`^(?P<file>[^\s:]+):(?P<line>\d+): \*\*\* (?P<message>.*)`)},
	{"build/make", report.Error, regexp.MustCompile(`^make(?:\[\d+\])?: \*\*\* (?P<message>.*)`)},
}

var (
	// echoRE matches how make and modpost repeat that something failed.
	echoRE = regexp.MustCompile(`^\[.*\] (?:Error \d+|Killed|Terminated|Interrupt)|^Waiting for unfinished jobs|^Deleting (?:intermediate )?file|` +
		`^Section mismatches detected`)
	mismatchRE   = regexp.MustCompile(`(?i)section mismatch`)
	referencedRE = regexp.MustCompile(`^>>> referenced by .*\((.+?):(\d+)\)`)
)

// A cause says what to do about a complaint, known by its text.
type cause struct {
	check string // "" for any
	re    *regexp.Regexp
	hint  string
}

func findCause(table []cause, check, text string) *cause {
	for i := range table {
		if c := &table[i]; (c.check == "" || c.check == check) && c.re.MatchString(text) {
			return c
		}
	}
	return nil
}

// causes are complaints about the series.
var causes = [...]cause{
	{"build/config", regexp.MustCompile(`can't open file`), "the Kconfig file is missing; is a patch missing, or the path wrong?"},
	{"build/config", regexp.MustCompile(`unmet direct dependencies`), "a select does not look at dependencies; depend on the symbol, or select what it needs"},
	{"build/modpost", regexp.MustCompile(`[Ss]ection mismatch.*(?s:.*)\.init\.`),
		`a function outside of .init.text calls an __init one; in Rust, #[link_section = ".init.text"] on the caller mends it`},
	{"build/modpost", regexp.MustCompile(`undefined!`), "the symbol is not exported, or what defines it is not built"},
	{"build/link", regexp.MustCompile(`undefined symbol: rust_helper_|undefined reference to .rust_helper_`),
		"the C shim is not built: rust/helpers/helpers.c must include its file"},
	{"build/link", regexp.MustCompile(`undefined symbol|undefined reference`),
		"what defines the symbol is not built: look at the Makefile and at the configuration"},
	{"build/link", regexp.MustCompile(`duplicate symbol|multiple definition`), "two objects define the symbol; make one static"},
	{"build/compiler", regexp.MustCompile(`incompatible (?:function )?pointer types?`),
		"a signature differs from the tree's; for a hook, lsmpatch hooks check names both sides"},
	{"build/compiler", regexp.MustCompile(`file not found|No such file or directory`),
		"the header is not in this tree; is the series for another version, or a patch missing?"},
	{"build/compiler", regexp.MustCompile(`implicit declaration of function|undeclared function`),
		"this tree has no such function, or its header is not included"},
	{"build/compiler", regexp.MustCompile(`no member named`), "the structure differs in this tree; is the series for another version?"},
	{"build/bindgen", regexp.MustCompile(`file not found|No such file or directory`),
		"the header is not in this tree; is the series for another version, or a patch missing?"},
	{"build/rustc", regexp.MustCompile(`E0308(?s:.*)fn(?: item| pointer)`),
		"a function's type differs from the tree's; for a hook, lsmpatch hooks check names both sides"},
	{"build/rustc", regexp.MustCompile(`(?:cannot find|unresolved|no).*(?:in crate|in module|imports?)?.*bindings`),
		"bindgen does not see it: rust/bindings/bindings_helper.h must include its header, and a macro or inline needs a C shim"},
	{"build/rustc", regexp.MustCompile(`E043[23]`),
		"this tree's kernel crate has no such item; is the series for another version, or a patch missing?"},
	{"build/rustc", regexp.MustCompile(`E0560|E0609|E0063`), "the structure differs in this tree; is the series for another version?"},
	{"build/rustc", regexp.MustCompile(`E0133`), "the call needs an unsafe block, with its SAFETY comment"},
	{"build/make", regexp.MustCompile(`No rule to make target`), "a Makefile names an object whose source the series does not add"},
}

// ours are failures of this machine.
var ours = [...]cause{
	{"", regexp.MustCompile(`No space left on device`), "free some disk space below the output folder; a build takes 1 GB"},
	{"", regexp.MustCompile(`out of memory|Cannot allocate memory|virtual memory exhausted|\*\*\* \[.*\] Killed|unable to execute command: Killed|signal: 9, SIGKILL`),
		"the machine ran out of memory; try fewer jobs"},
	{"", regexp.MustCompile(`^(?:/bin/)?(?:ba)?sh: (?:line )?\d+: \S+: (?:not found|command not found|Permission denied)`), rootHint},
	{"", regexp.MustCompile(`[Uu]nable to find libclang|couldn't find any valid shared libraries matching.*libclang`),
		"bindgen needs libclang (Debian package libclang-19-dev)"},
	{"", regexp.MustCompile(`fatal error: '?(?:gelf|libelf|elf)\.h`), "install libelf-dev in the toolchain"},
	{"", regexp.MustCompile(`fatal error: '?openssl/`), "install libssl-dev in the toolchain"},
	{"", regexp.MustCompile(`Read-only file system|: Permission denied$`), "the output folder must be writable"},
}
