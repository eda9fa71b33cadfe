// SPDX-License-Identifier: GPL-2.0-only

package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const sample = `
[checks]
"series/no-cover-letter" = "off"
"checkpatch/LONG_LINE" = "note"
"series/*" = "warning"
"series/maintainer-*" = "error"

[[waive]]
check = "checkpatch/LONG_LINE"
path = "include/uapi/**"
reason = "mirrors the manual"

[[waive]]
check = "series/fixes-*"
reason = "imported"
`

func TestApply(t *testing.T) {
	c, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	in := []report.Finding{
		{Check: "series/no-cover-letter", Severity: report.Warning},
		{Check: "checkpatch/LONG_LINE", Severity: report.Warning, File: "include/uapi/linux/lsm.h"},
		{Check: "checkpatch/LONG_LINE", Severity: report.Warning, File: "security/security.c"},
		{Check: "series/maintainer-not-copied", Severity: report.Note},
		{Check: "series/missing-patch", Severity: report.Error},
		{Check: "series/fixes-subject", Severity: report.Error, Waived: "first"},
		{Check: "hooks/param-type", Severity: report.Error},
	}
	want := []report.Finding{
		{Check: "checkpatch/LONG_LINE", Severity: report.Note, File: "include/uapi/linux/lsm.h", Waived: "mirrors the manual"},
		{Check: "checkpatch/LONG_LINE", Severity: report.Note, File: "security/security.c"},
		{Check: "series/maintainer-not-copied", Severity: report.Error},
		{Check: "series/missing-patch", Severity: report.Warning},
		{Check: "series/fixes-subject", Severity: report.Warning, Waived: "first"},
		{Check: "hooks/param-type", Severity: report.Error},
		{
			Check: Changed, Message: Name + " changed what counts here; without it: 2 errors, 3 warnings, 1 note (1 waived)",
			Detail: "checkpatch/LONG_LINE: 1 of severity warning -> note\ncheckpatch/LONG_LINE: 1 of severity warning -> waived\n" +
				"series/fixes-subject: 1 of severity error -> warning\nseries/maintainer-not-copied: 1 of severity note -> error\n" +
				"series/missing-patch: 1 of severity error -> warning\nseries/no-cover-letter: 1 of severity warning -> off\n",
		},
	}
	if diff := cmp.Diff(want, c.Apply(in)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if in[0].Severity != report.Warning || in[1].Waived != "" {
		t.Error("Apply changed the findings it was given")
	}
}

func TestZeroConfigChangesNothing(t *testing.T) {
	in := []report.Finding{{Check: "series/empty", Severity: report.Error}}
	if diff := cmp.Diff(in, new(Config).Apply(in)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no reason", "[[waive]]\ncheck = \"series/empty\"\n", "entry 1 (series/empty) gives no reason"},
		{"blank reason", "[[waive]]\ncheck = \"a\"\nreason = \"  \"\n", "gives no reason"},
		{"no check", "[[waive]]\nreason = \"because\"\n", "entry 1 names no check"},
		{"level", "[checks]\n\"series/empty\" = \"fatal\"\n", `"series/empty" has the level "fatal"`},
		{"unknown section", "[check]\n\"series/empty\" = \"off\"\n", `unknown key "check`},
		{"unknown key", "[[waive]]\ncheck=\"a\"\nreason=\"b\"\nfile=\"c\"\n", "unknown key"},
		{"syntax", "[checks]\nx = \n", "line 2"},
		{"type", "checks = 3\n", "checks"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got error %v, want one with %q", err, tt.want)
			}
			if hint.Of(err) == "" {
				t.Error("the error has no hint")
			}
		})
	}
}

func TestFind(t *testing.T) {
	top := t.TempDir()
	deep := filepath.Join(top, "repo", "a", "b")
	for _, dir := range []string{deep, filepath.Join(top, "repo", ".git")} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(top, Name)
	if err := os.WriteFile(outside, []byte(sample), 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := Find(deep)
	if err != nil || c.File != "" {
		t.Fatalf("got %+v, %v; want nothing from above the repository", c, err)
	}
	inside := filepath.Join(top, "repo", Name)
	if err := os.WriteFile(inside, []byte(sample), 0o666); err != nil {
		t.Fatal(err)
	}
	if c, err = Find(deep); err != nil || c.File != inside || len(c.Waivers) != 2 {
		t.Errorf("got %+v, %v; want %s", c, err, inside)
	}
}

func TestUnknown(t *testing.T) {
	c, err := Parse("[checks]\n\"series/emptty\"=\"off\"\n\"series/*\"=\"note\"\n\"checkpatch/X\"=\"off\"\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"series/emptty"}, c.Unknown("series/", []string{"series/empty"})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"a/b.c", "a/b.c", true},
		{"a/b.c", "a/bxc", false},
		{"a/*.c", "a/b.c", true},
		{"a/*.c", "a/b/c.c", false},
		{"a/**", "a/b/c.c", true},
		{"**/lsm.rs", "lsm.rs", true},
		{"**/lsm.rs", "rust/kernel/lsm.rs", true},
		{"**/lsm.rs", "rust/kernel/xlsm.rs", false},
		{"a?c", "abc", true},
		{"a?c", "a/c", false},
		{"a/**", "", false},
		{"[x]*", "[x]y", true},
	} {
		if got := match(tt.pattern, tt.name); got != tt.want {
			t.Errorf("match(%q, %q) = %v", tt.pattern, tt.name, got)
		}
	}
}

// A test that is known to fail is waived by its name, and no other.
func TestWaiveByMessage(t *testing.T) {
	c, err := Parse("[[waive]]\ncheck = \"boot/test-failed\"\nmessage = \"test lsm_list_modules_test.**\"\nreason = \"it does not know our ID\"\n")
	if err != nil {
		t.Fatal(err)
	}
	for message, waived := range map[string]bool{"test lsm_list_modules_test.correct failed": true, "test lsm_set_self_attr_test.a failed": false} {
		f, counts := c.Judge(report.Finding{Check: "boot/test-failed", Message: message})
		if !counts || (f.Waived != "") != waived {
			t.Errorf("%s: waived %q, want %v", message, f.Waived, waived)
		}
	}
}
