// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A boot in which no test ran looked like one in which all did, and a User Mode Linux was said to lack KVM.
func TestBootSummary(t *testing.T) {
	const common = `"booted": true, "active": ["capability", "yama"], "hook_lines": ["yama: hook"], `
	for _, c := range []struct{ result, want string }{
		{`{"booted": false}`, "the kernel does not come up"},
		{`{` + common + `"arch": "um"}`, "capability,yama; 1 log line of hooks; User Mode Linux"},
		{`{` + common + `"arch": "x86_64", "kvm": true}`, "capability,yama; 1 log line of hooks; under KVM"},
		{`{` + common + `"arch": "arm64", "tests": [{"name": "a", "status": "passed"}, {"name": "b", "status": "passed"}, {"name": "c", "status": "skipped"}]}`,
			"capability,yama; 1 log line of hooks; 3 tests, 2 passed, 1 skipped; without KVM"},
	} {
		var b boot.Result
		if err := json.Unmarshal([]byte(c.result), &b); err != nil {
			t.Fatal(err)
		}
		if got := bootSummary(&b); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestBuildSummary says in a line what was built, of how much, and what of it is worth less.
func TestBuildSummary(t *testing.T) {
	kernel := filepath.Join(t.TempDir(), "bzImage")
	if err := os.WriteFile(kernel, make([]byte, 2_340_000), 0o644); err != nil {
		t.Fatal(err)
	}
	boxed := &kbuild.Survey{Isolation: "bubblewrap"}
	grown := kbuild.PatchBuild{Size: &kbuild.SizeChange{Of: "vmlinux", Text: 100, Data: -20}}
	for want, r := range map[string]*kbuild.SeriesResult{
		"the kernel does not build; log /out/log": {Result: kbuild.Result{Log: "/out/log"}},
		"1 command": {Result: kbuild.Result{Built: true, Commands: 1, Survey: boxed}, Patches: make([]kbuild.PatchBuild, 1)},
		"bzImage of 2.34 MB, 7 commands, each patch built, vmlinux +160 bytes": {
			Result: kbuild.Result{Built: true, Kernel: kernel, Commands: 7, Survey: boxed}, Patches: []kbuild.PatchBuild{grown, grown}},
		"0 commands; 9 changed lines, 8 of code, 7 compiled, built before (not isolated from this machine: --no-sandbox)": {
			Result: kbuild.Result{Built: true, Survey: &kbuild.Survey{Isolation: "none"}}, Cached: true, Coverage: &kbuild.Coverage{Lines: 9, Code: 8, Compiled: 7}},
	} {
		if got := buildSummary(r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestBaseKey: a base is known by what its files are, so one that changed is another.
func TestBaseKey(t *testing.T) {
	dir := t.TempDir()
	key := func() string {
		tr, err := tree.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		before, err := tr.Snapshot("")
		if err != nil {
			t.Fatal(err)
		}
		key, err := (&run{tree: tr, before: before, opts: &Options{}}).baseKey()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("a.c", "int a;\n")
	first := key()
	if again := key(); again != first || !strings.HasPrefix(first, "folder ") {
		t.Errorf("%s, and then %s", first, again)
	}
	write("b.c", "int b;\n")
	second := key()
	write("b.c", "int bb;\n")
	if third := key(); first == second || second == third {
		t.Errorf("%s, %s, %s", first, second, third)
	}
}

// TestExpect: the LSMs that a series brings must be active, unless the caller named others, or it is the sample, which boot expects by
// itself; where there are none, the list stays as it is.
func TestExpect(t *testing.T) {
	t.Parallel()
	set := carried(t)
	before, err := small(t).Snapshot("")
	if err != nil {
		t.Fatal(err)
	}
	after, _, err := apply.Overlay(before, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		after       fs.FS
		named, want []string
	}{
		"the sample": {after, nil, nil},
		"none":       {before, nil, []string{}},
		"named":      {after, []string{"yama"}, []string{"yama"}},
	} {
		opts := boot.Options{LSM: c.named}
		(&run{set: set, after: c.after, opts: &Options{}}).expect(&opts)
		if (opts.LSM == nil) != (c.want == nil) || !slices.Equal(opts.LSM, c.want) {
			t.Errorf("%s: %#v, want %q", name, opts.LSM, c.want)
		}
	}
}

// TestBuildable: the selftests are for x86-64, and User Mode Linux upon it; elsewhere that they did not run is told.
func TestBuildable(t *testing.T) {
	for arch, runs := range map[string]bool{"": true, "x86_64": true, "um": true, "arm64": false} {
		names, findings := (&run{opts: &Options{Kbuild: kbuild.Options{Arch: arch}}}).buildable([]string{"lsm"})
		if (len(names) == 1) != runs || (len(findings) == 0) != runs {
			t.Errorf("%q: %q, %+v", arch, names, findings)
		}
	}
}

// TestWorkDir: each tree has a folder of its own below the cache, unless one is named.
func TestWorkDir(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/cache")
	one, err := WorkDir("", "/src/linux")
	two, err2 := WorkDir("", "/other/linux")
	if err != nil || err2 != nil || one == two || filepath.Dir(one) != "/cache/lsmpatch/work" || !strings.HasPrefix(filepath.Base(one), "linux-") {
		t.Errorf("%s, %v; %s, %v", one, err, two, err2)
	}
	if named, err := WorkDir("/here", "/src/linux"); named != "/here" || err != nil {
		t.Errorf("%s, %v", named, err)
	}
}

// TestBeyondBuilds: a configuration that leaves a driver out says nothing of what the driver lacks.
func TestBeyondBuilds(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	before := fstest.MapFS{
		"Kconfig": file("config FOO\n\ttristate \"f\"\n\nconfig BAR\n\tbool \"b\"\n"), "Kbuild": file("obj-y += lib/ drivers/\n"),
		"include/linux/lib.h": file("int lib_get(void);\nint lib_put(void);\n"), "lib/Makefile": file("obj-y += lib.o gone.o\n"), "lib/gone.c": file("int x;\n"),
		"lib/lib.c":        file("int lib_get(void)\n{\n\treturn 1;\n}\nint lib_put(void)\n{\n\treturn 1;\n}\nEXPORT_SYMBOL_GPL(lib_put);\n"),
		"drivers/Makefile": file("obj-$(CONFIG_FOO) += foo.o\n"), "drivers/foo.c": file("#ifdef CONFIG_BAR\nint a = 1;\n#endif\nint foo(void)\n{\n\treturn lib_get() +\n\t\tlib_put();\n}\n"),
	}
	after := tree.NewOverlay(before)
	for name, text := range map[string]string{
		"Kconfig": "config FOO\n\ttristate \"f\"\n", "include/linux/lib.h": "int lib_put(void);\n", "lib/lib.c": "int lib_put(void)\n{\n\treturn 1;\n}\n", "lib/gone.c": "",
		"lib/new.c": "int y = IS_ENABLED(CONFIG_NEVER);\n", "drivers/new/Kconfig": "config NEW\n\tbool \"n\"\n",
	} {
		change := tree.Change{Path: name}
		if text != "" {
			change.Mode, change.Data = filemode.Regular, []byte(text)
		}
		if err := after.Write(change); err != nil {
			t.Fatal(err)
		}
	}
	findings, err := beyondBuilds(t.Context(), before, after, "x86_64")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Check))
	}
	slices.Sort(got)
	want := []string{"drivers/foo.c:1 build/undefined-symbol", "drivers/foo.c:6 build/still-used", "drivers/foo.c:7 build/still-used", "drivers/new/Kconfig:1 build/unread-kconfig",
		"lib/gone.c:0 build/removed-source", "lib/new.c:1 build/undefined-symbol"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
