// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Bounds on what is kept of a build's complaints.
const (
	maxComplaints = 20000
	maxDetail     = 40 // lines of one complaint
	maxTail       = 30 // last lines, for a failure that nothing explains
	maxLine       = 8 << 10
)

// A diagnoser reads what make and its programs write, line by line, and collects the complaints.
// It expects make's --output-sync, which keeps the lines of one command together.
type diagnoser struct {
	// source is the tree as the output names it; inTree says whether a path,
	// relative to source, is a file of the tree.
	source string
	inTree func(string) bool
	// locate finds a linker symbol in the tree, of objects that are named with it, which may be defined twice; placeConfig finds one of
	// the symbols of Kconfig that lines of conf name, and sourceOf the source of an object. They may be nil.
	locate      func(symbol string, twice bool, objects []string) place
	placeConfig func(lines []string) place
	sourceOf    func(object string) string
	// mentioned finds the first line of what the series writes that fits one of some patterns; it may be nil.
	mentioned func(patterns ...string) place
	// function names the function around a place of the tree, and full says whether this machine's
	// disk is. They may be nil.
	function func(file string, line int) string
	full     func() bool
	// lineOf returns the first line of a file of the tree that has a word, 0 for none; it may be nil.
	lineOf func(file, word string) int
	// user finds where the sources of a module, named without ".ko", use a symbol; "" for its first source. It may be nil.
	user   func(module, symbol string) (file string, line int)
	limits sandbox.Limits
	end    func() // hands on a last line without an end

	label    string // of the last command: "CC", "RUSTC", "BINDGEN"
	target   string // what it makes
	targets  map[string]bool
	current  *complaint
	preamble []string // of the next complaint
	found    []Complaint
	seen     map[report.Finding]bool
	dropped  int
	tail     []string
	mine     *cause // the first failure that is not the series' fault
	mineLine string
	met      *sandbox.LimitError // the first limit of the kernel's that a program spoke of
}

// A complaint is a finding whose lines are still coming.
type complaint struct {
	finding report.Finding
	lines   []string
	// rust is for rustc's form, which has the position on a later line and ends with a blank one.
	rust bool
}

var (
	ansiRE  = lazyregexp.New(`\x1b\[[0-9;]*[A-Za-z]`)
	labelRE = lazyregexp.New(`^  ([A-Z][A-Z0-9_+-]*)(?: \[?[A-Z]\]?)? +(\S+)`)
	rustRE  = lazyregexp.New(`^(error|warning)(?:\[([A-Za-z0-9_:]+)\])?: (.*)`)
	// sumRE matches with what rustc sums up its complaints.
	sumRE   = lazyregexp.New(`^aborting due to |^\d+ warnings? emitted`)
	arrowRE = lazyregexp.New(`^ *(?:-->|:::) (.+?):(\d+):(\d+)$`)
	// typesRE matches where rustc spells out both sides of mismatched types, on two lines.
	typesRE = lazyregexp.New(`^ *= note: (expected .+)|^ +(found .+)`)
	// preambleRE matches what a C compiler writes before a complaint.
	preambleRE = lazyregexp.New(`^In file included from |^ +from \S+:\d+[,:]|^\S+: (?:In function|At top level)`)
)

// line takes the next line, without its end.
func (d *diagnoser) line(s string) {
	s = ansiRE.ReplaceAllString(strings.TrimRight(s, "\r\n"), "")
	d.tail = append(d.tail, s)
	if len(d.tail) > maxTail {
		d.tail = d.tail[1:]
	}
	if m := labelRE.FindStringSubmatch(s); m != nil {
		d.flush()
		d.label, d.target = m[1], m[2]
		if d.targets == nil {
			d.targets = map[string]bool{}
		}
		d.targets[d.target] = true
		return
	}
	c := d.start(s)
	d.blame(s, c)
	if c != nil {
		before := d.preamble
		d.flush()
		c.lines = append(before, c.lines...)
		d.current = c
		return
	}
	if preambleRE.MatchString(s) {
		d.flush()
		d.preamble = append(d.preamble, s)
		return
	}
	d.extend(s)
}

// quotedRE matches what a compiler quotes of a source, or says about it, and make about a Makefile.
var quotedRE = lazyregexp.New(`^\s|^\d+ +\||^\S+:\d+:|^(?:error|warning|note)\b`)

// blame looks whether the line s, with which the complaint c may begin, says that this machine or a
// limit made the build fail. What a compiler says about a source says nothing of the sort, nor does $(error) of a Makefile.
func (d *diagnoser) blame(s string, c *complaint) {
	said := quotedRE.MatchString(s) || c != nil && c.finding.Check != "build/make"
	if said && !toolchainRE.MatchString(s) {
		return
	}
	if d.mine == nil {
		d.mine, d.mineLine = findCause(ours[:], "", s), s
	}
	if d.mine != nil && roomRE.MatchString(d.mineLine) && d.full != nil && !d.full() {
		d.mine = nil // not of this machine: of the folder for temporary files
	}
	if d.mine == nil && d.met == nil && !said {
		d.met = d.limits.Met(s)
	}
}

// start returns the complaint that begins with the line s, or nil.
func (d *diagnoser) start(s string) *complaint {
	if c, known := d.startBy(forms[:], s); known {
		return c
	}
	if m := rustRE.FindStringSubmatch(s); m != nil {
		if sumRE.MatchString(m[3]) {
			return nil
		}
		c := &complaint{rust: true, lines: []string{s}}
		c.finding = report.Finding{Check: "build/rustc", Severity: severityOf(m[1]), Message: m[3]}
		if m[2] != "" {
			c.finding.Message += " [" + m[2] + "]"
		}
		return c
	}
	if machineRE.MatchString(s) {
		return nil
	}
	c, _ := d.startBy(otherForms[:], s)
	return c
}

// startBy returns the complaint that begins with the line s by one of the forms, and whether one knows it; what
// belongs to the complaint before is none of its own.
func (d *diagnoser) startBy(forms []form, s string) (c *complaint, known bool) {
	for i := range forms {
		f := &forms[i]
		m := f.re.FindStringSubmatch(s)
		if m == nil {
			continue
		}
		get := func(name string) string {
			if i := f.re.SubexpIndex(name); i >= 0 {
				return m[i]
			}
			return ""
		}
		if get("severity") == "note" {
			return nil, true
		}
		c := &complaint{finding: report.Finding{Check: f.check, Severity: f.severity, Message: get("message")}}
		if c.finding.Check == "" {
			c.finding.Check = d.checkOfLabel()
		}
		if f.severity == report.Note {
			c.finding.Severity = severityOf(get("severity"))
		}
		d.place(&c.finding, get("file"), get("line"), get("column"))
		c.lines = []string{s}
		return c, true
	}
	return nil, false
}

// extend adds the line s to the current complaint.
func (d *diagnoser) extend(s string) {
	c := d.current
	if c == nil {
		return
	}
	if c.rust {
		if s == "" {
			d.flush()
			return
		}
		if m := arrowRE.FindStringSubmatch(s); m != nil && c.finding.File == "" {
			d.place(&c.finding, m[1], m[2], m[3])
		}
		if m := typesRE.FindStringSubmatch(s); m != nil && !strings.Contains(c.finding.Message, "; found ") {
			c.finding.Message += "; " + strings.Join(strings.Fields(m[1]+m[2]), " ")
		}
	}
	if c.finding.Check == "build/config" && strings.HasPrefix(s, "#") { // what conf has written
		d.flush()
		return
	}
	if c.finding.Check == "build/link" && c.finding.File == "" {
		if m := referencedRE.FindStringSubmatch(s); m != nil {
			d.place(&c.finding, m[1], m[2], "")
		}
	}
	if len(c.lines) < maxDetail {
		c.lines = append(c.lines, s)
	}
}

// place sets the position of f, where name is a file of the tree.
func (d *diagnoser) place(f *report.Finding, name, line, column string) {
	name = path.Clean(strings.TrimPrefix(name, "./"))
	if rel, ok := strings.CutPrefix(name, d.source+"/"); ok {
		name = rel
	} else if path.IsAbs(name) || strings.HasPrefix(name, "../") {
		return
	}
	if !d.inTree(name) {
		return
	}
	f.File = name
	f.Line, _ = strconv.Atoi(line)
	f.Column, _ = strconv.Atoi(column)
}

func severityOf(word string) report.Severity {
	switch strings.ToLower(word) {
	case "warning":
		return report.Warning
	case "note":
		return report.Note
	}
	return report.Error
}

// checkOfLabel returns the check for a complaint in the compilers' form.
func (d *diagnoser) checkOfLabel() string {
	switch {
	case d.label == "BINDGEN":
		return "build/bindgen"
	case d.label == "DTC":
		return "build/dtc"
	}
	return "build/compiler"
}

// flush ends the current complaint.
func (d *diagnoser) flush() {
	c := d.current
	d.current, d.preamble = nil, nil
	if c == nil {
		return
	}
	key := c.finding
	key.Detail = d.target
	if d.seen[key] || d.follows(c) {
		return
	}
	if len(d.found) >= maxComplaints {
		d.dropped++
		return
	}
	d.seen[key] = true
	f := c.finding
	if f.Check == "build/link" || f.Check == "build/modpost" {
		d.placeSymbol(&f, c.lines)
	}
	if f.File == "" {
		d.placeElse(&f, c.lines)
	}
	f.Detail = d.relative(strings.TrimRight(strings.Join(c.lines, "\n"), "\n"))
	if cause := findCause(causes[:], f.Check, f.Detail); cause != nil {
		f.Hint = cause.hint
	}
	made := Complaint{Finding: f, Target: d.target}
	if d.function != nil {
		made.Function = d.function(f.File, f.Line)
	}
	if m := inFunctionRE.FindStringSubmatch(f.Detail); m != nil {
		made.Function = m[1] // gcc's own word
	}
	d.found = append(d.found, made)
}

// placeElse gives a complaint that names no file the place that the command, or what it speaks of, tells.
func (d *diagnoser) placeElse(f *report.Finding, lines []string) {
	var at place
	switch f.Check {
	case "build/modpost":
		d.placeModule(f)
		return
	case "build/make":
		d.placeRule(f)
		return
	case "build/link":
		if d.mentioned == nil {
			return
		}
		if m := unknownRE.FindStringSubmatch(f.Message); m != nil {
			at = d.mentioned(word(m[1]), word(wrapperRE.ReplaceAllString(m[1], ""))) // of a table of system calls
		} else {
			at = d.mentioned(regexp.QuoteMeta(f.Message)) // of an assertion in a linker script
		}
	case "build/objtool":
		if m := objtoolRE.FindStringSubmatch(f.Message); m != nil && d.locate != nil {
			at = d.locate(m[1], false, nil)
		}
	case "build/config":
		if d.placeConfig != nil {
			at = d.placeConfig(lines)
		}
	case "build/compiler": // of assembly that stands outside of functions
		if d.sourceOf != nil && strings.HasPrefix(lines[0], "<inline asm>:") {
			at.file = d.sourceOf(d.target)
		}
	}
	f.File, f.Line = at.file, at.line
}

// inFunctionRE matches where gcc names the function.
var inFunctionRE = lazyregexp.New("In function [‘'`]([^’']+)[’']:")

// placeSymbol finds the function that lines of modpost or the linker name, and puts Rust's names into
// words.
func (d *diagnoser) placeSymbol(f *report.Finding, lines []string) {
	var objects []string
	for _, line := range lines {
		if m := objectRE.FindStringSubmatch(line); m != nil {
			objects = append(objects, m[1])
		}
	}
	for _, line := range lines {
		m := symbolRE.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		symbol := m[1] + m[2]
		f.Message = strings.Replace(f.Message, symbol, demangle(symbol), 1)
		if f.File == "" {
			at := d.locate(symbol, twiceRE.MatchString(f.Message), objects)
			f.File, f.Line = at.file, at.line
		}
		return
	}
}

// relative takes the tree's folder off the paths in a text.
func (d *diagnoser) relative(text string) string {
	parts := strings.Split(text, d.source+"/")
	for i := range parts[:len(parts)-1] {
		// In /usr/src/linux the folder /src is not meant.
		if n := len(parts[i]); n > 0 && (parts[i][n-1] > ' ' && !strings.ContainsRune("'\"`([=:", rune(parts[i][n-1]))) {
			parts[i] += d.source + "/"
		}
	}
	return strings.Join(parts, "")
}

// follows reports whether c is about a Kconfig file that conf has already stumbled over: each
// later line of it is then an error of its own. It goes to the first one's detail.
func (d *diagnoser) follows(c *complaint) bool {
	if c.finding.Check != "build/config" || c.finding.File == "" {
		return false
	}
	for i := range d.found {
		first := &d.found[i].Finding
		if first.Check != c.finding.Check || first.File != c.finding.File || first.Severity != report.Error {
			continue
		}
		if first.Message == "syntax error" {
			first.Message += ": " + c.finding.Message
		}
		if strings.Count(first.Detail, "\n") < maxDetail {
			first.Detail += "\n" + d.relative(strings.Join(c.lines, "\n"))
		}
		return true
	}
	return false
}

// finish returns the complaints, in the order in which they came.
func (d *diagnoser) finish() []Complaint {
	d.end()
	d.flush()
	if d.targets == nil {
		d.targets = map[string]bool{}
	}
	complaints := d.settle()
	if d.dropped > 0 {
		complaints = append(complaints, Complaint{Finding: report.Finding{Check: "build/more", Severity: report.Note,
			Message: fmt.Sprintf("%d more complaints are only in the log", d.dropped)}})
	}
	return complaints
}

// settle drops what only repeats others: make's "Error 1" where a compiler told the cause.
func (d *diagnoser) settle() []Complaint {
	var told, echoes []Complaint
	for _, c := range d.found {
		if echoRE.MatchString(c.Message) {
			echoes = append(echoes, c)
		} else {
			told = append(told, c)
		}
	}
	// modpost calls each mismatch a warning, and then fails for their sum.
	for _, echo := range echoes {
		for i := range told {
			if echo.Check == told[i].Check && mismatchRE.MatchString(echo.Message) && mismatchRE.MatchString(told[i].Message) {
				told[i].Severity = report.Error
			}
		}
	}
	if anyError(told) {
		return told
	}
	// Where nothing else tells the cause, the innermost make's word is the best there is.
	for _, echo := range echoes {
		if strings.HasPrefix(echo.Message, "[") {
			echo.Detail = d.relative(strings.TrimSpace(strings.Join(d.tail, "\n")))
			return append(told, echo)
		}
	}
	return told
}

// ours returns an error, with a hint, where the output shows that this machine and not the series
// made the build fail.
func (d *diagnoser) ours() error {
	if d.mine == nil {
		return nil
	}
	return hint.Wrap(fmt.Errorf("building the kernel: %s", strings.TrimSpace(d.mineLine)), d.mine.hint)
}

// unexplained describes a failure of args that no line of the output explains.
func (d *diagnoser) unexplained(args []string) report.Finding {
	return report.Finding{Check: "build/make", Severity: report.Error,
		Message: fmt.Sprintf("%s %s failed", path.Base(args[0]), args[len(args)-1]),
		Detail:  strings.TrimSpace(strings.Join(d.tail, "\n"))}
}
