// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// TestHistory registers a hook that another state of the tree had under an old name.
func TestHistory(t *testing.T) {
	set, before, after := fixture(t, edit{mainC, "file_open, plain_file_open", "file_opening, plain_file_open"})
	past := maps.Clone(before)
	past[defs.DefsPath] = &fstest.MapFile{Data: []byte("LSM_HOOK(int, 0, file_opening, struct file *file)\n")}
	opts := &Options{History: func(yield func(string, fs.FS) bool) {
		_ = yield("v7.1", before) && yield("v7.0", past)
	}}
	findings, _, err := Check(&check.View{Set: set, Before: before, After: after}, opts)
	if err != nil || len(findings) != 1 {
		t.Fatal(findings, err)
	}
	f := findings[0]
	if !strings.Contains(f.Message, "v7.0 had `int file_opening(struct file *file)`") ||
		!strings.Contains(f.Hint, "it is `int file_open(struct file *file)` now") {
		t.Errorf("message %q, hint %q", f.Message, f.Hint)
	}
}

// TestChangedHook has a series that changes a hook, but not the LSM that is in the tree.
func TestChangedHook(t *testing.T) {
	_, _, after := fixture(t)
	before := maps.Clone(after)
	after[defs.DefsPath] = &fstest.MapFile{Data: []byte(strings.Replace(string(after[defs.DefsPath].Data), "file_open, struct file *", "file_open, const struct file *", 1))}
	findings, _, err := Check(&check.View{Set: hookstest.Touching(defs.DefsPath), Before: before, After: after}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.Check+" "+f.File)
		if f.Patch != 1 {
			t.Errorf("%s is not laid to the patch", f.Check)
		}
	}
	if want := []string{"hooks/shim-type rust/helpers/lsm.c", "hooks/shim-type security/plain/main.c"}; !slices.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
}
