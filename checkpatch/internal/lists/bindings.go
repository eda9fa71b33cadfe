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
	// words are the words of the bindings, each once and followed by a newline, a word being what a compatible
	// string is made of.
	words []byte
	// families are the lines with "<", which stands where a family of compatible strings has its number.
	families []byte
	known    map[string]bool     // answers that were given
	seen     map[string]struct{} // the words, while files are added
}

func newBindingIndex() *bindingIndex {
	return &bindingIndex{known: map[string]bool{}, seen: map[string]struct{}{}}
}

// add adds the text of a file.
func (x *bindingIndex) add(text []byte) {
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
		if _, ok := x.seen[string(text[:n])]; !ok && n > 0 {
			x.seen[string(text[:n])] = struct{}{}
			x.words = append(append(x.words, text[:n]...), '\n')
		}
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

// has reports whether a file of the bindings mentions a compatible string, or one like it.
func (x *bindingIndex) has(compat string) bool {
	if known, ok := x.known[compat]; ok {
		return known
	}
	has := bytes.Contains(x.words, []byte(compat)) || x.hasLike(compat)
	x.known[compat] = has
	return has
}

// hasLike is has for the patterns that a compatible string makes, as the script has them.
func (x *bindingIndex) hasLike(compat string) bool {
	any := lines.ReplaceFirst(compatAny, compat, ",<.*>-")
	family := lines.ReplaceFirst(compatFamily, compat, ",$1<.*>-")
	re, err := regexp.Compile(compat + "|" + any + "|" + family)
	if err != nil {
		return true
	}
	return re.Match(x.families) || strings.ContainsAny(compat, ".+") && re.Match(x.words)
}

// readBindings reads all bindings, and returns the words and the families of an index with a zero byte between.
func (d *Tree) readBindings() []byte {
	x := newBindingIndex()
	d.eachFile(BindingsDir, "", x.add)
	return slices.Concat(x.words, []byte{0}, bytes.ReplaceAll(x.families, []byte{0}, nil))
}

// HasBinding reports whether the devicetree bindings of the tree mention a compatible string.
func (d *Tree) HasBinding(compat string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bindings == nil {
		d.bindings = newBindingIndex()
		words, families, _ := bytes.Cut(d.keep("bindings", BindingsDir, d.readBindings), []byte{0})
		d.bindings.words, d.bindings.families = words, families
	}
	return d.bindings.has(compat)
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
