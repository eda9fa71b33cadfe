// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// randomTree returns a tree of a few files of all kinds.
func (m maker) randomTree() files {
	f := files{}
	for range 4 + m.IntN(6) {
		name := fmt.Sprintf("%s%d", []string{"f", "d/f", "d/e/f", "x y/f", "q\"", "ä"}[m.IntN(6)], m.IntN(4))
		f[name] = m.randomEntry()
	}
	return f
}

func (m maker) randomEntry() entry {
	switch m.IntN(8) {
	case 0:
		return entry{filemode.Executable, strings.Join(m.lines(20), "")}
	case 1:
		return entry{filemode.Symlink, fmt.Sprintf("target%d", m.IntN(9))}
	case 2:
		return entry{filemode.Submodule, []string{commitA, commitB}[m.IntN(2)]}
	case 3:
		data := make([]byte, 40+m.IntN(3000))
		for i := range data {
			data[i] = byte(m.IntN(8))
		}
		return text(string(data))
	case 4:
		return text(strings.TrimSuffix(strings.Join(m.lines(30), ""), "\n"))
	case 5:
		return text("")
	}
	return text(strings.Join(m.lines(40), ""))
}

// changed returns f with some files edited, added, deleted, moved, copied or of another kind.
func (m maker) changed(f files) files {
	f = maps.Clone(f)
	for range 1 + m.IntN(5) {
		names := slices.Sorted(maps.Keys(f))
		name := names[m.IntN(len(names))]
		e := f[name]
		switch m.IntN(7) {
		case 0:
			f[fmt.Sprintf("new%d", m.IntN(9))] = m.randomEntry()
		case 1:
			if len(f) > 1 {
				delete(f, name)
			}
		case 2:
			delete(f, name)
			f["moved/"+strings.ReplaceAll(name, "/", "-")] = e
		case 3:
			f["copy-"+strings.ReplaceAll(name, "/", "-")] = e
		case 4:
			f[name] = m.randomEntry()
		case 5:
			if e.mode == filemode.Regular {
				f[name] = entry{filemode.Executable, e.data}
			}
		case 6:
			if e.mode == filemode.Regular {
				var b strings.Builder
				for _, ed := range m.edits(strings.SplitAfter(e.data, "\n")) {
					if ed.op != '-' {
						b.WriteString(ed.line)
					}
				}
				f[name] = text(b.String())
			}
		}
	}
	return f
}

// compareTrees lets git make the diff between two trees, and applies it to the first, or to one that
// moved on since.
func compareTrees(tb testing.TB, o *oracle, seed uint64) {
	tb.Helper()
	m := newMaker(seed)
	before := m.randomTree()
	after := m.changed(before)
	o.load(after)
	want := o.git("", "rev-parse", "main")
	o.load(before)
	args := []string{"diff-tree", "-p", "--full-index", "-r", "-M", "-C"}
	if m.IntN(4) > 0 {
		args = append(args, "--binary")
	}
	if m.IntN(4) == 0 {
		args = append(args, "-B", "--find-copies-harder")
	}
	patch := o.git("", append(args, "main", strings.TrimSpace(want))...)
	if m.IntN(3) == 0 {
		before = m.changed(before)
	}
	if m.IntN(5) == 0 && patch != "" {
		patch = m.damage(patch)
	}
	var opts Options
	var how []string
	if m.IntN(4) == 0 {
		opts.Reverse, how = true, []string{"-R"}
		if m.IntN(2) == 0 {
			before = after
		}
	}
	compare(tb, o, before, patch, &opts, how...)
}

// compareNames is compareTrees with -p and --directory, on diffs with prefixes of all kinds, and with names
// that fit and that do not.
func compareNames(tb testing.TB, o *oracle, seed uint64) {
	tb.Helper()
	m := newMaker(seed)
	before := m.randomTree()
	after := m.changed(before)
	o.load(after)
	want := o.git("", "rev-parse", "main")
	o.load(before)
	args := []string{"diff-tree", "-p", "--full-index", "--binary", "-r", "-M"}
	opts := &Options{Strip: -1 + m.IntN(4)}
	var how []string
	switch {
	case opts.Strip < 0:
		how = append(how, "-p0")
	case opts.Strip > 0:
		how = append(how, fmt.Sprintf("-p%d", opts.Strip))
	}
	prefix := []string{"", "a/", "linux/new/"}[max(opts.Strip, 0)]
	if opts.Strip == 0 || m.IntN(5) == 0 {
		prefix = []string{"a/", "x/y/", "", "/x/y/"}[m.IntN(4)]
	}
	if prefix == "" {
		args = append(args, "--no-prefix")
	} else {
		args = append(args, "--src-prefix="+prefix, "--dst-prefix="+prefix)
	}
	patch := o.git("", append(args, "main", strings.TrimSpace(want))...)
	if m.IntN(3) == 0 {
		// As diff prints it, without git's header.
		var plain strings.Builder
		for line := range strings.Lines(patch) {
			if !strings.HasPrefix(line, "diff --git ") && !strings.HasPrefix(line, "index ") {
				plain.WriteString(line)
			}
		}
		patch = plain.String()
	}
	if m.IntN(3) == 0 {
		opts.Directory = []string{"sub", "sub/dir/", "d"}[m.IntN(3)]
		how = append(how, "--directory="+opts.Directory)
		moved := files{}
		for name, e := range before {
			moved[strings.TrimSuffix(opts.Directory, "/")+"/"+name] = e
		}
		before = moved
	}
	compare(tb, o, before, patch, opts, how...)
}

// TestNamesAgainstGit compares how names are read.
func TestNamesAgainstGit(t *testing.T) {
	o := newOracle(t)
	for seed := range runtest.Short[uint64](4, 60) {
		compareNames(t, o, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestTreesAgainstGit compares verdict and bytes with git apply on diffs that git makes: renames,
// copies, modes, symlinks, submodules, binary files, odd names.
func TestTreesAgainstGit(t *testing.T) {
	o := newOracle(t)
	for seed := range runtest.Short[uint64](4, 40) {
		compareTrees(t, o, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzTreesAgainstGit is TestTreesAgainstGit with seeds without end.
func FuzzTreesAgainstGit(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { compareTrees(t, newOracle(t), seed) })
}

// TestAbsoluteNamesAgainstGit compares the leading slash of names that only the line "diff --git" has:
// it counted for nothing, where git counts it as a folder.
func TestAbsoluteNamesAgainstGit(t *testing.T) {
	o := newOracle(t)
	patch := "diff --git /a/dir/b /b/dir/b\nold mode 100644\nnew mode 100755\n"
	for strip := range 5 {
		opts := &Options{Strip: strip}
		if strip == 0 {
			opts.Strip = -1
		}
		compare(t, o, caseFiles(), patch, opts, fmt.Sprintf("-p%d", strip))
	}
}

// TestModulesAgainstGit: a symlink by a name that NTFS reads as .gitmodules was taken, which git refuses, and gitmod~5 was refused.
func TestModulesAgainstGit(t *testing.T) {
	o := newOracle(t)
	for _, name := range []string{
		".gitmodules", ".GITMODULES", ".gitmodules .", ".gitmodulesx", ".gitmodules/x", ".gitmodules:x/y", ".gitmodules::$DATA", "dir/.gitmodules",
		"x\\.gitmodules", ".gitmodules\\x", "gitmodules", "gitmod~1", "GITMOD~4. ", "gitmod~5", "gitmod~12", "gi7eba~1", "GI7EBA~9:x", "gi7eba~0",
		"gi7eba~10", "gi7eb~10", "g~123456", "g~012345", "g~1234567", "~1234567", "~12345678", "gi7ebb~1", "x\\gi7eba~1", "git~2", "a:.gitmodules",
	} {
		for _, mode := range []string{"120000", "100644"} {
			compare(t, o, caseFiles(), create(name, mode, "x"), nil)
		}
	}
}

// TestDirectoryIsCleaned holds that the folder may be spelled in any way, as the newest versions of git
// have it.
func TestDirectoryIsCleaned(t *testing.T) {
	for _, dir := range []string{"dir", "dir/", "./dir", "x/..//dir"} {
		s := newSession(caseFiles().snapshot(t), &Options{Directory: dir})
		if err := s.patches(t.Context(), setOf("--- a/b\n+++ b/b\n@@ -1 +1 @@\n-b\n+c\n")); err != nil || len(s.result.Conflicts) > 0 {
			t.Errorf("%q: %v %+v", dir, err, s.result.Conflicts)
		}
	}
}
