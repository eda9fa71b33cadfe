// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// FuzzApply applies any patch to a small tree: each conflict has a reason, with a conflict nothing is
// changed, and nothing is ever written where no tree may have a file.
func FuzzApply(f *testing.F) {
	for _, patch := range gitCases {
		f.Add([]byte(patch))
	}
	for _, attack := range hostilePatches() {
		if patch := strings.Join(attack.patches, ""); len(patch) < 5000 {
			f.Add([]byte(patch))
		}
	}
	f.Fuzz(func(t *testing.T, patch []byte) {
		tree := caseFiles()
		before := tree.snapshot(t)
		s := newSession(before, &Options{})
		set := setOf(string(patch))
		if err := s.patches(t.Context(), set); err != nil {
			t.Fatal(err)
		}
		for _, c := range s.result.Conflicts {
			if c.Message == "" || c.Kind == "" {
				t.Errorf("a conflict without reason: %+v", c)
			}
			c.Excerpt()
		}
		changes, err := s.files.Changes()
		if err != nil {
			t.Fatal(err)
		}
		if len(s.result.Conflicts) > 0 && len(changes) > 0 {
			t.Errorf("%d files changed in spite of conflicts", len(changes))
		}
		for _, c := range changes {
			if bad := badPath(c.Path); bad != "" {
				t.Errorf("%q %s, and was written", c.Path, bad)
			}
		}
	})
}

// FuzzDelta applies any delta: what it makes is as long as its header says.
func FuzzDelta(f *testing.F) {
	f.Add([]byte("before"), []byte{6, 4, 0x90, 4})
	f.Add([]byte("before"), []byte{6, 3, 3, 'a', 'b', 'c'})
	f.Add([]byte(""), []byte{0, 0x80, 0x80, 0x80, 0x80, 0x40, 1})
	f.Fuzz(func(t *testing.T, before, delta []byte) {
		after, err := patchDelta(before, delta)
		if err != nil {
			return
		}
		_, rest := deltaSize(delta)
		if size, _ := deltaSize(rest); uint64(len(after)) != size {
			t.Errorf("%d bytes, the header says %d", len(after), size)
		}
	})
}

// TestFuzzEqualsPatch compares --fuzz with that of patch, where it is installed.
func TestFuzzEqualsPatch(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("patch is not installed, and nothing else has --fuzz")
	}
	dir := t.TempDir()
	fuzzed := 0
	for seed := range uint64(60) {
		m := newMaker(seed)
		var lines []string
		for i := range 20 {
			lines = append(lines, string(rune('a'+i))+"\n")
		}
		at := 5 + m.IntN(8)
		edits := make([]edit, 0, 21)
		for i, l := range lines {
			edits = append(edits, edit{' ', l})
			if i == at {
				edits = append(edits, edit{'+', "new\n"})
			}
		}
		patch := "--- a/f\n+++ b/f\n" + diff(edits, 3)
		lines[at-2+m.IntN(5)] = "drift\n"
		if m.IntN(2) == 0 {
			lines = append(m.lines(4), lines...)
		}
		content := strings.Join(lines, "")
		name := filepath.Join(dir, "f")
		put(t, dir, "f", content)
		cmd := exec.Command("patch", "-p1", "-s", "-f", "--fuzz=2", "-r", "-", name)
		cmd.Stdin = strings.NewReader(patch)
		out, patchErr := cmd.CombinedOutput()
		after, res, err := Overlay(files{"f": text(content)}.snapshot(t), setOf(patch), &Options{Fuzz: 2})
		if err != nil {
			t.Fatal(err)
		}
		if (patchErr == nil) != (len(res.Conflicts) == 0) {
			t.Errorf("seed %d: patch: %v %s; we: %+v\n%s\n%s", seed, patchErr, out, res.Conflicts, content, patch)
			continue
		}
		if patchErr != nil {
			continue
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := after.Open("f")
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, err := got.ReadFrom(f); err != nil {
			t.Fatal(err)
		}
		if got.String() != string(want) {
			t.Errorf("seed %d: got\n%s\nwant\n%s", seed, &got, want)
		}
		fuzzed += count(res.Patches[0].Files[0].Hunks[0].Fuzz > 0)
	}
	if fuzzed < 10 {
		t.Errorf("only %d hunks needed fuzz", fuzzed)
	}
}

// TestFuzzOfManyHunks compares with patch where a file has several hunks, and each of them fits in several places: a
// hunk is looked for where those before it have led, and never above them.
func TestFuzzOfManyHunks(t *testing.T) {
	if _, err := exec.LookPath("patch"); err != nil {
		t.Skip("patch is not installed, and nothing else has --fuzz")
	}
	dir := t.TempDir()
	fuzzed, exact := 0, 0
	for seed := range runtest.Short[uint64](60, 300) {
		m := newMaker(seed)
		var lines []string
		for range 40 {
			lines = append(lines, string(rune('a'+m.IntN(2+int(seed%3))))+"\n")
		}
		var edits []edit
		for i, l := range lines {
			switch {
			case i%12 == 5:
				edits = append(edits, edit{' ', l}, edit{'+', "new\n"})
			case i%12 == 6 && m.IntN(2) == 0:
				edits = append(edits, edit{'-', l})
			default:
				edits = append(edits, edit{' ', l})
			}
		}
		patch := "--- a/f\n+++ b/f\n" + diff(edits, 3)
		for range 3 * (seed % 2) {
			lines[m.IntN(len(lines))] = "drift\n"
		}
		lines = append(m.lines(m.IntN(6)), lines...)
		content := strings.Join(lines, "")
		name := filepath.Join(dir, "f")
		put(t, dir, "f", content)
		cmd := exec.Command("patch", "-p1", "-s", "-f", "--fuzz=2", "-r", "-", name)
		cmd.Stdin = strings.NewReader(patch)
		out, patchErr := cmd.CombinedOutput()
		after, res, err := Overlay(files{"f": text(content)}.snapshot(t), setOf(patch), &Options{Fuzz: 2})
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Conflicts) > 0 {
			if patchErr == nil {
				t.Errorf("seed %d: patch takes it, we: %+v\n%s\n%s", seed, res.Conflicts, content, patch)
			}
			continue
		}
		places := res.Patches[0].Files[0].Hunks
		if patchErr != nil {
			continue // git takes hunks that overlap, or out of their order
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(after, "f")
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("seed %d: patch says %s\n%+v\n%s\ngot\n%s\nwant\n%s\npatch\n%s", seed, out, places, content, got, want, patch)
		}
		if slices.ContainsFunc(places, func(h HunkResult) bool { return h.Fuzz > 0 }) {
			fuzzed++
		} else {
			exact++
		}
	}
	if fuzzed < runtest.Short(5, 50) || exact < runtest.Short(1, 5) {
		t.Errorf("only %d files needed fuzz, and %d none", fuzzed, exact)
	}
}
