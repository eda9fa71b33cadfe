// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/strict"
)

// The files of a stack's folder.
const (
	ManifestName = "stack.toml"
	LockName     = "stack.lock"
	mailsDir     = "mails"
	resolvedDir  = "resolved"
)

// maxManifest bounds manifest and lock, in bytes: a lock has some 300 for each patch.
const maxManifest = 64 << 20

// A Manifest says which tree, and what is put on it in which order.
type Manifest struct {
	Tree Tree `toml:"tree"`
	// Branch gets the commits; the default is "stack".
	Branch string `toml:"branch"`
	// Committer is who commits, as "Name <address>".
	Committer string   `toml:"committer"`
	Entries   []*Entry `toml:"entry"`

	// text is the file, whose comments and order the verbs keep.
	text string
}

// A Tree says where the base is. Commit is a full hash, a tag or a branch of the repository in Dir, which is relative to the
// stack's folder; where Dir does not have it, it comes from Remote, or out of an archive of the kernel, whose SHA256, or
// Signature by a key of Keyring, vouches for it. An archive needs no Commit: it has one.
type Tree struct {
	Dir       string `toml:"dir"`
	Remote    string `toml:"remote"`
	Commit    string `toml:"commit"`
	Archive   string `toml:"archive"`
	SHA256    string `toml:"sha256"`
	Signature string `toml:"signature"`
	Keyring   string `toml:"keyring"`
}

// Rev returns the revision that the base is.
func (t *Tree) Rev() string { return cmp.Or(t.Commit, "HEAD") }

// An Entry is a series of the stack.
type Entry struct {
	// Name is unique: lower-case letters, digits, dots and dashes.
	Name string `toml:"name"`
	// Series is what the command takes as SERIES: a Message-ID or URL, inbox:DIR ID, an mbox, a folder of patches, a
	// quilt series file, commits A..B, builtin:NAME. Paths are relative to the stack's folder.
	Series Names `toml:"series"`
	// Pick takes only these patches ("1-3,5", or a pattern of titles), and Exclude leaves some out.
	Pick    string `toml:"pick"`
	Exclude string `toml:"exclude"`
	// ThreeWay merges where a patch does not fit, Fuzz lets so many lines of context differ, Strip is git apply's -p.
	ThreeWay bool `toml:"three_way"`
	Fuzz     int  `toml:"fuzz"`
	Strip    *int `toml:"strip"`
	// Trailers are added to each message, as "Key: value"; Replies takes those that reviewers gave as well, and Link
	// adds the mail's place in the archive.
	Trailers []string `toml:"trailers"`
	Replies  bool     `toml:"replies"`
	Link     bool     `toml:"link"`
	// Author stands for the author of patches that name none, as quilt's may.
	Author string `toml:"author"`
	// Config are lines of a configuration that the entry's builds have, and Tests the suites that must pass.
	Config []string `toml:"config"`
	Tests  []string `toml:"tests"`
	// Why says why the entry is carried, and Owner who looks after it.
	Why   string `toml:"why"`
	Owner string `toml:"owner"`
}

// Names is one name or a list of them.
type Names []string

// UnmarshalTOML takes a string or a list of strings.
func (n *Names) UnmarshalTOML(v any) error {
	switch v := v.(type) {
	case string:
		*n = Names{v}
		return nil
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return errors.New("series is a name or a list of names")
			}
			*n = append(*n, s)
		}
		return nil
	}
	return errors.New("series is a name or a list of names")
}

var entryName = lazyregexp.New(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// ReadManifest reads the manifest of the stack in dir. Its errors name file and line, and carry a hint.
func ReadManifest(dir string) (*Manifest, error) {
	file := filepath.Join(dir, ManifestName)
	text, err := below.ReadNamed(file, maxManifest)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, hint.Wrap(fmt.Errorf("no stack in %s: %w", dir, err), "`lsmpatch stack init --tree DIR` makes one")
	case err != nil:
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	m, err := ParseManifest(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s:%w", file, err)
	}
	return m, nil
}

// ParseManifest reads the text of a manifest. Its errors begin with the line, as "12: …".
func ParseManifest(text string) (*Manifest, error) {
	if err := conflictMarkers(text); err != nil {
		return nil, err
	}
	m := &Manifest{text: text}
	if err := decode(text, m); err != nil {
		err = inEntry(text, err)
		advice := "a stack has [tree], branch, committer and [[entry]] with name and series: docs/stack.md"
		if unknown := (*strict.UnknownError)(nil); errors.As(err, &unknown) {
			advice = "docs/stack.md lists the keys"
		}
		return nil, hint.Wrap(err, advice)
	}
	return m, m.validate()
}

// inEntry names the line of a mistake in an entry: of several entries TOML's reader knows the place of the last one that has the key. Each
// is read by itself; where none is wrong so, err stays.
func inEntry(text string, err error) error {
	lines, begins := strings.SplitAfter(text, "\n"), entryLines(text)
	for i, begin := range begins {
		end := len(lines)
		if i+1 < len(begins) {
			end = begins[i+1] - 1
		}
		entry := strings.Join(lines[begin-1:end], "")
		_, wrong := strict.TOML(entry, &Manifest{})
		if placed, known := mistakeAt(entry, begin-1, wrong); known {
			return placed
		}
	}
	return err
}

// decode reads TOML; its errors begin with the line.
func decode(text string, v any) error {
	_, err := strict.TOML(text, v)
	if placed, known := mistakeAt(text, 0, err); known {
		return placed
	}
	if err != nil {
		return fmt.Errorf("1: %w", err)
	}
	return nil
}

// mistakeAt puts the line before a mistake in text, which stands behind some lines of its file. It is not known of other errors.
func mistakeAt(text string, before int, err error) (placed error, known bool) {
	var syntax *strict.SyntaxError
	var unknown *strict.UnknownError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("%d: %s", before+syntax.Line, syntax.Message), true
	case errors.As(err, &unknown):
		return fmt.Errorf("%d: %w", before+lineOf(text, unknown.Key[len(unknown.Key)-1]), err), true
	}
	return nil, false
}

// conflictMarkers finds what a merge of two people's edits leaves.
func conflictMarkers(text string) error {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if strings.HasPrefix(line, "<<<<<<< ") || strings.HasPrefix(line, "||||||| ") || strings.HasPrefix(line, ">>>>>>> ") || strings.TrimRight(line, "\r\n") == "=======" {
			return hint.Wrap(fmt.Errorf("%d: a conflict marker of a merge", n), "take one side, or both, of what two people wrote there")
		}
	}
	return nil
}

// lineOf returns the line on which a key is first set, or 1.
func lineOf(text, key string) int {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimLeft(line, " \t[")
		if rest, ok := strings.CutPrefix(line, key); ok && strings.IndexAny(rest, " \t=].") == 0 {
			return n
		}
	}
	return 1
}

func (m *Manifest) validate() error {
	bad := func(line int, hinted, format string, args ...any) error {
		return hint.Wrap(fmt.Errorf("%d: "+format, append([]any{line}, args...)...), hinted)
	}
	if m.Tree.Commit == "" && m.Tree.Archive == "" {
		return bad(lineOf(m.text, "tree"), `write commit = "v7.3" below [tree]`, "[tree] names no commit")
	}
	if m.Branch != "" && (plumbing.NewBranchReferenceName(m.Branch).Validate() != nil || m.Branch == "HEAD" || m.Branch[0] == '-') {
		return bad(lineOf(m.text, "branch"), `write branch = "product"`, "%q is no name for a branch", m.Branch)
	}
	if _, err := parsePerson(m.Committer); m.Committer != "" && err != nil {
		return bad(lineOf(m.text, "committer"), hint.Of(err), "committer: %v", err)
	}
	places := entryLines(m.text)
	seen := map[string]int{}
	for i, e := range m.Entries {
		line := 1
		if i < len(places) {
			line = places[i]
		}
		switch {
		case !entryName.MatchString(e.Name):
			return bad(line, "lower-case letters, digits, dots and dashes", "no entry can be called %q", e.Name)
		case seen[e.Name] > 0:
			return bad(line, "give one of them another name", "a second entry %q; the first is on line %d", e.Name, seen[e.Name])
		case len(e.Series) == 0 || slices.Contains(e.Series, "") || slices.Contains(e.Series, "-"):
			return bad(line, `write series = "…": a Message-ID, a file, a folder, A..B, builtin:NAME`, "entry %q names no series", e.Name)
		case e.Fuzz < 0:
			return bad(line, "0 is none", "entry %q: fuzz is %d", e.Name, e.Fuzz)
		case e.Strip != nil && *e.Strip < 0:
			return bad(line, "1 is git's", "entry %q: strip is %d", e.Name, *e.Strip)
		}
		if _, err := parsePerson(e.Author); e.Author != "" && err != nil {
			return bad(line, hint.Of(err), "entry %q: author: %v", e.Name, err)
		}
		for _, t := range e.Trailers {
			if key, value, ok := strings.Cut(t, ": "); !ok || key == "" || value == "" || strings.ContainsAny(t, "\r\n") {
				return bad(line, `write "Key: value"`, "entry %q: %q is no trailer", e.Name, t)
			}
		}
		seen[e.Name] = line
	}
	return nil
}

// Entry returns the entry with that name, or nil.
func (m *Manifest) Entry(name string) *Entry {
	if i := slices.IndexFunc(m.Entries, func(e *Entry) bool { return e.Name == name }); i >= 0 {
		return m.Entries[i]
	}
	return nil
}

// entryLines returns the lines, from 1, on which entries begin.
func entryLines(text string) []int {
	var lines []int
	n := 0
	for line := range strings.Lines(text) {
		n++
		if entryHead.MatchString(line) {
			lines = append(lines, n)
		}
	}
	return lines
}

var entryHead = lazyregexp.New(`^\s*\[\[\s*entry\s*\]\]`)
