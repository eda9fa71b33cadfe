// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/internal/web"
)

// TestServeIntegrates: a series that comes to a list and passes is on the branch, page and JSON say with which commits, and it is
// not pushed without --publish.
func TestServeIntegrates(t *testing.T) {
	s := newSite(t, 1)
	s.list()
	s.git("config", "user.name", "C O Mitter")
	s.git("config", "user.email", "c@example.org")
	s.git("init", "-q", "--bare", filepath.Join(s.dir, "public.git"))
	s.git("remote", "add", "public", filepath.Join(s.dir, "public.git"))
	s.write("watch.toml", "[[list]]\nname = \"lsm\"\nfrom = \"list\"\n[[tree]]\nname = \"mini\"\ndir = \"linux\"\n[integration]\nbranch = \"passed\"\nremote = \"public\"\n")
	s.more = []string{"--config", filepath.Join(s.dir, "watch.toml"), "--workers", "1"}
	refs := filepath.Join(s.dir, "public.git", "refs", "heads", "passed")
	s.awaitBranch(`"series":[{`, refs, false)
	if page := s.page("/integration/"); !strings.Contains(page, "1 of 1 series") || !strings.Contains(page, "not done, as --publish is not given") {
		t.Error(page)
	}
	s.git("rev-parse", "--verify", "passed~5")
	s.more = append(s.more, "--publish")
	s.awaitBranch(`"pushed":true`, refs, true)
}

// awaitBranch runs a server until what it says of the branch has a text, and holds a ref against being there or not.
func (s *site) awaitBranch(want, ref string, there bool) {
	s.t.Helper()
	_ = s.kill("server", syscall.SIGTERM)
	s.start("server")
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(s.page("/integration/branch.json"), want); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s\n%s", s.page("/integration/branch.json"), s.logs["server"])
		}
	}
	if _, err := os.Stat(ref); (err == nil) != there {
		s.t.Errorf("%s: %v\n%s", ref, err, s.logs["server"])
	}
}

// TestIntegrateAgain: a remote that takes nothing is asked again without a word, and a branch that is named anew is made. A push that
// failed was once a change that woke the next try, every five seconds; and the old branch was good for any name.
func TestIntegrateAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, 1)
	s.git("config", "user.name", "C O Mitter")
	s.git("config", "user.email", "c@example.org")
	engine, err := queue.Start(&queue.EngineOptions{Dir: filepath.Join(s.dir, "engine"), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	q, err := queue.Connect(t.Context(), &queue.Options{Engine: engine})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	var said strings.Builder
	a := &app{stderr: &said}
	once := func(branch string) error {
		s.write("once.toml", "[[tree]]\nname = \"mini\"\ndir = \"linux\"\n[integration]\nremote = \"/nowhere\"\nbranch = \""+branch+"\"\n")
		m, err := fleet.LoadMatrix(filepath.Join(s.dir, "once.toml"))
		if err != nil {
			t.Fatal(err)
		}
		g, err := fleet.NewIntegrator(m)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		return a.integrateOnce(t.Context(), g, web.NewIndex(), q, true)
	}
	for range 2 {
		if err := once("one"); err == nil || !strings.Contains(err.Error(), "/nowhere") {
			t.Errorf("%v", err)
		}
	}
	if n := strings.Count(said.String(), "\n"); n != 1 {
		t.Errorf("it is told %d times:\n%s", n, said.String())
	}
	if err := once("other"); err == nil {
		t.Error("it is pushed to nowhere")
	}
	s.git("rev-parse", "--verify", "other")
}
