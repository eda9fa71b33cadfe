// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
)

// Built says what decides whether a source file is built.
type Built struct {
	// Configs are the CONFIG symbols that are set wherever it is, from the file outwards.
	Configs []string
	// Makefile is the kbuild file that should name Item for the file and does not; both are "" where
	// some kbuild file leads to it.
	Makefile, Item string
	// Unread is what of the kbuild files was not worked out, or "".
	Unread string
	// Module says that the makefile beside it builds it as a module alone.
	Module bool
	// Loose says that it is compiled, but linked into neither the kernel nor a module.
	Loose bool
	// When is the whole condition.
	When *logic.Cond
	// Object is what it is compiled into, a target of make.
	Object string
}

// Gates returns what decides whether a source file is built. A file that another includes, and a module
// of a Rust crate, is built with that.
func (s *Source) Gates(file string) Built {
	if s.kbuild == nil {
		s.kbuild = kbuildfile.NewReader(s.Tree, s.arch)
	}
	w := s.kbuild.File(file)
	b := Built{When: w.When, Object: w.Object, Configs: w.When.Needs(), Makefile: w.Makefile, Item: w.Missing, Unread: unreadIn(w.When), Loose: w.Loose || w.Host}
	if b.Unread == "" {
		b.Unread = w.Overrun
	}
	if w.Aside {
		b.Configs = nil
		b.Makefile, b.Item = path.Join(path.Dir(file), "Makefile"), path.Base(w.Object)
	}
	if asks := s.asksShell(b.Makefile); asks != "" {
		b.Makefile, b.Item, b.Unread = "", "", asks
	}
	b.Module = s.onlyModule(path.Dir(file), path.Base(w.Object))
	slices.SortStableFunc(b.Configs, func(x, y string) int { return cmp.Compare(s.nearness(file, y), s.nearness(file, x)) })
	return b
}

// asksShell returns what a makefile has a program put into a list of objects, or "": what that says is not known.
func (s *Source) asksShell(makefile string) string {
	if makefile == "" {
		return ""
	}
	for line := range strings.Lines(strings.ReplaceAll(s.Text(makefile), "\\\n", " ")) {
		list, items, _ := strings.Cut(line, "=")
		at := strings.Index(items, "$(shell ")
		if at >= 0 && !strings.Contains(strings.ToLower(list), "flags") && !strings.HasPrefix(strings.TrimSpace(list), "#") {
			return strings.TrimSpace(items[at:])
		}
	}
	return ""
}

// onlyModule reports whether the makefile of dir names an object, or what it is a part of, for obj-m.
func (s *Source) onlyModule(dir, object string) bool {
	text := string(s.Read(path.Join(dir, "Kbuild"))) + string(s.Read(path.Join(dir, "Makefile")))
	var modules []string
	parts := map[string][]string{} // by the list without -y and -objs
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		list, items, _ := strings.Cut(line, "=")
		switch list = strings.TrimRight(list, " \t+:"); {
		case list == "obj-m":
			modules = append(modules, strings.Fields(items)...)
		case strings.HasSuffix(list, "-y") || strings.HasSuffix(list, "-objs"):
			name := list[:strings.LastIndexByte(list, '-')]
			parts[name] = append(parts[name], strings.Fields(items)...)
		}
	}
	return slices.ContainsFunc(modules, func(m string) bool {
		return m == object || slices.Contains(parts[strings.TrimSuffix(m, ".o")], object)
	})
}

// unreadIn returns a part of a condition that was not understood, or "".
func unreadIn(c *logic.Cond) string {
	if c.Op == logic.Unknown {
		return c.Text
	}
	for _, kid := range c.Kids {
		if text := unreadIn(kid); text != "" {
			return text
		}
	}
	return ""
}

// nearness says how near to a file the Kconfig entry of a symbol stands: the longer the path of its
// folder the nearer. One that has no entry in the folders above is of the file's own makefile.
func (s *Source) nearness(file, symbol string) int {
	if sym := s.Symbol(path.Dir(file), symbol); sym != nil {
		return len(path.Dir(sym.Pos.File))
	}
	return len(file)
}
