// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// cost is what a whole process took.
type cost struct {
	cpu    time.Duration // of it and of those that it started
	memory int64         // the most that it held, in KB
}

// TestBench times both engines as their users start them: as processes, in processor time, with the options of a strict
// review, beside the script in the same run. Our first run on a tree, which fills the cache, stands before the others. README
// has what it prints.
func TestBench(t *testing.T) {
	tree := e2e.Tree(t, "7.3")
	oracle, err := NewOracle(tree, e2e.Cache(t, "parity"))
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "lsmpatch")
	build := exec.Command("go", "build", "-o", binary, "../../cmd/lsmpatch")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	var five []string
	for i, s := range embedded(t) {
		five = append(five, patchFile(t, strconv.Itoa(i), s.Data))
	}
	small := func(name, added string) string {
		return patchFile(t, filepath.Base(name), []byte("From: A <a@example.org>\nSubject: [PATCH] a: b\n\nAdd it.\n\nSigned-off-by: A <a@example.org>\n---\n"+
			"diff --git a/"+name+" b/"+name+"\n--- a/"+name+"\n+++ b/"+name+"\n@@ -10,2 +10,3 @@\n int a;\n+"+added+"\n int c;\n"))
	}
	for _, b := range []struct {
		what   string
		inputs []string
		file   bool
	}{
		{"the five patches", five, false},
		{"kernel/sched/core.c", []string{"kernel/sched/core.c"}, true},
		{"a small patch", []string{small("init/a.c", "int b;")}, false},
		{"one with a CamelCase name", []string{small("init/b.c", "int fooBar;")}, false},
		{"one of a .dts", []string{small("arch/arm64/boot/dts/a.dts", "compatible = \"foo,bar\", \"fsl,imx6q\";")}, false},
		{"one that adds a file", []string{patchFile(t, "new", []byte(newFile))}, false},
	} {
		theirs := []string{"perl", "scripts/checkpatch.pl", "--terse", "--strict"}
		ours := []string{binary, "checkpatch", "--tree", tree, "--terse", "--strict"}
		if b.file {
			theirs, ours = append(theirs, "-f"), append(ours, "-f")
		} else {
			ours = append(ours, "--patch")
		}
		ours = append(ours, b.inputs...)
		if b.file {
			ours[len(ours)-1] = filepath.Join(tree, b.inputs[0])
		}
		first := process(t, oracle.shadow, ours)
		peerFirst := process(t, oracle.shadow, append(theirs, b.inputs...))
		best, peer := least(t, oracle.shadow, ours, 5), min(peerFirst.cpu, least(t, oracle.shadow, append(theirs, b.inputs...), 2).cpu)
		t.Logf("%-26s script %9.1f ms   ours %7.1f ms   %5.0f times as fast, %3d MB; the first run %7.1f ms, the script's %9.1f ms",
			b.what, ms(peer), ms(best.cpu), float64(peer)/float64(best.cpu), best.memory>>10, ms(first.cpu), ms(peerFirst.cpu))
	}
	files, err := filepath.Glob(filepath.Join(tree, "kernel/*/*.c"))
	if err != nil || len(files) < 300 {
		t.Fatal(err, len(files))
	}
	all := process(t, oracle.shadow, append([]string{binary, "checkpatch", "--tree", tree, "--terse", "--strict", "-f"}, files[:300]...))
	t.Logf("%-26s %29s %7.1f ms   %31d MB", "300 files of kernel/", "ours", ms(all.cpu), all.memory>>10)
}

// newFile is a patch that adds a file, so that its licence is looked up.
const newFile = "From: A <a@example.org>\nSubject: [PATCH] lib: add a\n\nAdd it.\n\nSigned-off-by: A <a@example.org>\n---\n" +
	"diff --git a/lib/a.c b/lib/a.c\nnew file mode 100644\n--- /dev/null\n+++ b/lib/a.c\n@@ -0,0 +1,2 @@\n+// SPDX-License-Identifier: GPL-2.0-only\n+int a;\n"

func patchFile(t *testing.T, name string, data []byte) string {
	file := filepath.Join(t.TempDir(), name+".patch")
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// process runs a command in dir to its end; that it finds something is no failure.
func process(t *testing.T, dir string, args []string) cost {
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, append(run.GitEnv(), "PATH=/usr/bin:/bin", "HOME="+t.TempDir(), "XDG_CACHE_HOME="+os.Getenv("XDG_CACHE_HOME"))
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v: %v", args[:2], err)
	}
	state := cmd.ProcessState
	usage, _ := state.SysUsage().(*syscall.Rusage)
	return cost{state.UserTime() + state.SystemTime(), usage.Maxrss}
}

// least is the cheapest of n runs.
func least(t *testing.T, dir string, args []string, n int) cost {
	best := cost{cpu: time.Hour}
	for range n {
		if c := process(t, dir, args); c.cpu < best.cpu {
			best = c
		}
	}
	return best
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// embedded returns the mails of the series that the binary carries, but for the cover letter.
func embedded(t *testing.T) []Sample {
	series, ok := patchset.Builtin("rust-lsm")
	if !ok || len(series.Mails) < 2 {
		t.Fatal("the binary carries no series")
	}
	var samples []Sample
	for _, m := range series.Mails[1:] {
		samples = append(samples, Sample{Name: "embedded " + m.File, Data: m.Raw})
	}
	return samples
}
