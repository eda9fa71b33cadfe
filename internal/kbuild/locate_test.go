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
		at := findFunction(tree, name)
		if got := fmt.Sprintf("%s:%d", at.file, at.line); got != want {
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
		"drivers/x/a.c": "int probe(void)\n{\n}\n", "drivers/x/b.S": "probe_asm:\n", "lib/c.c": "int other(void)\n{\n}\n", "arch/calls.tbl": "1 common read sys_read\n# not sys_gone_too\n2 common gone sys_gone\n", "arch/vmlinux.lds.S": "SECTIONS\n. = ASSERT(0, \"the text is too large\");\n", "lib/e.c": "extern int level;\nint level;\n", "lib/f.c": "int level;\nextern struct ops table;\nstruct ops table = {\n\t.setup = setup,\n};\n", "lib/d.c": "static int x;\n\nint probe(void)\n{\n}\n",
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
		"two variables": {"ld.lld: error: duplicate symbol: level\n>>> defined at e.c\n>>>            lib/e.o:(level) in archive vmlinux.a\n" +
			">>> defined at f.c\n>>>            lib/f.o:(.bss+0x8) in archive vmlinux.a", "lib/e.c", "lib/e.c:2"},
		"data that points to what goes": {"WARNING: modpost: vmlinux: section mismatch in reference: table+0x8 (section: .data) -> setup (section: .init.text)", "lib/f.c", "lib/f.c:3"},
		"in a table":                    {"ld.lld: error: undefined hidden symbol: __x64_sys_gone\n>>> referenced by usercopy.c\n>>>     vmlinux.o:(sys_call_table)", "arch/calls.tbl", "arch/calls.tbl:3"},
		"a script":                      {"ld.lld: error: the text is too large", "arch/vmlinux.lds.S", "arch/vmlinux.lds.S:2"},
		"by objtool":                    {"vmlinux.o: warning: objtool: other+0x5: return with modified stack frame", "lib/c.c", "lib/c.c:1"},
		"falls out":                     {"vmlinux.o: warning: objtool: other() falls through to next function probe()", "lib/c.c", "lib/c.c:1"},
		"in assembly":                   {"ld.lld: error: undefined symbol: gone\n>>> referenced by drivers/x/b.o:(probe_asm) in archive vmlinux.a", "", "drivers/x/b.S:0"},
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
		d := &diagnoser{source: "/src", seen: map[report.Finding]bool{}, locate: b.locator(), mentioned: b.mentioned, inTree: func(string) bool { return false }, full: func() bool { return false }}
		lines := &lineWriter{line: d.line}
		d.end = lines.end
		lines.Write([]byte(tt.said + "\n"))
		found := findingsOf(d.finish())
		if len(found) != 1 || fmt.Sprintf("%s:%d", found[0].File, found[0].Line) != tt.want {
			t.Errorf("%s: %+v, want %s", name, found, tt.want)
		}
	}
}

// TestWhereConfSpeaksOfSymbols: a loop, and a select that does not look at dependencies, name no file; the series has one of the symbols.
func TestWhereConfSpeaksOfSymbols(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "init/Kconfig"), "config OLD\n\tbool\n\nconfig ONE\n\tbool \"one\"\n\tdepends on TWO\n\nmenuconfig TWO\n\tbool \"two\"\n\tdepends on ONE\n")
	source, err := Folder{Dir: dir}.open(-1)
	if err != nil {
		t.Fatal(err)
	}
	defer source.close()
	b := &builder{source: source, state: tree.NewOverlay(tree.NewDirFS(dir))}
	if err := b.state.Write(tree.Change{Path: "init/Kconfig", Mode: filemode.Regular, Data: []byte(read(t, filepath.Join(dir, "init/Kconfig")))}); err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string]string{
		"error: recursive dependency detected!\n\tsymbol TWO depends on ONE\n\tsymbol ONE depends on TWO":                                           "init/Kconfig:4",
		"WARNING: unmet direct dependencies detected for ELSE\n  Depends on [n]: ARM64 [=n]\n  Selected by [y]:\n  - TWO [=y]":                      "init/Kconfig:8",
		"WARNING: unmet direct dependencies detected for ELSE\n  Depends on [n]: ARM64 [=n] && OLD [=n]\n  Selected by [y]:\n  - OTHER [=y] && OLD": ":0",
	} {
		d := &diagnoser{source: "/src", seen: map[report.Finding]bool{}, inTree: func(string) bool { return false }, placeConfig: b.placeConfig}
		lines := &lineWriter{line: d.line}
		d.end = lines.end
		lines.Write([]byte(said + "\n"))
		found := findingsOf(d.finish())
		if len(found) != 1 || fmt.Sprintf("%s:%d", found[0].File, found[0].Line) != want {
			t.Errorf("%s: %+v, want %s", said, found, want)
		}
	}
}

// Assembly outside of functions has no line in a source that the compiler would know.
func TestWhereInlineAssemblyIs(t *testing.T) {
	d := &diagnoser{source: "/src", seen: map[report.Finding]bool{}, inTree: func(string) bool { return false },
		sourceOf: func(object string) string { return strings.TrimSuffix(object, "o") + "c" }}
	lines := &lineWriter{line: d.line}
	d.end = lines.end
	lines.Write([]byte("  CC      kernel/x.o\n<inline asm>:3:33: error: symbol 'twice' is already defined\n    3 | twice:\n"))
	if found := findingsOf(d.finish()); len(found) != 1 || found[0].File != "kernel/x.c" || found[0].Line != 0 {
		t.Errorf("%+v", found)
	}
}
