// SPDX-License-Identifier: GPL-2.0-only

package patchset_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset"
)

func rustLSM(t *testing.T) patchset.Carried {
	t.Helper()
	c, ok := patchset.Builtin("rust-lsm")
	if !ok {
		t.Fatal("no builtin rust-lsm")
	}
	return c
}

// header returns the first header of a mail with that name, unfolded.
func header(raw []byte, name string) string {
	head, _, _ := strings.Cut(string(raw), "\n\n")
	head = strings.ReplaceAll(head, "\n ", " ")
	for _, line := range strings.Split(head, "\n") {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return value
		}
	}
	return ""
}

func TestBuiltinNames(t *testing.T) {
	var names []string
	for _, c := range patchset.Builtins() {
		names = append(names, c.Name)
		if c.Description == "" || strings.Contains(c.Description, "\n") {
			t.Errorf("%s: description %q is not one line", c.Name, c.Description)
		}
	}
	if !slices.Equal(names, []string{"rust-lsm", "rust-lsm-next", "rust-lsm-v1"}) {
		t.Errorf("builtins are %q", names)
	}
	if _, ok := patchset.Builtin("rust"); ok {
		t.Error("there is a builtin with the name rust")
	}
}

func TestBuiltinMails(t *testing.T) {
	subjects := []string{
		"[PATCH v2 0/5] rust: lsm: write Linux Security Modules in Rust",
		"[PATCH v2 1/5] rust: bindings: include lsm_hooks.h to expose LSM types to bindgen",
		"[PATCH v2 2/5] rust: helpers: add C shims for LSM hook initialisation",
		"[PATCH v2 3/5] rust: kernel: add LSM abstraction layer",
		"[PATCH v2 4/5] security: add Rust LSM sample (CONFIG_SECURITY_RUST_LSM)",
		"[PATCH v2 5/5] Documentation: rust: add LSM abstraction guide; update MAINTAINERS",
	}
	const id = "<lsmpatch-rust-lsm-v2-%d@example.org>"
	const author = "lsmpatch developers <lsmpatch@example.org>"
	from := regexp.MustCompile(`^From [0-9a-f]{40} Mon Sep 17 00:00:00 2001\n`)

	mails := rustLSM(t).Mails
	if len(mails) != len(subjects) {
		t.Fatalf("%d mails, want %d", len(mails), len(subjects))
	}
	for i, m := range mails {
		if !from.Match(m.Raw) {
			t.Errorf("%s does not begin with a From line of git format-patch", m.File)
		}
		wantHeaders := map[string]string{
			"Subject": subjects[i], "From": author, "Message-ID": fmt.Sprintf(id, i),
		}
		if i > 0 {
			wantHeaders["In-Reply-To"] = fmt.Sprintf(id, 0)
		}
		for name, want := range wantHeaders {
			if got := header(m.Raw, name); got != want {
				t.Errorf("%s: %s is %q, want %q", m.File, name, got, want)
			}
		}
		signed := bytes.Contains(m.Raw, []byte("\nSigned-off-by: "+author+"\n---\n"))
		if signed == m.IsCover() {
			t.Errorf("%s: signed off: %v", m.File, signed)
		}
	}
}

// A shortlog that names other patches than those sent, or in another order, would be a false claim.
func TestBuiltinShortlog(t *testing.T) {
	mails := rustLSM(t).Mails
	_, shortlog, ok := strings.Cut(string(mails[0].Raw), "\n\nlsmpatch developers (5):\n")
	if !ok {
		t.Fatal("the cover letter has no shortlog")
	}
	lines := strings.Split(shortlog, "\n")
	for i, m := range mails[1:] {
		want := "  " + strings.TrimPrefix(header(m.Raw, "Subject"), fmt.Sprintf("[PATCH v2 %d/5] ", i+1))
		if lines[i] != want {
			t.Errorf("line %d of the shortlog is %q, want %q", i+1, lines[i], want)
		}
	}
}

// The cover letter of the series after names the patches that it stands on, in order, by the IDs that git gives them;
// else --with-prerequisites would not find them. Its own mails are a thread, numbered from 1.
func TestNextStandsOnRustLSM(t *testing.T) {
	next, ok := patchset.Builtin("rust-lsm-next")
	if !ok {
		t.Fatal("no builtin rust-lsm-next")
	}
	var want []string
	for _, m := range rustLSM(t).Mails[1:] {
		cmd := exec.Command("git", "patch-id", "--stable")
		cmd.Stdin = bytes.NewReader(m.Raw)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(string(out), " ")
		want = append(want, "prerequisite-patch-id: "+id)
	}
	got := regexp.MustCompile(`(?m)^prerequisite-.*$`).FindAllString(string(next.Mails[0].Raw), -1)
	if !slices.Equal(got, want) {
		t.Errorf("the cover letter needs %q, want %q", got, want)
	}

	total := len(next.Mails) - 1
	for i, m := range next.Mails {
		if id := fmt.Sprintf("<lsmpatch-rust-lsm-next-v1-%d@example.org>", i); header(m.Raw, "Message-ID") != id {
			t.Errorf("%s: Message-ID is not %s", m.File, id)
		}
		if prefix := fmt.Sprintf("[PATCH %d/%d] ", i, total); !strings.HasPrefix(header(m.Raw, "Subject"), prefix) {
			t.Errorf("%s: the subject does not begin with %s", m.File, prefix)
		}
	}
}

// git runs git with dir as its repository, and no configuration but its own.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=T", "-c", "user.email=t@example.org"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// Of the exported patches git mailsplit and mailinfo must make of each what was sent. (Whether they
// apply takes a kernel tree: TestE2ERegenerate.)
func TestExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "mails")
	c := rustLSM(t)
	paths, err := c.Export(dir)
	if err != nil {
		t.Fatal(err)
	}
	patches, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	if err != nil {
		t.Fatal(err)
	}
	if want := paths[1:]; !slices.Equal(patches, want) {
		t.Errorf("*.patch is %q, want %q", patches, want)
	}
	if want := filepath.Join(dir, "0000-cover-letter.eml"); paths[0] != want {
		t.Errorf("the cover letter is %s, want %s", paths[0], want)
	}

	split := t.TempDir()
	args := append([]string{"mailsplit", "-o" + split, "--"}, patches...)
	if got := git(t, dir, args...); got != "5" {
		t.Fatalf("git mailsplit found %s mails, want 5", got)
	}
	for i, m := range c.Mails[1:] {
		got, err := os.ReadFile(filepath.Join(split, fmt.Sprintf("%04d", i+1)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, m.Raw) {
			t.Errorf("git mailsplit changes %s", m.File)
		}
	}
}

// The patches that only make files can be applied without a tree; git am must get the author, the
// date and the message from them.
func TestExportGitAm(t *testing.T) {
	mails, repo := t.TempDir(), t.TempDir()
	if _, err := rustLSM(t).Export(mails); err != nil {
		t.Fatal(err)
	}
	docs, err := filepath.Glob(filepath.Join(mails, "0005-*.patch"))
	if err != nil || len(docs) != 1 {
		t.Fatalf("patches 5: %q, %v", docs, err)
	}
	git(t, repo, "init", "--quiet")
	git(t, repo, "commit", "--quiet", "--allow-empty", "--message=base")
	git(t, repo, "am", "--quiet", "--include=Documentation/rust/lsm.rst", docs[0])

	got := git(t, repo, "log", "-1", "--format=%an <%ae>|%s|%(trailers:key=Signed-off-by,valueonly)")
	want := "lsmpatch developers <lsmpatch@example.org>|" +
		"Documentation: rust: add LSM abstraction guide; update MAINTAINERS|" +
		"lsmpatch developers <lsmpatch@example.org>"
	if got != want {
		t.Errorf("git am committed %q, want %q", got, want)
	}
	if _, err := os.Stat(filepath.Join(repo, "Documentation/rust/lsm.rst")); err != nil {
		t.Error(err)
	}
}

func TestExportKeepsFiles(t *testing.T) {
	dir := t.TempDir()
	c := rustLSM(t)
	theirs := filepath.Join(dir, c.Mails[3].File)
	if err := os.WriteFile(theirs, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Export(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error is %v, want one that wraps fs.ErrExist", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(theirs); len(left) != 1 || string(data) != "mine" {
		t.Errorf("left behind: %v; the file there holds %q", left, data)
	}
}

func TestMbox(t *testing.T) {
	c := rustLSM(t)
	file := filepath.Join(t.TempDir(), "series.mbox")
	if err := os.WriteFile(file, c.Mbox(), 0o666); err != nil {
		t.Fatal(err)
	}
	split := t.TempDir()
	if got := git(t, split, "mailsplit", "-o"+split, "--", file); got != "6" {
		t.Errorf("git mailsplit found %s mails, want 6", got)
	}
}
