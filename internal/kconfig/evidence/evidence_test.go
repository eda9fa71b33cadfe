// SPDX-License-Identifier: GPL-2.0-only

package evidence

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const cmdFile = `savedcmd_security/x.o := clang-19 -Wp,-MMD,security/.x.o.d -nostdinc -DKBUILD_STR\(s\)=$(pound)s -DX='"a;b"' -c -o security/x.o /src/security/x.c  ; ./tools/objtool/objtool --x security/x.o

source_security/x.o := /src/security/x.c

deps_security/x.o := \
  /src/include/linux/lsm.h \
    $(wildcard include/config/FOO) \

security/x.o: $(deps_security/x.o)
`

func TestASavedCommand(t *testing.T) {
	line, ok := Command([]byte(cmdFile))
	if !ok {
		t.Fatal("no command")
	}
	script, ok := Preprocess(line)
	want := `clang-19 -nostdinc -DKBUILD_STR\(s\)=\#s -DX='"a;b"' -E -fdirectives-only -w -o - /src/security/x.c `
	if !ok || script != want {
		t.Errorf("got  %q\nwant %q", script, want)
	}
	if _, ok := Preprocess("rustc --emit=obj=x.o x.rs"); ok {
		t.Error("rustc preprocesses")
	}
	old, ok := Command([]byte("cmd_a.o := gcc -c -o a.o a.c\n"))
	if !ok || old != "gcc -c -o a.o a.c" {
		t.Errorf("an older tree's command is %q", old)
	}
	if !Names([]byte(cmdFile), "/src/include/linux/lsm.h") || Names([]byte(cmdFile), "/src/include/linux/lsm") || Names([]byte(cmdFile), "include/linux/lsm.h") {
		t.Error("dependencies are read wrong")
	}
}

// The compiler at hand is the oracle: it says itself which lines it sees.
func TestLinesThatACompilerSees(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("h.h", "int in_header;\n#ifdef B\nint dead;\n#endif\n")
	write("a.c", "#include \"h.h\"\n#define F(x) \\\n\t(x)\n#ifdef A\nint a = F(\n\t1);\n#else\nint b;\n#endif\n\n/* the\n   end */ int c;\n")
	line := cc + " -DA -c -o /dev/null " + dir + "/a.c"
	script, ok := Preprocess(line)
	if !ok {
		t.Fatal("not to be preprocessed")
	}
	out, err := exec.Command("sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	live := Live(out, dir, map[string]bool{"a.c": true, "h.h": true})
	got := slices.Sorted(maps.Keys(live["a.c"]))
	for _, n := range []int{5, 6, 12} {
		if !slices.Contains(got, n) {
			t.Errorf("line %d is not live: %v", n, got)
		}
	}
	if slices.Contains(got, 8) {
		t.Errorf("the other branch is live: %v", got)
	}
	if h := slices.Sorted(maps.Keys(live["h.h"])); !slices.Contains(h, 1) || slices.Contains(h, 3) {
		t.Errorf("of the header %v", h)
	}
}

func TestMarkersOfHostileOutput(t *testing.T) {
	for _, text := range []string{"# 1", "# 1 \"", "# 99999999999999999999 \"a\"", "# -1 \"a\"", "# 1 \"a", strings.Repeat("# 1 \"/src/a.c\"\nx\n", 3)} {
		Live([]byte(text), "/src", map[string]bool{"a.c": true})
	}
}

func TestAHeaderAlone(t *testing.T) {
	line, _ := Command([]byte(cmdFile))
	check, see, ok := Include(line, "/src/include/linux/x.h")
	const flags = `clang-19 -nostdinc -DKBUILD_STR\(s\)=\#s -DX='"a;b"' -include '/src/include/linux/x.h' -x c`
	if !ok || check != flags+" -fsyntax-only /dev/null" || see != flags+" -E -fdirectives-only -w -o - /dev/null" {
		t.Errorf("%v\n%s\n%s", ok, check, see)
	}
	if _, _, ok := Include(line, "/src/it's.h"); ok {
		t.Error("a name that ends a quotation")
	}
	if _, _, ok := Include("clang -c -o a.o a.S", "/src/x.h"); ok {
		t.Error("assembly includes no C")
	}
}
