// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/syntax"
	"github.com/lsmpatch/lsmpatch/internal/mmap"
)

var (
	patCamelDefine = syntax.Compile(`^[ \t]*(?:#[ \t]*define|typedef\s+{type})\s+(\w*(?:[A-Z][a-z]|[a-z][A-Z])\w*)`)
	patCamelDecl   = syntax.Compile(`^\s*{declare}\s+(\w*(?:[A-Z][a-z]|[a-z][A-Z])\w*)\s*[(\[,;]`)
	patCamelTag    = syntax.Compile(`^\s*(?:union|struct|enum)\s+(\w*(?:[A-Z][a-z]|[a-z][A-Z])\w*)\s*[;{]`)
)

// CamelNames returns the names in CamelCase that the tree's headers define: none without a tree.
func (d *Tree) CamelNames() map[string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.camel == nil {
		d.camel = map[string]bool{}
		for name := range strings.Lines(string(d.keep("camel"+d.Older().String(), "include", d.readCamel))) {
			d.camel[strings.TrimSuffix(name, "\n")] = true
		}
	}
	return d.camel
}

// readCamel reads the names from all headers, and returns them a line each.
func (d *Tree) readCamel() []byte {
	names := map[string]bool{}
	if d.Real {
		d.eachFile("include", ".h", func(text []byte) { AddCamelNames(names, text, &syntax.Learned{Older: d.Older()}) })
	}
	var list []byte
	for _, name := range slices.Sorted(maps.Keys(names)) {
		list = append(append(list, name...), '\n')
	}
	return list
}

// keep returns what work makes of a folder of the tree, from the cache where it is there. The text must not be changed, and not be
// kept longer than d, since it may be a mapped file.
func (d *Tree) keep(kind, dir string, work func() []byte) []byte {
	if d.cache == nil || !d.Real {
		return work()
	}
	text, mapped := d.cache.get(kind, dir, work)
	if mapped != nil {
		runtime.AddCleanup(d, func(data []byte) { _ = mmap.Unmap(data) }, mapped)
	}
	return text
}

// AddCamelNames adds the names in CamelCase that a file defines, with the types that are known.
func AddCamelNames(names map[string]bool, text []byte, types *syntax.Learned) {
	m := pattern.Matcher{Ctx: types}
	for line := range strings.Lines(string(text)) {
		if !HasCamel(line) {
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

// HasCamel reports whether a lower and an upper letter stand side by side in s.
func HasCamel(s string) bool {
	for i := 1; i < len(s); i++ {
		a, b := s[i-1], s[i]
		if isLetter(a) && isLetter(b) && (a^b)&0x20 != 0 {
			return true
		}
	}
	return false
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
