// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package series

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// publicInbox serves mails by a public-inbox server of its own, as the lists' archive does, and returns its URL
// and its folder.
func publicInbox(t *testing.T, mails [][]byte) (url, dir string) {
	t.Helper()
	if _, err := exec.LookPath("public-inbox-httpd"); err != nil {
		t.Fatal("public-inbox is not installed: apt-get install public-inbox")
	}
	home := t.TempDir()
	dir = filepath.Join(home, "all")
	env := append(os.Environ(), "HOME="+home, "PI_CONFIG="+filepath.Join(home, "config"))
	do := func(stdin []byte, args ...string) {
		t.Helper()
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env, cmd.Stdin = env, bytes.NewReader(stdin)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	epoch := filepath.Join(dir, "git", "0.git")
	do(nil, "git", "init", "-q", "--bare", "-b", "master", epoch)
	var commits bytes.Buffer
	for _, m := range mails {
		_, raw, _ := bytes.Cut(m, []byte("\n"))
		fmt.Fprintf(&commits, "commit refs/heads/master\ncommitter L <l@x> 1773202141 +0000\ndata 4\nmail\nM 100644 inline m\ndata %d\n%s\n", len(raw), raw)
	}
	do(commits.Bytes(), "git", "-C", epoch, "fast-import", "--quiet")
	do(nil, "public-inbox-init", "-V2", "all", dir, "http://127.0.0.1/all", "list@example.org")
	do(nil, "public-inbox-index", dir)

	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	cmd := run.Command(t.Context(), run.Cmd{Args: []string{"public-inbox-httpd", "-W0", "-l", address}, Env: env})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for range 200 {
		res, err := http.Get("http://" + address + "/all/")
		if err == nil {
			res.Body.Close()
			return "http://" + address + "/all", dir
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("public-inbox-httpd does not answer")
	return "", ""
}

// TestE2EPublicInbox asks the real server what our own in TestStack and TestNewest is asked: threads, and
// searches by patch ID, change-id and title. The folder that it serves is read as well.
func TestE2EPublicInbox(t *testing.T) {
	mails := stackArchive(t)
	mails = append(mails, filePatch("[PATCH v2 1/1] t1", "n1@x", "", "Text.\n\nChanges in v2: none."))
	url, dir := publicInbox(t, mails)
	sets, err := Open(t.Context(), []string{url + "/t1@x/"}, nil)
	if err != nil || describe(sets) != "v1: cover, 1/1 t1" {
		t.Fatalf("%s, %v", describe(sets), err)
	}
	for _, place := range []string{url, "inbox:" + dir} {
		set, err := Stack(t.Context(), sets[0], []string{place}, nil, nil)
		if err != nil || titles(set) != "cover, 1/6 b1, 2/6 b2, 3/6 l1, 4/6 right, 5/6 single, 6/6 t1" {
			t.Errorf("%s: %s; %s, %v", place, titles(set), needStates(set), err)
		}
		alone := *sets[0]
		alone.Cover = nil
		if err := Newest(t.Context(), &alone, []string{place}, nil); err != nil || alone.Newer != `"[PATCH v2 1/1] t1" by A U Thor, 1 mail, <n1@x>` {
			t.Errorf("%s: newer is %q, %v", place, alone.Newer, err)
		}
		if _, err := Find(t.Context(), place, &Query{Title: "absent"}, nil); !errors.Is(err, ErrNoPatches) {
			t.Errorf("%s: absent: %v", place, err)
		}
	}
}
