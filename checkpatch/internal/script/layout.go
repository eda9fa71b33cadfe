// SPDX-License-Identifier: GPL-2.0-only

package script

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
)

// treeMarks are the entries by which the script knows the top of a kernel tree.
var treeMarks = []string{
	"COPYING", "CREDITS", "Kbuild", "MAINTAINERS", "Makefile", "README", "Documentation", "arch",
	"include", "drivers", "fs", "init", "ipc", "kernel", "lib", "scripts",
}

// scriptData are the files that the script and the programs that it calls read, besides what depends on the input.
var scriptData = []string{
	"scripts/checkpatch.pl", "scripts/spelling.txt", "scripts/const_structs.checkpatch",
	"scripts/get_maintainer.pl", "scripts/spdxcheck.py", "scripts/spdxexclude", "MAINTAINERS", ".get_maintainer.ignore",
	".mailmap", ".checkpatch.conf",
}

// Where a program in the box finds things: the folder it runs in, which it may write to, and the tree on disk.
const (
	insideWork = "/tree"
	insideRoot = "/src"
)

// A place is a folder where the script can run and leave its cache: it has links to what stands in Job.Root, or to what the
// script reads of Job.Tree, which is copied.
type place struct {
	dir    string // of all
	root   string // of the tree on disk, or of the copies
	copied bool
	// entries are those of root that the script sees. Each is mounted by itself: the folder of a tree may be its owner's alone.
	entries []string
	gitDir  string
	// repos are the folders of the history: the repository, the one that it is a worktree of, those that it borrows from.
	repos []string
	count atomic.Int64 // of the inputs
}

func (p *place) remove() { os.RemoveAll(p.dir) }

func (p *place) work() sandbox.Mount {
	return sandbox.Mount{Host: filepath.Join(p.dir, "work"), Inside: insideWork, Write: true}
}

// mounts returns what the script sees. The repositories keep their names, by which they may name each other.
func (p *place) mounts(box *sandbox.Box, job *Job) []sandbox.Mount {
	if !box.Isolated() {
		return nil
	}
	mounts := []sandbox.Mount{p.work()}
	for _, name := range p.entries {
		mounts = append(mounts, sandbox.Mount{Host: filepath.Join(p.root, name), Inside: insideRoot + "/" + name})
	}
	for option, file := range job.Lists {
		mounts = append(mounts, sandbox.Mount{Host: file, Inside: insideList(option)})
	}
	for _, repo := range p.repos {
		mounts = append(mounts, sandbox.Mount{Host: repo, Inside: repo})
	}
	return mounts
}

// insideList is where the script finds the file that an option names.
func insideList(option string) string { return "/lists/" + strings.Trim(option, "-=") }

// lists returns the options that name files, as the script sees them.
func (p *place) lists(box *sandbox.Box, job *Job) []string {
	var args []string
	for option, file := range job.Lists {
		args = append(args, option+box.Path(sandbox.Mount{Host: file, Inside: insideList(option)}))
	}
	slices.Sort(args)
	return args
}

// env is the environment of the script, besides what a box has by itself. The machine's own programs come first: those of
// version managers, further on in PATH, need files that the box has not.
func (p *place) env() []string {
	env := []string{"PATH=/usr/bin:/bin:" + os.Getenv("PATH"), "PYTHONDONTWRITEBYTECODE=1"}
	if p.gitDir == "" {
		return append(env, "GIT_DIR=/dev/null") // no repository above the place is the tree's
	}
	return append(env, "GIT_DIR="+p.gitDir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_OPTIONAL_LOCKS=0",
		"GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0",
		// In the box the repository belongs to someone else.
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
}

// layOut makes the place for the inputs.
func (job *Job) layOut(inputs []Input) (*place, error) {
	dir, err := os.MkdirTemp("", "lsmpatch-checkpatch-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	p := &place{dir: dir, copied: job.Root == ""}
	if p.copied {
		p.root = filepath.Join(dir, "src")
		err = p.copyTree(job.Tree, inputs, slices.Contains(job.Args, "--strict"))
	} else {
		p.root, err = filepath.Abs(job.Root)
	}
	if err == nil {
		err = p.linkTree(job.NoSandbox)
	}
	gitDir := job.GitDir
	if gitDir == "" && job.Root != "" {
		gitDir = filepath.Join(job.Root, ".git")
	}
	if err == nil && gitDir != "" {
		err = p.findRepos(gitDir)
	}
	if err == nil && p.gitDir != "" {
		// spdxcheck.py looks for the repository in the folder that it runs in, and not at GIT_DIR.
		err = os.WriteFile(filepath.Join(dir, "work", ".git"), []byte("gitdir: "+p.gitDir+"\n"), 0o644)
	}
	if err != nil {
		p.remove()
		return nil, err
	}
	return p, nil
}

// findRepos finds out which folders hold the history. A repository that is not there is none.
func (p *place) findRepos(gitDir string) error {
	dir, err := filepath.Abs(gitDir)
	if err != nil {
		return err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil
	}
	if text, err := os.ReadFile(dir); err == nil { // a worktree's .git is a file that names the folder
		name, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "gitdir: ")
		if !ok {
			return nil
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(dir), name)
		}
		dir = filepath.Clean(name)
	}
	p.gitDir, p.repos = dir, []string{dir}
	if text, err := os.ReadFile(filepath.Join(dir, "commondir")); err == nil {
		p.repos = append(p.repos, joined(dir, string(text)))
	}
	for i := 0; i < len(p.repos) && i < maxRepos; i++ {
		text, err := os.ReadFile(filepath.Join(p.repos[i], "objects", "info", "alternates"))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
				objects := joined(filepath.Join(p.repos[i], "objects"), line)
				p.repos = append(p.repos, filepath.Dir(objects))
			}
		}
	}
	p.repos = slices.DeleteFunc(p.repos, func(repo string) bool { _, err := os.Stat(repo); return err != nil })
	slices.Sort(p.repos)
	p.repos = slices.Compact(p.repos)
	return nil
}

// maxRepos bounds the repositories that borrow from one another.
const maxRepos = 20

func joined(dir, name string) string {
	name = strings.TrimSpace(name)
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}

// gitFollowsNot are files that git reads itself, and refuses where they are links: in the script's eyes its complaint would be
// the answer.
var gitFollowsNot = map[string]bool{".mailmap": true, ".gitattributes": true, ".gitignore": true}

// copyUp copies a file at the top of the tree into the work folder.
func (p *place) copyUp(name string) error {
	data, err := below.ReadFile(filepath.Join(p.root, name), below.MaxFile)
	if err != nil {
		return nil // no regular file: nothing that git would read
	}
	return os.WriteFile(filepath.Join(p.work().Host, name), data, 0o644)
}

// linkTree makes the work folder, of links to the entries of the tree.
func (p *place) linkTree(noSandbox bool) error {
	target := insideRoot
	if noSandbox {
		target = p.root
	}
	entries, err := os.ReadDir(p.root)
	if err == nil {
		err = os.Mkdir(p.work().Host, 0o755)
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == ".git" || strings.HasPrefix(e.Name(), ".checkpatch-camelcase.") {
			continue
		}
		if gitFollowsNot[e.Name()] {
			if err := p.copyUp(e.Name()); err != nil {
				return err
			}
			continue
		}
		if err := os.Symlink(filepath.Join(target, e.Name()), filepath.Join(p.work().Host, e.Name())); err != nil {
			return err
		}
		if e.Type()&fs.ModeSymlink == 0 {
			p.entries = append(p.entries, e.Name())
		}
	}
	return p.missingMarks()
}

func (p *place) copyTree(tree fs.FS, inputs []Input, strict bool) error {
	for _, name := range scriptData {
		if err := p.copyFile(tree, name); err != nil {
			return err
		}
	}
	bindings := false
	for i := range inputs {
		bindings = bindings || bytes.Contains(inputs[i].Data, []byte("compatible"))
		for _, name := range filesOf(&inputs[i]) {
			if err := p.copyFile(tree, name); err != nil {
				return err
			}
		}
		if inputs[i].File && fs.ValidPath(inputs[i].Name) {
			if err := p.write(inputs[i].Name, inputs[i].Data); err != nil {
				return err
			}
		}
	}
	if bindings {
		if err := p.copyBelow(tree, "Documentation/devicetree/bindings", ""); err != nil {
			return err
		}
	}
	if err := p.copyBelow(tree, "LICENSES", ""); err != nil {
		return err
	}
	headers := "include/linux"
	if strict { // the names in CamelCase that all headers define are known
		headers = "include"
	}
	return p.copyBelow(tree, headers, ".h")
}

// filesOf returns the files that an input is about.
func filesOf(in *Input) []string {
	if in.File {
		return []string{in.Name}
	}
	var names []string
	for line := range bytes.Lines(in.Data) {
		rest, ok := bytes.CutPrefix(line, []byte("+++ "))
		if !ok {
			rest, ok = bytes.CutPrefix(line, []byte("--- "))
		}
		if _, name, cut := strings.Cut(strings.TrimSpace(string(rest)), "/"); ok && cut {
			names = append(names, name)
		}
	}
	return names
}

// missingMarks adds empty files for the marks of a tree that the place lacks: a partial tree, such as an overlay of a few
// files, is still checked by its script.
func (p *place) missingMarks() error {
	for _, name := range treeMarks {
		file := filepath.Join(p.work().Host, name)
		if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
			if err := os.WriteFile(file, nil, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *place) copyBelow(tree fs.FS, top, suffix string) error {
	err := fs.WalkDir(tree, top, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(name, suffix) {
			return err
		}
		return p.copyFile(tree, name)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// copyFile copies a file that may be missing. Names that lead out of the tree are left alone.
func (p *place) copyFile(tree fs.FS, name string) error {
	name = path.Clean(name)
	if !fs.ValidPath(name) || name == "." {
		return nil
	}
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil // not there, or no file: the script will say what it misses
	}
	return p.write(name, data)
}

func (p *place) write(name string, data []byte) error {
	target := filepath.Join(p.root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, data, 0o755)
}

// put writes an input where the script can read it, and returns its name there and what to do when it was read.
func (p *place) put(in *Input) (name string, done func(), err error) {
	if in.File && fs.ValidPath(in.Name) {
		// The rules go by the name, so that it must be that of the tree; there it is already, where the tree is on disk.
		if p.copied {
			return in.Name, func() {}, p.write(in.Name, in.Data)
		}
		if have, err := os.ReadFile(filepath.Join(p.root, in.Name)); err == nil && bytes.Equal(have, in.Data) {
			return in.Name, func() {}, nil
		}
	}
	name = fmt.Sprintf("input-%d.patch", p.count.Add(1))
	file := filepath.Join(p.work().Host, name)
	return name, func() { os.Remove(file) }, os.WriteFile(file, in.Data, 0o644)
}
