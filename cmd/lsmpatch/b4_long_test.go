// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// b4Asks has b4's own code ask the program that a repository names, about each mail of a thread, once with the tracking file and once without.
const b4Asks = `
import json, os, sys
import b4, liblore.utils
from b4.review import checks, tracking

os.chdir('/srv/linux')
b4.setup_config(type('Args', (), {'config': {}, 'command': 'review'})())
perpatch, series = checks.load_check_cmds()
top = b4.git_get_toplevel()
blob = json.load(open('/srv/tracking.json'))['series']['thread-blob']
said = {'Version': b4.__VERSION__}
for name, env in ('Together', {'B4_TRACKING_FILE': '/srv/tracking.json'}), ('Alone', {}):
    said[name] = {}
    for mail in liblore.utils.split_mbox(tracking.get_thread_mbox(top, blob)):
        number, id = b4.LoreSubject(mail['subject']).counter, mail['message-id'].strip('<> ')
        if number:
            results = checks.run_perpatch_checks([(id, mail)], perpatch, top, extra_env=env)[id]
        else:
            results = checks.run_series_checks((id, mail), series, top, extra_env=env)
        said[name][number] = {r['tool']: r['status'] for r in results}
json.dump(said, sys.stdout)
`

// TestLongB4Review has b4 review's own code, of Debian's b4, ask lsmpatch about the mails of a series whose fourth patch is at fault, in a
// repository that is set up as docs/consumers.md says.
func TestLongB4Review(t *testing.T) {
	root, work := e2e.B4(t), t.TempDir()
	tree := filepath.Join(work, "linux")
	gittest.Must(t, os.Rename(binary(t), filepath.Join(work, "lsmpatch")))
	gittest.Must(t, os.CopyFS(tree, os.DirFS("../../testdata/minilinux")))
	const command = "lsmpatch premerge -q --tree . --format b4"
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A", "-f"}, {"commit", "-q", "-m", "minilinux"},
		{"config", "b4.review-perpatch-check-cmd", command}, {"config", "b4.review-series-check-cmd", command}} {
		gittest.Git(t, tree, args...)
	}
	thread := string(mailbox(t, "rust-lsm"))
	at := strings.Index(thread, "diff --git a/include/linux/lsm_count.h")
	end := at + 1 + strings.Index(thread[at+1:], "diff --git")
	gittest.Write(t, filepath.Join(work, "thread.mbox"), thread[:at]+thread[end:])
	blob := gittest.Git(t, tree, "hash-object", "-w", filepath.Join(work, "thread.mbox"))
	gittest.Write(t, filepath.Join(work, "tracking.json"), `{"series": {"thread-blob": "`+blob+`"}}`)
	cmd := exec.Command("bwrap", "--ro-bind", root, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", work, "/srv",
		"--setenv", "HOME", "/tmp", "--setenv", "PATH", "/srv:/usr/bin:/bin", "--unshare-net", "python3", "-c", b4Asks)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Version         string
		Together, Alone map[int]map[string]string
	}
	gittest.Must(t, json.Unmarshal(out, &said))
	t.Logf("b4 %s", said.Version)
	for number := range 6 {
		want := map[bool]string{true: "fail", false: "pass"}[number == 0 || number == 4]
		if got := said.Together[number]["lsmpatch-hooks"]; got != want {
			t.Errorf("hooks of mail %d in its series: %q, want %s", number, got, want)
		}
		if got := said.Alone[number]["lsmpatch-hooks"]; got == "fail" {
			t.Errorf("hooks of mail %d alone: %q, though what it depends on is not known", number, got)
		}
	}
	if len(said.Alone[0]) != 0 {
		t.Errorf("of a cover letter alone something is said: %v", said.Alone[0])
	}
}
