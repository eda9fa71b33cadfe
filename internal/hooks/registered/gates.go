// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
)

// hookGates checks that a hook that exists only under some configurations is registered only
// where it exists: by #if, or because what builds the file asks for the same.
func (c *Series) hookGates() {
	for _, name := range c.Src.LSMFiles(".c") {
		c.gatesOf(name, c.Regs[name])
	}
}

// gatesOf checks the registrations of one file.
func (c *Series) gatesOf(name string, regs []Registration) {
	var implied []string
	for _, r := range regs {
		hooks := c.ByName[r.Hook]
		if len(hooks) != 1 || hooks[0].Condition == "" || strings.ContainsAny(hooks[0].Condition, "|!") {
			continue
		}
		if implied == nil {
			if implied = c.builtWith(name); implied == nil {
				return
			}
		}
		for _, need := range hooks[0].Configs() {
			if slices.Contains(implied, need) || c.guarded(name, r.Cond, need) {
				continue
			}
			c.Add("hooks/hook-gate", r.Pos,
				fmt.Sprintf("hook %s exists only with CONFIG_%s (%s:%d), but is registered without", r.Hook, need, hooks[0].File, hooks[0].Line),
				fmt.Sprintf("put it between #ifdef CONFIG_%s and #endif, or select %s", need, need))
		}
	}
}

// guarded reports whether cond cannot hold without the symbol need: it asks for need, or for a symbol
// that implies it.
func (c *Series) guarded(file, cond, need string) bool {
	without := ctype.Facts{"CONFIG_" + need: ""}
	for _, symbol := range ctype.ConfigsIn(cond) {
		if c.mayImply(path.Dir(file), symbol, need) {
			without["CONFIG_"+symbol] = ""
		}
	}
	return without.Holds(cond) == ctype.False
}

// mayImply reports whether need is set wherever symbol is, or may be so by way of symbols that no
// Kconfig file of dir or security/ defines. Those below security/ define all that begin with SECURITY.
func (c *Series) mayImply(dir, symbol, need string) bool {
	ofAll := c.Src.Implied("security", []string{"SECURITY"})
	elsewhere := func(s string) bool {
		return c.Src.Symbol(dir, s) == nil && c.Src.Symbol("security", s) == nil && !slices.Contains(ofAll, s)
	}
	for _, from := range []string{dir, "security"} {
		implied := c.Src.Implied(from, []string{symbol})
		if slices.Contains(implied, need) {
			return true
		}
		if symbol != "SECURITY" && !strings.HasPrefix(need, "SECURITY") && slices.ContainsFunc(implied, elsewhere) {
			return true
		}
	}
	return false
}

// builtWith returns the symbols that are set whenever a file is built, or nil for one that no
// Makefile names.
func (c *Series) builtWith(name string) []string {
	if source.IsHelper(name) {
		return []string{"RUST"}
	}
	built := c.Src.Gates(name)
	if built.Makefile != "" || built.Unread != "" && len(built.Configs) == 0 {
		return nil
	}
	implied := c.Src.Implied(path.Dir(name), built.Configs)
	return append(implied, "SECURITY")
}
