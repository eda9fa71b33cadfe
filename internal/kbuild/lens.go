// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// maxIncluders bounds how many objects are compiled for the headers that a series touches.
const maxIncluders = 8

// extraWarnings compiles the objects that the series touches once more, with the tree's W=1, and returns
// what they complain about and the base's do not. It happens in layers that are thrown away, since
// an object with other flags would have the next make compile it anew.
func (b *seriesBuild) extraWarnings(ctx context.Context, src, out Folder, changes []tree.Change, known []Complaint) ([]Complaint, error) {
	if !b.tc.box.Overlays() {
		return []Complaint{notRun("W=1", "this machine has no overlays")}, nil
	}
	objects, err := touchedObjects(out, b.tc.SourcePath(src), changes)
	if err != nil || len(objects) == 0 {
		return nil, err
	}
	after, err := b.withW1(ctx, src, out, objects)
	if err != nil {
		return nil, err
	}
	if after == nil {
		return []Complaint{notRun("W=1", "the tree's make refused it")}, nil
	}
	base := Folder{Dir: b.source.path("tree")}
	before, err := b.withW1(ctx, base, Folder{Dir: b.base.path("obj")}, objects)
	if err != nil {
		return nil, err
	}
	var found []Complaint
	for _, c := range Compare(append(before, known...), after).New {
		if c.Severity == report.Warning {
			if len(b.States) == 1 {
				c.Patch = b.States[0].Patch
			}
			c.Check = "build/new-extra-warning"
			c.Hint = "make W=1 says so; it does not for the base"
			found = append(found, c)
		}
	}
	return found, nil
}

func notRun(lens, why string) Complaint {
	return Complaint{Finding: report.Finding{Check: "build/lens", Severity: report.Note,
		Message: fmt.Sprintf("the touched objects were not compiled with %s: %s", lens, why)}}
}

// withW1 makes those of the objects that are in out with W=1, in a layer over it. It returns nil where make
// ended without a word of a compiler.
func (b *seriesBuild) withW1(ctx context.Context, src, out Folder, objects []string) ([]Complaint, error) {
	dir, err := out.open(-1)
	if err != nil {
		return nil, err
	}
	objects = slices.DeleteFunc(slices.Clone(objects), func(name string) bool { return dir.path(name) == "" })
	dir.close()
	if len(objects) == 0 {
		return []Complaint{}, nil
	}
	e, err := b.scratch()
	if err != nil {
		return nil, err
	}
	defer e.drop()
	src, out = src.over(e.path("src")), out.over(e.path("obj"))
	if err := b.spread(src, out); err != nil {
		return nil, err
	}
	one, err := b.one(e, src, out, memory{}, b.fragments)
	if err != nil {
		return nil, err
	}
	defer one.close()
	// Other flags would have prepare, and with it the bindings and crates of Rust, made anew: two
	// minutes. With O= the make below loses -o, so this one starts in the output folder.
	args := []string{"make", "-C", b.tc.OutPath(out), "-f", b.tc.SourcePath(src) + "/Makefile", "--no-print-directory",
		"-o", "prepare", "-o", "prepare0", "LLVM=" + b.survey.LLVM, "W=1", "--keep-going", "--output-sync=target",
		fmt.Sprintf("-j%d", b.opts.jobs())}
	complaints, err := one.runStep(ctx, append(slices.Concat(args, b.opts.Vars), objects...), nil)
	var failed *run.Error
	if errors.As(err, &failed) && ctx.Err() == nil || err == nil && one.progress.total() == 0 {
		return nil, nil
	}
	if complaints == nil {
		complaints = []Complaint{}
	}
	return complaints, err
}

// touchedObjects returns the objects of the output folder that come of the changed files, and some of those
// that include changed headers, sorted. source is how the objects' commands call the tree.
func touchedObjects(out Folder, source string, changes []tree.Change) ([]string, error) {
	dir, err := out.open(-1)
	if err != nil {
		return nil, err
	}
	defer dir.close()
	objects := map[string]bool{}
	var headers [][]byte
	for _, c := range changes {
		switch path.Ext(c.Path) {
		case ".c":
			if name := strings.TrimSuffix(c.Path, ".c") + ".o"; !c.Deleted() && dir.path(name) != "" {
				objects[name] = true
			}
		case ".h":
			headers = append(headers, []byte(" "+source+"/"+c.Path+" "))
		}
	}
	if len(headers) == 0 {
		return sortedNames(objects), nil
	}
	includers := 0
	err = fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case includers >= maxIncluders:
			return fs.SkipAll
		case d.IsDir() && slices.Contains([]string{"scripts", "tools", ".lsmpatch", "rust"}, name):
			return fs.SkipDir
		case d.IsDir() || !strings.HasPrefix(d.Name(), ".") || !strings.HasSuffix(name, ".o.cmd"):
			return nil
		}
		object := path.Join(path.Dir(name), strings.TrimSuffix(d.Name()[1:], ".cmd"))
		text, err := dir.ReadFile(name)
		if err != nil || objects[object] || dir.path(object) == "" {
			return nil // it was no dependency file
		}
		if slices.ContainsFunc(headers, func(h []byte) bool { return bytes.Contains(text, h) }) {
			objects[object] = true
			includers++
		}
		return nil
	})
	return sortedNames(objects), err
}

func sortedNames(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
