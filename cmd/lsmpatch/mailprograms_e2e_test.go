// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/patchset"
)

// TestE2EMailPrograms types the keys of docs/mail.md into real mutt, neomutt and aerc, and has lei give the thread: each
// brings the whole series to lsmpatch.
func TestE2EMailPrograms(t *testing.T) {
	home := t.TempDir()
	bin := filepath.Join(home, "bin", "lsmpatch")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.CopyFS(filepath.Join(home, "linux"), os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(home, "run"))
	t.Setenv("PATH", filepath.Dir(bin)+":"+os.Getenv("PATH"))
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set, _ := patchset.Builtin("rust-lsm")
	var mbox strings.Builder
	for i, m := range set.Mails {
		text := regexp.MustCompile(`^From .*\n`).ReplaceAllString(string(m.Raw), "")
		fmt.Fprintf(&mbox, "From a@example.org Sat Nov 28 10:00:00 2026\n%s\n", strings.ReplaceAll(text, "\nFrom ", "\n>From "))
		write(fmt.Sprintf("mails/lsm/cur/%d.x:2,S", i), text)
	}
	write("mails/lsm/new/.keep", "")
	write("mails/lsm/tmp/.keep", "")
	write("box", mbox.String())
	doc := string(mustRead(t, "../../docs/mail.md"))
	lines := func(begin string) string {
		return strings.Join(regexp.MustCompile(`(?m)^    ((?:`+begin+`) .*)$`).FindAllString(doc, -1), "\n") + "\n"
	}
	write(".muttrc", "set spoolfile=~/box folder=~ sort=threads\n"+lines("set|macro"))
	write(".config/aerc/accounts.conf", "[local]\nsource = maildir://~/mails\ndefault = lsm\nfrom = Me <me@example.org>\n")
	conf := string(mustRead(t, "/usr/share/aerc/aerc.conf"))
	write(".config/aerc/aerc.conf", strings.Replace(conf, "#threading-enabled=false", "threading-enabled=true", 1))
	binds := string(mustRead(t, "/usr/share/aerc/binds.conf"))
	write(".config/aerc/binds.conf", strings.Replace(binds, "[messages]", "[messages]\n"+lines(",[lr] ="), 1))
	// What a program shows once it has the whole thread.
	for program, ready := range map[string]string{"mutt -F ~/.muttrc -R": "q:Quit", "neomutt -F ~/.muttrc -R": "q:Quit", "aerc": "└─>[PATCH v2 5"} {
		term := newTerminal(t, home, program, filepath.Join(home, "raw"))
		term.until(ready)
		term.until("hooks       passed", ",l")
		term.until(ready, "q")
		term.until("5/5              +", ",r")
		term.types("j", "Enter")
		term.see("From: lsmpatch developers")
		term.types("q", "q")
	}
	defer exec.Command("lei", "daemon-kill").Run()
	if err := os.Mkdir(filepath.Join(home, "run"), 0o700); err != nil {
		t.Fatal(err)
	}
	// The mails come as the search finds them, in another order each time.
	lei := `lei import -q -F mboxrd ~/box && lei q -q -f mboxrd -t m:lsmpatch-rust-lsm-v2-1@example.org | lsmpatch premerge --tree ~/linux - &&
		lei q -q -o maildir:$HOME/lsm -t s:LSM && lsmpatch premerge --tree ~/linux inbox:$HOME/lsm lsmpatch-rust-lsm-v2-2@example.org`
	out, err := exec.Command("sh", "-c", lei).CombinedOutput()
	if err != nil || strings.Count(string(out), "verdict: passed") != 2 || strings.Count(string(out), "v2, 5 patches") != 2 {
		t.Errorf("lei: %v\n%s", err, out)
	}
}

// until types keys until the screen shows what they are to bring. On a busy machine aerc 0.14 drops keys now and then, and leaves
// lines of its list unwritten, which a change of the window's size has it write.
func (term *terminal) until(want string, keys ...string) {
	term.t.Helper()
	for width := 79; width >= 76; width-- {
		term.types(keys...)
		if term.shows(want, 8*time.Second) {
			return
		}
		term.tmux("resize-window", "-x", strconv.Itoa(width))
		if term.shows(want, time.Second) {
			return
		}
	}
	term.see(want)
}
