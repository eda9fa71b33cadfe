// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestE2EQuilt pushes made stacks, whose series file says -pN and -R and has comments, with quilt itself and with
// apply: the files are the same.
func TestE2EQuilt(t *testing.T) {
	quilt, bin := e2e.Package(t, "quilt"), binary(t)
	for seed := range uint64(8) {
		dir := t.TempDir()
		q := quiltStack{t, rand.New(rand.NewPCG(seed, 0)), dir}
		q.write(2 + q.IntN(4))
		push := exec.Command("bash", filepath.Join(quilt, "usr/bin/quilt"), "--quiltrc", "-", "push", "-q", "-a")
		push.Dir = filepath.Join(dir, "quilt")
		push.Env = append(os.Environ(), "QUILT_DIR="+filepath.Join(quilt, "usr/share/quilt"), "QUILT_PATCHES="+filepath.Join(dir, "patches"))
		if out, err := push.CombinedOutput(); err != nil {
			t.Fatalf("seed %d: quilt: %v\n%s", seed, err, out)
		}
		gittest.Must(t, os.RemoveAll(filepath.Join(push.Dir, ".pc")))
		if out, err := exec.Command(bin, "apply", "-q", "--tree", filepath.Join(dir, "ours"), filepath.Join(dir, "patches")).CombinedOutput(); err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, out)
		}
		if out, err := exec.Command("diff", "-r", push.Dir, filepath.Join(dir, "ours")).CombinedOutput(); err != nil {
			t.Errorf("seed %d: quilt's is another\n%s", seed, out)
		}
	}
}

// A quiltStack makes a folder of patches, and the files that they are for in two copies, all below dir.
type quiltStack struct {
	t *testing.T
	*rand.Rand
	dir string
}

func (q quiltStack) write(patches int) {
	files := map[string]string{}
	for _, name := range []string{"top.c", "d/one.c", "d/e/two.c"} {
		var b strings.Builder
		for i := range 10 + q.IntN(20) {
			fmt.Fprintf(&b, "%c line %d\n", 'a'+q.IntN(6), i)
		}
		files[name] = b.String()
	}
	q.lay("quilt", files)
	q.lay("ours", files)
	series := "# the stack\n\n"
	for n := range patches {
		after := map[string]string{}
		for name, text := range files {
			lines := strings.SplitAfter(text, "\n")
			at := q.IntN(max(len(lines)-1, 1))
			lines[at] = fmt.Sprintf("patch %d\n", n) + strings.Repeat(lines[at], q.IntN(3))
			after[name] = strings.Join(lines, "")
		}
		switch q.IntN(4) {
		case 0:
			after[fmt.Sprintf("d/new%d.c", n)] = "new\n"
		case 1:
			delete(after, "d/one.c")
		}
		level, reverse := q.IntN(4), q.IntN(2) == 0
		older, newer := files, after
		if reverse {
			older, newer = after, files
		}
		name := fmt.Sprintf("p#%d.patch", n)
		gittest.Write(q.t, filepath.Join(q.dir, "patches", name), "From: A <a@example.org>\nSubject: patch\n\ntext\n\n"+q.diff(older, newer, level))
		series += fmt.Sprintf("%s -p%s%d%s # -R\n", name, strings.Repeat(" ", q.IntN(2)), level, map[bool]string{true: " -R"}[reverse])
		files = after
	}
	gittest.Write(q.t, filepath.Join(q.dir, "patches/series"), series)
}

// lay writes files anew into a folder.
func (q quiltStack) lay(folder string, files map[string]string) {
	gittest.Must(q.t, os.RemoveAll(filepath.Join(q.dir, folder)))
	for name, text := range files {
		gittest.Write(q.t, filepath.Join(q.dir, folder, name), text)
	}
}

// diff returns a diff whose names have so many folders in front, by git or by diff.
func (q quiltStack) diff(older, newer map[string]string, level int) string {
	q.lay("A", older)
	q.lay("B", newer)
	args := []string{"git", "diff", "--no-index", "--no-renames", "--no-color", "--src-prefix=", "--dst-prefix=", "A", "B"}
	if q.IntN(2) == 0 {
		args = []string{"diff", "-urN", "A", "B"}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = q.dir
	out, _ := cmd.Output() // the exit code says that they differ
	front := strings.Repeat("x/", level)
	return strings.NewReplacer("--- A/", "--- "+front, "+++ B/", "+++ "+front, "--- B/", "--- "+front, "+++ A/", "+++ "+front,
		"diff --git A/", "diff --git "+front, "diff --git B/", "diff --git "+front, " B/", " "+front, " A/", " "+front).Replace(string(out))
}
