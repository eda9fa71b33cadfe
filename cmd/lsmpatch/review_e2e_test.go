// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// A terminal is a real tmux of its own, with 80 columns.
type terminal struct {
	t      *testing.T
	socket string
}

// newTerminal runs a shell command in it, and records all that reaches the terminal in the file raw.
func newTerminal(t *testing.T, dir, command, raw string) *terminal {
	t.Helper()
	term := &terminal{t, filepath.Join(t.TempDir(), "tmux")}
	start := exec.Command("tmux", "-S", term.socket, "-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "sh", "-c", "sleep 0.5; "+command+"; echo exits $?; sleep 600")
	start.Dir, start.Env = dir, append(os.Environ(), "TERM=screen-256color")
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() { exec.Command("tmux", "-S", term.socket, "kill-server").Run() })
	term.tmux("pipe-pane", "-o", "cat >>"+raw)
	return term
}

func (term *terminal) tmux(args ...string) string {
	term.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", term.socket}, args...)...).CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// see waits until the screen shows a text.
func (term *terminal) see(want string) {
	term.t.Helper()
	if !term.shows(want, 30*time.Second) {
		term.t.Fatalf("the screen does not show %q:\n%s", want, term.tmux("capture-pane", "-p"))
	}
}

// shows reports whether the screen comes to show a text within a time.
func (term *terminal) shows(want string, within time.Duration) bool {
	term.t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if strings.Contains(term.tmux("capture-pane", "-p"), want) {
			return true
		}
	}
	return false
}

// types sends keys, by tmux's names.
func (term *terminal) types(keys ...string) {
	term.t.Helper()
	for _, k := range keys {
		term.tmux("send-keys", k)
	}
}

// TestE2EReview: a series with a fault is read in a terminal of 80 columns, noted, accepted in part, put on a branch, and the
// draft of a reply is what git send-email sends.
func TestE2EReview(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "lsmpatch")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	linux := filepath.Join(dir, "linux")
	if err := os.CopyFS(linux, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"config", "user.name", "Re Viewer"}, {"config", "user.email", "re@example.org"}, {"add", "-A", "-f"}, {"commit", "-q", "-m", "base"}} {
		cmd := exec.Command("git", append([]string{"-C", linux}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	spoilSeries(t, filepath.Join(dir, "mails"))
	raw := filepath.Join(dir, "raw")
	term := newTerminal(t, dir, "./lsmpatch review --tree linux --drafts drafts --branch topic mails", raw)
	term.see("0/5    ")
	term.see("E 3W     +")
	term.types("G", "k", "Enter")
	term.see("Subject with ")
	term.types("/", "It restricts nothing", "Enter", "c", "Why here?", "Enter")
	term.see("~~ Why here?")
	term.types("g", "Tab", "f")
	term.see("noted; R writes the draft")
	term.types("R")
	term.see("wrote drafts/reply-4.eml")
	term.types("B")
	term.see("the series is on the branch topic")
	term.tmux("resize-window", "-x", "40", "-y", "10")
	term.see("q:back")
	term.types("q", "g", "j", "a")
	term.see("1/5 A")
	term.types("R")
	term.see("wrote drafts/reply-1.eml")
	term.types("q")
	term.see("exits 1")

	if out, err := exec.Command("git", "-C", linux, "rev-list", "--count", "topic").CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "6" {
		t.Errorf("the branch: %s, %v", out, err)
	}
	for name, want := range map[string]string{"reply-4.eml": "\nWhy here?\n", "reply-1.eml": "\nReviewed-by: Re Viewer <re@example.org>\n"} {
		send := exec.Command("git", "-C", linux, "send-email", "--dry-run", "--confirm=never", "--from=re@example.org", "--to=list@example.org", filepath.Join(dir, "drafts", name))
		out, err := send.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Result: OK") || !strings.Contains(string(out), "In-Reply-To: <") {
			t.Errorf("git send-email %s: %v\n%s", name, err, out)
		}
		if text := string(mustRead(t, filepath.Join(dir, "drafts", name))); !strings.Contains(text, want) {
			t.Errorf("%s has no %q:\n%s", name, want, text)
		}
	}
	sent := mustRead(t, raw)
	if len(sent) < 1000 || bytes.Contains(sent, []byte("\x1b]0;owned")) || bytes.Contains(sent, []byte("\u202e")) {
		t.Errorf("%d bytes reached the terminal, with what the mail holds raw", len(sent))
	}
	if !bytes.Contains(sent, []byte(`\u001b]0;owned`)) {
		t.Error("the hostile subject was never shown")
	}
}

// spoilSeries writes the carried series to dir without its count, and with a subject that would give a terminal another title.
func spoilSeries(t *testing.T, dir string) {
	t.Helper()
	set, ok := patchset.Builtin("rust-lsm")
	if !ok {
		t.Fatal("no rust-lsm")
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, m := range set.Mails {
		text := string(m.Raw)
		if strings.HasPrefix(m.File, "0004") {
			before, rest, _ := strings.Cut(text, "diff --git a/include/linux/lsm_count.h")
			_, after, _ := strings.Cut(rest, "diff --git ")
			text = before + "diff --git " + after
			text = strings.Replace(text, "4/5] ", "4/5] Subject with =?utf-8?q?=1b=5d0=3bowned=07=e2=80=ae?= ", 1)
		}
		if err := os.WriteFile(filepath.Join(dir, m.File), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
