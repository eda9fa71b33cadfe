// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"io/fs"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// An LSM is a security module that a series adds.
type LSM struct {
	// Name is as the kernel shows it, in lsm= and in /sys/kernel/security/lsm.
	Name string `json:"name"`
	File string `json:"file"`
	Line int    `json:"line"`
	// Configs are the CONFIG symbols that decide whether it is built, without "CONFIG_".
	Configs []string `json:"configs"`
}

// LSMs returns the security modules that set adds to the tree after.
func LSMs(set *patchset.Set, after fs.FS) []LSM {
	c := &needs{Series: &registered.Series{Src: source.New(set, nil, after, "x86")}}
	found := []LSM{}
	for _, l := range c.lsms() {
		configs := append(c.Src.Gates(l.pos.File).Configs, ctype.ConfigsIn(l.cond)...)
		slices.Sort(configs)
		found = append(found, LSM{l.name, l.pos.File, l.pos.Line, slices.Compact(configs)})
	}
	return found
}

// An lsm is a descriptor, a struct lsm_info, that the series defines.
type lsm struct {
	name string // as the kernel shows it
	pos  ctype.Pos
	cond string
}

// lsms finds the descriptors in the files of the series.
func (c *needs) lsms() []lsm {
	var found []lsm
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		for _, use := range u.Uses {
			if (use.Name.Text == "DEFINE_LSM" || use.Name.Text == "DEFINE_EARLY_LSM") && use.Init != nil && len(use.Args) == 1 {
				found = append(found, lsm{c.cName(use.Init, ctype.Text(use.Args[0])), use.Name.Pos, use.Cond})
			}
		}
		for _, d := range u.Decls {
			if isDescriptor(d) && inInfoSection(d) {
				found = append(found, lsm{c.cName(d.Init[1:len(d.Init)-1], d.Name), d.Pos, d.Cond})
			}
		}
	}
	for _, name := range c.Src.LSMFiles(".rs") {
		found = append(found, c.rustLSMs(c.Src.Rust(name))...)
	}
	return found
}

// cName returns the name of the LSM that an initialiser describes: that in it or in the ID that it
// names, else the variable's, which is a string in trees of old.
func (c *needs) cName(init []ctype.Token, variable string) string {
	i := initializer{fields: c.filledIn("lsm_info", init)}
	name := i.field("name")
	if id := i.field("id"); id != nil {
		for _, file := range c.Src.LSMFiles(".c") {
			for _, d := range c.Src.Unit(file).Find(strings.Trim(id.value, "& ")) {
				if len(d.Init) > 1 {
					name = (&initializer{fields: c.filledIn("lsm_id", d.Init[1:len(d.Init)-1])}).field("name")
				}
			}
		}
	}
	if name != nil && strings.HasPrefix(name.value, `"`) {
		return strings.Trim(name.value, `"`)
	}
	return strings.Trim(variable, `"`)
}

// rustLSMs finds descriptors in Rust: statics in the section of the descriptors, and uses of
// macros that define one.
func (c *needs) rustLSMs(f *rustsyn.File) []lsm {
	var found []lsm
	for _, s := range f.Statics {
		if a := rustsyn.FindAttr(s.Attrs, "link_section"); a != nil && s.Macro == nil && isInfoSection(a.Value()) {
			found = append(found, lsm{name: strings.ToLower(s.Name), pos: s.Pos})
		}
	}
	for _, call := range f.Calls {
		if c.definesLSM(f, call) {
			found = append(found, lsm{name: lsmName(call), pos: call.Pos})
		}
	}
	return found
}

// definesLSM reports whether the macro that call uses, of the file, of the series or of the
// tree's abstraction, puts a descriptor into its section.
func (c *needs) definesLSM(f *rustsyn.File, call *rustsyn.MacroCall) bool {
	files := append([]string{f.Path}, c.Src.LSMFiles(".rs")...)
	if call.Path[0] == "kernel" || call.Path[0] == "crate" || call.Path[0] == "$crate" {
		files = append(files, source.AbstractionPath, "rust/kernel/lib.rs", "rust/kernel/security.rs")
	}
	for _, name := range files {
		for _, s := range c.Src.Rust(name).Statics {
			if s.Macro == nil || s.Macro.Name != call.Name() {
				continue
			}
			if a := rustsyn.FindAttr(s.Attrs, "link_section"); a != nil && isInfoSection(a.Value()) {
				return true
			}
		}
	}
	return false
}

// lsmName returns the first string among the arguments of a call, without what makes it a C
// string, or the last name of the type.
func lsmName(call *rustsyn.MacroCall) string {
	for _, t := range call.Args {
		if t.Kind == rustsyn.Literal && strings.HasSuffix(t.Text, `"`) {
			return strings.TrimSuffix(strings.Trim(strings.TrimLeft(t.Text, "bcr#"), `"`), `\0`)
		}
	}
	return call.Name()
}
