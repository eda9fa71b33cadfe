// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/checkpatch"
	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// input is one thing to check: a patch, or a whole file.
type input struct {
	// name is what the rules go by: of a file, its path in the tree. shown is what the output calls it, and title, where
	// there is one, what the script calls it as a whole.
	name, shown, title string
	// path is the file on disk, or "".
	path string
	// data is nil where path is yet to be read.
	data []byte
	file bool
	// named tells that the user named path: it may be a link, a FIFO or a device, too.
	named bool
	// patch counts the patches from 1; 0 for files.
	patch int
}

// inputs finds out what the arguments stand for. Of those that cannot be read unread says why, where others can.
func (f *checkpatchFlags) inputs(ctx context.Context, args []string, t *tree.Tree, stdin io.Reader) (list []input, unread []error, err error) {
	of := func(arg string) ([]input, error) { return f.input(arg, stdin) }
	if f.git {
		of = func(spec string) ([]input, error) { return commits(ctx, t, spec) }
		args = slices.Clone(args)
		slices.Reverse(args) // as the script has it
	}
	for _, arg := range args {
		more, err := of(arg)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			unread = append(unread, err)
		}
		list = append(list, more...)
	}
	switch {
	case len(list) == 0 && unread != nil:
		return nil, nil, errors.Join(unread...)
	case len(list) == 0 && f.git && len(args) > 0:
		return nil, nil, fmt.Errorf("%s: no commits there but merges: %w", strings.Join(args, " "), git.ErrNoRevision)
	case len(list) == 0:
		return nil, nil, errors.New("nothing to check: name patches, files (-f) or commits (--git)")
	}
	patches := 0
	for i := range list {
		if !list[i].file {
			patches++
			list[i].patch = patches
		}
	}
	return list, unread, nil
}

// input returns what an argument that names no commits stands for, and why a part of it cannot be read.
func (f *checkpatchFlags) input(arg string, stdin io.Reader) ([]input, error) {
	if arg == "-" {
		data, err := below.ReadAll(stdin, "standard input", below.MaxFile)
		if err != nil {
			return nil, err
		}
		return []input{{name: "-", shown: "-", data: data, file: f.file}}, nil
	}
	in := input{name: arg, shown: arg, path: arg, named: true}
	if in.file = f.file || f.isTracked(f.nameInTree(arg)); in.file {
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			return f.filesBelow(arg)
		}
		in.name = f.nameInTree(arg)
	}
	if err := readable(arg); err != nil {
		return nil, err
	}
	return []input{in}, nil
}

// filesBelow returns the regular files in a folder, and why some of them cannot be read.
func (f *checkpatchFlags) filesBelow(dir string) (list []input, err error) {
	var unread []error                                                                // with all that WalkDir would return
	_ = filepath.WalkDir(dir+"/", func(path string, d fs.DirEntry, err error) error { // dir may be a link to one
		if err == nil && d.Type().IsRegular() {
			if err = readable(path); err == nil {
				list = append(list, input{name: f.nameInTree(path), shown: path, path: path, file: true})
			}
		}
		if err != nil {
			unread = append(unread, err)
		}
		return nil
	})
	if len(list) == 0 && unread == nil {
		return nil, fmt.Errorf("%s holds no files", dir)
	}
	return list, errors.Join(unread...)
}

// readable returns why a file cannot be read, without opening it: it may be a FIFO.
func readable(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		err = syscall.EISDIR
	} else if err == nil {
		err = unix.Access(path, unix.R_OK)
	}
	if errno := syscall.Errno(0); errors.As(err, &errno) && errno != 0 {
		return &fs.PathError{Op: "open", Path: path, Err: errno}
	}
	return err
}

// nameInTree returns path as the tree names it, where it is in the tree.
func (f *checkpatchFlags) nameInTree(path string) string {
	top, err1 := filepath.Abs(f.dir)
	abs, err2 := filepath.Abs(path)
	if err1 != nil || err2 != nil || f.Tree == nil {
		return path
	}
	rel, err := filepath.Rel(top, abs)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return path
	}
	return rel
}

// revCount is the script's form for the last commits of a revision: "HEAD-3".
var revCount = lazyregexp.New(`^(.+)-([0-9]+)$`)

// commits returns the patches of the commits that spec names, A..B, REV-COUNT, or one: oldest first, and without merges, as
// the script lists them.
func commits(ctx context.Context, t *tree.Tree, spec string) ([]input, error) {
	ids, err := listed(ctx, t, spec)
	if err != nil {
		return nil, err
	}
	var list []input
	for _, id := range slices.Backward(ids) {
		data, err := t.FormatPatch(ctx, id)
		if err != nil {
			return nil, err
		}
		if data == nil { // an empty commit, which is no file that is yet to be read
			data = []byte{}
		}
		commit, err := t.Commit(string(id))
		if err != nil {
			return nil, err
		}
		name := string(id)
		list = append(list, input{
			name: name, shown: name, title: fmt.Sprintf("Commit %s (\"%s\")", name[:12], commit.Subject()), data: data})
	}
	return list, nil
}

// listed returns the commits that one spec names, newest first.
func listed(ctx context.Context, t *tree.Tree, spec string) ([]odb.Hash, error) {
	if strings.Contains(spec, "..") {
		return t.RevList(ctx, spec, 0)
	}
	if m := revCount.FindStringSubmatch(spec); m != nil {
		// A tag may look like that, too.
		if _, err := t.Resolve(spec); err != nil {
			limit, err := strconv.Atoi(m[2])
			if err != nil || limit == 0 {
				return nil, err
			}
			return t.RevList(ctx, m[1], limit)
		}
	}
	return t.RevList(ctx, spec, 1)
}

// read returns what the file of an input holds: one that the user named, or that was found below a folder that he did.
func (in *input) read() ([]byte, error) {
	if in.named {
		return below.ReadNamed(in.path, below.MaxFile)
	}
	return below.ReadFile(in.path, below.MaxFile)
}

// check checks all inputs, and writes the fixes. The notes are about all of them.
func (f *checkpatchFlags) check(ctx context.Context, inputs []input) ([]*checkpatch.Result, []report.Finding, error) {
	list := make([]checkpatch.Input, len(inputs))
	for i, in := range inputs {
		list[i] = checkpatch.Input{Name: in.name, Data: in.data, Read: in.read, File: in.file}
	}
	results, notes, err := checkpatch.Inputs(ctx, list, &f.Options)
	if err != nil {
		return nil, nil, err
	}
	for i, r := range results {
		in := inputs[i]
		r.Name, r.Title = in.shown, in.title
		if err := f.writeFixed(in, r.Fixed); err != nil {
			return nil, nil, err
		}
	}
	return results, notes, nil
}

// writeFixed writes what --fix made of an input, where that is another text.
func (f *checkpatchFlags) writeFixed(in input, now []byte) error {
	if in.path == "" || !f.Fix {
		return nil
	}
	if was, err := in.read(); err != nil || bytes.Equal(was, now) {
		return err
	}
	name := in.path
	if !f.fixInplace {
		name += ".EXPERIMENTAL-checkpatch-fixes"
	}
	return os.WriteFile(name, now, 0o666)
}
