// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/mmap"
)

// TestCache: what was read once is not read again, what is damaged is, and old lists go.
func TestCache(t *testing.T) {
	dir, id := t.TempDir(), "1"
	c := &Cache{Dir: filepath.Join(dir, "lists"), ID: func(string) string { return id }}
	reads := 0
	get := func() string {
		text, mapped := c.get("kind", "dir", func() []byte { reads++; return []byte("text of " + id) })
		if mapped != nil {
			t.Error("a small file is mapped")
		}
		return string(text)
	}
	for range 2 {
		if got := get(); got != "text of 1" || reads != 1 {
			t.Errorf("got %q, read %d times", got, reads)
		}
	}
	file := filepath.Join(c.Dir, "kind-1")
	if err := os.WriteFile(file, []byte(sumOf([]byte("text of 1"))+"\ntext"), 0o666); err != nil {
		t.Fatal(err)
	}
	if get() != "text of 1" || reads != 2 {
		t.Error("a list that was cut is taken")
	}
	for i := range 2 * maxKept {
		id = fmt.Sprint("x", i)
		get()
	}
	if entries, _ := os.ReadDir(c.Dir); len(entries) != maxKept {
		t.Errorf("%d lists are kept", len(entries))
	}
	// Without a place, or a name, nothing is kept, and all is read.
	for _, c := range []*Cache{{}, {Dir: dir}, {Dir: "/proc/nothing", ID: c.ID}, {Dir: dir, ID: func(string) string { return "" }}} {
		if got, _ := c.get("k", "dir", func() []byte { return []byte("a") }); string(got) != "a" {
			t.Errorf("%q", got)
		}
	}
}

// TestLargeList: a large list is mapped, and read anew where it is damaged.
func TestLargeList(t *testing.T) {
	dir := t.TempDir()
	c := &Cache{Dir: dir, ID: func(string) string { return "1" }}
	large := bytes.Repeat([]byte("abcdefg\n"), mappedSize/8)
	for i, want := range []bool{false, true, false} { // whether it comes from the file
		text, mapped := c.get("kind", "dir", func() []byte { return large })
		if !bytes.Equal(text, large) || (mapped != nil) != want {
			t.Errorf("time %d: %d bytes, mapped: %v", i, len(text), mapped != nil)
		}
		if err := mmap.Unmap(mapped); err != nil {
			t.Error(err)
		}
		if i == 1 {
			file, err := os.OpenFile(filepath.Join(dir, "kind-1"), os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := file.WriteAt([]byte("X"), 100); err != nil {
				t.Fatal(err)
			}
			file.Close()
		}
	}
}

// TestCachedLists: lists from the cache are those of the tree.
func TestCachedLists(t *testing.T) {
	tree := fstest.MapFS{"include/a.h": {Data: []byte("#define fooBar 1\nint aB(void);\n")},
		"MAINTAINERS":            {Data: []byte("OLD\nS:\tObsolete\nF:\tdrivers/old/\nF:\tnet/x?/\n\nNEW\nS:\tMaintained\nF:\tdrivers/oldest/\n")},
		"LICENSES/preferred/MIT": {Data: []byte("Valid-License-Identifier: MIT\n")},
		scriptName:               {Data: []byte("our $signature_tags = qr{(?xi:\n\tBlamed-by:\n)};\n")},
		BindingsDir + "/a.yaml":  {Data: []byte("compatible: vendor,chip\nfsl,<soc>-esdhc\n")}}
	dir := t.TempDir()
	for range 2 {
		d := Load(tree, nil, &Cache{Dir: dir, ID: func(string) string { return "id" }})
		if names := d.CamelNames(); !names["fooBar"] || !names["aB"] || len(names) != 2 {
			t.Errorf("%v", names)
		}
		if !d.Obsolete("drivers/old/a.c") || d.Obsolete("drivers/oldest/a.c") || !d.Obsolete("net/x1/y.c") {
			t.Error("what is obsolete differs")
		}
		if !d.ValidLicense("SPDX-License-Identifier: MIT") || d.ValidLicense("SPDX-License-Identifier: BSD") {
			t.Error("licences differ")
		}
		if d.Edition.Foreign != true || !d.TagAtStart("Blamed-by: x") || d.TagAtStart("Acked-by: x") {
			t.Errorf("the script differs: %+v", d.scriptFacts)
		}
		if !d.HasBinding("vendor,chip") || !d.HasBinding("fsl,imx6-esdhc") || d.HasBinding("vendor,other") {
			t.Error("bindings differ")
		}
		tree = fstest.MapFS{"LICENSES": {Mode: fs.ModeDir}} // the second time, the cache is all there is
	}
}
