// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// TestMaterialize lays out one snapshot after another, and looks at which files were touched.
func TestMaterialize(t *testing.T) {
	t.Parallel()
	source := gittest.SeriesRepo(t)
	tr := openTree(t, source)
	dir := filepath.Join(t.TempDir(), "build")
	built := "100644 " + string(odb.BlobHash([]byte("built\n"))) + " kernel/fork.o\n"
	lay := func(rev string) {
		t.Helper()
		snapshot, err := tr.Snapshot(rev)
		gittest.Must(t, err)
		gittest.Must(t, Materialize(context.Background(), snapshot, dir, nil))
		gittest.Git(t, source, "checkout", "-q", "--detach", rev)
		if diff := cmp.Diff(gittest.Listing(t, source), strings.ReplaceAll(gittest.Listing(t, dir), built, "")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", rev, diff)
		}
	}
	lay("base")
	// A second time, nothing is written; a file that somebody changed is.
	gittest.Write(t, filepath.Join(dir, "kernel/fork.o"), "built\n")
	info, err := os.Lstat(filepath.Join(dir, "kernel/fork.c"))
	gittest.Must(t, err)
	gittest.Write(t, filepath.Join(dir, "a/b.txt"), "changed by hand\n")
	lay("base")
	again, err := os.Lstat(filepath.Join(dir, "kernel/fork.c"))
	gittest.Must(t, err)
	if !info.ModTime().Equal(again.ModTime()) {
		t.Error("kernel/fork.c was written again")
	}
	// Of another snapshot, only the difference is.
	stays, err := os.Lstat(filepath.Join(dir, "kernel/sched/core.c"))
	gittest.Must(t, err)
	lay("series~1")
	if again, err = os.Lstat(filepath.Join(dir, "kernel/sched/core.c")); err != nil || !again.ModTime().Equal(stays.ModTime()) {
		t.Errorf("kernel/sched/core.c was written again: %v", err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "kernel/fork.o")); err != nil || string(data) != "built\n" {
		t.Errorf("what was built is gone: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "kernel/exit.c")); err == nil {
		t.Error("a removed file is still there")
	}
	lay("base")
	// Nothing is written through a symlink that took a folder's place.
	outside := t.TempDir()
	gittest.Must(t, os.RemoveAll(filepath.Join(dir, "security")))
	gittest.Must(t, os.Symlink(outside, filepath.Join(dir, "security")))
	lay("base")
	if list, err := os.ReadDir(outside); err != nil || len(list) > 0 {
		t.Errorf("written outside: %v, %v", list, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	snapshot, err := tr.Snapshot("series~1")
	gittest.Must(t, err)
	if err := Materialize(ctx, snapshot, dir, nil); err == nil {
		t.Error("a cancelled one: no error")
	}
	lay("series~1")
}
