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

// treeLists are the lists that a .checkpatch.conf names, nil where it names none, and what else it says. unknown are its options that only the tree's
// own script knows.
type treeLists struct {
	typedefs, codespell []byte
	unknown             []string
	// noTree tells that the tree is none of Linux: some rules of the script do nothing then.
	noTree bool
}

// confIgnored are options of the script that are not about what is found.
var confIgnored = wordSet("tree no-tree notree root patch no-patch emacs no-emacs terse no-terse showfile show-types no-show-types q quiet v verbose " +
	"summary no-summary nosummary summary-file mailback no-mailback color no-color nocolor debug ignore-perl-version signoff fixes-tag fix fix-inplace")

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

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
		name = strings.ToLower(name)
		if !given && confTakesValue[name] && i+1 < len(words) {
			i++
			value = words[i]
		}
		switch list, err := fs.ReadFile(tree, path.Clean(value)); {
		case name == "tree" || name == "no-tree" || name == "notree":
			named.noTree = name != "tree"
		case name != "codespellfile" && name != "typedefsfile":
			if !merged.set(name, value) && !confIgnored[name] {
				named.unknown = append(named.unknown, "--"+name)
			}
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

// set sets the option of the script with that name, and reports whether there is one that is about what is found.
func (o *Options) set(name, value string) bool {
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
	default:
		return false
	}
	return true
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
