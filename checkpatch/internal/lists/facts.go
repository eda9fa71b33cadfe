// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/explain"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
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

// scriptFacts are what the tree's script says.
type scriptFacts struct {
	// Edition is what is known of the script.
	Edition      *edition.Edition
	Tags         []string // in lower case
	StandardTags []string
	LinkTags     map[string]bool
	Assisted     assistedForm
	Deprecated   map[string]string
	// Types are those that the script knows; nil: all.
	Types map[string]bool
}

const scriptName = "scripts/checkpatch.pl"

// readFacts reads the script, or what is kept of it: it is long, and each run needs a few words of it.
func (d *Tree) readFacts() scriptFacts {
	kept := d.keep("script", scriptName, func() []byte {
		facts, err := json.Marshal(readScript(d.Read(scriptName, nil)))
		if err != nil {
			return nil
		}
		return facts
	})
	var facts scriptFacts
	if json.Unmarshal(kept, &facts) != nil || facts.Edition == nil {
		facts = readScript(d.Read(scriptName, nil))
	}
	facts.Edition.Doubt(d.unknownHelpers())
	return facts
}

// unknownHelpers returns the helpers of the script that the engine does not agree with, or cannot read.
func (d *Tree) unknownHelpers() []edition.Helper {
	if !d.Real || !d.IsFile(scriptName) {
		return nil
	}
	var unknown []edition.Helper
	for _, h := range edition.Helpers {
		kept := d.keep("helper-"+path.Base(h.Name), h.Name, func() []byte { return strconv.AppendBool(nil, h.Knows(d.Read(h.Name, nil))) })
		if string(kept) != "true" {
			unknown = append(unknown, h)
		}
	}
	return unknown
}

// EditionOf returns what is known of the script of a tree, or nil where it has none.
func EditionOf(fsys fs.FS, cache *Cache) *edition.Edition {
	d := &Tree{Real: true, fsys: fsys, cache: cache}
	if !d.IsFile(scriptName) {
		return nil
	}
	return d.readFacts().Edition
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

// readScript takes the lists of tags and of functions from the text of the tree's own script; nil is none.
func readScript(text []byte) scriptFacts {
	tags, links := knownTags, []string{"Link", "Closes"}
	d := scriptFacts{Edition: edition.Read(text), StandardTags: knownTags[:7], Deprecated: knownDeprecated, Types: scriptTypes(text)}
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
		d.Tags = append(d.Tags, strings.ToLower(t))
	}
	return d
}

// Knows reports whether the tree's script has a type of findings.
func (d *Tree) Knows(typ string) bool {
	if d.Types == nil {
		return !explain.Gone(typ)
	}
	return d.Types[typ]
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
	for _, tag := range d.Tags {
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
	for _, tag := range d.Tags {
		if strings.Contains(text, tag) {
			return true
		}
	}
	return false
}
