// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"bytes"
	"io/fs"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

const bindingsDir = "Documentation/devicetree/bindings"

var (
	compatAny    = lazyregexp.New(`,[a-zA-Z0-9]*-`)
	compatFamily = lazyregexp.New(`,([a-z]*)[0-9]*-`)
)

// hasBinding reports whether a file of the devicetree bindings mentions a compatible string, or one like it.
func (d *treeData) hasBinding(compat string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bindings == nil {
		d.bindings = d.readAll(bindingsDir, "")
	}
	any := replaceFirst(compatAny, compat, ",<.*>-")
	family := replaceFirst(compatFamily, compat, ",$1<.*>-")
	re, err := regexp.Compile(compat + "|" + any + "|" + family)
	if err != nil {
		return true
	}
	literal := []byte(compat)
	for _, text := range d.bindings {
		if bytes.Contains(text, literal) {
			return true
		}
	}
	for _, text := range d.bindings {
		if re.Match(text) {
			return true
		}
	}
	return false
}

// A matcher is a regular expression, compiled or not yet.
type matcher interface {
	FindStringSubmatchIndex(s string) []int
	ExpandString(to []byte, template, s string, match []int) []byte
}

// replaceFirst replaces the first match of re in s.
func replaceFirst(re matcher, s, with string) string {
	loc := re.FindStringSubmatchIndex(s)
	if loc == nil {
		return s
	}
	out := re.ExpandString(nil, with, s, loc)
	return s[:loc[0]] + string(out) + s[loc[1]:]
}

// readAll reads the files below dir whose names end with suffix.
func (d *treeData) readAll(dir, suffix string) [][]byte {
	all := [][]byte{}
	// A folder that cannot be read holds nothing that could be found.
	_ = fs.WalkDir(d.fsys, dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(name, suffix) {
			return nil
		}
		if text, err := fs.ReadFile(d.fsys, name); err == nil {
			all = append(all, text)
		}
		return nil
	})
	return all
}

// hasVendor reports whether the tree's list of vendor prefixes has vendor.
func (d *treeData) hasVendor(vendor string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.vendors == nil {
		d.vendors = append([]byte{'\n'}, d.read(bindingsDir+"/vendor-prefixes.yaml", nil)...)
	}
	return bytes.Contains(d.vendors, []byte(`"^`+vendor+`,.*":`))
}

// includesAsm reports whether include/linux/NAME.h of the tree includes asm/NAME.h.
func (d *treeData) includesAsm(name string) bool {
	text := d.read("include/linux/"+name+".h", nil)
	re, err := regexp.Compile(`#include\s+<asm/` + regexp.QuoteMeta(name) + `\.h>`)
	return err == nil && text != nil && re.Match(text)
}

var (
	patCamelDefine = pat(`^[ \t]*(?:#[ \t]*define|typedef\s+{type})\s+(\w*(?:[A-Z][a-z]|[a-z][A-Z])\w*)`)
	patCamelDecl   = pat(`^\s*{declare}\s+(\w*(?:[A-Z][a-z]|[a-z][A-Z])\w*)\s*[(\[,;]`)
	patCamelTag    = pat(`^\s*(?:union|struct|enum)\s+(\w*(?:[A-Z][a-z]|[a-z][A-Z])\w*)\s*[;{]`)
)

// camelNames returns the names in CamelCase that the tree's headers define.
func (d *treeData) camelNames() map[string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.camel == nil {
		d.camel = map[string]bool{}
		if d.real {
			for _, text := range d.readAll("include", ".h") {
				addCamelNames(d.camel, text, &learned{})
			}
		}
	}
	return d.camel
}

// addCamelNames adds the names in CamelCase that a file defines, with the types that are known.
func addCamelNames(names map[string]bool, text []byte, types *learned) {
	m := pattern.Matcher{Ctx: types}
	for line := range strings.Lines(string(text)) {
		if !hasCamel(line) {
			continue
		}
		line = strings.TrimSuffix(line, "\n")
		for _, p := range []*pattern.Pattern{patCamelDefine, patCamelDecl, patCamelTag} {
			if g := m.Groups(p, line); g != nil {
				names[g[1]] = true
				break
			}
		}
	}
}

// hasCamel reports whether a lower and an upper letter stand side by side in s.
func hasCamel(s string) bool {
	for i := 1; i < len(s); i++ {
		a, b := s[i-1], s[i]
		if isLetter(a) && isLetter(b) && (a^b)&0x20 != 0 {
			return true
		}
	}
	return false
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
