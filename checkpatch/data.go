// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"bufio"
	"bytes"
	_ "embed"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"

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
	assistedFree  assistedForm = iota // anything
	assistedAgent                     // AGENT_NAME:MODEL_VERSION
	assistedEmail                     // the tag is not known, and its value should be an address
)

// treeData is what the rules read of the tree.
type treeData struct {
	// real is whether there is a tree at all.
	real bool
	fsys fs.FS

	spelling map[string]string
	// phrases are the entries of spelling with more than one word, by their first.
	phrases      map[string][]string
	mayMisspell  wordFilter // knows the words of both
	constStructs map[string]bool
	tags         []string // in lower case
	standardTags []string
	linkTags     map[string]bool
	assisted     assistedForm
	deprecated   map[string]string
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

// loadTree reads from fsys, which may be nil, what all checks need; the rest is read when a rule asks for it.
func loadTree(fsys fs.FS, codespell string) *treeData {
	d := &treeData{real: fsys != nil, fsys: fsys, files: map[string]bool{}, spelling: map[string]string{}}
	d.readSpelling(d.read("scripts/spelling.txt", knownSpelling), "||")
	if codespell != "" {
		if text, err := os.ReadFile(codespell); err == nil {
			d.readSpelling(text, "->")
		}
	}
	d.indexPhrases()
	d.constStructs = map[string]bool{}
	for line := range dataLines(d.read("scripts/const_structs.checkpatch", knownConstStructs)) {
		if !strings.ContainsAny(line, " \t") {
			d.constStructs[line] = true
		}
	}
	d.readScript(d.read("scripts/checkpatch.pl", nil))
	d.readObsolete(d.read("MAINTAINERS", nil))
	return d
}

// read returns a file of the tree, or what stands for it where there is no tree.
func (d *treeData) read(name string, known []byte) []byte {
	if !d.real {
		return known
	}
	text, err := fs.ReadFile(d.fsys, name)
	if err != nil {
		return nil
	}
	return text
}

// dataLines yields the lines of a list without comments and white space around.
func dataLines(text []byte) func(yield func(string) bool) {
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
func (d *treeData) readSpelling(text []byte, sep string) {
	for line := range dataLines(text) {
		if sep == "->" {
			if strings.Contains(strings.ToLower(line), ", disabled") {
				continue
			}
			line, _, _ = strings.Cut(line, ",")
		}
		typo, fix, _ := strings.Cut(line, sep)
		fix, _, _ = strings.Cut(fix, sep)
		d.spelling[strings.ToLower(typo)] = fix
	}
}

func (d *treeData) indexPhrases() {
	d.phrases = map[string][]string{}
	for typo := range d.spelling {
		d.mayMisspell.add(typo)
		if word, _, _ := nextSpelled(typo, 0); word != typo && word != "" {
			d.phrases[word] = append(d.phrases[word], typo)
			d.mayMisspell.add(word)
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
func (d *treeData) readScript(text []byte) {
	tags, links := knownTags, []string{"Link", "Closes"}
	d.standardTags, d.deprecated, d.assisted = knownTags[:7], knownDeprecated, assistedFree
	d.types = scriptTypes(text)
	if m := scriptTags.FindSubmatch(text); m != nil {
		tags = strings.Fields(strings.ReplaceAll(string(m[1]), "|", " "))
	}
	if m := scriptStandard.FindSubmatch(text); m != nil {
		d.standardTags = nil
		for _, q := range scriptQuoted.FindAllSubmatch(m[1], -1) {
			d.standardTags = append(d.standardTags, string(q[1]))
		}
	}
	if m := scriptLinks.FindSubmatch(text); m != nil {
		links = strings.Fields(string(m[1]))
	}
	if m := scriptDeprecated.FindSubmatch(text); m != nil {
		d.deprecated = map[string]string{}
		for _, pair := range scriptPair.FindAllSubmatch(m[1], -1) {
			d.deprecated[string(pair[1])] = string(pair[2])
		}
	}
	switch {
	case text == nil:
	case scriptAgent.Match(text):
		d.assisted = assistedAgent
	case !scriptAssisted.Match(text):
		d.assisted = assistedEmail
	}
	d.linkTags = map[string]bool{}
	for _, l := range links {
		d.linkTags[l+":"] = true
	}
	for _, t := range tags {
		d.tags = append(d.tags, strings.ToLower(t))
	}
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
			for end < len(rest) && (rest[end] == '_' || 'A' <= rest[end] && rest[end] <= 'Z' || isDigit(rest[end])) {
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

// tagLength returns the length of the known tag with which text starts, or 0.
func (d *treeData) tagLength(text string) int {
	for _, tag := range d.tags {
		if len(text) >= len(tag) && strings.EqualFold(text[:len(tag)], tag) {
			return len(tag)
		}
	}
	return 0
}

func (d *treeData) tagAtStart(text string) bool { return d.tagLength(text) > 0 }

// tagWithin reports whether a known tag is part of text.
func (d *treeData) tagWithin(text string) bool {
	text = strings.ToLower(text)
	for _, tag := range d.tags {
		if strings.Contains(text, tag) {
			return true
		}
	}
	return false
}

// readObsolete finds the file patterns of entries in MAINTAINERS whose status is obsolete.
func (d *treeData) readObsolete(text []byte) {
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
		case trimSpace(line) == "":
			flush()
		case ok && key == "S":
			obsolete = obsolete || strings.Contains(strings.ToLower(value), "obsolete")
		case ok && key == "F":
			files = append(files, trimSpace(value))
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

// obsolete reports whether MAINTAINERS calls file obsolete.
func (d *treeData) obsolete(file string) bool {
	if !d.real {
		return false
	}
	for _, re := range d.obsoletes {
		if re.MatchString(file) {
			return true
		}
	}
	// The script asks another one about the file, and takes its complaint that there is no such file
	// for the answer: so a name with the word in it will do.
	return strings.Contains(strings.ToLower(file), "obsolete") && !d.exists(file)
}

// exists reports whether the tree has name, as a file or folder.
func (d *treeData) exists(name string) bool {
	name = path.Clean(name)
	if !d.real || !fs.ValidPath(name) || name == "." {
		return false
	}
	_, err := fs.Stat(d.fsys, name)
	return err == nil
}

// isFile reports whether the tree has the file name.
func (d *treeData) isFile(name string) bool {
	if !d.real || !fs.ValidPath(name) {
		return false
	}
	info, err := fs.Stat(d.fsys, name)
	return err == nil && info.Mode().IsRegular()
}
