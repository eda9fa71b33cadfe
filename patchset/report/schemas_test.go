// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/xeipuuv/gojsonschema"
)

// schemaReports are reports of every end that a run has, and of hostile texts.
func schemaReports() []*Report {
	reports := []*Report{sample(), {}}
	for _, text := range append(hostileTexts, "plain", "build", "apply", "KUnit suites (lsm)") {
		reports = append(reports, hostileReport(text))
	}
	for _, status := range []Status{Passed, Failed, Broken, Skipped} {
		r := sample()
		for i := range r.Steps {
			r.Steps[i].Status = status
		}
		r.Steps = append(r.Steps, Step{Name: "apply", Status: status})
		r.Context.Origin = "my_ci"
		reports = append(reports, r)
	}
	return reports
}

// TestKCIDBSchema holds our reports against KCIDB's own reader, in Python with jsonschema: KCIDB names a checkout of kernelci/kcidb-io,
// as `make schemas` does.
func TestKCIDBSchema(t *testing.T) {
	dir := os.Getenv("KCIDB")
	if dir == "" {
		t.Skip("make schemas KCIDB=DIR runs it")
	}
	var in bytes.Buffer
	for _, r := range schemaReports() {
		if err := WriteKCIDB(&in, r); err != nil {
			t.Fatal(err)
		}
	}
	in.WriteString(`{"version": {"major": 5, "minor": 3}, "checkouts": [{"id": "none", "origin": "a"}]}`) // which it must refuse
	cmd := exec.Command("/usr/bin/python3", "-c", `
import json, sys
from kcidb_io.schema import V5_3
text, at, n = sys.stdin.read().strip(), 0, 0
while at < len(text):
    report, at = json.JSONDecoder().raw_decode(text, at)
    at += len(text[at:]) - len(text[at:].lstrip())
    try:
        V5_3.validate(report)
    except Exception as refused:
        print(n, str(refused).splitlines()[0])
    n += 1
print(n)
`)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+dir, "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	if len(lines) != 2 {
		t.Errorf("of %d reports and a wrong one KCIDB refuses:\n%s", len(schemaReports()), out)
	}
	t.Logf("%d reports", len(schemaReports()))
}

// TestGitLabSchema holds our reports against the schema that GitLab's parser asks of each issue: GITLAB names its file, codeclimate.json
// of the folder app/validators/json_schemas.
func TestGitLabSchema(t *testing.T) {
	file := os.Getenv("GITLAB")
	if file == "" {
		t.Skip("make schemas GITLAB=FILE runs it")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	if bad, err := schema.Validate(gojsonschema.NewStringLoader(`{"description": "no more"}`)); err != nil || bad.Valid() {
		t.Fatalf("the schema takes an issue without a place: %v", err)
	}
	issues := 0
	for _, r := range schemaReports() {
		var b bytes.Buffer
		if err := WriteGitLab(&b, r); err != nil {
			t.Fatal(err)
		}
		decoder := json.NewDecoder(&b)
		var list []json.RawMessage
		if err := decoder.Decode(&list); err != nil {
			t.Fatal(err)
		}
		if _, err := decoder.Token(); err != io.EOF {
			t.Errorf("more than a list: %v", err)
		}
		for _, issue := range list {
			issues++
			result, err := schema.Validate(gojsonschema.NewBytesLoader(issue))
			if err != nil {
				t.Fatal(err)
			}
			for _, wrong := range result.Errors() {
				t.Errorf("%v\n%s", wrong, issue)
			}
		}
	}
	t.Logf("%d issues", issues)
}
