// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// elsewhere are the messages that no fixture can have, with cases in trees of their own: fixtures are held against the newest
// script, in a tree without licences.
var elsewhere = map[string]struct {
	typ, file, text string // a file of the tree
	place           string
	fires, silent   string
}{
	"the tree's LICENSES do not have %q": {"SPDX_LICENSE_TAG", "LICENSES/preferred/MIT", "Valid-License-Identifier: MIT\n", "diff",
		addedFile + "+// SPDX-License-Identifier: GPL-9.0", addedFile + "+// SPDX-License-Identifier: MIT"},
	"Assisted-by takes AGENT_NAME:MODEL_VERSION, then the tools": {"BAD_SIGN_OFF", "scripts/checkpatch.pl",
		`WARN("BAD_SIGN_OFF", "/^Assisted-by:/i expects 'AGENT_NAME:MODEL_VERSION`, "message", "Assisted-by: LLM", "Assisted-by: LLM:1"},
	"write %s for %s": {"DEPRECATED_VARIABLE", "scripts/checkpatch.pl", `WARN("LONG_LINE", "a"); ERROR("SPACING", "a"); WARN("DEPRECATED_VARIABLE", "")`, "lib/Makefile",
		"EXTRA_CFLAGS += -O3", "ccflags-y += -O3"},
}

const addedFile = "diff --git a/lib/a.c b/lib/a.c\nnew file mode 100644\n--- /dev/null\n+++ b/lib/a.c\n@@ -0,0 +1 @@\n"

// TestSaidElsewhere: those of elsewhere are said where they should be, and not otherwise.
func TestSaidElsewhere(t *testing.T) {
	for message, e := range elsewhere {
		c := NewChecker(&Options{Strict: true, Tree: fstest.MapFS{e.file: {Data: []byte(e.text)}}})
		for text, fires := range map[string]bool{e.fires: true, e.silent: false} {
			mail, _ := (&ruleCase{place: e.place, text: text}).patch()
			form := messageForm([]string{message})
			said := slices.ContainsFunc(c.Patch("a.patch", []byte(mail)).Findings(1), func(f report.Finding) bool {
				return f.Check == "checkpatch/"+e.typ && form.MatchString(f.Message)
			})
			if said != fires {
				t.Errorf("%q is said %v of %q", message, said, text)
			}
		}
	}
}

// TestEachMessageHasFixture: whatever a rule says, not only of which type, is said in a fixture.
func TestEachMessageHasFixture(t *testing.T) {
	var said []string
	for _, f := range readFixtures(t) {
		for _, c := range f.cases {
			for _, found := range c.found {
				_, words, _ := strings.Cut(found, ": ")
				said = append(said, words)
			}
		}
	}
	files, err := filepath.Glob("internal/rules/*/*.go")
	if err != nil || len(files) < 15 {
		t.Fatal(files, err)
	}
	messages := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		places := token.NewFileSet()
		file, err := parser.ParseFile(places, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range reports(file) {
			texts := literals(call.Args[len(call.Args)-1])
			if len(texts) == 0 { // what the type says of itself, which TestEachTypeHasFixtures looks for
				continue
			}
			messages++
			if _, known := elsewhere[texts[0]]; !known && !slices.ContainsFunc(said, messageForm(texts).MatchString) {
				t.Errorf("%s: no fixture in testdata/rules has %q", places.Position(call.Pos()), texts)
			}
		}
	}
	if messages < 100 {
		t.Errorf("only %d messages were found in the rules", messages)
	}
}

// reports returns the calls in a file that report a finding. The message is their last argument.
func reports(file *ast.File) []*ast.CallExpr {
	var calls []*ast.CallExpr
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if sel, ok := call.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"Report", "ReportAt", "Fire"}, sel.Sel.Name) {
				calls = append(calls, call)
			}
		}
		return true
	})
	return calls
}

// literals returns the strings in an expression, but for those that are empty and those that a format puts in.
func literals(expr ast.Expr) []string {
	if call, ok := expr.(*ast.CallExpr); ok {
		expr = call.Args[0]
	}
	var texts []string
	ast.Inspect(expr, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil && text != "" {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}

var verb = regexp.MustCompile(`%[a-z]`)

// messageForm matches messages in which the texts stand one after the other, with anything for what is put into them.
func messageForm(texts []string) *regexp.Regexp {
	var parts []string
	for _, text := range texts {
		for _, part := range verb.Split(text, -1) {
			parts = append(parts, regexp.QuoteMeta(part))
		}
	}
	return regexp.MustCompile(strings.Join(parts, ".*"))
}
