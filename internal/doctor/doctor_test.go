// SPDX-License-Identifier: GPL-2.0-only

package doctor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// examine looks at a machine whose PATH has programs alone, shell scripts by name.
func examine(t *testing.T, programs map[string]string, opts *Options) map[string]Item {
	t.Helper()
	dir := t.TempDir()
	for name, script := range programs {
		runtest.Write(t, filepath.Join(dir, name), []byte("#!/bin/sh\n"+script))
	}
	t.Setenv("PATH", dir)
	r, err := Examine(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	items := map[string]Item{}
	able := true
	for _, item := range r.Items {
		items[item.Name] = item
		able = able && (item.Status == kbuild.OK || item.Optional)
		if item.Status != kbuild.OK && item.Hint == "" {
			t.Errorf("%s is %s, without a hint", item.Name, item.Status)
		}
	}
	if r.Able != able {
		t.Errorf("able is %v, the items say %v", r.Able, able)
	}
	return items
}

func TestExamineBareMachine(t *testing.T) {
	items := examine(t, nil, nil)
	for _, name := range []string{"git", "perl", "go", "qemu", "bubblewrap", "KVM", "isolation"} {
		if items[name].Status != kbuild.Missing {
			t.Errorf("%s: %+v", name, items[name])
		}
	}
	if q := items["qemu"]; q.Optional || !strings.Contains(q.Hint, "qemu-system-x86") {
		t.Errorf("qemu: %+v", q)
	}
	for _, name := range []string{"disk", "memory"} {
		if item := items[name]; item.Found == "" || item.Minimum == "" {
			t.Errorf("%s: %+v", name, item)
		}
	}
}

func TestExaminePrograms(t *testing.T) {
	items := examine(t, map[string]string{
		"git":                "echo git version 2.55.0; echo more",
		"qemu-system-x86_64": "case $1 in --version) echo QEMU emulator version 7.2.22 ;; *) exit 85 ;; esac",
		"perl":               "exit 1",
	}, &Options{Work: "/nonexistent/work"})
	if item := items["git"]; item.Status != kbuild.OK || item.Found != "git version 2.55.0" {
		t.Errorf("git: %+v", item)
	}
	if item := items["qemu"]; item.Status != kbuild.OK || item.Found != "QEMU emulator version 7.2.22" {
		t.Errorf("qemu: %+v", item)
	}
	if item := items["perl"]; item.Status != kbuild.Missing || !strings.Contains(item.Hint, "does not run") {
		t.Errorf("perl: %+v", item)
	}
	if item := items["disk"]; !strings.HasSuffix(item.Found, " free for /") {
		t.Errorf("disk: %+v", item)
	}
}

// A name that is no tree was told after KVM had been proved by a guest, some seconds later.
func TestExamineNoTree(t *testing.T) {
	dir, ran := t.TempDir(), filepath.Join(t.TempDir(), "ran")
	runtest.Write(t, filepath.Join(dir, "qemu-system-x86_64"), []byte("#!/bin/sh\n: >"+ran+"\nexit 1\n"))
	t.Setenv("PATH", dir)
	defer func() {
		if _, err := os.Stat(ran); err == nil {
			t.Error("QEMU was started")
		}
	}()
	if _, err := Examine(t.Context(), &Options{Tree: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "not a Linux tree") {
		t.Errorf("error %v", err)
	}
}

// Where nothing can be isolated the whole of doctor ended with that error, and told nothing else.
func TestExamineTreeWithoutIsolation(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"COPYING", "CREDITS", "Kbuild", "MAINTAINERS", "Makefile", "include", "init", "kernel", "scripts", "security"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", t.TempDir())
	r, err := Examine(t.Context(), &Options{Tree: dir})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Builds) != 2 || r.Able {
		t.Fatalf("%+v", r)
	}
	for _, b := range r.Builds {
		if b.Able || len(b.Lacks) != 1 || !strings.Contains(b.Lacks[0], "isolated") {
			t.Errorf("%+v", b)
		}
	}
}

func TestRoom(t *testing.T) {
	if item := room("disk", 1<<30, 2<<30); item.Status != kbuild.Missing || item.Found != "1.0 GiB" || item.Hint != "a build needs 2.0 GiB" {
		t.Errorf("too little: %+v", item)
	}
	if item := room("disk", 2<<30, 2<<30); item.Status != kbuild.OK {
		t.Errorf("enough: %+v", item)
	}
}

// The names are a contract with scripts.
func TestJSON(t *testing.T) {
	data, err := json.Marshal(Result{Items: []Item{{Name: "go", Status: kbuild.TooOld, Found: "1.20", Minimum: "1.26", For: "build", Optional: true, Hint: "h"}}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"able":false,"items":[{"name":"go","status":"too old","found":"1.20","minimum":"1.26","for":"build","optional":true,"hint":"h"}]}`
	if string(data) != want {
		t.Errorf("got %s", data)
	}
}
