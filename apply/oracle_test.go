// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// An entry is one file of a test tree.
type entry struct {
	mode filemode.FileMode
	data string // for a submodule link the commit
}

// files is a test tree, by path.
type files map[string]entry

func text(data string) entry { return entry{filemode.Regular, data} }

// snapshot returns f as the engine reads it.
func (f files) snapshot(tb testing.TB) *tree.Overlay {
	tb.Helper()
	o := tree.NewOverlay(fstest.MapFS{})
	for name, e := range f {
		c := tree.Change{Path: name, Mode: e.mode, Data: []byte(e.data)}
		if e.mode == filemode.Submodule {
			c.Data, c.Hash = nil, odb.Hash(e.data)
		}
		if err := o.Write(c); err != nil {
			tb.Fatal(err)
		}
	}
	return o
}

// listing returns "mode hash" by path, as git ls-files -s does. The overlay lies on another that
// files.snapshot made, or is such a one.
func listing(tb testing.TB, o *tree.Overlay) map[string]string {
	tb.Helper()
	list := map[string]string{}
	if base, ok := o.Base().(*tree.Overlay); ok {
		list = listing(tb, base)
	}
	changes, err := o.Changes()
	if err != nil {
		tb.Fatal(err)
	}
	for _, c := range changes {
		delete(list, c.Path)
		if !c.Deleted() {
			list[c.Path] = fmt.Sprintf("%06o %s", uint32(c.Mode), c.Hash)
		}
	}
	return list
}

// An oracle is a git repository whose index takes a test tree and a patch.
type oracle struct {
	tb  testing.TB
	dir string
	// loaded is the test tree that HEAD holds; clean says that the index does so, too.
	loaded files
	clean  bool
}

func newOracle(tb testing.TB) *oracle {
	o := &oracle{tb: tb, dir: tb.TempDir()}
	o.git("", "init", "-q", "-b", "main", ".")
	return o
}

// git runs git, which must succeed.
func (o *oracle) git(stdin string, args ...string) string {
	o.tb.Helper()
	out, err := o.try(stdin, args...)
	if err != nil {
		o.tb.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (o *oracle) try(stdin string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env, cmd.Stdin = o.dir, run.GitEnv(), strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// load makes the index be f.
func (o *oracle) load(f files) {
	o.tb.Helper()
	if maps.Equal(f, o.loaded) {
		if !o.clean {
			o.git("", "read-tree", "--reset", "main")
		}
		return
	}
	o.loaded = f
	var stream bytes.Buffer
	fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter a <a@example.org> 0 +0000\ndata 0\n")
	fmt.Fprintf(&stream, "deleteall\n")
	for _, name := range slices.Sorted(maps.Keys(f)) {
		e := f[name]
		if e.mode == filemode.Submodule {
			fmt.Fprintf(&stream, "M 160000 %s %s\n", e.data, quotePath(name))
			continue
		}
		fmt.Fprintf(&stream, "M %06o inline %s\ndata %d\n%s\n", uint32(e.mode), quotePath(name), len(e.data), e.data)
	}
	fmt.Fprint(&stream, "\ndone\n")
	o.git(stream.String(), "fast-import", "--quiet", "--force", "--done")
	o.git("", "read-tree", "--reset", "main")
}

func quotePath(name string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(name) + `"`
}

// apply runs git apply on the index.
func (o *oracle) apply(patch string, args ...string) (map[string]string, string, bool) {
	o.tb.Helper()
	out, err := o.try(patch, append([]string{"apply", "--cached", "--whitespace=nowarn"}, args...)...)
	o.clean = err != nil
	if err != nil {
		return nil, out, false
	}
	list := map[string]string{}
	for line := range strings.SplitSeq(o.git("", "ls-files", "-s", "-z"), "\x00") {
		if meta, name, ok := strings.Cut(line, "\t"); ok {
			list[name] = strings.TrimSuffix(meta, " 0")
		}
	}
	return list, out, true
}

// Blob returns an object of the repository.
func (o *oracle) Blob(name string) ([]byte, error) {
	out, err := o.try("", "cat-file", "blob", name)
	return []byte(out), err
}

// setOf returns patches as a set.
func setOf(patches ...string) *patchset.Set {
	set := &patchset.Set{Version: 1, Total: len(patches)}
	for i, diff := range patches {
		p := &patchset.Patch{Index: i + 1, Title: fmt.Sprintf("patch %d", i+1), Message: fmt.Sprintf("patch %d\n", i+1), Author: committedAt, Diff: []byte(diff)}
		p.Files, _, p.DiffErr = gitdiff.Parse(strings.NewReader(diff))
		set.Patches = append(set.Patches, p)
	}
	return set
}

// compare applies patch to f with the engine and with git, and complains where they differ in more
// than the package comment says.
func compare(tb testing.TB, o *oracle, f files, patch string, opts *Options, args ...string) (same bool) {
	tb.Helper()
	o.load(f)
	want, out, ok := o.apply(patch, args...)
	if opts == nil {
		opts = &Options{}
	}
	s := newSession(f.snapshot(tb), opts)
	s.blobs = o
	if err := s.patches(context.Background(), setOf(patch)); err != nil {
		tb.Errorf("%v\n%s", err, describe(f, patch))
		return false
	}
	res := s.result
	if strings.Contains(out, " binary patch at ") {
		ok = false // see the package comment
	}
	switch {
	case ok != (len(res.Conflicts) == 0):
		tb.Errorf("git says %v:\n%s\nwe have conflicts: %+v\n%s", ok, out, res.Conflicts, describe(f, patch))
		return false
	case !ok:
		return true
	}
	if got := listing(tb, s.files); !maps.Equal(got, want) {
		tb.Errorf("result differs:\n got %v\nwant %v\n%s", got, want, describe(f, patch))
		return false
	}
	return true
}

func describe(f files, patch string) string {
	var b strings.Builder
	for name, e := range f {
		fmt.Fprintf(&b, "== %s %o\n%.300q\n", name, uint32(e.mode), e.data)
	}
	fmt.Fprintf(&b, "== patch\n%s\n", patch)
	return b.String()
}
