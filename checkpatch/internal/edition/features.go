// SPDX-License-Identifier: GPL-2.0-only

package edition

import "strings"

// A Feature is how the rules of newer scripts differ from those of older ones, where that is more than a type that is
// there or is not. The newest script has all of them.
type Feature int

// The features, with the kernel that brought each; 7.0 is what came between 6.12 and 7.2.
const (
	// Syntax.
	AlignedAttribute Feature = iota // __aligned() is an attribute (6.12)
	GroupMacros                     // __cacheline_group_begin() and its kin declare something (7.0)

	// The mail.
	ParsedFixes     // what looks like a Fixes: tag is taken apart, not looked for (6.12)
	LongFixes       // a Fixes: tag may have more than 12 digits (7.0)
	KnownFixesOnly  // a Fixes: tag is judged only where its commit is known (7.0)
	CosignerAtStart // no space may be before the Signed-off-by that follows Co-developed-by (6.12)
	LinkAfterReport // Link: may follow Reported-by:, not only Closes: (7.0)
	LongURLs        // a URL alone may make a line of the message long (7.0)
	LetterSpelling  // letters beyond ASCII are parts of words (7.0)
	NoBindingNull   // a deleted file counts for no side of devicetree bindings (7.0)

	// Files.
	BusCompatibles // compatible strings of PCI and USB devices need no document (7.3)
	DualBindings   // the licence of bindings is read word for word (6.12)
	DualHeaders    // headers of bindings have two licences, too (6.12)
	OtherSPDX      // tags of SPDX that the kernel does not use (7.0)

	// Layout.
	WholeFilename     // a file's name in it is looked for as whole words (6.12)
	BothLongLines     // LONG_LINE switches the types that begin so, too (6.12)
	ErrorInjection    // ALLOW_ERROR_INJECTION may follow a function (6.12)
	NokprobeSymbol    // NOKPROBE_SYMBOL may (7.3)
	FunctionArrays    // arrays of pointers to functions are declarations (7.0)
	PlainBUG          // BUG functions with a prefix that is gone from the kernel count (7.0)
	NoStagingParens   // drivers/staging is free to put comparisons in parentheses, --strict or not (7.0)
	GenericCamel      // _Generic is no name in CamelCase (7.0)
	EthtoolCamel      // ETHTOOL_LINK_MODE_… is none (6.12)
	SoftMacros        // a macro of some statements is a warning (7.0)
	StaticAssertMacro // static_assert may be all of a macro (7.0)
	CaseMacros        // case may start a macro (6.12)
	BodylessMacros    // arguments of a macro without a body need no use (7.0)

	// The kernel's own functions.
	FourCCLetters    // %p4 takes c and one of four letters (7.0)
	UserspaceStrings // tools/ and scripts/ may use strcpy and its kin (7.0)
	ForwardStructs   // struct foo; is no use of it (7.0)
	MoreTasksTrace   // three more functions of RCU tasks trace (7.0)
	LinkerSymbols    // words of vmlinux.lds.h may be declared extern (6.12)
	AllocVariants    // kvcalloc and *_node take the size last, too (6.12)
	ObjectAllocs     // kmalloc_objs and its kin are there (7.0)
	features
)

// probes tell by a text of the script whether it has a feature; those that start with "!" by its absence.
var probes = [features]string{
	AlignedAttribute: `__aligned\s*\(.*\)|`,
	GroupMacros:      `__cacheline_group_`,

	ParsedFixes:     `^\s*(fixes:?)\s*(?:commit\s*)?([0-9a-f]{5,40})(?:\s*($balanced_parens))?`,
	LongFixes:       `[0-9a-f]{12,40}$/i);`,
	KnownFixesOnly:  `if (defined($cid) && ($ctitle`,
	CosignerAtStart: `!~ /^signed-off-by:\s*(.*)/i`,
	LinkAfterReport: `!~ /^(closes|link):\s*/i`,
	LongURLs:        `^\s*(?:Fixes:|https?:|`,
	LetterSpelling:  `decode("utf8", $rawline)`,
	NoBindingNull:   `!~ /^(MAINTAINERS|dev\/null)/`,

	BusCompatibles: `next if $compat =~ /^pciclass,/`,
	DualBindings:   `!~ /GPL-2\.0(?:-only)? OR BSD-2-Clause/`,
	DualHeaders:    `!~ /GPL-2\.0(?:-only)? OR \S+/`,
	OtherSPDX:      `!~ /\bSPDX-FileCopyrightText:/`,

	WholeFilename:     `/^\+.*\b\Q$realfile\E\b/`,
	BothLongLines:     `show_type("LONG_LINE") && show_type($msg_type)`,
	ErrorInjection:    `early_param|ALLOW_ERROR_INJECTION`,
	NokprobeSymbol:    `^\+\s*NOKPROBE_SYMBOL`,
	FunctionArrays:    `$Declare\s*\(\s*\*\s*$Ident(?:\s*\[`,
	PlainBUG:          `!AA_|BUILD_|DCCP_|`,
	NoStagingParens:   `!m@^(?:drivers/staging/)@ || $check_orig`,
	GenericCamel:      `!~ /^_Generic$/`,
	EthtoolCamel:      `!~ /^ETHTOOL_LINK_MODE_/`,
	SoftMacros:        `WARN("MULTISTATEMENT_MACRO_USE_DO_WHILE"`,
	StaticAssertMacro: "static_assert|\n\t\t\t\t# declaration primitives",
	CaseMacros:        `$dstat !~ /^case\b/`,
	BodylessMacros:    `!~ /\b$arg\b/ && $define_stmt`,

	FourCCLetters:    `^c(?:[hlbc]|hR)$`,
	UserspaceStrings: `/\bstrcpy\s*\(/ && !is_userspace`,
	ForwardStructs:   `\b(?!\s*[\{;])/`,
	MoreTasksTrace:   `rcu_tasks_trace_expedite_current |`,
	LinkerSymbols:    `$maybe_linker_symbol{$1}++`,
	AllocVariants:    `((?:k|kv)?(calloc|malloc_array)(?:_node)?)`,
	ObjectAllocs:     `"kmalloc_objs"`,
}

func (e *Edition) readFeatures(source string) {
	for f, probe := range probes {
		text, absent := strings.CutPrefix(probe, "!")
		if strings.HasPrefix(probe, "!~") {
			text, absent = probe, false
		}
		e.Lacks[f] = strings.Contains(source, text) == absent
	}
}

// Has reports whether the script's rules have a feature.
func (e *Edition) Has(f Feature) bool { return !e.Lacks[f] }
