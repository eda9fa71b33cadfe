// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// TestE2EForkedScript: in a tree that is none of Linux, with a script that its project has forked and options that only this
// script knows, as U-Boot has them, the verb says what the script says; without the tree it says what it does not know.
func TestE2EForkedScript(t *testing.T) {
	dir := scriptTree(t, e2e.Tree(t, "7.3"))
	t.Chdir(dir)
	t.Setenv("HOME", t.TempDir())
	text, err := os.ReadFile("scripts/checkpatch.pl")
	if err != nil {
		t.Fatal(err)
	}
	script := string(text)
	for old, now := range map[string]string{
		"my $tree = 1;":         "my $tree = 1;\nmy $loader = 0;",
		"	'tree!'		=> \\$tree,": "	'tree!'		=> \\$tree,\n	'loader!' => \\$loader,",
		"# warn about unexpectedly long msleep's": "\t\tif ($loader && $line =~ /^\\+.*\\bboot_old\\b/) {\n\t\t\tERROR(\"BOOT_OLD\",\n\t\t\t      \"no\\n\" . $herecurr);\n" +
			"\t\t}\n\n# warn about unexpectedly long msleep's",
	} {
		if strings.Count(script, old) != 1 {
			t.Fatalf("%q is in the script %d times", old, strings.Count(script, old))
		}
		script = strings.Replace(script, old, now, 1)
	}
	writeFile(t, "scripts/checkpatch.pl", script)
	writeFile(t, ".checkpatch.conf", "# None of Linux.\n--no-tree\n--ignore MISSING_SIGN_OFF\n\n--loader\n--strict\n")
	for _, gone := range []string{"Kbuild", "MAINTAINERS", "init", "kernel"} {
		if err := os.RemoveAll(gone); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("git", "add", "-A").CombinedOutput(); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	if out, err := exec.Command("git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qam", "fork").CombinedOutput(); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	// A file that git knows would be taken for a source.
	writeFile(t, "fork.patch", mailOf("Change it.", "cmd/a.c", "int someName=boot_old(1);", "int b; ",
		"\t.compatible = \"nobody,nothing\",")) // which the script does not look at without a tree
	call := exec.Command("perl", "scripts/checkpatch.pl", "--terse", "--show-types", "fork.patch")
	var want bytes.Buffer
	call.Stdout = &want
	if err := call.Run(); call.ProcessState.ExitCode() != 1 || !strings.Contains(want.String(), "BOOT_OLD") || !strings.Contains(want.String(), "CAMELCASE") {
		t.Fatalf("%v: %s", err, want.String())
	}
	for _, args := range [][]string{{}, {"--tree=."}, {"--engine=tree"}} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"checkpatch", "--terse", "--show-types", "fork.patch"}, args...), nil, &stdout, &stderr)
		if diff := cmp.Diff(skeleton(want.String()), skeleton(stdout.String())); diff != "" || code != 1 {
			t.Errorf("%v: exit code %d, %s, -script +ours:\n%s", args, code, stderr.String(), diff)
		}
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"checkpatch", "--terse", "--show-types", "--no-tree", "fork.patch"}, nil, &stdout, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "nobody heed: --loader") || strings.Contains(stdout.String(), "BOOT_OLD") ||
		!strings.Contains(stdout.String(), "SPACING") {
		t.Errorf("without the tree: exit code %d\n%s%s", code, stdout.String(), stderr.String())
	}
}
