// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/bindgen"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// unsound checks the references that trait methods get in hooks whose objects are half made or half gone: safe
// code can take a reference of its own (an ARef) of what is AlwaysRefCounted, and keep it.
func (c *Series) unsound() {
	done := map[ctype.Pos]bool{}
	for i := range c.Links {
		l := &c.Links[i]
		if l.Adapter == nil {
			continue
		}
		hooks := c.ByName[l.Shim.Hook]
		if len(hooks) == 0 {
			continue
		}
		for _, tc := range c.traitCalls(l.Adapter) {
			if tc.method == nil || done[tc.method.Pos] {
				continue
			}
			done[tc.method.Pos] = true
			for i, p := range tc.method.Params {
				c.unsoundParam(hooks[0], tc.method, i, p)
			}
		}
		c.kcfi(l, hooks[0])
	}
}

func (c *Series) unsoundParam(h *defs.Hook, method *rustsyn.Fn, i int, p rustsyn.Param) {
	t := p.Type
	for t != nil && (t.Class == rustsyn.Ref || (t.Last() == "Option" || t.Last() == "ARef") && len(t.Args) == 1) {
		if t.Class == rustsyn.Ref {
			t = t.Elem
		} else {
			t = t.Args[0]
		}
	}
	if t == nil || t == p.Type || t.Class != rustsyn.Path {
		return
	}
	f := c.Src.Rust(method.Pos.File)
	where := c.refCounted(f, t)
	if where == "" {
		return
	}
	why := cmp.Or(c.halfMade(h), unfinishedCred(h, i, len(method.Params)))
	if why == "" {
		return
	}
	c.Add("hooks/unsound-argument", p.Pos,
		fmt.Sprintf("%s gets `%s`, but %s: safe code can keep an ARef of it (%s)", method.Name, p.Type, why, where),
		"give it a type of the abstraction's own that promises only what holds in this hook, and is not AlwaysRefCounted").
		Detail = fmt.Sprintf("%s:%d: %s\n%s: %s", h.File, h.Line, h.Prototype(), method.Pos, method.Signature())
}

// refCounted returns where a type is made AlwaysRefCounted, in its own file or in that of the kernel crate which it is
// imported from; "" where it is not, or not found.
func (c *Series) refCounted(f *rustsyn.File, t *rustsyn.Type) string {
	segs := bindgen.FullPath(f, t.Segs)
	name := segs[len(segs)-1]
	files := []string{f.Path}
	if len(segs) > 1 && (segs[0] == "crate" || segs[0] == "kernel") {
		module := path.Join(append([]string{"rust/kernel"}, segs[1:len(segs)-1]...)...)
		// A type may be re-exported from a file of its name: fs::File of fs/file.rs.
		files = []string{module + ".rs", module + "/mod.rs", module + "/" + strings.ToLower(name) + ".rs", "rust/kernel/fs/file.rs"}
	}
	for _, file := range files {
		text := c.Src.Read(file)
		if at := bytes.Index(text, []byte("AlwaysRefCounted for "+name+" ")); at >= 0 {
			return fmt.Sprintf("%s:%d", file, 1+bytes.Count(text[:at], []byte("\n")))
		}
	}
	return ""
}

// kcfi notes functions of Rust that get an enumeration as the integer that bindgen makes of it: the type that kernel CFI
// has for it is another, which matters where hooks are called indirectly.
func (c *Series) kcfi(l *Link, h *defs.Hook) {
	if len(l.Adapter.Params) != len(h.Type.Params) || l.Adapter.ABI != "C" {
		return
	}
	for i, p := range h.Type.Params {
		t := p.Type // hooks name their enumerations; to look each typedef up would cost more than all else
		if t.Class != ctype.Enum || c.keepsEnum(t.Name) {
			continue
		}
		c.Add("hooks/cfi-enum", l.Adapter.Params[i].Pos,
			fmt.Sprintf("hook %s takes `%s`, which is an integer in Rust: kernel CFI gives %s another ID than the hook has, and stops an indirect call of it", h.Name, p.Type.Declare(p.Name), l.Adapter.Name),
			fmt.Sprintf("add to rust/bindgen_parameters: --newtype-enum %s --with-attribute-custom-enum=%[1]s='#[cfi_encoding=\"%d%[1]s\"]'", t.Name, len(t.Name)))
	}
}

// keepsEnum reports whether the tree tells bindgen to make a type of its own of an enumeration.
func (c *Series) keepsEnum(name string) bool {
	words := strings.FieldsFunc(c.Src.Text("rust/bindgen_parameters"), func(r rune) bool { return r == ' ' || r == '\n' || r == '=' })
	for i := range len(words) - 1 {
		if words[i] == "--with-attribute-custom-enum" && words[i+1] == name {
			return true
		}
	}
	return false
}

// Functions returns the functions that an expression at a token of f may be, and whether it is an Option of one; none
// where it is not followed.
func (c *Series) Functions(f *rustsyn.File, expr []rustsyn.Token, index int) (fns []*rustsyn.Fn, option bool) {
	v := c.value(at(f, index), expr, 0)
	return v.fns, v.option
}

// Mapper maps the types of C to Rust.
func (c *Series) Mapper() *bindgen.Mapper {
	if c.mapper == nil {
		c.mapper = bindgen.New(c.Src)
	}
	return c.mapper
}
