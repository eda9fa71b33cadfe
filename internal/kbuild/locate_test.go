// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

func TestDemangle(t *testing.T) {
	for symbol, want := range map[string]string{
		"_RNvNvCs2zGKLFMR0Mb_8rust_lsm1__10___lsm_init":  "rust_lsm::_::__lsm_init",
		"_RNvNtCs43vyB533jt3_6kernel5print11call_printk": "kernel::print::call_printk",
		"security_init": "security_init",
		// A generic, which is not worth the whole grammar.
		"_RINvCs2zGKLFMR0Mb_4core3abcE": "_RINvCs2zGKLFMR0Mb_4core3abcE",
		"_R":                            "_R", "_RNv": "_RNv", "_RC99999999999999999999x": "_RC99999999999999999999x",
		"_RC5ab": "_RC5ab", "_RCs": "_RCs",
	} {
		if got := demangle(symbol); got != want {
			t.Errorf("%s: %s, want %s", symbol, got, want)
		}
	}
}

func FuzzDemangle(f *testing.F) {
	f.Add("_RNvNvCs2zGKLFMR0Mb_8rust_lsm1__10___lsm_init")
	f.Add("_RNvNvNvNvC")
	f.Fuzz(func(t *testing.T, symbol string) {
		// The names stand in the symbol, so the path is never much longer.
		if got := demangle(symbol); len(got) > 2*len(symbol) {
			t.Errorf("%q became %q", symbol, got)
		}
	})
}

func TestFindFunction(t *testing.T) {
	tree := fstest.MapFS{
		"rust/kernel/lsm.rs": {Data: []byte("/// fn __lsm_init in a comment\nmacro {\n    unsafe extern \"C\" fn __lsm_init() -> c_int {\n")},
		"security/a.c": {Data: []byte("int declared(int);\nstatic int __init\nsplit_head(struct x *a,\n\t   int b)\n{\n\tcalled(1);\n}\n" +
			"void *pointer(void)\n{\n}\nint twice(void)\n{\n}\n")},
		"security/b.c": {Data: []byte("int twice(void)\n{\n}\n")},
		"drivers/c.c":  {Data: []byte("int elsewhere(void)\n{\n}\n")},
	}
	for name, want := range map[string]string{
		"__lsm_init": "rust/kernel/lsm.rs:3", "split_head": "security/a.c:3", "pointer": "security/a.c:8",
		"declared": ":0", "called": ":0", "twice": ":0", "elsewhere": ":0", "missing": ":0",
	} {
		file, line := findFunction(tree, name)
		if got := fmt.Sprintf("%s:%d", file, line); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// An object that no rule makes is the fault of the line that names it.
func TestWhereAMissingObjectIsNamed(t *testing.T) {
	files := map[string]string{"security/x/Makefile": "# obj\nobj-y += a.o gone.o\n", "lib/Kbuild": "obj-y += deep/b.o\n"}
	d := &diagnoser{source: "/src", lineOf: func(file, word string) int {
		for i, line := range strings.Split(files[file], "\n") {
			if slices.Contains(strings.Fields(line), word) {
				return i + 1
			}
		}
		return 0
	}}
	for message, want := range map[string]string{
		"No rule to make target 'security/x/gone.o', needed by 'security/x/built-in.a'.": "security/x/Makefile:2",
		"No rule to make target 'lib/deep/b.o', needed by 'lib/built-in.a'.":             "lib/Kbuild:1",
		"No rule to make target '/src/security/x/lost.c'":                                ":0",
		"something else": ":0",
	} {
		f := report.Finding{Message: message}
		if d.placeRule(&f); fmt.Sprintf("%s:%d", f.File, f.Line) != want {
			t.Errorf("%s: %s:%d, want %s", message, f.File, f.Line, want)
		}
	}
}

// TestWhereALinkErrorIs: as ld.lld 19 and ld say it, of objects in an archive or by themselves.
func TestWhereALinkErrorIs(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"drivers/x/a.c": "int probe(void)\n{\n}\n", "drivers/x/b.S": "probe_asm:\n", "lib/c.c": "int other(void)\n{\n}\n", "lib/d.c": "static int x;\n\nint probe(void)\n{\n}\n",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	for name, tt := range map[string]struct{ said, own, want string }{
		"in an archive": {"ld.lld: error: undefined symbol: gone\n>>> referenced by c.c\n>>>               lib/c.o:(other) in archive vmlinux.a", "", "lib/c.c:1"},
		"by itself":     {"ld.lld: error: undefined symbol: gone\n>>> referenced by c.c:2\n>>>               lib/c.o:(other)", "", "lib/c.c:1"},
		"in no source":  {"ld.lld: error: undefined symbol: gone\n>>> referenced by vmlinux.o:(other)", "", ":0"},
		"of the series": {"ld.lld: error: undefined symbol: gone\n>>> referenced by vmlinux.o:(other)", "lib/c.c", "lib/c.c:1"},
		"two of a name": {"ld.lld: error: duplicate symbol: probe\n>>> defined at a.c\n>>>            drivers/x/a.o:(probe) in archive vmlinux.a\n" +
			">>> defined at d.c\n>>>            lib/d.o:(.text.probe+0x0) in archive vmlinux.a", "lib/d.c", "lib/d.c:3"},
		"in assembly": {"ld.lld: error: undefined symbol: gone\n>>> referenced by drivers/x/b.o:(probe_asm) in archive vmlinux.a", "", "drivers/x/b.S:0"},
	} {
		source, err := Folder{Dir: dir}.open(-1)
		if err != nil {
			t.Fatal(err)
		}
		defer source.close()
		b := &builder{source: source}
		if tt.own != "" {
			b.state = tree.NewOverlay(tree.NewDirFS(dir))
			if err := b.state.Write(tree.Change{Path: tt.own, Mode: filemode.Regular, Data: []byte(read(t, filepath.Join(dir, tt.own)))}); err != nil {
				t.Fatal(err)
			}
		}
		d := &diagnoser{source: "/src", seen: map[report.Finding]bool{}, locate: b.locator(), inTree: func(string) bool { return false }, full: func() bool { return false }}
		lines := &lineWriter{line: d.line}
		d.end = lines.end
		lines.Write([]byte(tt.said + "\n"))
		found := findingsOf(d.finish())
		if len(found) != 1 || fmt.Sprintf("%s:%d", found[0].File, found[0].Line) != tt.want {
			t.Errorf("%s: %+v, want %s", name, found, tt.want)
		}
	}
}
