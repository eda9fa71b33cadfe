// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/bluekeyes/go-gitdiff/gitdiff"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

const testMaintainers = `List of maintainers
-------------------

SAMPLE
M:	A Person <a@example.org>
S:	Maintained
F:	security/sample/
F:	tools/testing/selftests/sample/

BIG
M:	B Person <b@example.org>
S:	Maintained
F:	security/
F:	tools/testing/selftests/lsm/*
F:	tools/testing/selftests/bpf/
F:	tools/testing/selftests/gone/

THE REST
M:	C Person <c@example.org>
S:	Maintained
F:	*
F:	*/
F:	tools/testing/selftests/rest/
`

// touching returns a run of a series that changes files of a tree with selftests.
func touching(names ...string) *run {
	after := fstest.MapFS{"MAINTAINERS": {Data: []byte(testMaintainers)},
		"security/sample/Kconfig": {Data: []byte("config SECURITY_SAMPLE\n\tbool\nconfig SECURITY_SAMPLE_KUNIT_TEST\n\tbool \"x\"\n")}}
	for _, name := range []string{"sample", "lsm", "bpf", "rest", "net/can"} {
		after[kbuild.SelftestDir+"/"+name+"/Makefile"] = &fstest.MapFile{}
	}
	r := &run{opts: &Options{Boot: true}, set: &patchset.Set{}, before: after, after: after, applied: &apply.Result{Patches: []apply.PatchResult{{}}}}
	for _, name := range names {
		r.applied.Patches[0].Files = append(r.applied.Patches[0].Files, apply.FileResult{Path: name})
		r.set.Patches = append(r.set.Patches, &patchset.Patch{Files: []*gitdiff.File{{NewName: name}}})
	}
	return r
}

// What a boot runs, by the files of the series and by what the user names.
func TestPlanTests(t *testing.T) {
	for _, c := range []struct {
		files, names string
		change       func(*Options)
		want         string
	}{
		{files: "security/sample/a.c", want: "[lsm sample] kunit:false doctests:false [SECURITY_SAMPLE_KUNIT_TEST]"},
		{files: "security/security.c", want: "[lsm] kunit:false doctests:false []"},
		{files: "kernel/fork.c", want: "[] kunit:false doctests:false []"}, // THE REST suggests nothing
		{files: "tools/testing/selftests/net/can/a.c", want: "[net/can] kunit:false doctests:false []"},
		{files: "rust/kernel/lsm.rs rust/helpers/lsm.c", want: "[] kunit:false doctests:true []"},
		// Nothing is added to a configuration of the user's own.
		{files: "rust/kernel/lsm.rs security/sample/a.c", change: func(o *Options) { o.Kbuild.Base = "defconfig" }, want: "[lsm sample] kunit:false doctests:false []"},
		{files: "security/security.c", names: "none", want: "[] kunit:false doctests:false []"},
		{files: "kernel/fork.c", names: "auto,lsm,kunit", want: "[lsm] kunit:true doctests:false []"},
		{files: "kernel/fork.c", names: "tools/testing/selftests/net/can/,doctests", want: "[net/can] kunit:false doctests:true []"},
		{files: "kernel/fork.c", names: "sampel", want: "no test sampel: the tree has no tools/testing/selftests/sampel/Makefile (do you mean sample?"},
		{files: "kernel/fork.c", names: "../lsm", want: "no test ../lsm: "},
		{files: "security/security.c", change: func(o *Options) { o.Boot = false }, want: "[] kunit:false doctests:false []"},
	} {
		r := touching(strings.Fields(c.files)...)
		if c.names != "" {
			r.opts.Tests = strings.Split(c.names, ",")
		}
		if c.change != nil {
			c.change(r.opts)
		}
		got := ""
		if plan, err := r.planTests(); err != nil {
			got = err.Error() + " (" + hint.Of(err)
		} else {
			got = fmt.Sprintf("%v kunit:%v doctests:%v %v", plan.selftests, plan.kunit, plan.doctests, plan.suites)
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s, --test %s: %s, want %s", c.files, c.names, got, c.want)
		}
	}
}

// The configuration gets what the tests want, without modules, and what such configs take for granted.
func TestTestFragments(t *testing.T) {
	after := fstest.MapFS{
		kbuild.SelftestDir + "/lsm/config":    {Data: []byte("CONFIG_SYSFS=y\nCONFIG_SECURITY=y\n")},
		kbuild.SelftestDir + "/sample/config": {Data: []byte("# why\nCONFIG_NET_NS=y\nCONFIG_SAMPLE=m\n")},
	}
	text := func(plan *tests) string {
		var b strings.Builder
		for _, f := range plan.fragments(after) {
			if !f.Loose {
				t.Errorf("%s is not loose: what a tree lacks would end the build", f.Name)
			}
			b.WriteString(f.Text)
		}
		return b.String()
	}
	if got, want := text(&tests{selftests: []string{"lsm"}}), "CONFIG_SYSFS=y\nCONFIG_SECURITY=y\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got := text(&tests{selftests: []string{"sample"}, suites: []string{"A_KUNIT_TEST"}, doctests: true})
	for _, want := range []string{"CONFIG_NAMESPACES=y\n", "CONFIG_SAMPLE=y\n", "CONFIG_KUNIT=y\n", "# CONFIG_KUNIT_FAULT_TEST is not set\n", "CONFIG_A_KUNIT_TEST=y\n", "CONFIG_RUST_KERNEL_DOCTESTS=y\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if got := (&tests{}).fragments(after); len(got) > 0 {
		t.Errorf("no tests want %v", got)
	}
}

// The guest gets each program that it can run; of the others it is said why not.
func TestAddTests(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"plain": "\x7fELF", "bash.sh": "#!/usr/bin/env bash\n", "sh.sh": "#!/bin/sh\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// A program of the series' author was opened without a look at what it is: a FIFO held us for ever.
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := cannotRun(filepath.Join(dir, "fifo"), true); !strings.Contains(got, "no regular file") {
		t.Errorf("a FIFO: %q", got)
	}
	r := touching()
	opts := &boot.Options{}
	findings := r.addTests(&tests{doctests: true}, []kbuild.Selftest{{Name: "sample", Dir: dir, Programs: []string{"plain", "bash.sh", "gone"}}}, opts)
	if len(opts.Programs) != 1 || opts.Programs[0].Name != "sample:plain" || opts.Programs[0].Args[0] != "/tests/sample/plain" || !opts.KUnit {
		t.Errorf("programs %+v, KUnit %v", opts.Programs, opts.KUnit)
	}
	if len(opts.Folders) != 1 || opts.Folders[0] != (boot.Folder{Guest: "/tests/sample", Host: dir}) {
		t.Errorf("folders %+v", opts.Folders)
	}
	if len(findings) != 2 || !strings.Contains(findings[0].Message, "/usr/bin/env bash") || !strings.Contains(findings[1].Message, "not there") {
		t.Errorf("findings %+v", findings)
	}
	// Selftests that are built and have nothing to run passed in silence.
	for named, want := range map[bool]report.Severity{false: report.Note, true: report.Warning} {
		found := r.addTests(&tests{named: named}, []kbuild.Selftest{{Name: "empty", Dir: dir}}, &boot.Options{})
		if len(found) != 1 || found[0].Severity != want || !strings.Contains(found[0].Message, "empty are not run") {
			t.Errorf("named %v: %+v", named, found)
		}
	}
	for shell, want := range map[bool]string{true: "", false: "the guest has no /bin/sh"} {
		if got := cannotRun(filepath.Join(dir, "sh.sh"), shell); got != want {
			t.Errorf("with a shell %v: %q, want %q", shell, got, want)
		}
	}
}

// Of the carried series, whose abstraction registers what an LSM overrides, no hook is sure to be called, and
// task_alloc may be. An LSM in C registers each of its hooks for sure, once its folder is new.
func TestAttached(t *testing.T) {
	carried, ok := patchset.Builtin("rust-lsm")
	if !ok {
		t.Fatal("no rust-lsm")
	}
	sets, err := series.Read(bytes.NewReader(carried.Mbox()), "rust-lsm", nil)
	if err != nil || len(sets) != 1 {
		t.Fatal(err, len(sets))
	}
	set := sets[0]
	before := os.DirFS("../../testdata/minilinux")
	after, _, err := apply.Overlay(before, set, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := registered.New(set, before, after, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Look()
	sure, maybe := s.Attached(before)
	if len(sure) > 0 || !slices.Contains(maybe, "task_alloc") {
		t.Errorf("sure %v, maybe %v", sure, maybe)
	}
	if sure, maybe = s.Attached(after); len(sure)+len(maybe) > 0 {
		t.Errorf("of files that are not new: %v, %v", sure, maybe)
	}
}
