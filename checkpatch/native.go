// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// cRules are the rules for added lines of C, in the order in which they are tried: some learn what others use.
var cRules = ruleTable(slices.Concat(declarationRules, messageRules, spacingRules, parenRules, statementRules, macroRules,
	braceRules, stringRules, apiRules, attributeRules, callRules, kernelRules))

// A Checker checks patches and files with the native engine against one tree, which it reads once. It may be used
// from several goroutines.
type Checker struct {
	set  *settings
	data *treeData
}

// NewChecker reads what the rules need of opts.Root or opts.Tree. The native engine needs neither.
func NewChecker(opts *Options) *Checker {
	if opts == nil {
		opts = &Options{}
	}
	opts = withConf(opts)
	codespell := ""
	if opts.Codespell || opts.CodespellFile != "" {
		codespell = opts.CodespellFile
		if codespell == "" {
			codespell = "/usr/share/codespell/dictionary.txt"
		}
	}
	return &Checker{newSettings(opts), loadTree(opts.tree(), codespell)}
}

// Patch checks a patch as it stands in a file, a mail with its headers or a bare diff.
func (c *Checker) Patch(name string, data []byte) *Result {
	src := readPatch(data, c.set.keepC99)
	return c.check(src, name, false)
}

// File checks a whole file of the tree, name being its path there.
func (c *Checker) File(name string, data []byte) *Result {
	return c.check(readFile(name, data, c.set.keepC99), name, true)
}

// check checks an input, and fixes it once, as the script does: one fix can make way for another in the next run.
func (c *Checker) check(src *source, name string, fileMode bool) *Result {
	ch := newChecker(c.set, c.data, src)
	ch.name, ch.fileMode = name, fileMode
	if fileMode {
		ch.log.header = false
	}
	if c.set.fix {
		ch.fixes.start(src.raw)
	}
	r := &Result{Name: name, set: c.set, file: fileMode, src: src, found: ch.run()}
	r.Lines, r.strict, r.patch, r.spaces = ch.counted, ch.strict, ch.isPatch, ch.spaces
	if c.set.fix {
		r.Fixed = ch.fixes.text(fileMode)
	}
	return r
}

// A Result is what was found in one patch or file.
type Result struct {
	// Name is the name that the input was given; "-" is standard input.
	Name string
	// Title is what the input as a whole is called, where that is not Name.
	Title string
	// Lines is how many lines within hunks were looked at.
	Lines int
	// Fixed is the input with what can be fixed, where Options.Fix asks for it.
	Fixed []byte

	set    *settings
	file   bool
	strict bool // of the last file in it
	patch  bool // it looks like a patch
	spaces bool // it has white space that scripts of the tree mend
	src    *source
	found  []found
}

// Findings returns what was found as findings of patch, which is 0 for a file, in the order of the lines.
func (r *Result) Findings(patch int) []report.Finding {
	findings := make([]report.Finding, 0, len(r.found))
	for _, f := range r.found {
		findings = append(findings, r.finding(f, patch))
	}
	return findings
}

func (r *Result) finding(f found, patch int) report.Finding {
	finding := report.Finding{
		Check: "checkpatch/" + f.typ, Severity: f.severity, Patch: patch, Message: f.message,
		Detail: r.excerpt(f), Hint: hintFor(f.typ), Waived: f.waived}
	if finding.File = f.file; f.hunk {
		finding.Line, finding.Column = f.fileNr, f.column
	}
	return finding
}

// Judge takes the severities of the findings and the reasons why some do not count from judge, which returns false to
// drop one.
func (r *Result) Judge(judge func(report.Finding) (report.Finding, bool)) {
	kept := r.found[:0]
	for _, f := range r.found {
		if judged, keep := judge(r.finding(f, 0)); keep {
			f.severity, f.waived = judged.Severity, judged.Waived
			kept = append(kept, f)
		}
	}
	r.found = kept
}

// maxExcerpt is how much of a line is shown.
const maxExcerpt = 200

// excerpt shows the line of a finding, and below it the column.
func (r *Result) excerpt(f found) string {
	raw := r.src.rawLine(f.nr)
	if raw == "" || bareTypes[f.typ] {
		return ""
	}
	line := strings.ToValidUTF8(raw[:min(len(raw), maxExcerpt)], "?")
	if len(raw) > maxExcerpt {
		return line + "…\n"
	}
	if f.column == 0 || f.column >= len(line) {
		return line + "\n"
	}
	mark := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, line[:f.column])
	return line + "\n" + mark + "^\n"
}

// bareTypes are types of findings about the input or a file of it as a whole, which belong to no line.
var bareTypes = map[string]bool{
	"COMMIT_MESSAGE": true, "OBSOLETE": true, "PATCH_PREFIX": true, "DT_SPLIT_BINDING_PATCH": true,
	"NOT_UNIFIED_DIFF": true, "MISSING_SIGN_OFF": true, "NO_AUTHOR_SIGN_OFF": true, "FROM_SIGN_OFF_MISMATCH": true,
	"MISSING_FIXES_TAG": true,
}

func hintFor(typ string) string {
	if doc := explanations()[typ].document; doc != "" {
		return "see " + doc
	}
	return ""
}

// checkNatively runs the native engine over each patch of set.
func checkNatively(ctx context.Context, set *patchset.Set, opts *Options) ([]report.Finding, error) {
	c := NewChecker(opts)
	results := make([][]report.Finding, len(set.Patches))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range set.Patches {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			results[i] = c.Patch(fmt.Sprintf("%04d.patch", p.Index), plainMail(p)).Findings(p.Index)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	findings := slices.Concat(results...)
	if !c.data.real {
		findings = append(findings, report.Finding{
			Check: "checkpatch/no-tree", Severity: report.Note,
			Message: "there is no tree to read: the lists of tags, words and structures are those of Linux 7.3"})
	}
	return findings, nil
}
