// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// assistantsDoc is where a tree defines how the help of coding assistants is attributed.
const assistantsDoc = "Documentation/process/coding-assistants.rst"

// An attribution is the form of one tag, as a document of the tree defines it.
type attribution struct {
	form  string // "Assisted-by: AGENT_NAME:MODEL_VERSION [TOOL1] [TOOL2]"
	value *regexp.Regexp
}

var (
	formLine = lazyregexp.New(`(?m)following format::\n\s*\n\s+(Assisted-by: .*)$`)
	optional = lazyregexp.New(`\s*\[\w+\]`)
	variable = lazyregexp.New(`^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$`)
	tagLine  = lazyregexp.New(`(?mi)^\+?(Assisted-by:\s*(.*))$`)
)

// documentedForm reads the form of Assisted-by from the tree's own document, or returns nil where
// the tree has no such document or it shows no form.
//
// In the form, WORDS_WITH_UNDERSCORES stand for a value, [BRACKETS] may be missing or repeated, and
// any other word is an example of a free value.
func documentedForm(tree fs.FS) *attribution {
	doc, err := fs.ReadFile(tree, assistantsDoc)
	if err != nil {
		return nil
	}
	m := formLine.FindStringSubmatch(string(doc))
	if m == nil {
		return nil
	}
	form := strings.TrimSpace(m[1])
	value := strings.TrimPrefix(form, "Assisted-by: ")
	tools := optional.MatchString(value)
	var parts []string
	for _, part := range strings.Split(strings.TrimSpace(optional.ReplaceAllString(value, "")), ":") {
		if variable.MatchString(part) {
			parts = append(parts, `[^\s:]\S*`)
		} else {
			parts = append(parts, `\S+`)
		}
	}
	pattern := strings.Join(parts, ":")
	if tools {
		pattern += `(?:\s+\S+)*`
	}
	return &attribution{form, regexp.MustCompile(`^` + pattern + `\s*$`)}
}

// waiveDocumented waives complaints about an Assisted-by line that has the form which the tree's
// own document defines.
func waiveDocumented(findings []report.Finding, set *patchset.Set, tree fs.FS) {
	form := documentedForm(tree)
	if form == nil {
		return
	}
	for i := range findings {
		f := &findings[i]
		if f.Check != "checkpatch/BAD_SIGN_OFF" {
			continue
		}
		tag := tagLine.FindStringSubmatch(f.Detail)
		if tag == nil || strings.HasPrefix(f.Message, "Duplicate") || !form.value.MatchString(tag[2]) {
			continue
		}
		f.Waived = fmt.Sprintf("%s of this tree defines the form %q", assistantsDoc, form.form)
	}
}

// waiveUnknown waives complaints about commits that a tree lacks whose history is cut off.
func waiveUnknown(findings []report.Finding) {
	for i := range findings {
		if f := &findings[i]; f.Check == "checkpatch/UNKNOWN_COMMIT_ID" && f.Waived == "" {
			f.Waived = "the tree's history is cut off, and may have it before its first commit"
		}
	}
}
