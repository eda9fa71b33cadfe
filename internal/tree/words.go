// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"runtime"

	"github.com/lsmpatch/lsmpatch/internal/lane"
)

// A Hit is a file that holds some of the words that were looked for.
type Hit struct {
	Path  string
	Words []string // in the order of their first places, each once
	// Text is what the file holds. It may be shared, and must not be changed.
	Text []byte
}

// Words yields the files that hold any of some words, in the order of their paths: whole identifiers of C, wherever they stand. enter says
// which folders and files are looked at; links are not. It reads all of these: seconds for a whole Linux.
func Words(ctx context.Context, fsys fs.FS, words []string, enter func(name string, folder bool) bool) iter.Seq2[Hit, error] {
	wanted := make(map[string]bool, len(words))
	first := [256]bool{}
	for _, w := range words {
		if w != "" {
			wanted[w], first[w[0]] = true, true
		}
	}
	looked := lane.Map(files(ctx, fsys, enter), runtime.GOMAXPROCS(0)+1, func(name string) (Hit, error) {
		text, err := ReadShared(fsys, name)
		if err != nil {
			return Hit{}, err
		}
		return Hit{Path: name, Words: wordsIn(text, wanted, &first), Text: text}, nil
	})
	return func(yield func(Hit, error) bool) {
		for hit, err := range looked {
			if (err != nil || len(hit.Words) > 0) && !yield(hit, err) {
				return
			}
		}
	}
}

// files yields the regular files of fsys below the folders that enter lets in.
func files(ctx context.Context, fsys fs.FS, enter func(name string, folder bool) bool) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return context.Cause(ctx)
			case d.IsDir() && name != "." && (path.Base(name)[0] == '.' || !enter(name, true)):
				return fs.SkipDir
			case !d.Type().IsRegular() || !enter(name, false):
				return nil
			case !yield(name, nil):
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield("", err)
		}
	}
}

var errStopped = errors.New("the caller wants no more files")

// wordsIn returns the words of text that are wanted; first says what bytes they begin with.
func wordsIn(text []byte, wanted map[string]bool, first *[256]bool) []string {
	var found []string
	seen := map[string]bool{}
	for i := 0; i < len(text); {
		if !inWord[text[i]] {
			i++
			continue
		}
		begin := i
		for i < len(text) && inWord[text[i]] {
			i++
		}
		if !first[text[begin]] || !wanted[string(text[begin:i])] || seen[string(text[begin:i])] {
			continue
		}
		word := string(text[begin:i])
		seen[word] = true
		found = append(found, word)
	}
	return found
}

// IsWordByte reports whether an identifier of C may have c in it.
func IsWordByte(c byte) bool { return inWord[c] }

// inWord says which bytes an identifier is made of.
var inWord = func() (table [256]bool) {
	for c := range 256 {
		table[c] = c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
	}
	return table
}()
