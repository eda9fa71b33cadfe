// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// standIn is a script that says what the real one says in these cases, and leaves a file as that does.
const standIn = `
open(my $left, '>', '.checkpatch-camelcase.git.') or die;
my $name = $ARGV[-1];
print "$name:4: WARNING:BAD_SIGN_OFF: Non-standard signature: Assisted-by:\n#4: \nAssisted-by: LLM sparse\n\n";
print "$name:12: ERROR:SPACING: spaces required around that '='\n#12: FILE: lib/a.c:3:\n+a=b;\n  ^\n\n";
print "$name:13: CHECK:CAMELCASE: Avoid CamelCase: <aB>\n#13: FILE: lib/a.c:4:\n+aB;\n\n" if grep { $_ eq '--strict' } @ARGV;
print "ERROR:MISSING_SIGN_OFF: Missing Signed-off-by: line(s)\n\n";
warn "ModuleNotFoundError: No module named 'ply'\n";
exit 1;
`

// boxed returns opts, without a sandbox where this machine has none: the end-to-end tests want one.
func boxed(t *testing.T, opts *Options) *Options {
	if _, err := sandbox.Open(t.Context(), nil); err != nil {
		opts.NoSandbox = true
	}
	return opts
}

func standInTree(script string) fstest.MapFS {
	return fstest.MapFS{
		"scripts/checkpatch.pl": {Data: []byte(script)},
		assistantsDoc:           {Data: []byte("in the following format::\n\n  Assisted-by: LLM [TOOL1]\n")},
	}
}

// TestScript reads places, levels, the waiver that the tree's document gives, and what went to standard error.
func TestScript(t *testing.T) {
	set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Title: "a"}, {Index: 2, Title: "b"}}}
	findings, err := Check(t.Context(), set, boxed(t, &Options{Engine: EngineTree, Tree: standInTree(standIn), Strict: true}))
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) != 2*4+1 {
		t.Fatalf("%d findings: %+v", len(findings), findings)
	}
	if f := findings[0]; f.Check != "checkpatch/spdxcheck-unavailable" || f.Severity != report.Note || f.Hint == "" {
		t.Errorf("standard error became %+v", f)
	}
	for _, f := range findings[1:] {
		switch f.Check {
		case "checkpatch/BAD_SIGN_OFF":
			if !strings.Contains(f.Waived, assistantsDoc) {
				t.Errorf("not waived: %+v", f)
			}
		case "checkpatch/SPACING":
			if f.Severity != report.Error || f.File != "lib/a.c" || f.Line != 3 || f.Detail != "+a=b;\n  ^\n" {
				t.Errorf("%+v", f)
			}
		case "checkpatch/CAMELCASE":
			if f.Severity != report.Note || f.Line != 4 {
				t.Errorf("%+v", f)
			}
		}
	}
}

// TestScriptErrors: what a person can mend has a hint; a script that dies is an error, not a finding.
func TestScriptErrors(t *testing.T) {
	set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Title: "a"}}}
	for name, opts := range map[string]*Options{
		"no tree":   {Engine: EngineTree},
		"no script": {Engine: EngineTree, Tree: fstest.MapFS{}},
	} {
		if _, err := Check(t.Context(), set, boxed(t, opts)); hint.Of(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Check(t.Context(), set, boxed(t, &Options{Engine: EngineTree, Tree: standInTree("die 'broken'")})); err == nil {
		t.Error("a script that dies is no error")
	}
	if _, err := Check(t.Context(), set, &Options{Engine: "none"}); err == nil {
		t.Error("an engine that is not there is no error")
	}
}

// TestScriptLeavesTree: the files that the script leaves do not get into the tree.
func TestScriptLeavesTree(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(root, standInTree(standIn)); err != nil {
		t.Fatal(err)
	}
	set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Title: "a"}}}
	if _, err := Check(t.Context(), set, boxed(t, &Options{Engine: EngineTree, Root: root})); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil || len(entries) != 2 {
		t.Errorf("the tree holds %v, %v", entries, err)
	}
}

// TestForeignScript: by default a script that lsmpatch knows nothing of judges by itself, and that is said.
func TestForeignScript(t *testing.T) {
	set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Title: "a"}}}
	for name, tc := range map[string]struct {
		script, conf string
		want         []string
	}{
		"another script": {standIn, "", []string{"unknown-script", "SPACING"}},
		// Old forks name no types, and know nothing of the option for them.
		"no types": {`die if grep { $_ eq '--show-types' } @ARGV;
			print "$ARGV[-1]:2: ERROR: bad\n#2: FILE: a.c:1:\n+a\n\ntotal: 1 errors, 0 warnings, 2 lines checked\n"; exit 1`, "", []string{"UNTYPED", "unknown-script"}},
		"an option of its own": {"#!/usr/bin/perl\n" + standIn, "--no-tree --our-rules --ignore A,B", []string{"unknown-script", "SPACING"}},
		// What dies over a patch has not judged it, which is not the patch's fault, and not nothing.
		"death": {"die 'broken'", "", []string{"UNJUDGED", "unknown-script"}},
		// As the script does over an option that it does not know.
		"usage": {"print 'Usage: '; exit 1", "", []string{"UNJUDGED", "unknown-script"}},
	} {
		tree := standInTree(tc.script)
		if tc.conf != "" {
			tree[confFile] = &fstest.MapFile{Data: []byte(tc.conf)}
		}
		findings, err := Check(t.Context(), set, boxed(t, &Options{Tree: tree}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var checks []string
		for _, f := range findings {
			checks = append(checks, strings.TrimPrefix(f.Check, "checkpatch/"))
		}
		for _, want := range tc.want {
			if !slices.Contains(checks, want) {
				t.Errorf("%s: no %s among %v", name, want, checks)
			}
		}
	}
}

// TestScriptSeesNothing: the script's environment has nothing of the caller's but the way to programs.
func TestScriptSeesNothing(t *testing.T) {
	t.Setenv("LSMPATCH_TEST_SECRET", "secret")
	set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Title: "a"}}}
	findings, err := Check(t.Context(), set, boxed(t, &Options{Engine: EngineTree, Tree: standInTree(
		`print STDERR join ' ', sort keys %ENV; print STDERR " $ENV{HOME}"; print "total: 0 errors, 0 warnings, 1 lines checked\n"`)}))
	if err != nil || len(findings) != 1 || findings[0].Check != "checkpatch/script-stderr" {
		t.Fatalf("%+v, %v", findings, err)
	}
	if said := findings[0].Detail; strings.Contains(said, "SECRET") || !strings.Contains(said, "GIT_DIR") {
		t.Errorf("the script sees %s", said)
	}
}

// TestNativeSaysWhatItDoesNotKnow: the native engine alone judges by the newest rules, and says so.
func TestNativeSaysWhatItDoesNotKnow(t *testing.T) {
	set := &patchset.Set{Patches: []*patchset.Patch{{Index: 1, Title: "a"}}}
	findings, err := Check(t.Context(), set, &Options{Engine: EngineNative, Tree: standInTree(standIn)})
	if err != nil || !slices.ContainsFunc(findings, func(f report.Finding) bool { return f.Check == "checkpatch/unknown-rules" && f.Hint != "" }) {
		t.Errorf("%+v, %v", findings, err)
	}
}
