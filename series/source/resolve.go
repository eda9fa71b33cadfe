// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// Resolve opens what names stand for. On an error it returns what it opened before.
func Resolve(ctx context.Context, names []string, opts *Options) ([]*Input, error) {
	format := opts.PatchFormat
	if err := checkFormat(format); err != nil {
		return nil, err
	}
	var all []*Input
	files := -1 // the batch of the patch files
	for i, name := range names {
		if i > 0 && strings.HasPrefix(names[i-1], inboxPrefix) && mailOf(name) != "" {
			continue // it names the mail of the inbox before it
		}
		if strings.HasPrefix(name, inboxPrefix) && i+1 < len(names) {
			if id := mailOf(names[i+1]); id != "" {
				name += " " + id
			}
		}
		name = pasted(name)
		inputs, err := resolveOne(ctx, name, format, opts)
		if i == 0 && format == "" {
			format = formatMbox
			if len(inputs) > 0 {
				format = cmp.Or(inputs[0].format, format)
			}
		}
		if err == nil && format == formatStGitSeries && len(names) > 1 {
			err = hint.Wrap(fmt.Errorf("%s: a series file of StGit, and %s more", names[0], report.Plural(len(names)-1, "name")), "name the series file alone")
		}
		for _, in := range inputs {
			in.Batch = i
			if in.Files && !in.Ordered {
				if files < 0 {
					files = i
				}
				in.Batch = files
			}
			in.Mboxrd = in.Mboxrd || opts.PatchFormat == formatMboxRD
		}
		all = append(all, inputs...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// mailOf returns the Message-ID that name is or, as the URL of a mail, has, or "".
func mailOf(name string) string {
	if name = pasted(name); isServer(name) {
		if u, err := url.Parse(name); err == nil {
			_, id := mailURL(u)
			return id
		}
		return ""
	}
	if name = trimID(name); !reMessageName.MatchString(name) {
		return ""
	}
	return strings.Trim(name, "<>")
}

// rePasted is a URL as it is copied from a text: in angle brackets, or without its scheme.
var rePasted = lazyregexp.New(`^<(https?://[^<>\s]+)>$|^((?:lore|patchwork|lkml)\.kernel\.org/\S+|(?:patch\.)?msgid\.link/\S+)$`)

// pasted makes a URL of such a name, unless there is a file of that name, and returns any other as it is.
func pasted(name string) string {
	m := rePasted.FindStringSubmatch(name)
	switch {
	case m == nil || exists(name):
		return name
	case m[1] != "":
		return m[1]
	}
	return "https://" + m[2]
}

// isRange reports whether name looks like "A..B", and not like a path.
func isRange(name string) bool {
	from, to, ok := strings.Cut(name, "..")
	return ok && from != "" && !strings.HasPrefix(from, "/") && !strings.HasSuffix(from, "/") &&
		!strings.HasPrefix(to, "/") && !strings.ContainsAny(name, " \t\n")
}

func resolveOne(ctx context.Context, name, format string, opts *Options) ([]*Input, error) {
	switch {
	case name == "-":
		if opts.Stdin == nil {
			return nil, fmt.Errorf("standard input is not available")
		}
		return one(Stream("-", opts.Stdin, format))
	case strings.HasPrefix(name, inboxPrefix):
		dir, id, _ := Inbox(name)
		return inboxInputs(ctx, dir, id, opts)
	case trimID(name) != name:
		return threadInput(ctx, "", strings.Trim(trimID(name), "<>"), opts)
	case strings.HasPrefix(name, "builtin:"):
		set, ok := patchset.Builtin(strings.TrimPrefix(name, "builtin:"))
		if !ok {
			return nil, hint.Wrap(fmt.Errorf("no embedded series %q", name), "`lsmpatch patchset list` names them")
		}
		return []*Input{{Name: name, mem: set.Mbox(), mbox: true}}, nil
	case isServer(name):
		return urlInputs(ctx, name, opts)
	case strings.HasPrefix(name, patchworkPrefix):
		address, err := patchworkURL(strings.TrimPrefix(name, patchworkPrefix))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return urlInputs(ctx, address, opts)
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return folderInputs(name, format)
	case err == nil:
		return pathInputs(name, format)
	case isRange(name):
		return rangeInput(ctx, name, opts)
	case reMessageName.MatchString(name):
		return threadInput(ctx, "", strings.Trim(name, "<>"), opts)
	}
	return nil, hint.Wrap(fmt.Errorf("%s: %w", name, fs.ErrNotExist),
		"a series is an mbox, a maildir, a folder, .patch files, -, A..B, a Message-ID or URL, inbox:DIR MESSAGE-ID, or builtin:rust-lsm")
}

// trimID takes off the "id:" that mail programs write before a Message-ID.
func trimID(name string) string {
	for _, prefix := range []string{"id:", "mid:"} {
		if id, ok := strings.CutPrefix(name, prefix); ok && reMessageName.MatchString(id) {
			return id
		}
	}
	return name
}

// Stream makes an input of a stream: a mailbox, or one patch of the format.
func Stream(name string, r io.Reader, format string) (*Input, error) {
	if err := checkFormat(format); err != nil {
		return nil, err
	}
	if format == formatStGitSeries {
		return nil, hint.Wrap(fmt.Errorf("%s: no file, and a series of StGit lists files beside it", name), "name the series file")
	}
	in, err := newInput(name, r)
	if err != nil {
		return nil, err
	}
	in.format = cmp.Or(format, formatMbox)
	in.mbox = !in.IsForeign()
	in.Mboxrd = format == formatMboxRD
	return in.sniff()
}

func one(in *Input, err error) ([]*Input, error) {
	if err != nil {
		return nil, err
	}
	return []*Input{in}, nil
}

func rangeInput(ctx context.Context, spec string, opts *Options) ([]*Input, error) {
	if opts.Commits == nil {
		return nil, hint.Wrap(fmt.Errorf("%s: a range of commits needs a tree", spec), "name the tree with --tree DIR")
	}
	raw, err := opts.Commits(ctx, spec)
	if err != nil {
		return nil, err
	}
	return []*Input{{Name: spec, mem: raw, mbox: true}}, nil
}

// pathInputs reads one file: a mailbox, a patch, or a series file of quilt or StGit.
func pathInputs(path, format string) ([]*Input, error) {
	if format == formatStGitSeries || filepath.Base(path) == "series" && format != FormatStGit && format != FormatHg {
		if inputs, err := listedInputs(path, format); err != nil || len(inputs) > 0 {
			return inputs, err
		}
	}
	in, err := namedInput(path)
	if err != nil {
		return nil, err
	}
	in.format = format
	if err := in.detect(); err != nil {
		return nil, err
	}
	if format == "" && in.format == formatStGitSeries {
		in.close()
		return listedInputs(path, in.format)
	}
	in.Files = isPatchName(path) || in.IsForeign()
	in.mbox = !in.Files
	return one(in.sniff())
}

// isPatchName reports whether a file of that name holds one mail.
func isPatchName(path string) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(path), ".gz"), ".xz")
	return strings.HasSuffix(name, ".patch") || strings.HasSuffix(name, ".eml") || strings.HasSuffix(name, ".diff")
}

// folderInputs reads a folder: a maildir, one with a series file, or one with patches.
func folderInputs(dir, format string) ([]*Input, error) {
	if isFolder(filepath.Join(dir, "cur")) && (isFolder(filepath.Join(dir, "new")) || isFolder(filepath.Join(dir, "tmp"))) {
		return maildirInputs(dir, format)
	}
	if inputs, err := listedInputs(filepath.Join(dir, "series"), format); len(inputs) > 0 || err != nil && !os.IsNotExist(err) {
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
		names = unnamedMails(dir, entries)
	}
	if len(names) == 0 {
		return nil, hint.Wrap(fmt.Errorf("%s: %w in this folder", dir, ErrNoPatches), "patches are files named *.patch, *.eml or *.mbox, or mails")
	}
	slices.SortFunc(names, compareNames)
	return fileInputs(dir, names, Input{Files: true, format: format})
}

func isMboxName(name string) bool {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), ".gz"), ".xz")
	return strings.HasSuffix(name, ".mbox") || strings.HasSuffix(name, ".mbx")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// fileInputs opens the files of a folder, with the flags of like.
func fileInputs(dir string, names []string, like Input) ([]*Input, error) {
	var inputs []*Input
	unpacked := 0
	for _, name := range names {
		in, err := foundInput(filepath.Join(dir, name))
		if err != nil {
			return inputs, err
		}
		if unpacked += len(in.mem); unpacked > maxPackedFiles {
			return append(inputs, in), hint.Wrap(fmt.Errorf("%s: %w of %d MB that its compressed files may unpack to", dir, errTooLarge, maxPackedFiles>>20),
				"put the mails into one mailbox")
		}
		in.format = like.format
		if err := in.detect(); err != nil {
			return inputs, err
		}
		if in, err = in.sniff(); err != nil {
			return inputs, err
		}
		in.Files, in.Single, in.Ordered = like.Files, like.Single, like.Ordered
		in.Archive = in.Archive || like.Archive
		inputs = append(inputs, in)
	}
	return inputs, nil
}

func maildirInputs(dir, format string) ([]*Input, error) {
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
	return fileInputs(dir, names, Input{Single: true, Archive: true, format: cmp.Or(format, formatMbox)})
}

// compareNames orders file names, numbers in them by value: "2-b" before "10-a".
func compareNames(a, b string) int {
	for a != "" && b != "" {
		if mail.IsDigit(a[0]) && mail.IsDigit(b[0]) {
			x, n := mail.LeadingNumber(a)
			y, m := mail.LeadingNumber(b)
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
