// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// MaxList is the size of the largest series file that is read.
const MaxList = limit.ListBytes

// listedInputs reads the patches that a series file of quilt or StGit lists. It returns none where
// the file is no list of quilt.
func listedInputs(path, format string) ([]*Input, error) {
	f, err := below.OpenFile(path)
	if errors.As(err, new(*below.RefusedError)) && format == "" {
		return nil, nil // a mailbox, it may be, that goes by the name
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, MaxList+1))
	if err != nil {
		return nil, err
	}
	if format == "" && detectFormat(bytes.NewReader(raw)) == formatStGitSeries {
		format = formatStGitSeries
	}
	isStGit := format == formatStGitSeries
	if len(raw) > MaxList {
		if !isStGit {
			return nil, nil
		}
		return nil, fmt.Errorf("%s: a series file of more than %d MB", path, MaxList>>20)
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var names []string
	var turns []mail.Turn
	for i, line := range strings.Split(string(raw), "\n") {
		name, options := listedName(line, isStGit)
		if name == "" {
			continue
		}
		if err := checkListed(root, name); err != nil {
			if errors.Is(err, fs.ErrNotExist) && len(names) == 0 && !isStGit {
				return nil, nil
			}
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		turn, err := quiltTurn(options)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", path, i+1, name, err)
		}
		names, turns = append(names, name), append(turns, turn)
	}
	inputs, err := fileInputs(filepath.Dir(path), names, Input{Files: true, Ordered: true, format: format})
	for i, in := range inputs {
		in.Turn = turns[i]
	}
	return inputs, err
}

// quiltTurn reads the options behind a name in a series file of quilt, which gives them to patch.
func quiltTurn(options []string) (mail.Turn, error) {
	var turn mail.Turn
	for len(options) > 0 {
		word := options[0]
		options = options[1:]
		level, isStrip := strings.CutPrefix(word, "-p")
		if long, ok := strings.CutPrefix(word, "--strip="); ok {
			level, isStrip = long, true
		}
		switch {
		case isStrip:
			if level == "" && len(options) > 0 {
				level, options = options[0], options[1:]
			}
			n, err := strconv.ParseUint(level, 10, 8)
			if err != nil && level != "ab" {
				return turn, fmt.Errorf("%q is no number of folders to take off", level)
			}
			if turn.Extra = int(n) - 1; level == "ab" {
				turn.Extra = 0 // quilt's word for names with "a/" and "b/"
			}
		case word == "-R" || word == "--reverse":
			turn.Reverse = true
		case word == "-E" || word == "--remove-empty-files":
			// A diff that empties a file says so, and git takes that file away.
		default:
			return turn, hint.Wrap(fmt.Errorf("the option %q is not understood", word), "a series file may say -pN and -R behind a name")
		}
	}
	return turn, nil
}

// listedName returns the file that a line of a series file names, or "", and the words behind it. A comment
// begins at a line's start or behind white space.
func listedName(line string, isStGit bool) (name string, options []string) {
	if isStGit {
		if strings.HasPrefix(line, "#") {
			return "", nil
		}
		return strings.TrimRight(line, mail.GitSpace), nil
	}
	fields := strings.Fields(line)
	if i := slices.IndexFunc(fields, func(word string) bool { return strings.HasPrefix(word, "#") }); i >= 0 {
		fields = fields[:i]
	}
	if len(fields) == 0 {
		return "", nil
	}
	return fields[0], fields[1:]
}

// checkListed returns an error where name is no file, or one outside of root: a series file may
// come from anybody.
func checkListed(root *os.Root, name string) error {
	outside := hint.Wrap(fmt.Errorf("%q leads out of the folder", name), "a series file may list files below its folder alone")
	if !filepath.IsLocal(name) {
		return outside
	}
	info, err := root.Stat(name)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%q is no regular file", name)
	case err == nil || errors.Is(err, fs.ErrNotExist):
		return err
	}
	if _, err := os.Stat(filepath.Join(root.Name(), name)); err == nil {
		return outside
	}
	return err
}
