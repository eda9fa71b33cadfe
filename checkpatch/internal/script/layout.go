// SPDX-License-Identifier: GPL-2.0-only

package script

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// treeMarks are the entries by which the script knows the top of a kernel tree.
var treeMarks = []string{
	"COPYING", "CREDITS", "Kbuild", "MAINTAINERS", "Makefile", "README", "Documentation", "arch",
	"include", "drivers", "fs", "init", "ipc", "kernel", "lib", "scripts",
}

// scriptData are the files that the script and the programs that it calls read.
var scriptData = []string{
	"scripts/checkpatch.pl", "scripts/spelling.txt", "scripts/const_structs.checkpatch",
	"scripts/get_maintainer.pl", "scripts/spdxcheck.py", "MAINTAINERS", ".get_maintainer.ignore",
	".mailmap", ".checkpatch.conf",
}

// layOut makes dir a place where the script can run and leave its cache: links to what stands in
// job.Root, or what the script reads of job.Tree, copied.
func (job *Job) layOut(dir string, set *patchset.Set) error {
	tree := job.Tree
	if tree == nil {
		return hint.Wrap(errors.New("no tree to take scripts/checkpatch.pl from"),
			"name a kernel tree with --tree, or use --engine native")
	}
	if _, err := fs.Stat(tree, "scripts/checkpatch.pl"); err != nil {
		return hint.Wrap(fmt.Errorf("looking for the tree's checkpatch: %w", err),
			"name a kernel tree with --tree, or use --engine native")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if job.Root != "" {
		return linkTree(dir, job.Root)
	}
	return job.copyTree(dir, set)
}

func linkTree(dir, root string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".checkpatch-camelcase.") {
			continue
		}
		if err := os.Symlink(filepath.Join(root, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return missingMarks(dir)
}

func (job *Job) copyTree(dir string, set *patchset.Set) error {
	tree := job.Tree
	for _, name := range scriptData {
		if err := copyFile(dir, tree, name); err != nil {
			return err
		}
	}
	bindings := false
	for _, p := range set.Patches {
		bindings = bindings || strings.Contains(string(p.Diff), "compatible")
		for _, f := range p.Files {
			if err := copyFile(dir, tree, patchset.Path(f)); err != nil {
				return err
			}
		}
	}
	if bindings {
		if err := copyBelow(dir, tree, "Documentation/devicetree/bindings", ""); err != nil {
			return err
		}
	}
	headers := "include/linux"
	if job.Strict { // the names in CamelCase that all headers define are known
		headers = "include"
	}
	if err := copyBelow(dir, tree, headers, ".h"); err != nil {
		return err
	}
	return missingMarks(dir)
}

// missingMarks adds empty files for the marks of a tree that dir lacks: a partial tree, such as
// an overlay of a few files, is still checked by its script.
func missingMarks(dir string) error {
	for _, name := range treeMarks {
		name = filepath.Join(dir, name)
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			if err := os.WriteFile(name, nil, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

func copyBelow(dir string, tree fs.FS, top, suffix string) error {
	err := fs.WalkDir(tree, top, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(name, suffix) {
			return err
		}
		return copyFile(dir, tree, name)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// copyFile copies a file that may be missing. Names that lead out of the tree are left alone.
func copyFile(dir string, tree fs.FS, name string) error {
	name = path.Clean(name)
	if !fs.ValidPath(name) || name == "." {
		return nil
	}
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil // not there, or no file: the script will say what it misses
	}
	target := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	return os.WriteFile(target, data, 0o700)
}
