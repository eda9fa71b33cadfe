// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A form is one shape of the first line of a complaint. Its regular expression names the groups
// file, line, column, severity and message. Severity Note stands for "as the line says", check
// "" for "by the command that was running".
type form struct {
	check    string
	severity report.Severity
	re       *lazyregexp.Regexp
}

var forms = [...]form{
	{"build/config", report.Error, lazyregexp.New(
		`^(?P<file>[^\s:]*Kconfig[^\s:]*):(?P<line>\d+): ?(?:error: )?(?P<message>(?:syntax error|unknown|invalid|can't open|recursive|unexpected|missing|unbalanced).*)`)},
	{"build/config", report.Note, lazyregexp.New(
		`^(?P<file>[^\s:]*Kconfig[^\s:]*):(?P<line>\d+): ?(?P<severity>warning|error): ?(?P<message>.*)`)},
	{"build/config", report.Error, lazyregexp.New(`^error: (?P<message>recursive dependency detected!)`)},
	{"build/config", report.Warning, lazyregexp.New(`^WARNING: (?P<message>unmet direct dependencies detected for .*)`)},
	{"build/modpost", report.Note, lazyregexp.New(`^(?P<severity>ERROR|WARNING): modpost: (?P<message>.*)`)},
	{"build/link", report.Note, lazyregexp.New(
		`^\S*ld(?:\.lld|\.bfd)?(?:-\d+)?: (?P<severity>error|warning): (?P<message>.*)`)},
	{"build/link", report.Error, lazyregexp.New(
		`^(?:\S*ld(?:\.bfd)?: )?(?P<file>[^\s:]+):(?:(?P<line>\d+):)?(?:\(\S+\):)? (?P<message>(?:undefined reference to|multiple definition of) .*)`)},
	{"build/objtool", report.Note, lazyregexp.New(`^\S+: (?P<severity>warning|error): objtool: (?P<message>.*)`)},
	{"", report.Note, lazyregexp.New(
		`^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:(?P<column>\d+):)? (?:fatal )?(?P<severity>error|warning|note): (?P<message>.*)`)},
	{"build/kernel-doc", report.Note, lazyregexp.New(`^(?P<severity>Warning|Error): (?P<file>[^\s:]+):(?P<line>\d+) (?P<message>.*)`)},
	{"build/rustfmt", report.Warning, lazyregexp.New(`^(?P<message>Diff) in (?P<file>[^\s:]+):(?P<line>\d+):$`)},
	{"build/coccinelle", report.Warning, lazyregexp.New(`^(?P<file>[^\s:]+):(?P<line>\d+):(?P<column>\d+)-\d+: (?:WARNING:? |ERROR:? )?(?P<message>.*)`)},
	{"build/make", report.Error, lazyregexp.New(`^(?P<file>[^\s:]+):(?P<line>\d+): \*\*\* (?P<message>.*)`)},
	{"build/make", report.Error, lazyregexp.New(`^make(?:\[\d+\])?: \*\*\* (?P<message>.*)`)},
	// bison and dtc have columns behind a dot, and the end of the place.
	{"", report.Note, lazyregexp.New(
		`^(?P<file>[^\s:]+):(?P<line>\d+)\.(?P<column>\d+)(?:-\d+(?:\.\d+)?)?: (?P<severity>[Ww]arning|[Ee]rror|ERROR):? (?P<message>.*)`)},
	{"", report.Error, lazyregexp.New(
		`^Error: (?P<file>[^\s:]+):(?P<line>\d+)\.(?P<column>\d+)(?:-\d+(?:\.\d+)?)? (?P<message>.*)`)},
}

// otherForms are those of programs of all kinds, for lines that say nothing else. make goes on after most of
// them.
var otherForms = [...]form{
	// What the shell of a recipe or of $(shell) could not do, and a script.
	{"build/make", report.Warning, lazyregexp.New(`^(?:/\S*/)?(?:ba|da)?sh: (?:line )?\d+: (?P<message>.+)`)},
	{"build/make", report.Warning, lazyregexp.New(`^(?P<file>[^\s:]+\.sh): (?:line )?(?P<line>\d+): (?P<message>.+)`)},
	{"build/make", report.Warning, lazyregexp.New(`^make(?:\[\d+\])?: (?P<message>Circular .* dependency dropped\.)`)},
	{"build/make", report.Warning, lazyregexp.New(
		`^(?:make(?:\[\d+\])?: )?(?P<message>[^*\s:]+: (?:\S.*: )?(?:\[Errno \d+\] )?(?:No such file or directory|Permission denied|Read-only file system|Is a directory))$`)},
	{"build/make", report.Warning, lazyregexp.New(`^(?P<message>sed: .*)`)},
	// $(warning) of a Makefile.
	{"build/make", report.Warning, lazyregexp.New(`^(?P<file>[^\s:]*(?:Makefile|Kbuild|\.mk\b)[^\s:]*):(?P<line>\d+): (?P<message>[^*\s].*)`)},
	// Python and Perl.
	{"build/script", report.Warning, lazyregexp.New(`^(?P<file>[^\s:]+):(?P<line>\d+): (?P<message>[A-Z]\w*Warning: .*)`)},
	{"build/script", report.Warning, lazyregexp.New(`^(?P<message>(?:\w+\.)*[A-Z]\w*(?:Error|Exception): .*)`)},
	{"build/script", report.Warning, lazyregexp.New(`^(?P<message>\S.*) at (?P<file>[^\s:]+) line (?P<line>\d+)(?:, (?:<\w*> line \d+|near .*))?\.?$`)},
	// What any program calls a warning.
	{"build/tool", report.Warning, lazyregexp.New(`^(?:(?P<file>[^\s:]+): )?(?:\S.*?: )?(?:[Ww]arning|WARN(?:ING)?): (?P<message>.*)`)},
}

var (
	// echoRE matches how make and modpost repeat that something failed.
	echoRE = lazyregexp.New(`^\[.*\] (?:Error \d+|Killed|Terminated|Interrupt)|^Waiting for unfinished jobs|^Deleting (?:intermediate )?file|` +
		`^Section mismatches detected`)
	// machineRE matches what make says of this machine's clock and of its jobs.
	machineRE    = lazyregexp.New(`^make(?:\[\d+\])?: [Ww]arning: `)
	mismatchRE   = lazyregexp.New(`(?i)section mismatch`)
	referencedRE = lazyregexp.New(`^>>> referenced by .*\((.+?):(\d+)\)`)
)

// A cause says what to do about a complaint, known by its text.
type cause struct {
	check string // "" for any
	re    *lazyregexp.Regexp
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

// twiceRE matches what linkers say of a symbol that two objects define.
var twiceRE = lazyregexp.New(`duplicate symbol|multiple definition`)

// causes are complaints about the series.
var causes = [...]cause{
	{"build/config", lazyregexp.New(`can't open file`), "the Kconfig file is missing; is a patch missing, or the path wrong?"},
	{"build/config", lazyregexp.New(`unmet direct dependencies`), "a select does not look at dependencies; depend on the symbol, or select what it needs"},
	{"build/modpost", lazyregexp.New(`[Ss]ection mismatch.*\(section: \.(?:ro)?data.*\.init\.`),
		"data that stays after the start points to what is thrown away then: mark the data __initdata, or take __init off what it points to"},
	{"build/modpost", lazyregexp.New(`[Ss]ection mismatch.*(?s:.*)\.init\.`),
		`a function outside of .init.text calls an __init one; in Rust, #[link_section = ".init.text"] on the caller mends it`},
	{"build/modpost", lazyregexp.New(`undefined!`), "the symbol is not exported, or what defines it is not built"},
	{"build/link", lazyregexp.New(`undefined symbol: rust_helper_|undefined reference to .rust_helper_`),
		"the C shim is not built: rust/helpers/helpers.c must include its file"},
	{"build/link", lazyregexp.New(`undefined (?:\w+ )?symbol|undefined reference`),
		"what defines the symbol is not built: look at the Makefile and at the configuration"},
	{"build/link", twiceRE, "two objects define the symbol; make one static"},
	{"build/compiler", lazyregexp.New(`incompatible (?:function )?pointer types?`),
		"a signature differs from the tree's; for a hook, lsmpatch hooks check names both sides"},
	{"build/compiler", lazyregexp.New(`file not found|No such file or directory`),
		"the header is not in this tree; is the series for another version, or a patch missing?"},
	{"build/compiler", lazyregexp.New(`implicit declaration of function|undeclared function`),
		"this tree has no such function, or its header is not included"},
	{"build/compiler", lazyregexp.New(`no member named`), "the structure differs in this tree; is the series for another version?"},
	{"build/bindgen", lazyregexp.New(`file not found|No such file or directory`),
		"the header is not in this tree; is the series for another version, or a patch missing?"},
	{"build/rustc", lazyregexp.New(`E0308(?s:.*)fn(?: item| pointer)`),
		"a function's type differs from the tree's; for a hook, lsmpatch hooks check names both sides"},
	{"build/rustc", lazyregexp.New(`(?:cannot find|unresolved|no).*(?:in crate|in module|imports?)?.*bindings`),
		"bindgen does not see it: rust/bindings/bindings_helper.h must include its header, and a macro or inline needs a C shim"},
	{"build/rustc", lazyregexp.New(`E043[23]`),
		"this tree's kernel crate has no such item; is the series for another version, or a patch missing?"},
	{"build/rustc", lazyregexp.New(`E0560|E0609|E0063`), "the structure differs in this tree; is the series for another version?"},
	{"build/rustc", lazyregexp.New(`E0133`), "the call needs an unsafe block, with its SAFETY comment"},
	{"build/make", lazyregexp.New(`Read-only file system`), "a rule writes into the source tree; what make makes belongs to $(obj)"},
	{"build/make", lazyregexp.New(`No rule to make target`), "a Makefile names an object whose source the series does not add"},
}

// toolchainRE matches where the kernel's own programs for the build miss a library of the toolchain.
var toolchainRE = lazyregexp.New(`^(?:\S*/)?(?:tools|scripts|certs|arch/x86/(?:tools|entry))/\S+: fatal error: '?(?:gelf|libelf|elf|openssl/)`)

// roomRE matches a lack of room. It is this machine's fault where its disk is full.
var roomRE = lazyregexp.New(`No space left on device`)

// missingRE matches what a shell says of a program that is not there.
var missingRE = lazyregexp.New(`^(?:/bin/)?(?:ba)?sh: (?:line )?\d+: ([^\s/]+): (?:not found|command not found)`)

// ours are failures of this machine, told by make, a shell or a compiler in a line of its own.
var ours = [...]cause{
	{"", lazyregexp.New(`No space left on device`), "free some disk space below the output folder; a build takes 1 GB"},
	{"", lazyregexp.New(`^make(?:\[\d+\])?: \*\*\* \[.*\] Killed|unable to execute command: Killed|signal: 9, SIGKILL|terminated with signal 9`),
		"the machine ran out of memory; try fewer jobs"},
	{"", missingRE, rootHint},
	{"", lazyregexp.New(`[Uu]nable to find libclang|couldn't find any valid shared libraries matching.*libclang`),
		"bindgen needs libclang (Debian package libclang-19-dev)"},
	{"", lazyregexp.New(`fatal error: '?(?:gelf|libelf|elf)\.h`), "install libelf-dev in the toolchain"},
	{"", lazyregexp.New(`fatal error: '?openssl/`), "install libssl-dev in the toolchain"},
}
