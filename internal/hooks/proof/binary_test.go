// SPDX-License-Identifier: GPL-2.0-only

package proof

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
)

// TestInspect reads two kernels in small, which testdata/vmlinux/build makes, with the types of
// ../testdata/tree.txtar.
func TestInspect(t *testing.T) {
	hooks, _, err := defs.List(hookstest.ReadArchive(t, "../testdata/tree.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"dwarf", "btf"} {
		data, err := os.ReadFile("testdata/vmlinux/" + source + ".elf")
		if err != nil {
			t.Fatal(err)
		}
		b, err := Inspect(bytes.NewReader(data), nil)
		if err != nil {
			t.Fatal(err)
		}
		if b.Source != source || len(b.Prototypes) != len(hooks) {
			t.Errorf("%d prototypes out of %s", len(b.Prototypes), b.Source)
		}
		want := []BuiltLSM{
			{Name: "plain", Init: "plain_init", InitSection: ".init.text"},
			{Name: "rust_lsm_sample", Init: "sample_init", InitSection: ".text"},
		}
		if diff := cmp.Diff(want, b.LSMs); diff != "" {
			t.Error(diff)
		}
		if f := Compare(hooks, b); len(f) > 0 {
			t.Errorf("%s: %+v", source, f)
		}
		var said []string
		for _, f := range Compare(append(hooks[2:], defs.Hook{Name: "new", Type: hooks[0].Type}), b) {
			said = append(said, f.Message)
		}
		for _, text := range []string{"hook new is in the tree", "a hook file_open", "a hook task_alloc"} {
			if !strings.Contains(strings.Join(said, "\n"), text) {
				t.Errorf("%q is not said: %q", text, said)
			}
		}
		other := hooks[1]
		other.Name = "file_open"
		if f := Compare([]defs.Hook{other}, b); len(f) == 0 || !strings.Contains(f[0].Message, "`int (struct file *)` in the "+source) {
			t.Errorf("another type of file_open: %+v", f)
		}
	}
}

func TestInspectErrors(t *testing.T) {
	if _, err := Inspect(strings.NewReader("MZ this is a bzImage"), nil); err == nil || hint.Of(err) == "" {
		t.Errorf("a bzImage: %v", err)
	}
	data, err := os.ReadFile("testdata/vmlinux/btf.elf")
	if err != nil {
		t.Fatal(err)
	}
	bare := bytes.ReplaceAll(data, []byte(".BTF\x00"), []byte(".XTF\x00"))
	if _, err := Inspect(bytes.NewReader(bare), nil); !errors.Is(err, ErrNoTypes) || hint.Of(err) == "" {
		t.Errorf("no types: %v", err)
	}
	if b, err := Inspect(bytes.NewReader(bare), bytes.NewReader(data)); err != nil || len(b.LSMs) != 2 {
		t.Errorf("types from another file: %+v, %v", b, err)
	}
	for i := 0; i < len(data); i += 97 { // damage must not panic
		bad := bytes.Clone(data)
		bad[i] ^= 0xff
		_, _ = Inspect(bytes.NewReader(bad), nil)
		_, _ = Inspect(bytes.NewReader(data[:i]), nil)
	}
}
