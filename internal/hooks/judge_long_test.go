// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// compiled returns the files of a seed that the compilers are asked about: those that it edits, and all where it edits a
// header, or nothing. The others are those of the right series. What is for user space, or needs BTF, is left out.
func (s *seeding) compiled(seed *seed, files fstest.MapFS) (sources []string) {
	isHeader := func(e edit) bool { return path.Ext(e.file) == ".h" }
	all := len(seed.edits) == 0 || slices.ContainsFunc(seed.edits, isHeader)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(name, "tools/") || name == setsPath {
			continue
		}
		isEdited := func(e edit) bool { return e.file == name }
		if ext := path.Ext(name); (ext == ".c" || ext == ".rs") && (all || slices.ContainsFunc(seed.edits, isEdited)) {
			sources = append(sources, name)
		}
	}
	return sources
}

// TestLongJudged makes every fault of the seedings in a right series for 7.3 with the carried series, has clang and rustc judge
// all of them in one batch, with the flags of the tree, and holds what we find against that: what a compiler rejects has
// to be found, what we find and no compiler rejects has to be a fault that shows later, as the seed says, and what is
// right has to be silent. `make judged` runs it.
func TestLongJudged(t *testing.T) {
	j := newJudge(t)
	plain, carried := os.DirFS(e2e.Tree(t, "7.3")), os.DirFS(j.src.Dir)
	type verdict struct {
		seed     *seed
		got      string
		findings []report.Finding
	}
	ours := map[string]verdict{}
	for n := range seedings {
		s, tree := &seedings[n], plain
		if s.carried {
			tree = carried
		}
		for i := range s.seeds {
			name := fmt.Sprintf("%d-%03d", n, i)
			seed := &s.seeds[i]
			files := planted(t, tree, s.archive, s.base, seed)
			got, findings := told(t, tree, files)
			ours[name] = verdict{seed, got, findings}
			sources := s.compiled(seed, files)
			j.ask(t, name, files, sources, false)
			if slices.Contains(sources, s.without) {
				j.ask(t, name+"-without", fstest.MapFS{s.without: &fstest.MapFile{Data: files[s.without].Data}, headerOfLSMs: files[headerOfLSMs]}, []string{s.without}, true)
			}
		}
	}
	compiles, says := j.judge(t)
	t.Logf("%d questions, %d compilations", len(ours), j.count())
	for n := range seedings {
		misses, alarms, wrong := 0, 0, 0
		for i := range seedings[n].seeds {
			name := fmt.Sprintf("%d-%03d", n, i)
			v := ours[name]
			isRight := compiles[name]
			if _, asked := compiles[name+"-without"]; asked {
				isRight = isRight && compiles[name+"-without"]
			}
			errors := slices.ContainsFunc(v.findings, func(f report.Finding) bool { return f.Severity > report.Note })
			told := slices.ContainsFunc(v.findings, func(f report.Finding) bool { return f.Check == "hooks/not-compared" })
			switch {
			case !isRight && !errors && !told:
				misses++
				t.Errorf("%s: missed: %s\n%s", seedings[n].name, v.seed.name, firstErrors(says[name]+says[name+"-without"]))
			case isRight && errors && v.seed.want == "":
				alarms++
				t.Errorf("%s: false alarm: %s: %q", seedings[n].name, v.seed.name, v.got)
			case isRight != v.seed.compiles || v.got != v.seed.want:
				wrong++
				t.Errorf("%s: %s: compiles: %v, found %q; the seed says %v, %q\n%s", seedings[n].name, v.seed.name, isRight, v.got, v.seed.compiles, v.seed.want, firstErrors(says[name]+says[name+"-without"]))
			}
		}
		t.Logf("%s: %d faults judged: %d missed, %d false alarms, %d otherwise than the seed says", seedings[n].name, len(seedings[n].seeds), misses, alarms, wrong)
	}
}

// firstErrors returns the lines of a compiler's output that say what is wrong.
func firstErrors(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		if strings.Contains(line, "error") && len(lines) < 4 {
			lines = append(lines, "    "+strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}
