// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// scriptLines are command lines of scripts/checkpatch.pl that jobs use, run in a tree with the files of scriptFiles.
var scriptLines = []string{
	"bad.patch",
	"--strict bad.patch",
	"--terse bad.patch",
	"--terse --strict --show-types bad.patch",
	"--emacs bad.patch",
	"--emacs --show-types bad.patch",
	"--emacs --showfile --show-types bad.patch",
	"--show-types --no-tree bad.patch",
	"--show-types --root=. bad.patch",
	"--show-types --ignore TRAILING_WHITESPACE,spacing bad.patch",
	"--show-types --ignore=TRAILING_WHITESPACE --ignore SPACING bad.patch",
	"--show-types --types LONG_LINE,SPACING bad.patch",
	"--terse --types LONG_LINE good.patch",
	"--show-types --no-signoff bad.patch",
	"--show-types --nosignoff bad.patch",
	"--show-types --no-fixes-tag fix.patch",
	"--show-types fix.patch",
	"--show-types --max-line-length=60 --strict bad.patch",
	"--show-types --tab-size=4 bad.patch",
	"--show-types --min-conf-desc-length=1 kconfig.patch",
	"--show-types kconfig.patch",
	"--show-types --typedefsfile=types.txt types.patch",
	"--show-types types.patch",
	"--show-types --kconfig-prefix=SYM_ kconfig.patch",
	"--show-types --codespell --codespellfile=words.txt spelling.patch",
	"--show-types spelling.patch",
	"--show-types --spdx-cxx-comments header.patch",
	"--show-types header.patch",
	"--show-types --test-only=seperate spelling.patch",
	"--no-summary bad.patch",
	"--nosummary --terse bad.patch",
	"--summary-file bad.patch",
	"--summary-file --terse good.patch",
	"--mailback bad.patch",
	"--mailback good.patch",
	"--mailback text.txt",
	"--no-patch text.txt",
	"--no-patch --show-types bad.patch",
	"--patch text.txt",
	"--patch --show-types good.patch",
	"-q bad.patch",
	"--quiet --show-types bad.patch",
	"-q good.patch",
	"--terse good.patch",
	"--emacs good.patch",
	"--terse good.patch bad.patch",
	"--show-types good.patch bad.patch text.txt",
	"--show-types net.patch",
	"--patch empty.patch",
	"--patch 0000-cover-letter.patch",
	"--color=always --show-types bad.patch",
	"--color=never --show-types bad.patch",
	"--no-color --show-types bad.patch",
	"--ignore-perl-version --debug values=0 --show-types bad.patch",
	"--show-types --terse --no-terse bad.patch",
	"--terse -f lib/bad.c",
	"--show-types --strict --file lib/bad.c",
	"-f --emacs --show-types lib/bad.c",
	"--show-types lib/bad.c",
	"-g HEAD",
	"--git --show-types HEAD~1..HEAD",
	"-g --terse --show-types HEAD-2",
	"-g --show-types HEAD~1",
	"-g --show-types HEAD-4",
	"-g --terse --show-types HEAD~3 HEAD~1..HEAD HEAD~4-2",
	"-g --show-types HEAD~4...HEAD~2",
	"-g --show-types HEAD^!",
	"--terse -",
	"--show-types -",
	"--show-types --strict --patch conf.patch",
}

// TestE2EScriptLines: the same output, but for the words, and the same exit code as the script's for its command lines.
func TestE2EScriptLines(t *testing.T) {
	dir := scriptTree(t, e2e.Tree(t, "7.3"))
	t.Chdir(dir)
	t.Setenv("HOME", t.TempDir())
	stdin, err := os.ReadFile("bad.patch")
	if err != nil {
		t.Fatal(err)
	}
	scripts := make([]*exec.Cmd, len(scriptLines))
	outputs := make([]bytes.Buffer, len(scriptLines))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, line := range scriptLines {
		cmd := exec.CommandContext(t.Context(), "perl", append([]string{"scripts/checkpatch.pl"}, strings.Fields(line)...)...)
		cmd.Stdin, cmd.Stdout = bytes.NewReader(stdin), &outputs[i]
		scripts[i] = cmd
		group.Go(func() error {
			var exit *exec.ExitError
			if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
				return err
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, line := range scriptLines {
		// What puts lsmpatch into the script's place, where nothing else does.
		args := append([]string{"checkpatch", "--patch"}, strings.Fields(line)...)
		var ours, stderr bytes.Buffer
		code := run(t.Context(), args, bytes.NewReader(stdin), &ours, &stderr)
		if diff := cmp.Diff(skeleton(outputs[i].String()), skeleton(ours.String())); diff != "" {
			t.Errorf("%s: -script +ours:\n%s", line, diff)
		}
		if want := scripts[i].ProcessState.ExitCode(); code != want {
			t.Errorf("%s: exit code %d, the script's is %d; %s", line, code, want, stderr.String())
		}
	}
}

var (
	findingHead = regexp.MustCompile(`^(\S*?(?:ERROR|WARNING|CHECK):(?:\S*[A-Z_]{4,}:)?\S*|\S+:\d+: (?:ERROR|WARNING|CHECK):(?:[A-Z_0-9]+:)?) .*`)
	structure   = regexp.MustCompile(`^(?:#\d+: .*|\S* ?total: .*|-{5,}|.* (?:has no obvious style problems|has style problems).*|NOTE: \S+ message types:.*|NOTE:)`)
)

// skeleton keeps of the output what programs read: levels, types and places of findings, totals, verdicts and notes.
func skeleton(output string) []string {
	var lines []string
	for line := range strings.Lines(output) {
		line = strings.TrimSuffix(line, "\n")
		if m := findingHead.FindStringSubmatch(line); m != nil {
			lines = append(lines, m[1])
		} else if s := structure.FindString(line); s != "" {
			lines = append(lines, s)
		}
	}
	return lines
}

// scriptTree makes a git repository that the script takes for a kernel, with the script and lists of tree.
func scriptTree(t *testing.T, tree string) string {
	dir := t.TempDir()
	for _, name := range []string{
		"scripts/checkpatch.pl", "scripts/spelling.txt", "scripts/const_structs.checkpatch", "scripts/get_maintainer.pl",
	} {
		data, err := os.ReadFile(filepath.Join(tree, name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, name), string(data))
	}
	for _, name := range []string{
		"COPYING", "CREDITS", "Kbuild", "Kconfig", "MAINTAINERS", "Makefile", "README", "Documentation/index.rst", "arch/Kconfig", "block/a.c",
		"include/linux/a.h", "drivers/a.c", "fs/a.c", "init/main.c", "ipc/a.c", "kernel/a.c", "lib/a.c", "mm/a.c", "net/a.c", "security/a.c", "sound/a.c",
	} {
		writeFile(t, filepath.Join(dir, name), "")
	}
	writeFile(t, filepath.Join(dir, "Makefile"), "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 0\n")
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=A Person", "-c", "user.email=person@example.org"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
	}
	commit := func(message string) {
		git("add", "-A")
		git("commit", "-qm", message)
	}
	git("init", "-q")
	commit("kernel: a small one\n\nFor tests.\n\nSigned-off-by: A Person <person@example.org>")
	writeFile(t, filepath.Join(dir, "lib/bad.c"), badSource)
	commit("lib: a bad file\n\nFor tests.\n\nSigned-off-by: A Person <person@example.org>")
	writeFile(t, filepath.Join(dir, "lib/a.c"), badSource)
	commit("lib: another one")
	git("checkout", "-q", "-b", "side", "HEAD~1")
	writeFile(t, filepath.Join(dir, "lib/b.bin"), "\x00\x01")
	commit("lib: a subject that is just so long that a number in front of it moves")
	git("checkout", "-q", "-")
	git("merge", "-q", "--no-ff", "-m", "Merge a side", "side")
	writeFile(t, filepath.Join(dir, "lib/c.c"), badSource)
	commit("lib: say \"hello\"")
	writeFile(t, filepath.Join(dir, "lib/d.c"), badSource)
	commit("lib: the last one\n\nFor tests.\n\nSigned-off-by: A Person <person@example.org>")
	for name, text := range scriptFiles {
		writeFile(t, filepath.Join(dir, name), text)
	}
	return dir
}

func writeFile(t *testing.T, name, text string) {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

const badSource = "// SPDX-License-Identifier: GPL-2.0-only\nint a=1; \nint foo(int someName)\n{\n        if(a)\n\t\treturn 1;\n\treturn 0;\n}\n"

// mailOf is a patch with added lines for a new file.
func mailOf(message, file string, added ...string) string {
	var b strings.Builder
	b.WriteString("From: A Person <person@example.org>\nSubject: [PATCH] lib: change it\n\n" + message + "\n---\n")
	b.WriteString("diff --git a/" + file + " b/" + file + "\n--- a/" + file + "\n+++ b/" + file + "\n")
	b.WriteString("@@ -10,2 +10," + string(rune('2'+len(added))) + " @@ int before;\n int before;\n")
	for _, line := range added {
		b.WriteString("+" + line + "\n")
	}
	b.WriteString(" int after;\n")
	return b.String()
}

const wellSigned = "Change it for the test, in a sentence.\n\nSigned-off-by: A Person <person@example.org>"

// scriptFiles are the inputs that scriptLines name.
var scriptFiles = map[string]string{
	"good.patch": mailOf(wellSigned, "lib/a.c", "int c;"),
	"bad.patch": mailOf("Change teh file.", "lib/a.c", "int a=1; ", "        int someName;",
		"int one_long_name = another_long_name_with_more_of_it(the_first_argument_of_it, the_second_argument_of_it, 1);"),
	"fix.patch": mailOf("Fix a use-after-free that KASAN found: BUG: KASAN: slab-use-after-free.\n\nCc: stable@vger.kernel.org\n"+
		"Signed-off-by: A Person <person@example.org>", "lib/a.c", "int c;"),
	"kconfig.patch":  mailOf(wellSigned, "lib/Kconfig", "config A_NAME", "\ttristate \"A name\"", "\thelp", "\t  One line.", "", "config B"),
	"types.patch":    mailOf(wellSigned, "lib/a.c", "int f(void)", "{", "\tmylist * a;", "\ta = (mylist *) b;", "}"),
	"types.txt":      "# types\nmylist\n",
	"words.txt":      "frobnicat->frobnicate\nabandonned->abandoned, a reason\n",
	"spelling.patch": mailOf(wellSigned, "lib/a.c", "/* frobnicat a seperate thing */", "int c; /* abandonned */"),
	"header.patch": "From: A Person <person@example.org>\nSubject: [PATCH] lib: add it\n\n" + wellSigned + "\n---\ndiff --git a/lib/a.h b/lib/a.h\n" +
		"new file mode 100644\n--- /dev/null\n+++ b/lib/a.h\n@@ -0,0 +1,1 @@\n+// SPDX-License-Identifier: GPL-2.0-only\n",
	"net.patch":               mailOf(wellSigned, "net/a.c", "int someName;"),
	"conf.patch":              mailOf(wellSigned, "lib/a.c", "int a=1; "),
	"text.txt":                "This is no patch.\n",
	"empty.patch":             "",
	"0000-cover-letter.patch": "From: A Person <person@example.org>\nSubject: [PATCH 0/1] lib: change it\n\nIt is about lib.\n",
}
