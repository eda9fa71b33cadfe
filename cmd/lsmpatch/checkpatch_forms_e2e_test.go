// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// formLines are added lines of which the script shows one, two, or a place.
var formLines = []string{"int a=1; ", "        int b; \t", " \tint c;", "int f(void)", "{", "\tif(a)", "\t\treturn( 1 );", "\tx = (int)y+1;",
	"\t/* teh end */", "\tif (x &&", "\t  y)", "\t\treturn 1;", "\telse", "\t\treturn 2;", "}", "int g;"}

// authors are headers and sign-offs in several charsets, as in the mails of people with such names.
var authors = [][2]string{
	{"J\xf6rg <j@example.org>", "J\xf6rg <j@example.org>"},
	{"J\xf6rg <j@example.org>", "J\xc3\xb6rg <j@example.org>"},
	{"=?ISO-8859-1?Q?J=F6rg?= <j@example.org>", "J\xc3\xb6rg <j@example.org>"},
	{"=?ISO-8859-1?Q?J=F6rg?= <j@example.org>", "J\xf6rg <j@example.org>"},
	{"=?iso-8859-1?q?Jorg?= <j@example.org>", "Jorg <j@example.org>"},
	{"=?windows-1252?B?SvZyZw==?= <j@example.org>", "J\xc3\xb6rg <j@example.org>"},
	{"=?UTF-8?Q?J=C3=B6rg?= <j@example.org>", "J\xc3\xb6rg <j@example.org>"},
	{"\"=?ISO-8859-1?Q?J=F6rg_M?=\" <j@example.org>", "J\xc3\xb6rg M <j@example.org>"},
}

// TestE2EScriptForms: all of the script's output but its words: the lines that it quotes, what it points at, blank lines.
func TestE2EScriptForms(t *testing.T) {
	dir := scriptTree(t, e2e.Tree(t, "7.3"))
	t.Chdir(dir)
	t.Setenv("HOME", t.TempDir())
	message := "Teh thing\tis seperate.\n\nFixes: 012345 (\"x\")\nReported-by: B <b@example.org>\nSigned-off-by: J <j@example.org>"
	patch := strings.Replace(mailOf(message, "lib/a.c", formLines...), "+10,B @@", "+10,18 @@", 1)
	writeFile(t, "forms.patch", patch)
	lines := []string{"--strict forms.patch", "--showfile forms.patch", "--emacs --showfile --strict forms.patch", "--terse --showfile forms.patch",
		"--mailback --emacs forms.patch", "--mailback --showfile --terse forms.patch", "text.txt", "-q --summary-file text.txt",
		"mode.patch", "--showfile mode.patch", "asm.patch", "--emacs asm.patch", "--showfile asm.patch"}
	writeFile(t, "mode.patch", mailOf(wellSigned, "lib/a.c", "int c;")+"diff --git a/lib/b.c b/lib/b.c\nold mode 100644\nnew mode 100755\n")
	writeFile(t, "asm.patch", mailOf(wellSigned, "include/asm/a.h", "int c;"))
	everyone := "--terse"
	for i, a := range authors {
		mail := mailOf("Change it.\n\nSigned-off-by: "+a[1], "lib/a.c", "int c;")
		name := "author" + string(rune('a'+i)) + ".patch"
		writeFile(t, name, strings.Replace(mail, "A Person <person@example.org>", a[0], 1))
		everyone += " " + name
	}
	for _, line := range append(lines, everyone) {
		call := exec.Command("perl", append([]string{"scripts/checkpatch.pl", "--show-types"}, strings.Fields(line)...)...)
		theirs, _ := call.Output()
		var ours, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"checkpatch", "--patch", "--show-types"}, strings.Fields(line)...), nil, &ours, &stderr)
		if diff := cmp.Diff(wordless(string(theirs)), wordless(ours.String())); diff != "" || code != call.ProcessState.ExitCode() {
			t.Errorf("%s: exit code %d, the script's is %d; %s -script +ours:\n%s", line, code, call.ProcessState.ExitCode(), stderr.String(), diff)
		}
	}
}

var typedHead = regexp.MustCompile(`^((?:.*?:\d+: )?(?:ERROR|WARNING|CHECK):[A-Z0-9_]+): `)

// wordless cuts messages and the text of notes out of the script's output.
func wordless(output string) []string {
	var lines []string
	for line := range strings.Lines(output) {
		switch m := typedHead.FindStringSubmatch(line); {
		case m != nil:
			line = m[1]
		case strings.HasPrefix(line, "NOTE: "):
			line = "NOTE"
		case strings.HasPrefix(line, "      "): // a note goes on
			if !strings.HasSuffix(line, "^\n") {
				continue
			}
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	return lines
}
