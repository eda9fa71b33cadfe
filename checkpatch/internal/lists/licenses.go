// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"
)

// licenseList holds what the LICENSES folder of a tree allows, in upper case.
type licenseList struct {
	IDs        map[string]bool
	Exceptions map[string]map[string]bool // by name: the licences that it goes with
}

// readLicenses reads the LICENSES folder, or returns nil where there is none.
func (d *Tree) readLicenses() *licenseList {
	kept := d.keep("licenses", "LICENSES", func() []byte {
		l := &licenseList{map[string]bool{}, map[string]map[string]bool{}}
		for _, dir := range []string{"preferred", "dual", "deprecated", "exceptions"} {
			d.eachFile("LICENSES/"+dir, "", func(text []byte) { l.add(string(text)) })
		}
		list, err := json.Marshal(l)
		if err != nil {
			return nil
		}
		return list
	})
	l := new(licenseList)
	if json.Unmarshal(kept, l) != nil || len(l.IDs) == 0 {
		return nil
	}
	return l
}

// add reads the head of one licence or exception.
func (l *licenseList) add(text string) {
	exception := ""
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.ToUpper(strings.TrimSpace(value))
		switch key {
		case "Valid-License-Identifier":
			l.IDs[value] = true
		case "SPDX-Exception-Identifier":
			exception = value
			l.Exceptions[exception] = map[string]bool{}
		case "SPDX-Licenses":
			for _, id := range strings.Split(value, ",") {
				if m := l.Exceptions[exception]; m != nil {
					m[strings.TrimSpace(id)] = true
				}
			}
		case "License-Text":
			return
		}
	}
}

// ValidLicense reports whether the tree allows the expression of a licence tag. Without a tree it does.
func (d *Tree) ValidLicense(tag string) bool {
	if !d.Real {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.licenses == nil {
		if _, err := fs.Stat(d.fsys, "LICENSES"); err != nil {
			return true
		}
		if d.licenses = d.readLicenses(); d.licenses == nil {
			return true
		}
	}
	_, expr, _ := strings.Cut(tag, ":")
	expr, _, _ = strings.Cut(expr, ":")
	expr = strings.TrimSpace(expr)
	if strings.HasSuffix(strings.TrimSpace(tag), "*/") {
		expr = strings.TrimSpace(strings.TrimRight(expr, "*/"))
	}
	if strings.HasSuffix(strings.TrimSpace(tag), "-->") {
		expr = strings.TrimSpace(strings.TrimRight(expr, "->"))
	}
	if strings.HasSuffix(strings.TrimSpace(tag), "#}") && d.jinja() {
		expr = strings.TrimSpace(strings.TrimRight(expr, "#}"))
	}
	p := licenseParser{list: d.licenses, tokens: licenseTokens(expr)}
	return p.expression() && len(p.tokens) == 0
}

// jinja reports whether the tree's own reader of licences knows the comments of Jinja templates, {# … #}. That of Linux 7.2
// does not yet.
func (d *Tree) jinja() bool {
	text := d.Read("scripts/spdxcheck.py", nil)
	return text == nil || bytes.Contains(text, []byte("endswith('#}')"))
}

// licenseTokens splits an expression into words and parentheses.
func licenseTokens(expr string) []string {
	expr = strings.NewReplacer("(", " ( ", ")", " ) ").Replace(expr)
	return strings.Fields(strings.ToUpper(expr))
}

// licenseParser reads id, id WITH exception, and such joined by AND and OR, with parentheses.
type licenseParser struct {
	list   *licenseList
	tokens []string
	depth  int // of the parentheses
}

// maxLicenseDepth is how deep the parentheses of an expression may be.
const maxLicenseDepth = 100

func (p *licenseParser) next() string {
	if len(p.tokens) == 0 {
		return ""
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

func (p *licenseParser) expression() bool {
	for {
		if !p.term() {
			return false
		}
		if len(p.tokens) == 0 || p.tokens[0] != "AND" && p.tokens[0] != "OR" {
			return true
		}
		p.next()
	}
}

func (p *licenseParser) term() bool {
	id := p.next()
	if id == "(" {
		p.depth++
		defer func() { p.depth-- }()
		return p.depth <= maxLicenseDepth && p.expression() && p.next() == ")"
	}
	if !p.list.IDs[id] {
		return false
	}
	if len(p.tokens) > 0 && p.tokens[0] == "WITH" {
		p.next()
		return p.list.Exceptions[p.next()][id]
	}
	return true
}
