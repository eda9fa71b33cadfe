// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// confFile is where a tree keeps options for everybody.
const confFile = ".checkpatch.conf"

// treeLists are the lists that a .checkpatch.conf names; nil where it names none.
type treeLists struct{ typedefs, codespell []byte }

// withConf returns opts with what the tree's .checkpatch.conf adds: an option that opts sets stands, and lists of
// types grow.
//
// The lists that it names are returned as they are: they lie below the tree, which has nothing else to name.
func withConf(opts *Options) (merged *Options, named treeLists) {
	tree := opts.tree()
	if tree == nil {
		return opts, named
	}
	text, err := fs.ReadFile(tree, confFile)
	if err != nil {
		return opts, named
	}
	copied := *opts
	merged = &copied
	words := ConfWords(text)
	for i := 0; i < len(words); i++ {
		name, value, given := strings.Cut(strings.TrimLeft(words[i], "-"), "=")
		if !given && confTakesValue[name] && i+1 < len(words) {
			i++
			value = words[i]
		}
		switch list, err := fs.ReadFile(tree, path.Clean(value)); {
		case name != "codespellfile" && name != "typedefsfile":
			merged.set(name, value)
		case err != nil: // not there, or out of the tree, where the tree has nothing to name
		case name == "codespellfile":
			named.codespell = list
		default:
			named.typedefs = list
		}
	}
	return merged, named
}

// confTakesValue are the options that are followed by a value.
var confTakesValue = map[string]bool{
	"ignore": true, "types": true, "max-line-length": true, "min-conf-desc-length": true, "tab-size": true,
	"codespellfile": true, "typedefsfile": true, "kconfig-prefix": true, "test-only": true,
}

// set sets the option of the script with that name; those that are not about what is found are left alone.
func (o *Options) set(name, value string) {
	text := func(to *string) {
		if *to == "" {
			*to = value
		}
	}
	number := func(to *int) {
		if n, err := strconv.Atoi(value); err == nil && *to == 0 {
			*to = n
		}
	}
	switch name {
	case "strict", "subjective":
		o.Strict = true
	case "no-signoff", "nosignoff":
		o.NoSignoff = true
	case "codespell":
		o.Codespell = true
	case "no-fixes-tag", "nofixes-tag":
		o.NoFixesTag = true
	case "kconfig-prefix":
		text(&o.KconfigPrefix)
	case "spdx-cxx-comments":
		o.SPDXCxxComments = true
	case "test-only":
		text(&o.TestOnly)
	case "ignore":
		o.Ignore = append(append([]string{}, o.Ignore...), value)
	case "types":
		o.Types = append(append([]string{}, o.Types...), value)
	case "max-line-length":
		number(&o.MaxLineLength)
	case "min-conf-desc-length":
		number(&o.MinConfDescLength)
	case "tab-size":
		number(&o.TabSize)
	}
}

// ConfWords returns the words of a .checkpatch.conf, which are command-line arguments of the script; # starts a
// comment where a word does.
func ConfWords(text []byte) []string {
	var words []string
	for line := range strings.Lines(string(text)) {
		for _, word := range strings.Fields(line) {
			if strings.HasPrefix(word, "#") {
				break
			}
			words = append(words, word)
		}
	}
	return words
}
