// SPDX-License-Identifier: GPL-2.0-only

// Package engine runs rules over an input. It knows what a rule is and what a rule may look at, and no rule itself.
//
// Call [New] with a [Plan] of rules, then Run of the [Checker]: it takes each line through the stages that the line
// reaches (the mail, all files, sources, indented files, C), and hands the checker to the rules of the stage. A rule looks
// at the line at hand (Line), the statement (Stmt), the mail so far (Log), the whole input (Src), and the tree (Tree), and
// reports what it finds.
//
// A new rule belongs in a room of subject below rules; this package changes where all rules are to see something new.
package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/explain"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// The script's levels, as severities of the report.
const (
	Error = report.Error
	Warn  = report.Warning
	Check = report.Note
)

// A Checker reads one input, line by line, and collects what its rules find.
type Checker struct {
	plan     *Plan
	Settings *Settings
	Tree     *lists.Tree
	Src      *lines.Source
	// FileMode is whether the input is a file; name is then its path.
	FileMode bool
	Name     string
	Strict   bool // of the file at hand

	M       pattern.Matcher
	Learned syntax.Learned
	Found   []Found
	Met     []Found      // the limits that were met
	Hits    pattern.Bits // the rules that may have something to say about the line

	Line       lineState
	Log        logState
	Stmt       stmtState
	tracker    valueTracker
	comments   commentTracker
	Scratch    any // what the rules of operators keep from line to line, so as not to make it anew
	valueBuf   []byte
	variantBuf []byte
	Fixes      lines.Fixes

	Camel     map[string]bool // names in CamelCase that were reported or are defined
	CamelRead bool
	Linker    map[string]int // words of vmlinux.lds.h
	Corrupted bool
	IsPatch   bool
	Spaces    bool // some white space is what the tree's own scripts for that mend
	atEnd     bool // all lines were looked at
	full      bool // no more is reported, so that no more need be looked at
	Counted   int  // lines within hunks
}

// lineState is the line at hand, and where it stands.
type lineState struct {
	Nr int // in the input, from 1
	// Text is blanked, plain has spaces for comments, raw is as read.
	Text, Plain, Raw string
	Prev, PrevRaw    string // the line before that is in the new file
	Length, Indent   int    // in columns
	PrevIndent       int

	stash, stashRaw string
	stashIndent     int

	File      string // as the diff names it
	FileNr    int    // its line in file
	Left      int    // lines left in the hunk, this one included; 0 outside
	first     int    // where the hunk starts
	Function  string // the function that the hunk or the code around names, or ""
	LicenseNr int    // where the licence tag belongs
	// CamelFrom is where the search for CamelCase starts: after a case and its colon, as the script happens to do.
	CamelFrom int
	BlankNr   int // the last line of a run of blank lines that was complained of
	bindings  int // whether the file is a devicetree binding: -1 before the first file
}

// MayStartType reports whether a type or a modifier may be the next word of s from i on.
func (c *Checker) MayStartType(s string, i int) bool {
	i = lines.SkipSpace(s, i)
	return c.Learned.MayStartType(s, i, lines.WordEnd(s, i))
}

// mayDeclare reports whether what follows the marker of a line may be a type, or the storage class before one.
func (c *Checker) mayDeclare(text string) bool {
	i := lines.SkipSpace(text, 1)
	return lines.HasAnyPrefix(text[min(i, len(text)):], "typedef", "extern", "static", "asmlinkage", "inline", "noinline") || c.MayStartType(text, i)
}

// MayDeclareFunction is mayDeclare where a parenthesis is the first that is in no simple type or name.
func (c *Checker) MayDeclareFunction(text string) bool {
	i := 1
	for i < len(text) && typeBytes[text[i]] {
		i++
	}
	return i < len(text) && text[i] == '(' && c.mayDeclare(text)
}

// typeBytes are those of types and names, but for the parentheses that some have.
var typeBytes = lines.BytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_*[]# \t\n\r\f\v")

// Code is the line without its marker and the white space at its start, comments as spaces.
func (l *lineState) Code() string { return l.Plain[min(lines.SkipSpace(l.Plain, 1), len(l.Plain)):] }

// Found is one finding with its place in the input.
type Found struct {
	Typ      string
	Severity report.Severity
	Message  string
	Waived   string // why the finding does not count, or ""
	Nr       int
	File     string
	FileNr   int
	Hunk     bool // whether fileNr is right, since the line belongs to a hunk
	Column   int
	AtEnd    bool // it is about the input as a whole
	// Excerpt is the line, as it is shown, and Mark what points below it at the column, each a whole line or "". Theirs tells
	// that the script itself found and showed it.
	Excerpt, Mark string
	Theirs        bool
	// Early is set where the script names the line before, since it has not moved on yet.
	Early bool
	// Pointed is how many columns the script points at, where it points.
	Pointed int
	// Before and After are the lines that the script shows around this one; nil for none.
	Before, After []string
}

// New prepares the check of src.
func New(rules *Plan, set *Settings, data *lists.Tree, src *lines.Source) *Checker {
	c := &Checker{plan: rules, Settings: set, Tree: data, Src: src, Strict: set.Strict}
	c.M.Ctx = &c.Learned
	c.tracker = newValueTracker()
	c.Log = logState{Header: true, LastCommit: -1, Signatures: map[string]bool{}}
	c.Line.bindings = -1
	// The script's first look at all lines leaves its count of a file's lines where the last hunk starts.
	c.Line.FileNr = src.LastStart - 1
	c.Line.LicenseNr = 1
	c.Stmt.Before = valEnd
	c.Camel = map[string]bool{}
	c.Learned.Types = maps.Clone(set.Typedefs)
	c.Learned.Older = data.Older()
	return c
}

// Has reports whether the rules of the tree's script have a feature.
func (c *Checker) Has(f edition.Feature) bool { return c.Tree.Edition.Has(f) }

// The steps of patterns that one line, and a whole input, may cost. Sources come nowhere near: these are for inputs
// that are made to take long, of whose last lines less is seen then.
const (
	lineBudget  = limit.LineSteps
	inputBudget = limit.InputSteps
)

// Run checks the whole input.
func (c *Checker) Run() {
	left := inputBudget
	short := c.Src.Shortened()
	c.meet(c.Src.Cut, "bytes of a line that style looks at", limit.LineBytes)
	c.meet(c.Src.Over, "lines of an input that style looks at", limit.InputLines)
	for i := range c.Src.Raw {
		if c.full {
			break
		}
		c.M.Budget = max(min(left, lineBudget), 2)
		before := c.M.Budget
		c.checkLine(i)
		left -= before - c.M.Budget
		switch {
		case c.M.Budget == 1 && before < lineBudget:
			c.meet(i+1, "steps of patterns for an input", inputBudget)
		case c.M.Budget == 1:
			c.meet(i+1, "steps of patterns for a line", lineBudget)
		}
		if !short && c.Src.Shortened() {
			short = true
			c.meet(i+1, "bytes that style reads for statements", limit.StatementBytes)
		}
	}
	if len(c.Src.Raw) > 0 {
		c.atEnd = true
		c.plan.End(c)
	}
}

// meet says, once for each limit, at which line it was met; 0 is none. What comes after may be looked at in part.
func (c *Checker) meet(nr int, name string, value int) {
	message := fmt.Sprintf("not all of this was looked at: it meets the limit of %d %s", value, name)
	if nr == 0 || slices.ContainsFunc(c.Met, func(f Found) bool { return f.Message == message }) {
		return
	}
	c.Met = append(c.Met, Found{Typ: "LIMIT", Severity: report.Warning, Message: message, Nr: nr, Theirs: true})
}

// Report adds a finding at the line at hand, if its type is wanted, and says whether it did.
func (c *Checker) Report(typ string, severity report.Severity, message string) bool {
	return c.ReportAt(typ, severity, 0, message)
}

// ReportAt is report with the column of the blanked line, marker included, from 1.
func (c *Checker) ReportAt(typ string, severity report.Severity, column int, message string) bool {
	c.Spaces = c.Spaces || typ == "TRAILING_WHITESPACE" || typ == "CODE_INDENT"
	if severity == Check && !c.Strict || !c.Settings.Wants(typ) || !c.Tree.Knows(typ) {
		return false
	}
	if message == "" {
		message = explain.Why(typ)
	}
	if only := c.Settings.TestOnly; only != "" && !strings.Contains(message+"\n"+c.Line.Raw, only) {
		return false
	}
	if n := len(c.Found); n >= limit.InputFindings {
		c.full = true
		c.meet(c.Line.Nr, "findings of style for an input", limit.InputFindings)
		return false
	} else if n >= limit.LineFindings && c.Found[n-limit.LineFindings].Nr == c.Line.Nr {
		c.meet(c.Line.Nr, "findings of style for a line", limit.LineFindings)
		return false
	}
	f := Found{Typ: typ, Severity: severity, Message: message, Nr: c.Line.Nr, Column: max(column-1, 0)}
	f.File, f.FileNr, f.Hunk, f.AtEnd = c.Line.File, c.Line.FileNr, c.Line.File != "" && c.Line.Left > 0, c.atEnd
	c.around(&f)
	c.Found = append(c.Found, f)
	return true
}

// Point says, of the finding that was just reported, how many columns the script points at.
func (c *Checker) Point(columns int) { c.Found[len(c.Found)-1].Pointed = columns }

// around sets the lines that the script shows with those of types that are about two.
func (c *Checker) around(f *Found) {
	switch {
	case !f.Hunk && nextShown[f.Typ] && c.Line.Nr < len(c.Src.Raw):
		f.After = c.Src.Raw[c.Line.Nr : c.Line.Nr+1]
	case f.Hunk && prevShown[f.Typ]:
		f.Before = []string{c.Line.PrevRaw}
	}
}

// prevShown are the types whose findings are shown with the line before, nextShown those with the next one.
var (
	prevShown = TypeSet([]string{"ASSIGNMENT_CONTINUATIONS", "ELSE_AFTER_BRACE", "FLEXIBLE_ARRAY", "LINE_SPACING", "LOGICAL_CONTINUATIONS",
		"MISSING_SPACE", "MULTILINE_DEREFERENCE", "NEEDLESS_IF", "OOM_MESSAGE", "PARENTHESIS_ALIGNMENT", "RETURN_VOID", "SPLIT_STRING",
		"UNNECESSARY_BREAK", "UNNECESSARY_ELSE", "WHILE_AFTER_BRACE"})
	nextShown = TypeSet([]string{"BAD_REPORTED_BY_LINK"})
)

// WarnUnlessFile is the level of what is a warning in patches and a matter of taste in files.
func (c *Checker) WarnUnlessFile() report.Severity {
	if c.FileMode {
		return Check
	}
	return Warn
}

// checkLine takes the line with index i through all stages that it reaches.
func (c *Checker) checkLine(i int) {
	l := &c.Line
	l.Nr = i + 1
	l.Text, l.Raw = c.Src.Blanked(i), lines.Seen(c.Src.Raw[i])
	l.Plain, l.CamelFrom = l.Text, 0
	if strings.IndexByte(l.Text, lines.Comment) >= 0 {
		l.Plain = strings.ReplaceAll(l.Text, string([]byte{lines.Comment}), " ")
	}
	if c.place() {
		return
	}
	if l.Left > 0 {
		c.Counted++
	}
	for _, r := range c.plan.Log {
		if r(c) {
			return
		}
	}
	if l.Left == 0 || strings.HasPrefix(l.Text, "-") {
		return
	}
	c.Hits = c.plan.words.Scan(l.Raw, c.Hits)
	c.runRules(&c.plan.Any)
	if !c.Kind(sourceSuffixes) {
		return
	}
	c.runRules(&c.plan.Source)
	if !c.Kind(indentSuffixes) {
		return
	}
	c.runRules(&c.plan.Indent)
	if !c.Kind(CSuffixes) {
		return
	}
	c.plan.Context(c)
	if l.Text == "" || l.Text[0] == '+' {
		c.runRules(&c.plan.C)
	}
}

// The suffixes of the files that a stage of rules looks at.
var (
	sourceSuffixes = []string{".h", ".c", ".rs", ".s", ".S", ".sh", ".dtsi", ".dts"}
	indentSuffixes = []string{".h", ".c", ".pl", ".dtsi", ".dts"}
	CSuffixes      = []string{".h", ".c"}
)

// Kind reports whether the file at hand has one of the suffixes.
func (c *Checker) Kind(suffixes []string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(c.Line.File, s) {
			return true
		}
	}
	return false
}

// Added reports whether the line at hand is an added one.
func (c *Checker) Added() bool { return strings.HasPrefix(c.Line.Text, "+") }

// Next returns the blanked line after the one at hand.
func (c *Checker) Next() (string, bool) { return c.Src.Line(c.Line.Nr + 1) }
