// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/lsmpatch/lsmpatch/"

// mayImport is the table of the house: what a package may import of this module, besides the
// leaves that any may import.
var mayImport = map[string][]string{
	"patchset":            {},
	"patchset/check":      {"patchset", "patchset/report"},
	"series":              {"patchset", "patchset/check", "patchset/report", "series/mail", "series/source", "series/thread", "series/checks"},
	"series/mail":         {"patchset"},
	"series/source":       {"patchset", "patchset/report", "series/mail"},
	"series/thread":       {"patchset", "patchset/report", "series/mail", "series/source"},
	"series/maintainers":  {"patchset", "series/mail"},
	"series/cover":        {"patchset/report"},
	"series/compare":      {"patchset", "patchset/report", "series/mail"},
	"series/attest":       {"series/mail"},
	"series/checks":       {"patchset", "patchset/check", "patchset/report", "series/mail", "series/maintainers", "series/cover", "series/compare", "series/attest"},
	"series/internal":     {"patchset"},
	"apply":               {"patchset", "patchset/report", "internal/git", "internal/git/odb", "internal/tree", "internal/land"},
	"internal/kconfig":    {"internal/tree", "internal/sandbox", "patchset", "patchset/report"},
	"internal/kbuild":     {"internal/kconfig", "internal/tree", "internal/sandbox", "patchset/report"},
	"internal/dangling":   {"internal/hooks/ctype", "internal/tree", "patchset/report"},
	"internal/boot":       {"internal/sandbox", "patchset/report"},
	"internal/doctor":     {"internal/boot", "internal/kbuild", "internal/tree", "patchset/report"},
	"internal/premerge":   {"patchset", "patchset/check", "series", "series/compare", "series/maintainers", "apply", "checkpatch", "internal/tree", "internal/git", "internal/git/odb", "internal/hooks", "internal/hooks/defs", "internal/hooks/registered", "internal/hooks/needs", "internal/hooks/proof", "internal/kconfig", "internal/kbuild", "internal/dangling", "internal/boot", "patchset/report"},
	"internal/pull":       {"patchset", "patchset/check", "series", "series/cover", "series/mail", "series/maintainers", "checkpatch", "internal/tree", "internal/config", "patchset/report"},
	"internal/fleet":      {"patchset", "series", "series/mail", "series/compare", "apply", "internal/premerge", "internal/stack", "internal/git", "internal/kconfig", "internal/tree", "internal/land", "patchset/report"},
	"patchset/report":     {},
	"internal/config":     {"patchset/report"},
	"internal/sandbox":    {},
	"internal/run":        {},
	"internal/below":      {},
	"internal/rights":     {},
	"internal/redirect":   {},
	"internal/limit":      {},
	"internal/strict":     {},
	"internal/hint":       {},
	"internal/ident":      {},
	"internal/likeness":   {},
	"internal/columns":    {},
	"internal/lazyregexp": {},
	"internal/share":      {},
	"internal/hugeheap":   {},
	"internal/e2e":        {},

	"internal/e2e/browser": {"internal/e2e"},

	"internal/git/odb":     {},
	"internal/git/index":   {"internal/git/odb"},
	"internal/git":         {"internal/git/odb"},
	"internal/git/gittest": {},
	"internal/run/runtest": {},
	"internal/tree":        {"internal/git", "internal/git/odb", "internal/git/index"},
	"internal/land":        {"internal/tree", "internal/git", "internal/git/odb", "internal/git/index"},
	"internal/fetch":       {"internal/tree", "internal/git", "internal/git/odb", "internal/git/index"},
	"internal/stack":       {"apply", "patchset", "patchset/report", "series", "series/compare", "series/mail", "internal/git", "internal/git/odb", "internal/land", "internal/tree"},
	"internal/githook":     {"internal/git", "series/mail"},
	"internal/review":      {"patchset", "patchset/report", "patchset/report/page", "patchset/report/reply"},
	"internal/lane":        {},
	"internal/mmap":        {},

	"internal/fleet/queue":  {"internal/fleet", "patchset/report"},
	"patchset/report/page":  {"patchset/report"},
	"patchset/report/reply": {"patchset/report", "patchset/report/page"},
	"internal/publish":      {"patchset/report"},

	"internal/fleet/ccache":   {},
	"internal/fleet/schedule": {"internal/fleet", "patchset/report"},
	"internal/fleet/watch":    {"internal/fleet", "series", "series/source", "patchset", "patchset/check", "patchset/report"},
	"internal/web":            {"internal/fleet", "internal/fleet/queue", "patchset/report", "patchset/report/page"},

	"internal/hooks/scan":       {},
	"internal/hooks/ctype":      {"internal/hooks/scan"},
	"internal/hooks/rustsyn":    {"internal/hooks/scan"},
	"internal/hooks/defs":       {"internal/hooks/ctype", "internal/hooks/scan", "patchset/report"},
	"internal/hooks/source":     {"internal/hooks/defs", "internal/hooks/ctype", "internal/hooks/rustsyn", "internal/hooks/scan", "internal/kconfig", "internal/tree", "patchset"},
	"internal/hooks/bindgen":    {"internal/hooks/source", "internal/hooks/ctype", "internal/hooks/rustsyn"},
	"internal/hooks/registered": {"internal/hooks/bindgen", "internal/hooks/source", "internal/hooks/defs", "internal/hooks/ctype", "internal/hooks/rustsyn", "patchset", "patchset/report"},
	"internal/hooks/changed":    {"internal/hooks/registered", "internal/hooks/defs", "internal/hooks/ctype", "internal/tree", "patchset/report"},
	"internal/hooks/bpf":        {"internal/hooks/proof", "internal/hooks/registered", "internal/hooks/defs", "internal/hooks/ctype", "patchset/report"},
	"internal/hooks/needs":      {"patchset/report", "internal/hooks/registered", "internal/hooks/bindgen", "internal/hooks/source", "internal/hooks/defs", "internal/hooks/ctype", "internal/hooks/rustsyn", "internal/hooks/scan", "patchset"},
	"internal/hooks/proof":      {"internal/hooks/needs", "internal/hooks/registered", "internal/hooks/bindgen", "internal/hooks/source", "internal/hooks/defs", "internal/hooks/ctype", "internal/hooks/rustsyn", "patchset", "patchset/report"},
	"internal/hooks/hookstest":  {"patchset"},
	"internal/hooks":            {"internal/hooks/bpf", "internal/hooks/changed", "internal/hooks/defs", "internal/hooks/source", "internal/hooks/registered", "internal/hooks/needs", "patchset", "patchset/check", "patchset/report"},

	"checkpatch": {"patchset", "internal/sandbox", "patchset/report", "patchset/check", "checkpatch/internal/edition", "checkpatch/internal/engine", "checkpatch/internal/explain", "checkpatch/internal/forms",
		"checkpatch/internal/lines", "checkpatch/internal/lists", "checkpatch/internal/rules", "checkpatch/internal/script"},
	"checkpatch/internal/pattern": {},
	"checkpatch/internal/lines":   {"checkpatch/internal/pattern"},
	"checkpatch/internal/syntax":  {"checkpatch/internal/lines", "checkpatch/internal/pattern"},
	"checkpatch/internal/edition": {},
	"checkpatch/internal/lists":   {"checkpatch/internal/edition", "checkpatch/internal/explain", "checkpatch/internal/lines", "checkpatch/internal/syntax", "checkpatch/internal/pattern"},
	"checkpatch/internal/explain": {},
	"checkpatch/internal/engine": {"checkpatch/internal/edition", "checkpatch/internal/explain", "checkpatch/internal/lines", "checkpatch/internal/lists", "checkpatch/internal/pattern",
		"checkpatch/internal/syntax", "patchset/report"},
	"checkpatch/internal/rules": {"checkpatch/internal/rules/message", "checkpatch/internal/rules/files", "checkpatch/internal/rules/format",
		"checkpatch/internal/rules/code", "checkpatch/internal/rules/kernel", "checkpatch/internal/engine"},
	"checkpatch/internal/rules/message": checkpatchRule,
	"checkpatch/internal/rules/files":   checkpatchRule,
	"checkpatch/internal/rules/format":  append([]string{"checkpatch/internal/rules/files"}, checkpatchRule...),
	"checkpatch/internal/rules/code":    checkpatchRule,
	"checkpatch/internal/rules/kernel":  append([]string{"checkpatch/internal/rules/code"}, checkpatchRule...),
	"checkpatch/internal/forms":         {"checkpatch/internal/engine", "checkpatch/internal/explain", "checkpatch/internal/lines", "patchset/report"},
	"checkpatch/internal/script":        {"patchset", "patchset/report", "internal/sandbox"},
}

// checkpatchRule is what the rules of a subject may import.
var checkpatchRule = []string{"checkpatch/internal/edition", "checkpatch/internal/engine", "checkpatch/internal/lines", "checkpatch/internal/lists", "checkpatch/internal/pattern",
	"checkpatch/internal/syntax", "patchset/report"}

// leaves are the small packages that hold no knowledge of the field.
var leaves = []string{"internal/run", "internal/hint", "internal/ident", "internal/likeness", "internal/columns", "internal/lazyregexp", "internal/lane", "internal/mmap", "internal/config", "internal/below", "internal/rights", "internal/redirect", "internal/limit", "internal/strict", "internal/share", "internal/hugeheap"}

func TestImportDirections(t *testing.T) {
	eachGoFile(t, func(file string, src []byte) {
		pkg := path.Dir(file)
		if strings.HasPrefix(pkg, "cmd/") || strings.HasSuffix(file, "_test.go") {
			return
		}
		room := roomOf(pkg)
		if room == "" {
			t.Errorf("%s: package %s is not in the table of the house", file, pkg)
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			ours, ok := strings.CutPrefix(name, module)
			target := roomOf(ours)
			if ok && target != room && !slices.Contains(mayImport[room], target) && !slices.Contains(leaves, target) {
				t.Errorf("%s: %s must not import %s", file, pkg, ours)
			}
			if strings.HasPrefix(name, "github.com/spf13/cobra") {
				t.Errorf("%s: only the command may import cobra", file)
			}
		}
	})
}

// roomOf returns the entry of the table that pkg, or a folder above it, has; "" for none.
func roomOf(pkg string) string {
	for ; pkg != "."; pkg = path.Dir(pkg) {
		if _, ok := mayImport[pkg]; ok {
			return pkg
		}
	}
	return ""
}

func TestEachSourceFileHasALicence(t *testing.T) {
	eachGoFile(t, func(path string, src []byte) {
		if !strings.HasPrefix(string(src), "// SPDX-License-Identifier: GPL-2.0-only\n") {
			t.Errorf("%s: the first line is no SPDX line", path)
		}
	})
}

// TestEachRegexpIsCompiledWhenUsed: one in a package variable costs the start of each verb; see internal/lazyregexp.
func TestEachRegexpIsCompiledWhenUsed(t *testing.T) {
	eachGoFile(t, func(file string, src []byte) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "checkpatch/parity/") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			list, _ := decl.(*ast.GenDecl)
			if list == nil || list.Tok != token.VAR {
				continue
			}
			for _, spec := range list.Specs {
				for _, value := range spec.(*ast.ValueSpec).Values {
					if call, ok := value.(*ast.CallExpr); ok && string(src[call.Pos()-1:call.Lparen-1]) == "regexp.MustCompile" {
						t.Errorf("%s: %s compiles its pattern at the start", file, spec.(*ast.ValueSpec).Names[0].Name)
					}
				}
			}
		}
	})
}

func eachGoFile(t *testing.T, visit func(path string, src []byte)) {
	t.Helper()
	root := os.DirFS("../..")
	files := 0
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		src, err := fs.ReadFile(root, path)
		files++
		visit(path, src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 {
		t.Fatalf("found only %d Go files", files)
	}
}
