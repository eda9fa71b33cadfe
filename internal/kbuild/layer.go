// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// folders returns the source and the output folder of the series: layers over the base's where this
// machine has overlays, else copies.
func (b *seriesBuild) folders(e *Entry) (src, out Folder) {
	src, out = Folder{Dir: e.path("src")}, Folder{Dir: e.path("obj")}
	if b.tc.box.Overlays() {
		src.Lower = []string{b.source.path("tree")}
		out.Lower = []string{b.base.path("obj")}
	}
	return src, out
}

// baseFolders returns those of the base.
func (b *seriesBuild) baseFolders() (src, out Folder) {
	return Folder{Dir: b.source.path("tree")}, Folder{Dir: b.base.path("obj")}
}

// buildLayer builds the tree after each patch, in one entry of the cache.
func (b *seriesBuild) buildLayer(ctx context.Context) (*Entry, error) {
	parts := []string{cacheFormat, b.base.Key, textsOf(b.fragmentsFor(b.last()))}
	var changes [][]tree.Change
	for _, s := range b.States {
		list, err := s.Tree.Changes()
		if err != nil {
			return nil, err
		}
		changes = append(changes, list)
		parts = append(parts, fmt.Sprintf("after patch %d", s.Patch)) // also where it takes back what was changed
		for _, c := range list {
			parts = append(parts, fmt.Sprintf("%d %q %o %s", s.Patch, c.Path, c.Mode, c.Hash))
		}
	}
	want := Entry{Kind: "series", Key: keyOf(parts...), Title: b.Title, Below: b.base.Nonce}
	b.result.Cached = true
	return b.Series.Cache.get(ctx, want, b.progress.say, func(e *Entry) error {
		b.result.Cached = false
		src, out := b.folders(e)
		if err := b.spread(src, out); err != nil {
			return err
		}
		o, err := b.states(ctx, e, src, out, changes)
		if err != nil {
			return err
		}
		e.Outcome = o
		return nil
	})
}

// spread makes the folders of the layer, and fills them where they are copies.
func (b *seriesBuild) spread(src, out Folder) error {
	for _, f := range []Folder{src, out} {
		if err := os.MkdirAll(f.Upper(), 0o755); err != nil {
			return err
		}
	}
	if len(src.Lower) > 0 {
		return nil
	}
	if err := copyTree(b.source.path("tree"), src.Dir, linkFile); err != nil {
		return err
	}
	return copyTree(b.base.path("obj"), out.Dir, cloneFile)
}

// states builds the tree after each patch and holds what it complains about against what the base does.
func (b *seriesBuild) states(ctx context.Context, e *Entry, src, out Folder, changes [][]tree.Change) (*outcome, error) {
	o := &outcome{New: []Complaint{}, Patches: []PatchBuild{}}
	m, base := b.base.Memory.clone(), b.base.Memory.all()
	var before []tree.Change
	first := map[identity]int{} // the patch after which a complaint was there first, for good
	var reasons []Complaint     // why the tree did not build after each patch
	var now Comparison
	all := changes[len(changes)-1]
	baseSrc, baseOut := b.baseFolders()
	size := b.measure(baseSrc, baseOut, all)
	for i, s := range b.States {
		p := PatchBuild{Patch: s.Patch, Built: true}
		delta := b.delta(before, changes[i], s.Tree)
		before = changes[i]
		if err := b.write(src, delta); err != nil {
			return nil, fmt.Errorf("laying out patch %d: %w", s.Patch, err)
		}
		last := i+1 == len(b.States)
		if p.Skipped = !last && !slices.ContainsFunc(delta, readByBuild); p.Skipped {
			if i > 0 {
				p.Built = o.Patches[i-1].Built
			}
			o.Patches = append(o.Patches, p)
			reasons = append(reasons, Complaint{})
			continue
		}
		if len(b.States) > 1 {
			b.progress.say(fmt.Sprintf("building patch %d, %d of %d", s.Patch, i+1, len(b.States)))
		}
		one, err := b.one(e, src, out, m, b.fragmentsFor(s.Tree))
		if err != nil {
			return nil, err
		}
		one.state = s.Tree
		names := pathsOf(changes[i])
		one.parts = func() []string { return b.partsOf(s.Tree, one.dir, names) }
		r, err := one.run(ctx)
		one.close()
		if err != nil {
			return nil, err
		}
		p.Built, p.Commands, p.Seconds = r.Built, r.Commands, r.Seconds
		if r.Built {
			next := b.measure(src, out, all)
			p.Size, size = size.change(next), next
		}
		if now = Compare(base, r.Complaints); len(now.New) > 0 && one.madeParts {
			more, err := b.baseParts(ctx, names)
			if err != nil {
				return nil, err
			}
			base = append(base, more...)
			now = Compare(base, r.Complaints)
		}
		p.Built = p.Built && !anyError(now.New) // the kernel is, but a part of a module is not
		o.Patches = append(o.Patches, p)
		reasons = append(reasons, firstError(now.New))
		first = since(first, now.New, s.Patch)
	}
	o.Built = o.Patches[len(o.Patches)-1].Built
	o.Gone, o.Moved = len(now.Gone), len(now.Moved)
	o.Known = now.New
	for _, c := range now.New {
		if b.States[0].Patch == 1 && c.Patch == 0 { // each patch was built
			c.Patch = first[c.identity()]
		}
		if c = asNew(c); c.Severity != report.Note {
			o.New = append(o.New, c)
		}
	}
	o.New = append(o.New, breaks(o.Patches, reasons)...)
	return o, nil
}

// since returns from which patch on each complaint has been there.
func since(before map[identity]int, complaints []Complaint, patch int) map[identity]int {
	now := map[identity]int{}
	for i := range complaints {
		id := complaints[i].identity()
		now[id] = patch
		if p, ok := before[id]; ok {
			now[id] = p
		}
	}
	return now
}

func firstError(complaints []Complaint) Complaint {
	i := slices.IndexFunc(complaints, func(c Complaint) bool { return c.Severity == report.Error })
	if i < 0 {
		return Complaint{}
	}
	return complaints[i]
}

// asNew makes a complaint that the base has not a finding: a warning that nobody had before counts.
func asNew(c Complaint) Complaint {
	if c.Severity == report.Warning {
		c.Check, c.Severity = "build/new-warning", report.Error
	}
	return c
}

// breaks tells of patches after which the tree does not build, where it does after a later one.
func breaks(patches []PatchBuild, reasons []Complaint) []Complaint {
	var found []Complaint
	for i := 0; i < len(patches); i++ {
		if patches[i].Built {
			continue
		}
		from := i
		for i < len(patches) && !patches[i].Built {
			i++
		}
		if i == len(patches) {
			break // it never builds again: that is told by itself
		}
		c := Complaint{Finding: report.Finding{Check: "build/bisect", Severity: report.Error, Patch: patches[from].Patch,
			Message: fmt.Sprintf("the tree does not build after patch %d, and patch %d mends it: this breaks bisection", patches[from].Patch, patches[i].Patch),
			Hint:    "each patch of a series must build; reorder or squash them"}}
		if why := reasons[from]; why.Message != "" {
			c.File, c.Line, c.Column = why.File, why.Line, why.Column
			c.Message += ": " + why.Message
			c.Detail = why.Detail
		}
		found = append(found, c)
	}
	return found
}

// report fills the result from the entry of the series.
func (b *seriesBuild) report() error {
	o, r := b.layer.Outcome, b.result
	if o == nil {
		return fmt.Errorf("%s has no outcome", b.layer.dir)
	}
	src, out := b.folders(b.layer)
	dir, err := out.open(-1)
	if err != nil {
		return err
	}
	defer dir.close()
	r.src, r.out = src, out
	r.Built, r.Complaints, r.Gone, r.Moved = o.Built, o.New, o.Gone, o.Moved
	r.Patches = append(r.Patches, o.Patches...)
	for _, p := range o.Patches {
		r.Commands += p.Commands
	}
	r.Findings = append(r.Findings, findingsOf(o.New)...)
	r.Out, r.Log, r.Config = out.Upper(), b.layer.path("log"), dir.path(".config")
	if r.Built {
		b.kernel(&r.Result, dir)
	}
	return nil
}

// delta returns what leads from one state's changes to the next one's tree: what is written back to the
// base's text is written anew, so that make sees that it changed.
func (b *seriesBuild) delta(before, after []tree.Change, now *tree.Overlay) []tree.Change {
	old := map[string]tree.Change{}
	for _, c := range before {
		old[c.Path] = c
	}
	var delta []tree.Change
	for _, c := range after {
		if was, ok := old[c.Path]; !ok || was.Hash != c.Hash || was.Mode != c.Mode {
			delta = append(delta, c)
		}
		delete(old, c.Path)
	}
	for name := range old {
		c := tree.Change{Path: name}
		if e, err := tree.Lookup(now, name); err == nil && e.Mode != filemode.Dir {
			data, err := tree.ReadEntry(now, name)
			if err == nil {
				c.Mode, c.Data = e.Mode, data
			}
		}
		delta = append(delta, c)
	}
	slices.SortFunc(delta, func(a, b tree.Change) int { return strings.Compare(a.Path, b.Path) })
	return delta
}

func pathsOf(changes []tree.Change) []string {
	var names []string
	for _, c := range changes {
		names = append(names, c.Path)
	}
	return names
}

// readByBuild reports whether a build can read the file: documents are not.
func readByBuild(c tree.Change) bool {
	switch base := path.Base(c.Path); {
	case strings.HasPrefix(base, "Kconfig"), strings.HasPrefix(base, "Makefile"), base == "Kbuild":
		return true
	}
	return !strings.HasPrefix(c.Path, "Documentation/") && !strings.HasPrefix(c.Path, "LICENSES/") &&
		!slices.Contains([]string{"MAINTAINERS", "CREDITS", "README", ".mailmap", ".gitignore"}, c.Path)
}

// write makes the changes in the source folder: first all that goes.
func (b *seriesBuild) write(src Folder, changes []tree.Change) error {
	root, err := os.OpenRoot(src.Upper())
	if err != nil {
		return err
	}
	defer root.Close()
	for _, gone := range []bool{true, false} {
		for _, c := range changes {
			if c.Deleted() != gone {
				continue
			}
			if err := b.writeOne(root, src, c); err != nil {
				return fmt.Errorf("%s: %w", c.Path, err)
			}
		}
	}
	return nil
}

func (b *seriesBuild) writeOne(root *os.Root, src Folder, c tree.Change) error {
	if err := root.RemoveAll(c.Path); err != nil {
		return err
	}
	if c.Deleted() && (len(src.Lower) == 0 || !exists(src.Lower, c.Path)) {
		return nil
	}
	if err := b.makeDirs(root, path.Dir(c.Path)); err != nil {
		return err
	}
	switch c.Mode {
	case filemode.Empty:
		// A device of number 0 is how an overlay takes away a file of the folder below.
		return unix.Mknod(src.Upper()+"/"+c.Path, unix.S_IFCHR, 0)
	case filemode.Symlink:
		return root.Symlink(string(c.Data), c.Path)
	case filemode.Submodule:
		return root.Mkdir(c.Path, 0o755)
	}
	perm := os.FileMode(0o644)
	if c.Mode == filemode.Executable {
		perm = 0o755
	}
	if err := root.WriteFile(c.Path, c.Data, perm); err != nil {
		return err
	}
	return root.Chmod(c.Path, perm) // whatever the umask says: the sandbox reads it as another user
}

func exists(dirs []string, name string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool {
		_, err := os.Lstat(dir + "/" + name)
		return err == nil
	})
}

// makeDirs makes the folders of name; what lies in the place of one is taken away.
func (b *seriesBuild) makeDirs(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if err := b.makeDirs(root, path.Dir(name)); err != nil {
		return err
	}
	if info, err := root.Lstat(name); err == nil && !info.IsDir() {
		if err := root.Remove(name); err != nil {
			return err
		}
	}
	if err := root.Mkdir(name, 0o755); err != nil && !os.IsExist(err) {
		return err
	}
	return root.Chmod(name, 0o755)
}
