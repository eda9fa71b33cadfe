// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"
)

// sarifSchema returns the JSON schema of SARIF 2.1.0. The library has it as a string that it does not export, and would hold
// against it what it writes itself, with null for each list.
func sarifSchema(t *testing.T) *gojsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif").Output()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING && len(literal.Value) > len(text) {
			text = literal.Value
		}
		return true
	})
	if text, err = strconv.Unquote(text); err != nil {
		t.Fatal(err)
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewStringLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSARIFSchema holds reports of hostile texts against the JSON schema of SARIF 2.1.0, and against the library's model for
// names that are none of SARIF's.
func TestSARIFSchema(t *testing.T) {
	schema := sarifSchema(t)
	if bad, err := schema.Validate(gojsonschema.NewStringLoader(`{"version": "2.1.0", "runs": [{}]}`)); err != nil || bad.Valid() {
		t.Fatalf("the schema takes a run without a tool: %v", err)
	}
	for _, text := range append(hostileTexts, "plain") {
		for _, r := range []*Report{hostileReport(text), {}, {Steps: []Step{{Name: text}}}} {
			var b bytes.Buffer
			if err := WriteSARIF(&b, r); err != nil {
				t.Fatal(err)
			}
			strict := json.NewDecoder(bytes.NewReader(b.Bytes()))
			strict.DisallowUnknownFields()
			if err := strict.Decode(new(sarif.Report)); err != nil {
				t.Errorf("%q: %v\n%s", text, err, b.String())
			}
			result, err := schema.Validate(gojsonschema.NewBytesLoader(b.Bytes()))
			if err != nil {
				t.Errorf("%q: %v", text, err)
				continue
			}
			for _, wrong := range result.Errors() {
				t.Errorf("%q: %v\n%s", text, wrong, b.String())
			}
		}
	}
}
