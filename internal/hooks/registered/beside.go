// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// beside checks the registrations in files that the series does not touch, of functions that it changes in other files of the LSM.
func (c *Series) beside() {
	var folders []string
	touched := map[string][]string{} // the files by the folder of the LSM
	for _, file := range c.Src.TouchedWith(".c", ".h") {
		parts := strings.SplitN(file, "/", 3)
		if len(parts) < 3 || parts[0] != "security" {
			continue
		}
		folder := path.Join(parts[:2]...)
		if touched[folder] == nil {
			folders = append(folders, folder)
		}
		touched[folder] = append(touched[folder], file)
	}
	for _, folder := range folders {
		others := c.untouched(folder)
		if len(others) == 0 {
			continue
		}
		changed := map[string]string{} // by the function: the file that has it
		for _, file := range touched[folder] {
			for _, name := range c.changedIn(file) {
				changed[name] = file
			}
		}
		if len(changed) > 0 {
			c.besideIn(others, changed)
		}
	}
}

// untouched returns the C files of a folder that the series leaves alone.
func (c *Series) untouched(folder string) []string {
	var files []string
	// A folder that went has none.
	_ = fs.WalkDir(c.Src.Tree, folder, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return skip(err)
		}
		if _, touched := c.Src.PatchOf[name]; !touched && strings.HasSuffix(name, ".c") {
			files = append(files, name)
		}
		return nil
	})
	return files
}

// changedIn returns the functions that a file declares in another way than before the series, or no more.
func (c *Series) changedIn(file string) []string {
	var names []string
	was, is := c.Src.UnitBefore(file), c.Src.Unit(file)
	if is == nil {
		return nil
	}
	differs := func(decls []*ctype.Decl, in *ctype.Unit) {
		for _, d := range decls {
			same := func(o *ctype.Decl) bool {
				return o.Defined == d.Defined && o.Storage == d.Storage && o.Type.String() == d.Type.String()
			}
			if d.Type.Class == ctype.Func && !slices.ContainsFunc(in.Find(d.Name), same) {
				names = append(names, d.Name)
			}
		}
	}
	differs(is.Decls, was)
	differs(was.Decls, is)
	return names
}

// besideIn checks the registrations of the changed functions in files that the series does not touch.
func (c *Series) besideIn(files []string, changed map[string]string) {
	for _, name := range files {
		if !bytes.Contains(c.Src.Read(name), []byte("LSM_HOOK_INIT")) {
			continue
		}
		for _, r := range RegistrationsOf(c.Src, c.Src.Unit(name)) {
			file := changed[r.name]
			if file == "" {
				continue
			}
			before := len(c.Findings)
			c.registration(&r)
			c.gone(&r, file)
			for i := range c.Findings[before:] {
				if f := &c.Findings[before+i]; c.Src.PatchOf[f.File] == 0 {
					f.Patch = c.Src.PatchOf[file]
				}
			}
		}
	}
}

// gone tells of a function that a header declares, and a file has defined before the series and none does now.
func (c *Series) gone(r *Registration, file string) {
	defines := func(d *ctype.Decl) bool { return d.Defined && d.Storage != "static" }
	if r.decl == nil || r.decl.Defined || !slices.ContainsFunc(c.Src.UnitBefore(file).Find(r.name), defines) || len(c.Definitions(r)) > 0 || c.mayDefine(r) {
		return
	}
	isNamed := func(other string) bool {
		_, touched := c.Src.PatchOf[other]
		return !touched && bytes.Contains(c.Src.Read(other), []byte(r.name+"("))
	}
	if path.Ext(file) == ".c" && !slices.ContainsFunc(c.Src.FilesIn(path.Dir(file), ".c"), isNamed) {
		c.Add("hooks/undefined-function", r.Pos, fmt.Sprintf("nothing defines %s any more, which is registered for hook %s; %s did", r.name, r.Hook, file), "keep it, or take it from the list of hooks as well")
	}
}
