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
	changed := map[string]map[string]string{} // by the folder of an LSM and the function: the file that has it
	for _, file := range c.Src.TouchedWith(".c", ".h") {
		parts := strings.SplitN(file, "/", 3)
		if len(parts) < 3 || parts[0] != "security" {
			continue
		}
		folder := path.Join(parts[:2]...)
		if changed[folder] == nil {
			changed[folder], folders = map[string]string{}, append(folders, folder)
		}
		for _, name := range c.changedIn(file) {
			changed[folder][name] = file
		}
	}
	for _, folder := range folders {
		if len(changed[folder]) > 0 {
			c.besideIn(folder, changed[folder])
		}
	}
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

// besideIn checks the registrations of the changed functions in the files of a folder that the series does not touch.
func (c *Series) besideIn(folder string, changed map[string]string) {
	// A folder that went has no registrations.
	_ = fs.WalkDir(c.Src.Tree, folder, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return skip(err)
		}
		_, touched := c.Src.PatchOf[name]
		if !strings.HasSuffix(name, ".c") || touched || !bytes.Contains(c.Src.Read(name), []byte("LSM_HOOK_INIT")) {
			return nil
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
		return nil
	})
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
