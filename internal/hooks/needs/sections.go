// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// The sections that a descriptor and its init function stand in: the framework walks the first at boot, and the kernel frees
// the last after it.
const (
	InfoSection      = ".lsm_info.init"
	earlyInfoSection = ".early_lsm_info.init"
	InitSection      = ".init.text"
)

func isInfoSection(section string) bool { return section == InfoSection || section == earlyInfoSection }

// descriptors checks where each descriptor stands, in C and in Rust.
func (c *needs) descriptors() {
	for _, name := range c.Src.LSMFiles(".c") {
		for _, d := range c.Src.Unit(name).Decls {
			if isDescriptor(d) && !inInfoSection(d) {
				c.noSection(d.Name, d.Pos, "define it by DEFINE_LSM()")
			}
		}
	}
	for _, name := range c.Src.LSMFiles(".rs") {
		for _, s := range c.Src.Rust(name).Statics {
			c.rustDescriptor(s)
		}
	}
}

// isDescriptor reports whether d defines a struct lsm_info.
func isDescriptor(d *ctype.Decl) bool {
	return d.Type.Class == ctype.Struct && d.Type.Name == "lsm_info" && d.Storage != "extern" && len(d.Init) > 1 && d.Init[0].Is("{")
}

func inInfoSection(d *ctype.Decl) bool {
	return slices.ContainsFunc(d.Attrs, func(a string) bool { return strings.Contains(a, "lsm_info.init") })
}

func (c *needs) noSection(name string, pos ctype.Pos, hint string) {
	c.Add("hooks/descriptor-section", pos,
		fmt.Sprintf("%s is a struct lsm_info outside of %s, so the kernel never finds it", name, InfoSection), hint)
}

func (c *needs) rustDescriptor(s *rustsyn.Static) {
	if !isInfoType(s.Type) || len(s.Init) == 0 {
		return
	}
	a := rustsyn.FindAttr(s.Attrs, "link_section")
	if a == nil || !isInfoSection(a.Value()) {
		c.noSection(s.Name, s.Pos, fmt.Sprintf("write #[link_section = %q] before it", InfoSection))
	}
	if rustsyn.FindAttr(s.Attrs, "used") == nil {
		c.Add("hooks/descriptor-unused", s.Pos,
			fmt.Sprintf("nothing refers to the descriptor %s, so the compiler leaves it out", s.Name),
			"write #[used(compiler)] before it")
	}
}

// isInfoType reports whether t is bindings::lsm_info or a wrapper around it, by its name.
func isInfoType(t *rustsyn.Type) bool {
	return strings.ToLower(strings.ReplaceAll(t.Last(), "_", "")) == "lsminfo"
}

// initCalls checks that what calls the __init functions of the framework is thrown away with
// them: modpost ends the build else.
func (c *needs) initCalls() {
	for _, name := range c.Src.LSMFiles(".c") {
		u := c.Src.Unit(name)
		inits := initFuncs(u, len(c.Regs[name]) > 0)
		for _, d := range u.Decls {
			if !d.Defined || isInit(d.Attrs) || slices.Contains(inits, d.Name) || slices.Contains(d.Attrs, "__always_inline") || slices.Contains(d.Attrs, "__ref") {
				continue
			}
			for _, callee := range inits {
				if calls := ctype.Calls(d.Body, callee); len(calls) > 0 {
					c.notInit(d.Name, d.Pos, callee, calls[0].Name.Pos(), "write __init before its name")
					break
				}
			}
		}
	}
	for _, name := range c.Src.LSMFiles(".rs") {
		for _, fn := range c.Src.Rust(name).Fns {
			c.rustInit(fn)
		}
	}
}

// initFuncs returns the __init functions that may be called from u: the framework's, and its own
// where it registers hooks.
func initFuncs(u *ctype.Unit, isLSM bool) []string {
	names := []string{"security_add_hooks"}
	for _, d := range u.Decls {
		if isLSM && d.Type.Class == ctype.Func && isInit(d.Attrs) {
			names = append(names, d.Name)
		}
	}
	return names
}

func isInit(attrs []string) bool {
	return slices.ContainsFunc(attrs, func(a string) bool {
		return a == "__init" || a == "__head" || strings.Contains(a, `".init.text"`)
	})
}

func (c *needs) rustInit(fn *rustsyn.Fn) {
	if a := rustsyn.FindAttr(fn.Attrs, "link_section"); a != nil && a.Value() == InitSection {
		return
	}
	if a := rustsyn.FindAttr(fn.Attrs, "inline"); a != nil && strings.Contains(a.Text, "always") {
		return
	}
	for _, call := range rustsyn.Calls(fn.Body) {
		if call.Name == "security_add_hooks" {
			c.notInit(fn.Name, fn.Pos, call.Name, call.Pos, fmt.Sprintf("write #[link_section = %q] before it", InitSection))
			return
		}
	}
}

func (c *needs) notInit(name string, pos ctype.Pos, callee string, call ctype.Pos, hint string) {
	c.Add("hooks/init-section", pos,
		fmt.Sprintf("%s stands in .text and calls %s (%s), which is __init: modpost ends the build with a section mismatch",
			name, callee, call.String()), hint)
}
