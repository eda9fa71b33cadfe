// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"maps"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// The script's levels, as severities of the report.
const (
	errorLevel = report.Error
	warnLevel  = report.Warning
	checkLevel = report.Note
)

// A checker reads one input, line by line, and collects what its rules find.
type checker struct {
	plan *plan
	set  *settings
	data *treeData
	src  *source
	// fileMode is whether the input is a file; name is then its path.
	fileMode bool
	name     string
	strict   bool // of the file at hand

	m       pattern.Matcher
	learned learned
	found   []found
	hits    pattern.Bits // the rules that may have something to say about the line

	line       lineState
	log        logState
	stmt       stmtState
	tracker    valueTracker
	comments   commentTracker
	scratch    any // what the rules of operators keep from line to line, so as not to make it anew
	valueBuf   []byte
	variantBuf []byte
	fixes      fixes

	camel     map[string]bool // names in CamelCase that were reported or are defined
	camelRead bool
	linker    map[string]int // words of vmlinux.lds.h
	corrupted bool
	isPatch   bool
	spaces    bool // some white space is what the tree's own scripts for that mend
	counted   int  // lines within hunks
}

// lineState is the line at hand, and where it stands.
type lineState struct {
	nr int // in the input, from 1
	// text is blanked, plain has spaces for comments, raw is as read.
	text, plain, raw string
	prev, prevRaw    string // the line before that is in the new file
	length, indent   int    // in columns
	prevIndent       int

	stash, stashRaw string
	stashIndent     int

	file      string // as the diff names it
	fileNr    int    // its line in file
	left      int    // lines left in the hunk, this one included; 0 outside
	first     int    // where the hunk starts
	function  string // the function that the hunk or the code around names, or ""
	licenseNr int    // where the licence tag belongs
	// camelFrom is where the search for CamelCase starts: after a case and its colon, as the script happens to do.
	camelFrom int
	blankNr   int // the last line of a run of blank lines that was complained of
	bindings  int // whether the file is a devicetree binding: -1 before the first file
}

// mayStartType reports whether a type or a modifier may be the next word of s from i on.
func (c *checker) mayStartType(s string, i int) bool {
	i = skipSpace(s, i)
	return c.learned.mayStartType(s, i, wordEnd(s, i))
}

// mayDeclare reports whether what follows the marker of a line may be a type, or the storage class before one.
func (c *checker) mayDeclare(text string) bool {
	i := skipSpace(text, 1)
	return hasAnyPrefix(text[min(i, len(text)):], "typedef", "extern", "static", "asmlinkage", "inline", "noinline") || c.mayStartType(text, i)
}

// mayDeclareFunction is mayDeclare where a parenthesis is the first that is in no simple type or name.
func (c *checker) mayDeclareFunction(text string) bool {
	i := 1
	for i < len(text) && typeBytes[text[i]] {
		i++
	}
	return i < len(text) && text[i] == '(' && c.mayDeclare(text)
}

// typeBytes are those of types and names, but for the parentheses that some have.
var typeBytes = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_*[]# \t\n\r\f\v")

// code is the line without its marker and the white space at its start, comments as spaces.
func (l *lineState) code() string { return l.plain[min(skipSpace(l.plain, 1), len(l.plain)):] }

// found is one finding with its place in the input.
type found struct {
	typ      string
	severity report.Severity
	message  string
	waived   string // why the finding does not count, or ""
	nr       int
	file     string
	fileNr   int
	hunk     bool // whether fileNr is right, since the line belongs to a hunk
	column   int
}

// newChecker prepares the check of src.
func newChecker(rules *plan, set *settings, data *treeData, src *source) *checker {
	c := &checker{plan: rules, set: set, data: data, src: src, strict: set.strict}
	c.m.Ctx = &c.learned
	c.tracker = newValueTracker()
	c.log = logState{header: true, lastCommit: -1, signatures: map[string]bool{}}
	c.line.bindings = -1
	c.line.licenseNr = 1
	c.stmt.before = valEnd
	c.camel = map[string]bool{}
	c.learned.types = maps.Clone(set.typedefs)
	return c
}

// The steps of patterns that one line, and a whole input, may cost. Sources come nowhere near: these are for inputs
// that are made to take long, of whose last lines less is seen then.
const (
	lineBudget  = 3_000_000
	inputBudget = 300_000_000
)

// run checks the whole input.
func (c *checker) run() {
	left := inputBudget
	for i := range c.src.raw {
		c.m.Budget = max(min(left, lineBudget), 2)
		before := c.m.Budget
		c.checkLine(i)
		left -= before - c.m.Budget
	}
	if len(c.src.raw) > 0 {
		c.plan.end(c)
	}
}

// report adds a finding at the line at hand, if its type is wanted, and says whether it did.
func (c *checker) report(typ string, severity report.Severity, message string) bool {
	return c.reportAt(typ, severity, 0, message)
}

// reportAt is report with the column of the blanked line, marker included, from 1.
func (c *checker) reportAt(typ string, severity report.Severity, column int, message string) bool {
	c.spaces = c.spaces || typ == "TRAILING_WHITESPACE" || typ == "CODE_INDENT"
	if severity == checkLevel && !c.strict || !c.set.wants(typ) || c.data.types != nil && !c.data.types[typ] {
		return false
	}
	if message == "" {
		message = explanations()[typ].why
	}
	if only := c.set.testOnly; only != "" && !strings.Contains(message+"\n"+c.line.raw, only) {
		return false
	}
	f := found{typ: typ, severity: severity, message: message, nr: c.line.nr, column: max(column-1, 0)}
	if c.line.file != "" {
		f.file, f.fileNr, f.hunk = c.line.file, c.line.fileNr, c.line.left > 0
	}
	c.found = append(c.found, f)
	return true
}

// warnUnlessFile is the level of what is a warning in patches and a matter of taste in files.
func (c *checker) warnUnlessFile() report.Severity {
	if c.fileMode {
		return checkLevel
	}
	return warnLevel
}

// checkLine takes the line with index i through all stages that it reaches.
func (c *checker) checkLine(i int) {
	l := &c.line
	l.nr = i + 1
	l.text, l.raw = c.src.text[i], seen(c.src.raw[i])
	l.plain, l.camelFrom = l.text, 0
	if strings.IndexByte(l.text, comment) >= 0 {
		l.plain = strings.ReplaceAll(l.text, string([]byte{comment}), " ")
	}
	if c.place() {
		return
	}
	if l.left > 0 {
		c.counted++
	}
	for _, r := range c.plan.log {
		if r(c) {
			return
		}
	}
	if l.left == 0 || strings.HasPrefix(l.text, "-") {
		return
	}
	c.hits = c.plan.words.Scan(l.raw, c.hits)
	c.runRules(&c.plan.any)
	if !c.kind(sourceSuffixes) {
		return
	}
	c.runRules(&c.plan.source)
	if !c.kind(indentSuffixes) {
		return
	}
	c.runRules(&c.plan.indent)
	if !c.kind(cSuffixes) {
		return
	}
	c.plan.context(c)
	if l.text == "" || l.text[0] == '+' {
		c.runRules(&c.plan.c)
	}
}

// The suffixes of the files that a stage of rules looks at.
var (
	sourceSuffixes = []string{".h", ".c", ".rs", ".s", ".S", ".sh", ".dtsi", ".dts"}
	indentSuffixes = []string{".h", ".c", ".pl", ".dtsi", ".dts"}
	cSuffixes      = []string{".h", ".c"}
)

// kind reports whether the file at hand has one of the suffixes.
func (c *checker) kind(suffixes []string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(c.line.file, s) {
			return true
		}
	}
	return false
}

// added reports whether the line at hand is an added one.
func (c *checker) added() bool { return strings.HasPrefix(c.line.text, "+") }

// next returns the blanked line after the one at hand.
func (c *checker) next() (string, bool) { return c.src.line(c.line.nr + 1) }
