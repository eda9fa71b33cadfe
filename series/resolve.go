// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// resolve opens what names stand for. On an error it returns what it opened before.
func resolve(ctx context.Context, names []string, opts *Options) ([]*input, error) {
	var all []*input
	files := -1 // the batch of the patch files
	for i, name := range names {
		inputs, err := resolveOne(ctx, name, opts)
		for _, in := range inputs {
			in.batch = i
			if in.files && !in.ordered {
				if files < 0 {
					files = i
				}
				in.batch = files
			}
			in.mboxrd = in.mboxrd || opts.MboxRD
		}
		all = append(all, inputs...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// isRange reports whether name looks like "A..B", and not like a path.
func isRange(name string) bool {
	from, to, ok := strings.Cut(name, "..")
	return ok && from != "" && !strings.HasPrefix(from, "/") && !strings.HasSuffix(from, "/") &&
		!strings.HasPrefix(to, "/") && !strings.ContainsAny(name, " \t\n")
}

func resolveOne(ctx context.Context, name string, opts *Options) ([]*input, error) {
	switch {
	case name == "-":
		if opts.Stdin == nil {
			return nil, fmt.Errorf("standard input is not available")
		}
		in, err := newInput("-", opts.Stdin)
		if err != nil {
			return nil, err
		}
		in.mbox = true
		return one(in.sniff())
	case strings.HasPrefix(name, "builtin:"):
		set, ok := patchset.Builtin(strings.TrimPrefix(name, "builtin:"))
		if !ok {
			return nil, hint.Wrap(fmt.Errorf("no embedded series %q", name), "`lsmpatch patchset list` names them")
		}
		return []*input{{name: name, mem: set.Mbox(), mbox: true}}, nil
	case strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "http://"):
		return urlInputs(ctx, name, opts)
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return folderInputs(name)
	case err == nil:
		return pathInputs(name)
	case isRange(name):
		return rangeInput(ctx, name, opts)
	case reMessageName.MatchString(name):
		return threadInput(ctx, "", strings.Trim(name, "<>"), opts)
	}
	return nil, hint.Wrap(fmt.Errorf("%s: %w", name, fs.ErrNotExist),
		"a series is an mbox, a maildir, a folder, .patch files, -, A..B, a Message-ID or URL, or builtin:rust-lsm")
}

func one(in *input, err error) ([]*input, error) {
	if err != nil {
		return nil, err
	}
	return []*input{in}, nil
}

func rangeInput(ctx context.Context, spec string, opts *Options) ([]*input, error) {
	if opts.Range == nil {
		return nil, hint.Wrap(fmt.Errorf("%s: a range of commits needs a tree", spec), "name the tree with --tree DIR")
	}
	raw, err := opts.Range(ctx, spec)
	if err != nil {
		return nil, err
	}
	return []*input{{name: spec, mem: raw, mbox: true}}, nil
}

// pathInputs reads one file: a mailbox, a patch, or a quilt series file.
func pathInputs(path string) ([]*input, error) {
	if filepath.Base(path) == "series" {
		if inputs, err := quiltInputs(path); err != nil || len(inputs) > 0 {
			return inputs, err
		}
	}
	in, err := fileInput(path)
	if err != nil {
		return nil, err
	}
	in.files = isPatchName(path)
	in.mbox = !in.files
	return one(in.sniff())
}

// isPatchName reports whether a file of that name holds one mail.
func isPatchName(path string) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(path), ".gz"), ".xz")
	return strings.HasSuffix(name, ".patch") || strings.HasSuffix(name, ".eml") || strings.HasSuffix(name, ".diff")
}

// folderInputs reads a folder: a maildir, one with a quilt series file, or one with patches.
func folderInputs(dir string) ([]*input, error) {
	if isFolder(filepath.Join(dir, "cur")) && (isFolder(filepath.Join(dir, "new")) || isFolder(filepath.Join(dir, "tmp"))) {
		return maildirInputs(dir)
	}
	if inputs, err := quiltInputs(filepath.Join(dir, "series")); len(inputs) > 0 || err != nil && !os.IsNotExist(err) {
		return inputs, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && (isPatchName(e.Name()) || isMboxName(e.Name())) {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, hint.Wrap(fmt.Errorf("%s: %w in this folder", dir, ErrNoPatches), "patches are files named *.patch, *.eml or *.mbox")
	}
	slices.SortFunc(names, compareNames)
	return fileInputs(dir, names, input{files: true})
}

func isMboxName(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), ".gz"), ".xz")
	return strings.HasSuffix(name, ".mbox") || strings.HasSuffix(name, ".mbx")
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// fileInputs opens the files of a folder, with the flags of like.
func fileInputs(dir string, names []string, like input) ([]*input, error) {
	var inputs []*input
	for _, name := range names {
		in, err := fileInput(filepath.Join(dir, name))
		if err != nil {
			return inputs, err
		}
		if in, err = in.sniff(); err != nil {
			return inputs, err
		}
		in.files, in.single, in.ordered = like.files, like.single, like.ordered
		inputs = append(inputs, in)
	}
	return inputs, nil
}

func maildirInputs(dir string) ([]*input, error) {
	var names []string
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		for _, e := range entries {
			if !strings.HasPrefix(e.Name(), ".") && !e.IsDir() {
				names = append(names, filepath.Join(sub, e.Name()))
			}
		}
	}
	slices.SortFunc(names, compareNames)
	return fileInputs(dir, names, input{single: true})
}

// compareNames orders file names, numbers in them by value: "2-b" before "10-a".
func compareNames(a, b string) int {
	for a != "" && b != "" {
		if isDigit(a[0]) && isDigit(b[0]) {
			x, n := leadingNumber(a)
			y, m := leadingNumber(b)
			if x != y {
				return cmp.Compare(x, y)
			}
			a, b = a[n:], b[m:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

// quiltInputs reads the patches that a quilt series file lists. It returns none where the file
// is no such list.
func quiltInputs(path string) ([]*input, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var names []string
	sc := bufio.NewScanner(bytes.NewReader(raw))
	for sc.Scan() {
		line, _, _ := strings.Cut(sc.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if !filepath.IsLocal(fields[0]) {
			return nil, fmt.Errorf("%s: %q leads out of the folder", path, fields[0])
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), fields[0])); err != nil {
			if len(names) == 0 {
				return nil, nil
			}
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		names = append(names, fields[0])
	}
	return fileInputs(filepath.Dir(path), names, input{files: true, ordered: true})
}
