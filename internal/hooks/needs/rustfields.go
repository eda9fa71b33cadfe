// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"path"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// rustFieldTypes checks the functions that Rust files put into struct lsm_info against the tree's own declarations:
// .init and the initcalls.
func (c *needs) rustFieldTypes() {
	s := c.structures()["lsm_info"]
	if s == nil {
		return
	}
	for _, name := range c.Src.LSMFiles(".rs") {
		f := c.Src.Rust(name)
		for _, e := range rustsyn.StructExprs(f.Tokens) {
			if e.Name != s.name {
				continue
			}
			for _, fd := range e.Fields {
				if want, known := s.types[fd.Name]; known && len(fd.Value) > 0 {
					c.rustFunction(f, &fd, e.Index, s, &want)
				}
			}
		}
	}
}

func (c *needs) rustFunction(f *rustsyn.File, fd *rustsyn.FieldExpr, index int, s *structure, want *ctype.Decl) {
	fn := want.Type.Pointee()
	if want.Type.Class != ctype.Pointer || fn == nil || fn.Class != ctype.Func {
		return
	}
	h := &defs.Hook{Name: fd.Name, Type: fn}
	head := c.Mapper().RustHead(fn)
	fns, option := c.Functions(f, fd.Value, index)
	tell := func(pos ctype.Pos, how string) {
		c.Add("hooks/field-type", pos, fmt.Sprintf("struct %s has `%s` in this tree (%s), but %s", s.name, want.Type.Declare(fd.Name), want.Pos, how),
			fmt.Sprintf("write `unsafe extern \"C\" fn …%s`, and Some(…) around it", head))
	}
	if len(fns) > 0 && !option {
		tell(fd.Pos, fmt.Sprintf("`%s` is a function; bindgen has an Option of one", rustsyn.Text(fd.Value)))
	}
	for _, got := range fns {
		switch {
		case got.ABI != "C":
			tell(fd.Pos, fmt.Sprintf("%s (%s) is no extern \"C\" function", got.Name, got.Pos))
		case len(registered.CompareAdapter(c.Mapper(), c.Src.Rust(got.Pos.File), got, h)) > 0:
			tell(fd.Pos, fmt.Sprintf("%s is `%s` (%s)", got.Name, got.Signature(), got.Pos))
		}
	}
}

// crateNames tells of Rust LSMs whose crates have one name, since the name of a crate is that of its root: their statics have
// one symbol then, and the kernel does not link.
func (c *needs) crateNames(lsms []lsm) {
	for i := range lsms {
		file := lsms[i].pos.File
		if path.Ext(file) != ".rs" {
			continue
		}
		var others []string
		for _, o := range lsms[:i] {
			others = append(others, o.pos.File)
		}
		for _, name := range c.Src.FilesNamed("security", path.Base(file)) {
			if c.Src.Touches(name) {
				continue // it is among them where it is one
			}
			others = append(others, name)
		}
		for _, other := range others {
			if name := c.sharedStatic(file, other); name != "" && path.Base(other) == path.Base(file) && other != file {
				c.Add("hooks/crate-name", lsms[i].pos, fmt.Sprintf("the crates of %s and %s have one name, and both define %s: the kernel does not link", file, other, name),
					"name the root of one of them otherwise")
			}
		}
	}
}

// sharedStatic returns the name of a static that two files define without an exported name of its own, or "".
func (c *needs) sharedStatic(file, other string) string {
	for _, s := range c.Src.Rust(file).Statics {
		if s.Owner != nil || rustsyn.FindAttr(s.Attrs, "export_name") != nil || rustsyn.FindAttr(s.Attrs, "no_mangle") != nil || rustsyn.FindAttr(s.Attrs, "link_section") == nil {
			continue
		}
		for _, o := range c.Src.Rust(other).Statics {
			if o.Name == s.Name && o.Owner == nil && (o.Macro == nil) == (s.Macro == nil) {
				return s.Name
			}
		}
	}
	return ""
}
