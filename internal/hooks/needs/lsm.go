// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"cmp"
	"io/fs"
	"maps"
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
				found = append(found, lsm{c.cName(use.Init, ctype.Text(use.Args[0])), use.Name.Pos(), use.Cond})
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
	if name != nil {
		if text, is := c.text(name.toks); is {
			return text
		}
	}
	return strings.Trim(variable, `"`)
}

// text returns the string that a value is: one, several in a row, or a variable that is set to one.
func (c *needs) text(value []ctype.Token) (text string, ok bool) {
	if len(value) == 1 && value[0].Kind == ctype.Ident {
		for _, d := range c.Src.Unit(value[0].Pos().File).Find(value[0].Text) {
			if len(d.Init) > 0 && d.Init[0].Kind == ctype.String {
				value = d.Init
			}
		}
	}
	for _, t := range value {
		if t.Kind != ctype.String {
			return "", false
		}
		text += strings.Trim(t.Text, `"`)
	}
	return text, len(value) > 0
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
		if call.Macro != nil {
			continue // it counts where that macro is used
		}
		if name, ok := c.makers().definesLSM(call); ok {
			found = append(found, lsm{name: cmp.Or(name, call.Name()), pos: call.Pos})
		}
	}
	return found
}

// lsmMakers knows which macros put a descriptor into its section, themselves or by other macros.
type lsmMakers struct {
	read func(file string) *rustsyn.File
	// more are files of the tree that are read where a macro of the kernel's is not in those before.
	more []string
	// known has, for a macro that does, the name that the LSM gets from its definition, or "".
	known map[string]string
	// within are the calls in the definition of a macro, and of those of a macro that stand in definitions.
	within, of map[string][]*rustsyn.MacroCall
	// looked are macros from which no macro of the kernel's is reached that is not read yet.
	looked map[string]bool
}

// makers reads the macros of the series and of the tree's abstraction.
func (c *needs) makers() *lsmMakers {
	if c.lsmMakers == nil {
		calls := func() map[string][]*rustsyn.MacroCall { return map[string][]*rustsyn.MacroCall{} }
		c.lsmMakers = &lsmMakers{read: c.Src.Rust, more: []string{"rust/kernel/lib.rs", "rust/kernel/security.rs"},
			known: map[string]string{}, within: calls(), of: calls(), looked: map[string]bool{}}
		c.lsmMakers.add(append(c.Src.LSMFiles(".rs"), source.AbstractionPath))
	}
	return c.lsmMakers
}

// add reads the macros of files, and finds those that use one that is known.
func (m *lsmMakers) add(files []string) {
	for _, file := range files {
		f := m.read(file)
		for _, s := range f.Statics {
			if a := rustsyn.FindAttr(s.Attrs, "link_section"); s.Macro != nil && a != nil && isInfoSection(a.Value()) {
				m.known[s.Macro.Name] = ""
			}
		}
		for _, call := range f.Calls {
			if call.Macro != nil {
				m.within[call.Macro.Name] = append(m.within[call.Macro.Name], call)
				m.of[call.Name()] = append(m.of[call.Name()], call)
			}
		}
	}
	for todo := slices.Sorted(maps.Keys(m.known)); len(todo) > 0; todo = todo[1:] {
		for _, call := range m.of[todo[0]] {
			outer := call.Macro.Name
			name, ok := m.known[outer]
			m.known[outer] = cmp.Or(name, lsmName(call), m.known[todo[0]])
			if !ok || m.known[outer] != name {
				todo = append(todo, outer)
			}
		}
	}
}

// definesLSM reports whether call defines an LSM, and returns its name, or "".
func (m *lsmMakers) definesLSM(call *rustsyn.MacroCall) (name string, ok bool) {
	if name, ok = m.known[call.Name()]; !ok && len(m.more) > 0 && m.reachesKernel(call) {
		m.add(m.more)
		m.more = nil
		name, ok = m.known[call.Name()]
	}
	return cmp.Or(lsmName(call), name), ok
}

// reachesKernel reports whether call, or one in what it makes, is of a macro of the kernel's that is not known.
func (m *lsmMakers) reachesKernel(call *rustsyn.MacroCall) bool {
	for todo := []*rustsyn.MacroCall{call}; len(todo) > 0; todo = todo[1:] {
		if _, ok := m.known[todo[0].Name()]; !ok && slices.Contains([]string{"kernel", "crate", "$crate"}, todo[0].Path[0]) {
			return true
		}
		if name := todo[0].Name(); !m.looked[name] {
			m.looked[name] = true
			todo = append(todo, m.within[name]...)
		}
	}
	return false
}

// lsmName returns the first string among the arguments of a call, without what makes it a C
// string, or "".
func lsmName(call *rustsyn.MacroCall) string {
	for _, t := range call.Args {
		if t.Kind == rustsyn.Literal && strings.HasSuffix(t.Text, `"`) {
			return strings.TrimSuffix(strings.Trim(strings.TrimLeft(t.Text, "bcr#"), `"`), `\0`)
		}
	}
	return ""
}
