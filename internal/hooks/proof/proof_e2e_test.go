// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package proof

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// allHooks asks for every condition that a hook of 7.3 stands under.
const allHooks = `CONFIG_NET=y
CONFIG_INET=y
CONFIG_XFRM_USER=y
CONFIG_SECURITY_NETWORK=y
CONFIG_SECURITY_NETWORK_XFRM=y
CONFIG_SECURITY_PATH=y
CONFIG_PCI=y
CONFIG_INFINIBAND=y
CONFIG_SECURITY_INFINIBAND=y
CONFIG_KEYS=y
CONFIG_AUDIT=y
CONFIG_BPF_SYSCALL=y
CONFIG_PERF_EVENTS=y
CONFIG_IO_URING=y
CONFIG_WATCH_QUEUE=y
CONFIG_KEY_NOTIFICATIONS=y
`

// A variant is a function for a hook, right or spoiled, on a line of a generated file.
type variant struct {
	hook *defs.Hook
	kind string
	// param is the one that was spoiled, -1 for none or for all of them.
	param int
	text  string // the type as written
}

func (v variant) String() string { return fmt.Sprintf("%s (%s): %s", v.hook.Name, v.kind, v.text) }

// A maker has make build single targets of a tree, with one configuration and one compiler.
type maker struct {
	tc       *kbuild.Toolchain
	src, out kbuild.Folder
	vars     []string
}

// newMaker configures and prepares src, with every hook there is and what fragment asks for.
func newMaker(t *testing.T, src string, fragment kbuild.Fragment, vars ...string) *maker {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	built, err := kbuild.Build(t.Context(), src, &kbuild.Options{
		Out: out, Toolchain: e2e.Toolchain(t), Targets: []string{"prepare"}, Progress: os.Stderr, Vars: vars,
		Fragments: []kbuild.Fragment{fragment, {Name: "all-hooks.config", Text: allHooks}},
	})
	if err != nil || !built.Built {
		t.Fatal(built, err)
	}
	tc, err := kbuild.OpenToolchain(t.Context(), e2e.Toolchain(t), false)
	if err != nil {
		t.Fatal(err)
	}
	return &maker{tc, kbuild.Folder{Dir: src}, kbuild.Folder{Dir: out}, append(vars, "LLVM="+built.Survey.LLVM, "O="+tc.OutPath(kbuild.Folder{Dir: out}))}
}

// make returns what make says, nil where it has nothing to complain of.
func (m *maker) make(t *testing.T, target string) []byte {
	t.Helper()
	args := slices.Concat([]string{"make"}, m.vars, []string{target})
	_, err := m.tc.Output(t.Context(), kbuild.Cmd{Args: args, Source: m.src, Out: m.out})
	var failed *run.Error
	if err != nil && !errors.As(err, &failed) {
		t.Fatalf("make %s: %v", target, err)
	}
	if failed != nil {
		return failed.Output
	}
	return nil
}

// TestLongProof holds our verdicts against those of clang, gcc and rustc in the real tree: for each
// hook of 7.3 a C shim and a Rust adapter with the right types, and many with one spoiled.
func TestLongProof(t *testing.T) {
	src := patchedTree(t)
	llvm := newMaker(t, src, kbuild.RustLSM())
	gcc := newMaker(t, src, kbuild.Fragment{Name: "security.config", Text: "CONFIG_64BIT=y\nCONFIG_SYSFS=y\nCONFIG_MULTIUSER=y\nCONFIG_SECURITY=y\n"}, "CC=gcc")
	t.Run("series", func(t *testing.T) { asserted(t, src, llvm, gcc) })
	cs, rs := writeVariants(t, src)
	t.Run("C", func(t *testing.T) {
		ours := ourC(t, os.DirFS(src), cs)
		for name, m := range map[string]*maker{"clang": llvm, "gcc": gcc} {
			t.Run(name, func(t *testing.T) {
				compareVerdicts(t, cs, ours, errorLines(m.make(t, assertCTarget), AssertC))
			})
		}
	})
	t.Run("Rust", func(t *testing.T) {
		compareVerdicts(t, rs, ourRust(t, os.DirFS(src), rs), errorLines(llvm.make(t, assertRTarget), assertRust))
	})
	for name, m := range map[string]*maker{"types of clang": llvm, "types of gcc": gcc} {
		t.Run(name, func(t *testing.T) {
			if output := m.make(t, TypesObject); output != nil {
				t.Fatalf("%s", output)
			}
			agrees(t, src, filepath.Join(m.out.Dir, TypesObject), "dwarf")
			m.encodeBTF(t, TypesObject)
			agrees(t, src, filepath.Join(m.out.Dir, TypesObject), "btf")
		})
	}
}

// encodeBTF adds BTF to an object file, as the build does for a vmlinux.
func (m *maker) encodeBTF(t *testing.T, object string) {
	t.Helper()
	_, err := m.tc.Output(t.Context(), kbuild.Cmd{
		Args: []string{"pahole", "-J", filepath.Join(m.tc.OutPath(m.out), object)}, Source: m.src, Out: m.out,
		Env: []string{"LLVM_OBJCOPY=llvm-objcopy-19"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// asserted has the assertions for the links of the series compiled.
func asserted(t *testing.T, src string, llvm, gcc *maker) {
	a, err := Assert(hookstest.Touching("rust/helpers/lsm.c", "rust/kernel/lsm.rs"), os.DirFS(src), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range a.Files {
		if err := os.WriteFile(filepath.Join(src, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(a.Links) != 6 {
		t.Errorf("%d links, want three in C and three in Rust", len(a.Links))
	}
	for _, target := range a.Targets {
		if output := llvm.make(t, target); output != nil {
			t.Errorf("%s", output)
		}
	}
	if output := gcc.make(t, assertCTarget); output != nil {
		t.Errorf("%s", output)
	}
}

// agrees compares the hooks of the tree with those in an object built of it, out of source.
func agrees(t *testing.T, src, object, source string) {
	hooks, _, err := defs.List(os.DirFS(src))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := Inspect(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Compare(hooks, b) {
		t.Errorf("%s", f.Message)
	}
	if len(b.Prototypes) != len(hooks) {
		t.Errorf("%d hooks in %s, %d in the tree", len(b.Prototypes), b.Source, len(hooks))
	}
	if b.Source != source {
		t.Errorf("types out of %s, want %s", b.Source, source)
	}
	t.Logf("%d prototypes in %s", len(b.Prototypes), b.Source)
}

// patchedTree returns a copy of 7.3 with the series of the binary.
func patchedTree(t *testing.T) string {
	t.Helper()
	src := filepath.Join(t.TempDir(), "linux")
	mails, err := filepath.Glob("../../../patchset/rustlsm/v1/*.patch")
	if err != nil || len(mails) == 0 {
		t.Fatal("no series: ", err)
	}
	for i := range mails {
		if mails[i], err = filepath.Abs(mails[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"clone", "-q", "--shared", e2e.Tree(t, "7.3"), src},
		append([]string{"-C", src, "-c", "user.name=Test", "-c", "user.email=test@example.org", "am", "-q"},
			slices.DeleteFunc(mails, func(m string) bool { return strings.Contains(m, "0000-") })...),
	} {
		cmd := exec.Command("git", args...)
		cmd.Env = run.GitEnv()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	return src
}

// writeVariants writes the variants into the tree src, variant i on line i+2.
func writeVariants(t *testing.T, src string) (cs, rs []variant) {
	tree := os.DirFS(src)
	hooks, _, err := defs.List(tree)
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := fs.ReadFile(tree, securityMakefile)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(src, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(securityMakefile, append(makefile, makefileLines...))

	var cText, rText bytes.Buffer
	cText.WriteString("#include <linux/lsm_hooks.h>\n")
	rText.WriteString("use kernel::{bindings, ffi::*};\n")
	m := bindgen.New(source.New(nil, nil, tree, "x86"))
	for i := range hooks {
		for _, v := range cVariants(&hooks[i]) {
			cs = append(cs, v)
			typ, err := ctype.ParseType(v.text)
			if err != nil {
				t.Fatalf("%s: %v", v, err)
			}
			fmt.Fprintln(&cText, cShim(len(cs), v.hook.Name, typ))
		}
		for _, v := range rustVariants(m, &hooks[i]) {
			rs = append(rs, v)
			fmt.Fprintf(&rText, "const _: fn() = || { unsafe extern \"C\" fn lsmpatch_%d%s { loop {} } "+
				"let _ = bindings::security_list_options { %s: Some(lsmpatch_%[1]d) }; };\n", len(rs), v.text, v.hook.Name)
		}
	}
	write(AssertC, cText.Bytes())
	write(assertRust, rText.Bytes())
	write(typesC, []byte(typesText))
	return cs, rs
}

// ourC reads the generated file as that of a series and returns the lines that we find wrong,
// with the parameters that we name.
func ourC(t *testing.T, tree fs.FS, vs []variant) map[int][]registered.Mismatch {
	s := source.New(hookstest.Touching(AssertC), nil, tree, "x86")
	regs := registered.RegistrationsOf(s, s.Unit(AssertC))
	if len(regs) != len(vs) {
		t.Fatalf("%d registrations for %d variants", len(regs), len(vs))
	}
	wrong := map[int][]registered.Mismatch{}
	for i, r := range regs {
		if r.Type == nil || r.Hook != vs[i].hook.Name {
			t.Fatalf("%s: registered as %+v", vs[i], r)
		}
		if diff := registered.CompareFuncs(vs[i].hook.Type, r.Type, s.Headers); len(diff) > 0 {
			wrong[r.Pos.Line] = diff
		}
	}
	return wrong
}

// ourRust is ourC for Rust.
func ourRust(t *testing.T, tree fs.FS, vs []variant) map[int][]registered.Mismatch {
	s := source.New(hookstest.Touching(assertRust), nil, tree, "x86")
	m := bindgen.New(s)
	f := s.Rust(assertRust)
	byLine := map[int][]rustToken{}
	for _, tok := range f.Tokens {
		byLine[tok.Pos.Line] = append(byLine[tok.Pos.Line], tok)
	}
	wrong := map[int][]registered.Mismatch{}
	for i, v := range vs {
		if diff := registered.CompareAdapter(m, f, parseFn(t, byLine[i+2]), v.hook); len(diff) > 0 {
			wrong[i+2] = diff
		}
	}
	return wrong
}

var reDiagnostic = regexp.MustCompile(`(?m)^.*?(\S+):(\d+):\d+: error:|^error[^\n]*\n\s*--> (\S+):(\d+):\d+`)

// errorLines returns the lines of file in which the compiler found errors.
func errorLines(output []byte, file string) map[int]bool {
	lines := map[int]bool{}
	for _, m := range reDiagnostic.FindAllSubmatch(output, -1) {
		name, line := string(m[1])+string(m[3]), string(m[2])+string(m[4])
		if filepath.Base(name) == filepath.Base(file) {
			n, _ := strconv.Atoi(line)
			lines[n] = true
		}
	}
	return lines
}

// compareVerdicts counts where we and the compiler differ. Line i+2 holds variant i.
func compareVerdicts(t *testing.T, vs []variant, ours map[int][]registered.Mismatch, theirs map[int]bool) {
	alarms, misses, elsewhere, rejected := 0, 0, 0, 0
	hooks := map[string]bool{}
	for i, v := range vs {
		hooks[v.hook.Name] = true
		found, failed := ours[i+2], theirs[i+2]
		switch {
		case failed && len(found) == 0:
			misses++
			t.Errorf("missed: %s", v)
		case !failed && len(found) > 0:
			alarms++
			t.Errorf("false alarm: %s: %+v", v, found)
		case failed && v.param >= 0 && (len(found) != 1 || found[0].Param != v.param):
			elsewhere++
			t.Errorf("parameter %d is spoiled, we name %+v: %s", v.param, found, v)
		case v.kind == "right" && failed:
			t.Errorf("what should be right is not: %s", v)
		}
		if failed {
			rejected++
		}
	}
	t.Logf("%d hooks, %d variants, %d of them rejected by the compiler: %d false alarms, %d misses, %d in the wrong place",
		len(hooks), len(vs), rejected, alarms, misses, elsewhere)
	if rejected < 500 {
		t.Errorf("only %d spoiled variants", rejected)
	}
}
