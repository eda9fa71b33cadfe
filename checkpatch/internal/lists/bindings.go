// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lines"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// BindingsDir is where a tree documents its device trees.
const BindingsDir = "Documentation/devicetree/bindings"

// A bindingIndex tells which compatible strings the devicetree bindings of a tree mention.
type bindingIndex struct {
	// words are words of the bindings, each once and followed by a newline, a word being what a compatible
	// string is made of.
	words []byte
	// families are lines with "<", which stands where a family of compatible strings has its number.
	families []byte
	// seen are the words, while files are added.
	seen map[string]struct{}
}

// addWord adds a word.
func (x *bindingIndex) addWord(word []byte) {
	if _, ok := x.seen[string(word)]; !ok && len(word) > 0 {
		x.seen[string(word)] = struct{}{}
		x.words = append(append(x.words, word...), '\n')
	}
}

// addUsual adds of the text of a file what a compatible string of the usual form, see isUsual, may be mentioned by: the words with
// a comma, and the lines with a "<" that a pattern of hasLike may match. That is a fifth of all.
func (x *bindingIndex) addUsual(text []byte) {
	for at := 0; ; {
		comma := bytes.IndexByte(text[at:], ',')
		if comma < 0 {
			return
		}
		start, end := at+comma, at+comma+1
		for start > at && compatByte(text[start-1]) {
			start--
		}
		for end < len(text) && compatByte(text[end]) {
			end++
		}
		x.addWord(text[start:end])
		if at = end; end < len(text) && text[end] == '<' {
			line, _, _ := bytes.Cut(text[start:], []byte{'\n'})
			x.families = append(append(x.families, line...), '\n')
		}
	}
}

// addAll adds the text of a file.
func (x *bindingIndex) addAll(text []byte) {
	for line := range bytes.Lines(text) {
		if bytes.IndexByte(line, '<') >= 0 {
			x.families = append(x.families, line...)
		}
	}
	for len(text) > 0 {
		n := 0
		for n < len(text) && compatByte(text[n]) {
			n++
		}
		x.addWord(text[:n])
		text = text[min(n+1, len(text)):]
	}
}

// compatByte reports whether compatible strings are made of c.
func compatByte(c byte) bool {
	return lines.IsWordByte(c) || c == '-' || c == ',' || c == '.' || c == '+'
}

var (
	compatAny    = lazyregexp.New(`,[a-zA-Z0-9]*-`)
	compatFamily = lazyregexp.New(`,([a-z]*)[0-9]*-`)
)

// isUsual reports whether compat stands for itself as a regular expression, and has a comma.
func isUsual(compat string) bool {
	return strings.IndexByte(compat, ',') >= 0 && !strings.ContainsAny(compat, ".+")
}

// has reports whether a file of the bindings mentions a compatible string, or one like it.
func (x *bindingIndex) has(compat string) bool {
	return bytes.Contains(x.words, []byte(compat)) || x.hasLike(compat)
}

// hasLike is has for the patterns that a compatible string makes, as the script has them.
func (x *bindingIndex) hasLike(compat string) bool {
	any := lines.ReplaceFirst(compatAny, compat, ",<.*>-")
	family := lines.ReplaceFirst(compatFamily, compat, ",$1<.*>-")
	re, err := regexp.Compile(compat + "|" + any + "|" + family)
	if err != nil {
		return true
	}
	return re.Match(x.families) || !isUsual(compat) && re.Match(x.words)
}

// bindingsFor returns the index that knows compat: that of all words takes twice as long to make.
func (d *Tree) bindingsFor(compat string) *bindingIndex {
	kind, index, add := "compatibles", &d.usualBindings, (*bindingIndex).addUsual
	if !isUsual(compat) {
		kind, index, add = "bindings", &d.allBindings, (*bindingIndex).addAll
	}
	if *index == nil {
		words, families, _ := bytes.Cut(d.keep(kind, BindingsDir, func() []byte {
			x := &bindingIndex{seen: map[string]struct{}{}}
			d.eachFile(BindingsDir, "", func(text []byte) { add(x, text) })
			return slices.Concat(x.words, []byte{0}, bytes.ReplaceAll(x.families, []byte{0}, nil))
		}), []byte{0})
		*index = &bindingIndex{words: words, families: families}
	}
	return *index
}

// HasBinding reports whether the devicetree bindings of the tree mention a compatible string.
func (d *Tree) HasBinding(compat string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	known, ok := d.compatibles[compat]
	if !ok {
		known = d.bindingsFor(compat).has(compat)
		d.compatibles[compat] = known
	}
	return known
}

// HasVendor reports whether the tree's list of vendor prefixes has vendor.
func (d *Tree) HasVendor(vendor string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.vendors == nil {
		d.vendors = append([]byte{'\n'}, d.Read(BindingsDir+"/vendor-prefixes.yaml", nil)...)
	}
	return bytes.Contains(d.vendors, []byte(`"^`+vendor+`,.*":`))
}
