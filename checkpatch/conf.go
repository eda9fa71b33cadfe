// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"io/fs"
	"strconv"
	"strings"
)

// confFile is where a tree keeps options for everybody.
const confFile = ".checkpatch.conf"

// withConf returns opts with what the tree's .checkpatch.conf adds: an option that opts sets stands, and lists of
// types grow.
func withConf(opts *Options) *Options {
	tree := opts.tree()
	if tree == nil {
		return opts
	}
	text, err := fs.ReadFile(tree, confFile)
	if err != nil {
		return opts
	}
	merged := *opts
	words := ConfWords(text)
	for i := 0; i < len(words); i++ {
		name, value, given := strings.Cut(strings.TrimLeft(words[i], "-"), "=")
		if !given && confTakesValue[name] && i+1 < len(words) {
			i++
			value = words[i]
		}
		merged.set(name, value)
	}
	return &merged
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
	case "codespellfile":
		text(&o.CodespellFile)
	case "no-fixes-tag", "nofixes-tag":
		o.NoFixesTag = true
	case "typedefsfile":
		text(&o.TypedefsFile)
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
