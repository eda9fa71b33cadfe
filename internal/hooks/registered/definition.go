// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// Definitions returns where the function of r is defined: its declaration where that has a body, else
// the definitions of its name in the other C files of the series. There is none where the tree has the
// function, Rust has it, or nobody.
func (c *Series) Definitions(r *Registration) []*ctype.Decl {
	if r.decl == nil || r.Shim != nil || r.decl.Type.Class != ctype.Func {
		return nil
	}
	if r.decl.Defined {
		return []*ctype.Decl{r.decl}
	}
	if found, known := c.defined[r.decl.Name]; known {
		return found
	}
	found := c.definedIn(c.Src.Definers(r.decl.Name), r.decl.Name)
	if found == nil { // or it is written in another way
		found = c.definedIn(c.Src.Mentioning(r.decl.Name), r.decl.Name)
	}
	if c.defined == nil {
		c.defined = map[string][]*ctype.Decl{}
	}
	c.defined[r.decl.Name] = found
	return found
}

// definedIn returns the definitions of a function in some files.
func (c *Series) definedIn(files []string, name string) []*ctype.Decl {
	var found []*ctype.Decl
	for _, file := range files {
		for _, d := range c.Src.Unit(file).Find(name) {
			if d.Defined && d.Type.Class == ctype.Func && d.Storage != "static" {
				found = append(found, d)
			}
		}
	}
	return found
}

// elsewhere checks the definitions in other files of a function that a header declares, and tells where
// there is none: the kernel does not link then.
func (c *Series) elsewhere(hooks []*defs.Hook, r *Registration) {
	if r.decl == nil || r.decl.Defined || r.Shim != nil || r.decl.Type.Class != ctype.Func {
		return
	}
	found := c.Definitions(r)
	for _, d := range found {
		v := typed{d, d.Type}
		if len(c.compared(hooks, r, v)) > 0 && len(c.compared(hooks, r, r.typed)) == 0 {
			c.mismatches(hooks, r, v)
		}
	}
	if len(found) == 0 && len(c.compared(hooks, r, r.typed)) == 0 && c.Src.IsNew(r.decl.Pos.File) && !c.definedBeside(r) && !c.mayDefine(r) {
		c.Add("hooks/undefined-function", r.Pos,
			fmt.Sprintf("nothing defines %s, which is registered for hook %s and declared in %s", r.decl.Name, r.Hook, r.decl.Pos.String()),
			"define it, in a file that is built")
	}
}

// declaredElse tells of a header that declares a function otherwise than the series defines it now.
func (c *Series) declaredElse(r *Registration) {
	if r.decl == nil || r.Shim != nil || !r.decl.Defined || r.decl.Storage == "static" {
		return
	}
	file := r.decl.Pos.File
	patch, touched := c.Src.PatchOf[file]
	isSame := func(d *ctype.Decl) bool { return d.Type.String() == r.decl.Type.String() }
	if !touched || slices.ContainsFunc(c.Src.UnitBefore(file).Find(r.decl.Name), isSame) {
		return
	}
	d := r.Names.HeaderDecl(r.decl.Name)
	if d == nil || d.Defined || d.Type.Class != ctype.Func || len(CompareFuncs(r.decl.Type, d.Type, r.Names)) == 0 {
		return
	}
	c.Add("hooks/shim-type", d.Pos, fmt.Sprintf("%s is `%s` (%s), but declared here as `%s`", d.Name, r.decl.Type, r.decl.Pos, d.Type),
		fmt.Sprintf("write `%s`", r.decl.Type.Declare(d.Name))).Patch = patch
}

// definedBeside reports whether the file that registers a function, or declares it, defines it, or makes it by other means of the compiler.
func (c *Series) definedBeside(r *Registration) bool {
	for _, file := range []string{r.Pos.File, r.decl.Pos.File} {
		u := c.Src.Unit(file)
		if u == nil || bytes.Contains(c.Src.Read(file), []byte("asm")) {
			return true
		}
		for _, d := range u.Find(r.decl.Name) {
			if d.Defined || slices.ContainsFunc(d.Attrs, func(attr string) bool { return strings.Contains(attr, "alias") || strings.Contains(attr, "weak") }) {
				return true
			}
		}
	}
	return false
}

func (c *Series) compared(hooks []*defs.Hook, r *Registration, v typed) []Mismatch {
	_, diff := closest(hooks, r, v)
	return diff
}

// mayDefine reports whether a file of the series could define a function in a way that is not followed:
// in Rust, in assembler, by a macro that puts names together, or by one that is not known.
func (c *Series) mayDefine(r *Registration) bool {
	return slices.ContainsFunc(c.Src.Touched, func(file string) bool {
		text := c.Src.Read(file)
		switch path.Ext(file) {
		case ".rs", ".S":
			return bytes.Contains(text, []byte(r.decl.Name))
		case ".c":
			return bytes.Contains(text, []byte("##")) || strings.HasPrefix(file, path.Dir(r.decl.Pos.File)) &&
				slices.ContainsFunc(c.Src.Unit(file).Uses, func(u ctype.Use) bool { return u.Body != nil })
		}
		return false
	})
}
