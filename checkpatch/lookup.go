// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"io/fs"
	"regexp"
	"strings"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/pattern"
)

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

// eachFile calls use with the text of each file below dir whose name ends with suffix.
func (d *treeData) eachFile(dir, suffix string, use func(text []byte)) {
	// A folder that cannot be read holds nothing that could be found.
	_ = fs.WalkDir(d.fsys, dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(name, suffix) {
			return nil
		}
		if text, err := fs.ReadFile(d.fsys, name); err == nil {
			use(text)
		}
		return nil
	})
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
			d.eachFile("include", ".h", func(text []byte) { addCamelNames(d.camel, text, &learned{}) })
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
