// SPDX-License-Identifier: GPL-2.0-only

package dangling

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A shape is the definition of a struct.
type shape struct {
	// calls are how many arguments the members give that are pointers to functions, unsure for other members.
	calls map[string]int
	words map[string]bool // all that stands in it
	twice bool            // there is more than one definition
}

// shapesIn returns the structs that a header defines, by their tags.
func shapesIn(u *ctype.Unit) map[string]*shape {
	found := map[string]*shape{}
	for _, tag := range u.Tags {
		if tag.Class != ctype.Struct || tag.Name == "" {
			continue
		}
		if found[tag.Name] != nil {
			found[tag.Name].twice = true
			continue
		}
		s := &shape{calls: map[string]int{}, words: map[string]bool{}}
		found[tag.Name] = s
		for i := range tag.Body {
			s.words[tag.Body[i].Text] = true
		}
		for _, f := range ctype.Fields(tag.Body) {
			s.calls[f.Name] = unsure
			if fn := f.Type.Pointee(); fn != nil && fn.Class == ctype.Func && !fn.Variadic && !fn.NoProto {
				s.calls[f.Name] = len(fn.Params)
			}
		}
	}
	return found
}

// A member of a struct is one that the series takes away, or that gives its function another number of arguments after it.
type member struct {
	of, text   string
	file       string
	gone       bool
	was, takes int
	// other is whether another header has a struct of that tag, or a macro of that name.
	other bool
	uses  []ctype.Pos
	first string // the function that is set at the first use
}

// changedMembers returns the members of structs of headers that the series changes so, by their places.
func changedMembers(files []*file) []*member {
	is := map[string]*shape{}
	in := map[string]string{}
	inMacros := map[string]bool{}
	for _, f := range files {
		if f.is == nil {
			continue
		}
		maps.Copy(inMacros, f.is.inMacros)
		for tag, s := range f.is.shapes {
			if is[tag] != nil {
				s.twice = true
			}
			is[tag], in[tag] = s, f.Path
		}
	}
	var changed []*member
	for _, f := range files {
		if f.was == nil {
			continue
		}
		for tag, was := range f.was.shapes {
			now := is[tag]
			if now == nil || now.twice || was.twice {
				continue
			}
			for text, old := range was.calls {
				m := &member{of: tag, text: text, file: in[tag], gone: !now.words[text] && !inMacros[text], was: old, takes: unsure}
				if takes, ok := now.calls[text]; ok {
					m.takes = takes
				}
				if m.gone || m.was != unsure && m.takes != unsure && m.was != m.takes {
					changed = append(changed, m)
				}
			}
		}
	}
	slices.SortFunc(changed, func(a, b *member) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.of, b.of), cmp.Compare(a.text, b.text))
	})
	return changed
}

// noteMembers notes where u sets members, by their names, to what does not fit. words are those of the names that u has.
func noteMembers(u *ctype.Unit, words []string, members map[string][]*member) {
	if len(members) == 0 {
		return
	}
	header := path.Ext(u.Path) == ".h"
	own := map[string]bool{} // the structs that u defines
	for _, tag := range u.Tags {
		own[tag.Name] = own[tag.Name] || tag.Class == ctype.Struct
	}
	wanted := map[[2]string]*member{} // by struct and name
	for _, word := range words {
		for _, m := range members[word] {
			switch {
			case u.Macros[word] != nil: // it stands for a member of a member
				m.other = m.other || header
			case own[m.of]:
				m.other = m.other || header && u.Path != m.file
			default:
				wanted[[2]string{m.of, word}] = m
			}
		}
	}
	if len(wanted) == 0 {
		return
	}
	for _, d := range u.Decls {
		of, depth := d.Type, 1
		if of != nil && of.Class == ctype.Array {
			of, depth = of.Elem, 2
		}
		if of == nil || of.Class != ctype.Struct {
			continue
		}
		nesting := 0
		for i := range d.Init {
			switch t := &d.Init[i]; {
			case t.Is("{"):
				nesting++
			case t.Is("}"):
				nesting--
			case nesting == depth && t.Is("=") && i > 2 && d.Init[i-2].Is(".") && (d.Init[i-3].Is("{") || d.Init[i-3].Is(",")):
				if m := wanted[[2]string{of.Name, d.Init[i-1].Text}]; m != nil {
					m.setAt(u, d.Init[i-1:])
				}
			}
		}
	}
}

// setAt notes a use: toks are the member, "=" and what it is set to.
func (m *member) setAt(u *ctype.Unit, toks []ctype.Token) {
	value := ctype.Unwrap(ctype.Expression(toks[2:]))
	fn := ""
	if !m.gone {
		if len(value) == 2 && value[0].Is("&") {
			value = value[1:]
		}
		if len(value) != 1 {
			return
		}
		fn = value[0].Text
		defined := u.Find(fn)
		if len(defined) == 0 || !defined[0].Defined || defined[0].Type == nil || defined[0].Type.Variadic || len(defined[0].Type.Params) != m.was {
			return
		}
	}
	if len(m.uses) == 0 {
		m.first = fn
	}
	m.uses = append(m.uses, toks[0].Pos())
}

// membersTold makes findings of the members that somebody sets.
func membersTold(changed []*member) []report.Finding {
	var findings []report.Finding
	for _, m := range changed {
		if len(m.uses) == 0 || m.other {
			continue
		}
		if m.gone {
			findings = append(findings, tell(m.uses, "build/still-used", fmt.Sprintf(".%s is set here, and struct %s has no such member since the series changed %s", m.text, m.of, m.file),
				"let it go as well, or set what takes its place"))
			continue
		}
		findings = append(findings, tell(m.uses, "build/stale-call", fmt.Sprintf("%s() takes %s, and .%s of struct %s gives it %d since the series changed %s", m.first, report.Plural(m.was, "argument"), m.text, m.of, m.takes, m.file),
			"let the function go along"))
	}
	return findings
}
