// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// A structure is a struct of lsm_hooks.h.
type structure struct {
	name     string
	pos      ctype.Pos
	fields   []string
	types    map[string]ctype.Decl
	required []string
}

func (s *structure) has(field string) bool { return slices.Contains(s.fields, field) }

// structures returns the structs that an LSM fills in, as this tree has them, by their tags.
func (c *needs) structures() map[string]*structure {
	if c.structs == nil {
		c.structs = c.readStructures()
	}
	return c.structs
}

func (c *needs) readStructures() map[string]*structure {
	found := map[string]*structure{}
	data := c.Src.Read(defs.HooksHeader)
	if data == nil {
		return found
	}
	u := ctype.ParseUnit(defs.HooksHeader, data, nil)
	for _, d := range u.Find(addHooks) {
		c.addHooks = d
	}
	for _, tag := range []string{"lsm_info", "lsm_id", "lsm_blob_sizes", "security_hook_list"} {
		def := u.Tag(ctype.Struct, tag)
		if def == nil {
			continue
		}
		s := &structure{name: tag, pos: def.Pos, types: map[string]ctype.Decl{}}
		for _, f := range ctype.Fields(def.Body) {
			s.fields = append(s.fields, f.Name)
			s.types[f.Name] = f
		}
		if tag == "lsm_info" || tag == "lsm_id" {
			s.required = requiredFields(string(data), s)
		}
		found[tag] = s
	}
	return found
}

// requiredFields returns the fields of which the header does not say that they are optional: in
// the kernel-doc comment above the struct, or in the comments behind its members.
func requiredFields(header string, s *structure) []string {
	lines := strings.Split(header, "\n")
	var required []string
	start := 0
	for i := s.pos.Line - 1; i > 0 && start == 0; i-- {
		if strings.HasPrefix(lines[min(i, len(lines)-1)], "/**") {
			start = i
		}
	}
	for _, field := range s.fields {
		for i := start; i < len(lines) && i < s.pos.Line+len(s.fields)+8; i++ {
			line := lines[i]
			if _, doc, ok := strings.Cut(line, "@"+field+":"); ok && i < s.pos.Line {
				if !strings.Contains(doc, "optional") {
					required = append(required, field)
				}
				break
			}
			if i >= s.pos.Line && strings.Contains(line, "Required") && strings.Contains(line, field+";") ||
				i >= s.pos.Line && strings.Contains(line, "Required") && strings.Contains(line, field+")(") {
				required = append(required, field)
				break
			}
		}
	}
	return required
}

// An initializer is a place that fills in a struct, by the names of the fields.
type initializer struct {
	tag    string
	pos    ctype.Pos
	fields []field
	// open says that the others get a value too: all of C's do, and Rust's with "..base".
	open bool
}

type field struct {
	name  string
	pos   ctype.Pos
	value string
	toks  []ctype.Token // of a value in C
}

// isNull reports whether a field of C is given a null pointer.
func (f *field) isNull() bool {
	return f.toks != nil && (f.value == "NULL" || f.value == "0" && f.name != "id")
}

// field returns what is put into a field: the last of several.
func (i *initializer) field(name string) *field {
	for n := len(i.fields) - 1; n >= 0; n-- {
		if i.fields[n].name == name {
			return &i.fields[n]
		}
	}
	return nil
}

// cInitializers finds the initialisers of a C file.
func (c *needs) cInitializers(u *ctype.Unit) []initializer {
	var found []initializer
	for _, use := range u.Uses {
		if (use.Name.Text == "DEFINE_LSM" || use.Name.Text == "DEFINE_EARLY_LSM") && use.Init != nil {
			found = append(found, initializer{"lsm_info", use.Name.Pos(), c.filledIn("lsm_info", use.Init), true})
		}
	}
	for _, d := range u.Decls {
		if d.Type.Class == ctype.Struct && len(d.Init) > 1 && d.Init[0].Is("{") {
			found = append(found, initializer{d.Type.Name, d.Pos, c.filledIn(d.Type.Name, d.Init[1:len(d.Init)-1]), true})
		}
	}
	return found
}

// filledIn returns the entries of an initialiser of struct tag: ".name = value", or a value that stands
// in the place of a field.
func (c *needs) filledIn(tag string, toks []ctype.Token) []field {
	var fields []field
	s := c.structures()[tag]
	for _, part := range ctype.Split(toks) {
		switch {
		case len(part) > 2 && part[0].Is(".") && part[2].Is("="):
			fields = append(fields, field{part[1].Text, part[1].Pos(), ctype.Text(part[3:]), part[3:]})
		case len(part) > 0 && s != nil && len(fields) < len(s.fields):
			fields = append(fields, field{s.fields[len(fields)], part[0].Pos(), ctype.Text(part), part})
		}
	}
	return fields
}

// rustInitializers finds the struct expressions of a Rust file: bindings::lsm_info { … }.
func rustInitializers(f *rustsyn.File, known map[string]*structure) []initializer {
	var found []initializer
	for _, e := range rustsyn.StructExprs(f.Tokens) {
		if known[e.Name] == nil {
			continue
		}
		i := initializer{tag: e.Name, pos: e.Pos, open: e.Base}
		for _, fd := range e.Fields {
			i.fields = append(i.fields, field{fd.Name, fd.Pos, rustsyn.Text(fd.Value), nil})
		}
		found = append(found, i)
	}
	return found
}

// initializers checks all places of the series that fill in a struct of the framework.
func (c *needs) initializers() {
	known := c.structures()
	for _, name := range c.Src.LSMFiles(".c") {
		c.inits = append(c.inits, c.cInitializers(c.Src.Unit(name))...)
	}
	for _, name := range c.Src.LSMFiles(".rs") {
		c.inits = append(c.inits, rustInitializers(c.Src.Rust(name), known)...)
	}
	for i := range c.inits {
		if s := known[c.inits[i].tag]; s != nil {
			c.initializer(s, &c.inits[i])
		}
	}
}

func (c *needs) initializer(s *structure, i *initializer) {
	for _, f := range i.fields {
		if s.has(f.name) {
			continue
		}
		c.Add("hooks/unknown-field", f.pos,
			fmt.Sprintf("struct %s has no field %s in this tree (%s)", s.name, f.name, s.pos.String()),
			"its fields are here: "+strings.Join(s.fields, ", "))
	}
	need := s.required
	if !i.open {
		need = s.fields
	}
	var missing []string
	for _, name := range need {
		if f := i.field(name); f == nil || f.isNull() {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 && (len(i.fields) > 0 || i.open) {
		c.Add("hooks/missing-field", i.pos,
			fmt.Sprintf("struct %s is filled in without %s, which this tree needs (%s)", s.name, strings.Join(missing, ", "), s.pos.String()),
			"add "+strings.Join(missing, ", "))
	}
}
