// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// hostileTitle is a title that schedulers would put variables into, and compute with.
const hostileTitle = `x: ${{ secrets.T }} $HOME $(HOME) "' # *a &b`

// scheduled plans a series with a hostile title for a scheduler, in the folder of a site, and returns what is written.
func scheduled(t *testing.T, s *site, form string, more ...string) string {
	t.Helper()
	set, _ := patchset.Builtin("rust-lsm")
	var box bytes.Buffer
	for _, m := range set.Mails {
		box.Write(bytes.Replace(m.Raw, []byte("rust: lsm: write Linux Security Modules in Rust"), []byte(hostileTitle), 1))
	}
	s.write("series.mbox", box.String())
	cmd := lsmpatch(t, append([]string{"plan", "--matrix", "site.toml", "--store", "store", "--jobs", "jobs", "--format", form, "series.mbox"}, more...)...)
	cmd.Dir = s.dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestE2EKubernetes: the types of Kubernetes' own API take each field.
func TestE2EKubernetes(t *testing.T) {
	cmd := exec.Command("go", "run", ".")
	cmd.Dir = "../../testdata/kubernetes"
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	text := scheduled(t, newSite(t, 3), "kubernetes", "--image", "registry.example.org/lsmpatch:1", "--claim", "lsmpatch=/srv", "--runner", "kubernetes.io/arch=amd64", "--parallel", "2")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "batch/v1 Job lsmpatch-") != 2 || !strings.Contains(string(out), "-work-1 Indexed 3 ") || !strings.Contains(string(out), "-report NonIndexed 1 ") {
		t.Errorf("%v\n%s\n%s", err, out, text)
	}
	bad := exec.Command("go", "run", ".")
	bad.Dir, bad.Env, bad.Stdin = cmd.Dir, cmd.Env, strings.NewReader(strings.Replace(text, "completionMode", "completionmode", 1))
	if err := bad.Run(); err == nil {
		t.Error("a field that is none is taken: nothing was shown")
	}
}

// gitHubCheck reads a workflow as GitHub's own parser does, and computes the names of the jobs of the first matrix as GitHub does.
const gitHubCheck = `import {parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter} from "@actions/workflow-parser";
import {Lexer, Parser, Evaluator, data} from "@actions/expressions";
import {readFileSync} from "node:fs";
const {context, value} = parseWorkflow({name: "w.yml", content: readFileSync("w.yml", "utf8")}, new NoOperationTraceWriter());
const errors = context.errors.getErrors().map(e => e.message), titles = [];
const jobs = errors.length ? [] : (await convertWorkflowTemplate(context, value)).jobs;
const matrix = jobs.find(j => j.id.value == "work-1")?.strategy.find("matrix").find("include");
for (let i = 0; i < (matrix?.count ?? 0); i++) {
	const name = matrix.get(i).find("name");
	titles.push(name.expression ? new Evaluator(new Parser(new Lexer(name.expression).lex().tokens, [], []).parse(), new data.Dictionary()).evaluate().coerceString() : name.value);
}
console.log(JSON.stringify({errors, jobs: jobs.map(j => j.id.value), titles}));
`

// TestE2EGitHub: GitHub's parser of workflows, which has their schema, finds no fault, and does in a spoiled one.
func TestE2EGitHub(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "node_modules"), os.DirFS(filepath.Join(e2e.NPM(t, "@actions/workflow-parser@0.3.61"), "..", ".."))); err != nil {
		t.Fatal(err)
	}
	// The package is for programs that bundle it: node wants to be told that its schemas are JSON.
	for _, name := range []string{"actions/action-schema.js", "workflows/workflow-schema.js"} {
		file := filepath.Join(dir, "node_modules/@actions/workflow-parser/dist", name)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, bytes.Replace(text, []byte(`.min.json";`), []byte(`.min.json" with {type: "json"};`), 1), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := func(text string) (found struct{ Errors, Jobs, Titles []string }) {
		t.Helper()
		for name, text := range map[string]string{"w.yml": text, "check.mjs": gitHubCheck} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("node", "check.mjs")
		cmd.Dir = dir
		out, err := cmd.Output()
		if err == nil {
			err = json.Unmarshal(out, &found)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return found
	}
	text := scheduled(t, newSite(t, 300), "github", "--image", "registry.example.org/lsmpatch:1", "--runner", "self-hosted", "--parallel", "2")
	found := check(text)
	if len(found.Errors) > 0 || strings.Join(found.Jobs, " ") != "report work-1 work-2" || len(found.Titles) != 256 {
		t.Errorf("%+v", found)
	}
	for _, title := range found.Titles {
		if !strings.HasSuffix(title, " · checks: "+hostileTitle+" v2") {
			t.Fatalf("%q", title)
		}
	}
	if found := check(strings.Replace(text, "runs-on", "run-on", 1)); len(found.Errors) == 0 {
		t.Error("run-on is taken: nothing was shown")
	}
}

// TestE2EGitLab: gitlab-ci-local, which has GitLab's schema, takes the pipeline and runs it: the jobs, then the report.
func TestE2EGitLab(t *testing.T) {
	tool := filepath.Join(e2e.NPM(t, "gitlab-ci-local@4.61.1"), "src", "index.js")
	s := newSite(t, 2)
	text := scheduled(t, s, "gitlab", "--merged", "all.json")
	s.write(".gitlab-ci.yml", text)
	gittest.Git(t, s.dir, "init", "-q")
	call := func(args ...string) (string, error) {
		cmd := exec.Command("node", append([]string{tool}, args...)...)
		cmd.Dir = s.dir
		cmd.Env = append(os.Environ(), "HOME="+s.dir, "PATH="+filepath.Dir(lsmpatch(t).Path)+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := call("--shell-executor-no-image")
	merged, readErr := os.ReadFile(filepath.Join(s.dir, "all.json"))
	if err != nil || readErr != nil || !strings.Contains(out, "json schema validated") || strings.Contains(string(merged), "it was not done") {
		t.Errorf("%v, %v\n%s\n%s", err, readErr, out, text)
	}
	s.write(".gitlab-ci.yml", strings.Replace(text, "when: always", "when: ever", 1))
	if out, err := call("--list"); err == nil {
		t.Errorf("a pipeline that is none is taken: nothing was shown\n%s", out)
	}
}
