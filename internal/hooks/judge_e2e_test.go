// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A judge asks the compilers of a tree, with the flags that its build gives them.
type judge struct {
	tc       *kbuild.Toolchain
	src, out kbuild.Folder
	// cc and rustc are the commands for a file of C and a crate, without that file and without outputs.
	cc, rustc string
	jobs      map[string][]string // for each question what is compiled
}

// Two objects of the tree that the flags are taken from: one of C, one of Rust.
const (
	judgedC    = "security/commoncap"
	judgedRust = "security/rust_lsm/rust_lsm"
)

// hooksHeader makes the union of hooks and the table of their calls.
const hooksHeader = "include/linux/lsm_hooks.h"

// judgedConfig asks for every condition that a hook of the seeds stands under.
const judgedConfig = `CONFIG_NET=y
CONFIG_SECURITY_NETWORK=y
CONFIG_SECURITY_PATH=y
CONFIG_BPF_SYSCALL=y
`

// newJudge builds those objects of 7.3 with the carried series.
func newJudge(t *testing.T) *judge {
	t.Helper()
	work := e2e.Scratch(t)
	src, out := filepath.Join(work, "linux"), filepath.Join(work, "out")
	mails, err := filepath.Glob("../../patchset/rustlsm/000[1-9]-*.patch")
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
		append([]string{"-C", src, "-c", "user.name=Test", "-c", "user.email=test@example.org", "am", "-q"}, mails...),
	} {
		cmd := exec.Command("git", args...)
		cmd.Env = run.GitEnv()
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, text)
		}
	}
	built, err := kbuild.Build(t.Context(), src, &kbuild.Options{
		Out: out, Toolchain: e2e.Toolchain(t), Targets: []string{judgedC + ".o", judgedRust + ".o"}, Progress: os.Stderr,
		Fragments: []kbuild.Fragment{kbuild.RustLSM(), {Name: "judged.config", Text: judgedConfig}},
	})
	if err != nil || !built.Built {
		t.Fatal(built, err)
	}
	tc, err := kbuild.OpenToolchain(t.Context(), e2e.Toolchain(t), false)
	if err != nil {
		t.Fatal(err)
	}
	return &judge{
		tc: tc, src: kbuild.Folder{Dir: src}, out: kbuild.Folder{Dir: out}, jobs: map[string][]string{},
		cc: savedCommand(t, out, judgedC), rustc: savedCommand(t, out, judgedRust),
	}
}

// reOutputs is what a saved command says of its input and its outputs: the judge wants verdicts alone.
var reOutputs = regexp.MustCompile(` -Wp,-MMD,\S+| -c -o \S+| --emit=\S+| --crate-name \S+| \S+\.(c|rs)\s*$`)

// savedCommand returns the command that made an object, as kbuild has kept it.
func savedCommand(t *testing.T, out, object string) string {
	t.Helper()
	dir, base := path.Split(object)
	text, err := os.ReadFile(filepath.Join(out, dir, "."+base+".o.cmd"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	_, command, ok := strings.Cut(line, ":= ")
	if !ok {
		t.Fatalf("no command in %q", line)
	}
	command, _, _ = strings.Cut(command, " ; ")
	return reOutputs.ReplaceAllString(command, "")
}

// ask lays the files of a seed out, and has each be compiled that one of the sources is. withoutLSMs has those of C be compiled
// as in a kernel without CONFIG_SECURITY.
func (j *judge) ask(t *testing.T, name string, files fstest.MapFS, sources []string, withoutLSMs bool) {
	t.Helper()
	dir := path.Join("judge", name)
	if files[defsPath] != nil { // which this one includes from beside it, wherever the compiler was told to look first
		text, err := os.ReadFile(filepath.Join(j.src.Dir, hooksHeader))
		if err != nil {
			t.Fatal(err)
		}
		files = maps.Clone(files)
		if files[hooksHeader] == nil {
			files[hooksHeader] = &fstest.MapFile{Data: text}
		}
	}
	j.jobs[name] = []string{} // what edits nothing that is compiled compiles
	for file, f := range files {
		to := filepath.Join(j.out.Dir, dir, file)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, source := range sources {
		in, job := path.Join(dir, source), fmt.Sprintf("%s.%d", dir, i)
		var command string
		switch {
		case path.Ext(source) == ".rs":
			command = fmt.Sprintf("RUSTC_BOOTSTRAP=1 %s --crate-name judged --emit=metadata=%s.rmeta %s", j.rustc, job, in)
		default:
			compiler, flags, _ := strings.Cut(j.cc, " ")
			command = fmt.Sprintf("%s -I%s/include -I%[2]s/include/uapi -I%s %s -fsyntax-only", compiler, dir, path.Dir(path.Join(j.tc.SourcePath(j.src), source)), flags)
			if withoutLSMs {
				command += " -include judge/without.h"
			}
			command += " " + in
		}
		script := fmt.Sprintf("%s >%s.log 2>&1; echo $? >%[2]s.code\n", command, job)
		if err := os.WriteFile(filepath.Join(j.out.Dir, job+".sh"), []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
		j.jobs[name] = append(j.jobs[name], job)
	}
}

// count returns how many files are asked about.
func (j *judge) count() int {
	n := 0
	for _, jobs := range j.jobs {
		n += len(jobs)
	}
	return n
}

// judge compiles all that was asked, in one batch, and returns for each question whether everything compiles, and what the
// compilers say.
func (j *judge) judge(t *testing.T) (compiles map[string]bool, says map[string]string) {
	t.Helper()
	var without strings.Builder
	config, err := os.ReadFile(filepath.Join(j.out.Dir, "include/generated/autoconf.h"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`#define (CONFIG_SECURITY\w*|CONFIG_BPF_LSM) `).FindAllStringSubmatch(string(config), -1) {
		fmt.Fprintf(&without, "#undef %s\n", m[1])
	}
	if err := os.WriteFile(filepath.Join(j.out.Dir, "judge/without.h"), []byte(without.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(j.out.Dir, "judge"), 0o777); err != nil { // the toolchain's user writes there
		t.Fatal(err)
	}
	batch := fmt.Sprintf("cd %s && ls judge/*.sh | xargs -n 1 -P 2 sh", j.tc.OutPath(j.out))
	if _, err := j.tc.Output(t.Context(), kbuild.Cmd{Args: []string{"sh", "-c", batch}, Source: j.src, Out: j.out}); err != nil {
		t.Fatal(err)
	}
	compiles, says = map[string]bool{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(j.jobs)) {
		compiles[name] = true
		for _, job := range j.jobs[name] {
			code, err := os.ReadFile(filepath.Join(j.out.Dir, job+".code"))
			if err != nil {
				t.Fatal(err)
			}
			log, _ := os.ReadFile(filepath.Join(j.out.Dir, job+".log")) // what it says is for the reader alone
			if strings.TrimSpace(string(code)) != "0" {
				compiles[name] = false
				says[name] += string(log)
			}
		}
	}
	return compiles, says
}
