// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
)

const (
	kernelDir = "rust/kernel"
	libPath   = "rust/kernel/lib.rs"
)

// kconfigs checks the Kconfig files that the series brings or changes.
func (c *needs) kconfigs() {
	for _, name := range c.Src.Touched {
		if !strings.HasPrefix(path.Base(name), "Kconfig") {
			continue
		}
		if strings.HasPrefix(name, "security/") && c.Src.IsNew(name) {
			c.sourced(name)
		}
		old := source.ParseKconfig(name, c.Src.ReadBefore(name))
		for _, sym := range c.Src.Kconfig(name).Symbols {
			if !slices.ContainsFunc(old.Symbols, func(o *source.Symbol) bool { return o.Name == sym.Name && len(o.Selects) == len(sym.Selects) }) {
				c.selects(sym)
			}
		}
	}
}

// sourced checks that a new Kconfig file is read at all.
func (c *needs) sourced(name string) {
	if parent, _ := c.Src.SourcedFrom(name); parent != "" || name == "security/Kconfig" {
		return
	}
	c.Add("hooks/kconfig-not-sourced", ctype.Pos{File: name, Line: 1},
		fmt.Sprintf("no Kconfig file sources %s, so its symbols do not exist", name),
		fmt.Sprintf("add to %s: source %q", path.Join(path.Dir(path.Dir(name)), "Kconfig"), name))
}

// selects tells of symbols that must be depended on: those that stand for a toolchain or for a
// whole framework that has dependencies of its own.
func (c *needs) selects(sym *source.Symbol) {
	for _, sel := range sym.Selects {
		if sel.Name != "RUST" && sel.Name != "SECURITY" {
			continue
		}
		c.Add("hooks/kconfig-select", sel.Pos,
			fmt.Sprintf("%s selects %s, whose own dependencies select overrides", sym.Name, sel.Name),
			fmt.Sprintf("write `depends on %s`", sel.Name))
	}
}

// dependencies checks that what builds an LSM depends on what the LSM needs.
func (c *needs) dependencies(l *lsm, gates []string) {
	if len(gates) == 0 {
		return
	}
	dir := path.Dir(l.pos.File)
	sym := c.Src.Symbol(dir, gates[0])
	if sym == nil {
		return
	}
	implied := c.Src.Implied(dir, gates)
	if parent, ifs := c.Src.SourcedFrom(sym.Pos.File); parent != "" {
		for _, cond := range ifs {
			implied = append(implied, c.Src.Implied(dir, source.Conjuncts(cond))...)
		}
	}
	needs := []string{"SECURITY"}
	if strings.HasSuffix(l.pos.File, ".rs") {
		needs = append(needs, "RUST")
	}
	for _, need := range needs {
		selects := func(sel source.Select) bool { return sel.Name == need } // told by itself
		if slices.Contains(implied, need) || slices.ContainsFunc(sym.Selects, selects) {
			continue
		}
		if c.isOld(sym) {
			c.Add("hooks/kconfig-depends", l.pos,
				fmt.Sprintf("%s is built by CONFIG_%s (%s), which does not depend on %s, but needs it", l.pos.File, sym.Name, sym.Pos.String(), need),
				fmt.Sprintf("build it by a symbol of its own that depends on %s", need))
			continue
		}
		c.Add("hooks/kconfig-depends", sym.Pos,
			fmt.Sprintf("%s does not depend on %s, which %s needs", sym.Name, need, l.pos.File),
			fmt.Sprintf("add `depends on %s`", need))
	}
}

// isOld reports whether the tree has a symbol without the series.
func (c *needs) isOld(sym *source.Symbol) bool {
	old := source.ParseKconfig(sym.Pos.File, c.Src.ReadBefore(sym.Pos.File))
	return slices.ContainsFunc(old.Symbols, func(o *source.Symbol) bool { return o.Name == sym.Name })
}

// helpers checks that each C helper that the series adds is built.
func (c *needs) helpers() {
	main := c.Src.Read(source.HelpersPath)
	if main == nil {
		return
	}
	u := ctype.ParseTokens(source.HelpersPath, main, nil)
	for _, name := range c.Src.TouchedWith(".c") {
		rel, ok := strings.CutPrefix(name, source.HelpersDir+"/")
		if !ok || name == source.HelpersPath || !c.Src.IsNew(name) {
			continue
		}
		if !slices.ContainsFunc(u.Includes, func(i ctype.Include) bool { return i.Name == rel }) {
			c.Add("hooks/helper-not-included", ctype.Pos{File: name, Line: 1},
				fmt.Sprintf("%s does not include %s, so its helpers do not exist", source.HelpersPath, rel),
				fmt.Sprintf("add to %s: #include %q", source.HelpersPath, rel))
		}
	}
}

// modules checks that each module that the series adds to the kernel crate is declared, and
// under the condition that what it uses needs.
func (c *needs) modules() {
	if c.Src.Read(libPath) == nil {
		return
	}
	for _, name := range c.Src.TouchedWith(".rs") {
		rel, ok := strings.CutPrefix(name, kernelDir+"/")
		if !ok || name == libPath || strings.HasPrefix(path.Base(name), "generated_") {
			continue
		}
		parent, mod := parentModule(rel)
		m := c.findMod(parent, mod)
		if m == nil && c.Src.IsNew(name) {
			c.Add("hooks/module-not-declared", ctype.Pos{File: name, Line: 1},
				fmt.Sprintf("no `mod %s;` in %s, so %s is never compiled", mod, parent[0], name),
				fmt.Sprintf("add to %s: pub mod %s;", parent[0], mod))
		} else if m != nil {
			c.moduleGate(name, m)
		}
	}
}

// parentModule returns the files that may declare the module of rust/kernel/REL, and its name.
func parentModule(rel string) (files []string, mod string) {
	mod = strings.TrimSuffix(rel, ".rs")
	mod = strings.TrimSuffix(mod, "/mod")
	dir := path.Dir(mod)
	if dir == "." {
		return []string{libPath}, mod
	}
	return []string{path.Join(kernelDir, dir+".rs"), path.Join(kernelDir, dir, "mod.rs")}, path.Base(mod)
}

func (c *needs) findMod(files []string, name string) *rustsyn.Mod {
	for _, file := range files {
		for _, m := range c.Src.Rust(file).Mods {
			if m.Name == name && !m.Inline {
				return m
			}
		}
	}
	return nil
}

// moduleGate checks the cfg gate of a module against the conditions of the C that it uses.
func (c *needs) moduleGate(name string, m *rustsyn.Mod) {
	needs := map[string]string{} // symbol to what needs it
	if c.Src.MakesLSM(name) {
		for _, t := range c.Src.Rust(name).Tokens {
			switch t.Text {
			case "security_add_hooks", "lsm_info":
				needs["SECURITY"] = t.Text
			}
		}
	}
	text := c.Src.Text(name)
	for _, file := range slices.Sorted(maps.Keys(c.Checked)) {
		for _, r := range c.Checked[file] {
			if r.Shim == nil || !strings.Contains(text, strings.TrimPrefix(r.Shim.Name, "rust_helper_")) {
				continue
			}
			for _, symbol := range ctype.ConfigsIn(r.Cond) {
				if needs[symbol] == "" {
					needs[symbol] = r.Shim.Name
				}
			}
		}
	}
	if len(needs) == 0 {
		return
	}
	gates := c.gatesIn(name, m)
	for _, symbol := range slices.Sorted(maps.Keys(needs)) {
		if !slices.ContainsFunc(gates, func(g string) bool { return slices.Contains(c.Src.Implied("security", []string{g}), symbol) }) {
			c.Add("hooks/module-gate", m.Pos,
				fmt.Sprintf("module %s is built without CONFIG_%s, which %s needs", m.Name, symbol, needs[symbol]),
				fmt.Sprintf("in %s write #[cfg(CONFIG_%s)] before it", m.Pos.String(), symbol))
		}
	}
}

// gatesIn returns the symbols that the declaration of a module, or the module within itself, is
// gated by.
func (c *needs) gatesIn(name string, m *rustsyn.Mod) []string {
	var gates []string
	for _, a := range m.Attrs {
		if a.Name == "cfg" {
			gates = append(gates, ctype.ConfigsIn(a.Text)...)
		}
	}
	for _, t := range c.Src.Rust(name).Tokens {
		if symbol, ok := strings.CutPrefix(t.Text, "CONFIG_"); ok {
			gates = append(gates, symbol)
		}
	}
	return gates
}
