// SPDX-License-Identifier: GPL-2.0-only

// Package lists reads what a kernel tree says by itself: the words of spelling.txt, tags, deprecated functions, the types
// of findings that its script knows, obsolete entries of MAINTAINERS, licences, bindings, names in CamelCase.
//
// Call [Load] with the files of a tree. What only some inputs need is read when a rule first asks for it, once. Without a
// tree the lists of the newest kernel that lsmpatch knows stand in.
package lists

import (
	"bufio"
	"bytes"
	_ "embed"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/explain"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// The lists of Linux 7.3, for checks without a tree; refreshed by copying them from a newer tree.
var (
	//go:embed known/spelling.txt
	knownSpelling []byte
	//go:embed known/const_structs.checkpatch
	knownConstStructs []byte
)

// knownTags are the tags that the script of Linux 7.3 accepts.
var knownTags = []string{
	"Signed-off-by:", "Co-developed-by:", "Acked-by:", "Tested-by:", "Reviewed-by:", "Reported-by:",
	"Suggested-by:", "Assisted-by:", "To:", "Cc:",
}

// assistedForm is what a tree wants after Assisted-by.
type assistedForm int

const (
	AssistedFree  assistedForm = iota // anything
	AssistedAgent                     // AGENT_NAME:MODEL_VERSION
	AssistedEmail                     // the tag is not known, and its value should be an address
)

// Tree is what the rules read of the tree.
type Tree struct {
	// Real is whether there is a tree at all.
	Real bool
	fsys fs.FS

	Spelling map[string]string
	// Phrases are the entries of spelling with more than one word, by their first.
	Phrases      map[string][]string
	MayMisspell  wordFilter // knows the words of both
	ConstStructs map[string]bool
	tags         []string // in lower case
	StandardTags []string
	LinkTags     map[string]bool
	Assisted     assistedForm
	Deprecated   map[string]string
	// Cache is where lists are kept; nil for nowhere.
	Cache *Cache
	// Edition is what is known of the tree's script.
	Edition *edition.Edition
	// types are those that the tree's script knows; nil: all.
	types     map[string]bool
	obsoletes []*regexp.Regexp

	mu       sync.Mutex
	files    map[string]bool
	bindings *bindingIndex
	vendors  []byte
	licenses *licenseList
	camel    map[string]bool
}

// Load reads from fsys, which may be nil, what all checks need; the rest is read when a rule asks for it.
// Codespell is a dictionary of codespell, or nil.
func Load(fsys fs.FS, codespell []byte) *Tree {
	d := &Tree{Real: fsys != nil, fsys: fsys, files: map[string]bool{}, Spelling: map[string]string{}}
	d.readSpelling(d.Read("scripts/spelling.txt", knownSpelling), "||")
	d.readSpelling(codespell, "->")
	d.indexPhrases()
	d.ConstStructs = map[string]bool{}
	for line := range DataLines(d.Read("scripts/const_structs.checkpatch", knownConstStructs)) {
		if !strings.ContainsAny(line, " \t") {
			d.ConstStructs[line] = true
		}
	}
	script := d.Read("scripts/checkpatch.pl", nil)
	d.Edition = edition.Read(script)
	d.readScript(script)
	d.readObsolete(d.Read("MAINTAINERS", nil))
	return d
}

// Read returns a file of the tree, or what stands for it where there is no tree.
func (d *Tree) Read(name string, known []byte) []byte {
	if !d.Real {
		return known
	}
	text, err := fs.ReadFile(d.fsys, name)
	if err != nil {
		return nil
	}
	return text
}

// DataLines yields the lines of a list without comments and white space around.
func DataLines(text []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line != "" && line[0] != '#' && !yield(line) {
				return
			}
		}
	}
}

// readSpelling reads lines "mistake||correction", or codespell's "mistake->correction, …".
func (d *Tree) readSpelling(text []byte, sep string) {
	for line := range DataLines(text) {
		if sep == "->" {
			if strings.Contains(strings.ToLower(line), ", disabled") {
				continue
			}
			line, _, _ = strings.Cut(line, ",")
		}
		typo, fix, _ := strings.Cut(line, sep)
		fix, _, _ = strings.Cut(fix, sep)
		d.Spelling[strings.ToLower(typo)] = fix
	}
}

func (d *Tree) indexPhrases() {
	d.Phrases = map[string][]string{}
	for typo := range d.Spelling {
		d.MayMisspell.add(typo)
		if word, _, _ := NextSpelled(typo, 0, false); word != typo && word != "" {
			d.Phrases[word] = append(d.Phrases[word], typo)
			d.MayMisspell.add(word)
		}
	}
}

var (
	scriptTags       = lazyregexp.New(`(?s)our \$signature_tags = qr\{\(\?xi:\s*(.*?)\)\}`)
	scriptStandard   = lazyregexp.New(`(?s)@standard_signature_tags = \(\s*(.*?)\)`)
	scriptLinks      = lazyregexp.New(`our @link_tags = qw\(([^)]*)\)`)
	scriptDeprecated = lazyregexp.New(`(?s)our %deprecated_apis = \((.*?)\n\);`)
	scriptPair       = lazyregexp.New(`"(\w+)"\s*=>\s*"(\w+)"`)
	scriptQuoted     = lazyregexp.New(`'([^']+)'`)
	scriptAgent      = lazyregexp.New(`expects 'AGENT_NAME:MODEL_VERSION`)
	scriptAssisted   = lazyregexp.New(`/\^Assisted-by:/i`)
)

// knownDeprecated are the functions that Linux 7.3 moves away from.
var knownDeprecated = map[string]string{
	"kmap": "kmap_local_page", "kunmap": "kunmap_local", "kmap_atomic": "kmap_local_page",
	"kunmap_atomic": "kunmap_local", "DEFINE_IDR": "DEFINE_XARRAY", "idr_init": "xa_init",
	"idr_init_base": "xa_init_flags",
}

// readScript takes the lists of tags and of functions from the text of the tree's own script.
func (d *Tree) readScript(text []byte) {
	tags, links := knownTags, []string{"Link", "Closes"}
	d.StandardTags, d.Deprecated, d.Assisted = knownTags[:7], knownDeprecated, AssistedFree
	d.types = scriptTypes(text)
	if m := scriptTags.FindSubmatch(text); m != nil {
		tags = strings.Fields(strings.ReplaceAll(string(m[1]), "|", " "))
	}
	if m := scriptStandard.FindSubmatch(text); m != nil {
		d.StandardTags = nil
		for _, q := range scriptQuoted.FindAllSubmatch(m[1], -1) {
			d.StandardTags = append(d.StandardTags, string(q[1]))
		}
	}
	if m := scriptLinks.FindSubmatch(text); m != nil {
		links = strings.Fields(string(m[1]))
	}
	if m := scriptDeprecated.FindSubmatch(text); m != nil {
		d.Deprecated = map[string]string{}
		for _, pair := range scriptPair.FindAllSubmatch(m[1], -1) {
			d.Deprecated[string(pair[1])] = string(pair[2])
		}
	}
	switch {
	case text == nil:
	case scriptAgent.Match(text):
		d.Assisted = AssistedAgent
	case !scriptAssisted.Match(text):
		d.Assisted = AssistedEmail
	}
	d.LinkTags = map[string]bool{}
	for _, l := range links {
		d.LinkTags[l+":"] = true
	}
	for _, t := range tags {
		d.tags = append(d.tags, strings.ToLower(t))
	}
}

// Knows reports whether the tree's script has a type of findings.
func (d *Tree) Knows(typ string) bool {
	if d.types == nil {
		return !explain.Gone(typ)
	}
	return d.types[typ]
}

// scriptTypes returns the types of findings that stand in quotation marks in the text of a script, or nil where it has
// none of the usual ones: then it is no script that could tell.
func scriptTypes(text []byte) map[string]bool {
	types := map[string]bool{}
	for _, mark := range []byte{'"', '\''} {
		for rest := text; ; {
			i := bytes.IndexByte(rest, mark)
			if i < 0 {
				break
			}
			rest = rest[i+1:]
			end := 0
			for end < len(rest) && (rest[end] == '_' || 'A' <= rest[end] && rest[end] <= 'Z' || lines.IsDigit(rest[end])) {
				end++
			}
			if end > 0 && end < len(rest) && rest[end] == mark {
				types[string(rest[:end])] = true
			}
		}
	}
	if !types["LONG_LINE"] || !types["SPACING"] {
		return nil
	}
	return types
}

// Older returns what the tree's script does not know of C.
func (d *Tree) Older() syntax.Older {
	return syntax.Older{NoAligned: !d.Edition.Has(edition.AlignedAttribute), NoGroups: !d.Edition.Has(edition.GroupMacros)}
}

// TagLength returns the length of the known tag with which text starts, or 0.
func (d *Tree) TagLength(text string) int {
	for _, tag := range d.tags {
		if len(text) >= len(tag) && strings.EqualFold(text[:len(tag)], tag) {
			return len(tag)
		}
	}
	return 0
}

// TagAtStart reports whether text starts with a tag of a commit message, such as Acked-by:.
func (d *Tree) TagAtStart(text string) bool { return d.TagLength(text) > 0 }

// TagWithin reports whether a known tag is part of text.
func (d *Tree) TagWithin(text string) bool {
	text = strings.ToLower(text)
	for _, tag := range d.tags {
		if strings.Contains(text, tag) {
			return true
		}
	}
	return false
}

// readObsolete finds the file patterns of entries in MAINTAINERS whose status is obsolete.
func (d *Tree) readObsolete(text []byte) {
	if !bytes.Contains(bytes.ToLower(text), []byte("obsolete")) {
		return
	}
	var files []string
	obsolete := false
	flush := func() {
		for _, f := range files {
			if obsolete {
				d.obsoletes = append(d.obsoletes, globRegexp(f))
			}
		}
		files, obsolete = nil, false
	}
	scan := bufio.NewScanner(bytes.NewReader(text))
	for scan.Scan() {
		line := scan.Text()
		key, value, ok := strings.Cut(line, ":")
		switch {
		case lines.TrimSpace(line) == "":
			flush()
		case ok && key == "S":
			obsolete = obsolete || strings.Contains(strings.ToLower(value), "obsolete")
		case ok && key == "F":
			files = append(files, lines.TrimSpace(value))
		}
	}
	flush()
}

// globRegexp is the pattern of a line "F:" in MAINTAINERS: a name with * and ?, and all below where it ends with a slash.
func globRegexp(glob string) *regexp.Regexp {
	pattern := regexp.QuoteMeta(glob)
	pattern = strings.NewReplacer(`\*`, `[^/]*`, `\?`, `.`).Replace(pattern)
	if !strings.HasSuffix(glob, "/") {
		pattern += `(?:/.*)?$`
	}
	return regexp.MustCompile("^" + pattern)
}

// Obsolete reports whether MAINTAINERS calls file obsolete.
func (d *Tree) Obsolete(file string) bool {
	if !d.Real {
		return false
	}
	for _, re := range d.obsoletes {
		if re.MatchString(file) {
			return true
		}
	}
	// The script asks another one about the file, and takes its complaint that there is no such file
	// for the answer: so a name with the word in it will do.
	return strings.Contains(strings.ToLower(file), "obsolete") && !d.Exists(file)
}

// Exists reports whether the tree has name, as a file or folder.
func (d *Tree) Exists(name string) bool {
	name = path.Clean(name)
	if !d.Real || !fs.ValidPath(name) || name == "." {
		return false
	}
	_, err := fs.Stat(d.fsys, name)
	return err == nil
}

// IsFile reports whether the tree has the file name.
func (d *Tree) IsFile(name string) bool {
	if !d.Real || !fs.ValidPath(name) {
		return false
	}
	info, err := fs.Stat(d.fsys, name)
	return err == nil && info.Mode().IsRegular()
}
