// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
)

// maxSettings bounds how many settings of the symbols of conditions are tried.
const maxSettings = 1 << 10

// absent tells of a static function that some configuration registers and does not compile. What a macro may define is left
// alone.
func (c *Series) absent(r *Registration) {
	u := c.Src.Unit(r.named.File)
	if u == nil || r.Shim != nil || r.named.File != r.within.File || !ctype.OfConfig(r.Cond) {
		return
	}
	all := u.Find(r.name)
	for _, d := range all {
		if d.Storage != "static" || d.Cond == "" || d.Cond == r.Cond || !ctype.OfConfig(d.Cond) || d.Pos.File != r.named.File {
			return
		}
	}
	if len(all) == 0 || bytes.Contains(c.Src.Read(r.named.File), []byte("#define "+r.name)) || slices.ContainsFunc(u.Uses, func(use ctype.Use) bool { return use.Body != nil }) {
		return
	}
	left, known := c.without(r, all)
	if !known {
		c.Add("hooks/unresolved", r.named, fmt.Sprintf("whether all configurations that register %s for hook %s compile it is not worked out: it is compiled under `%s` (%s)", r.name, r.Hook, all[0].Cond, all[0].Pos),
			"put both under the same condition")
	}
	if left != "" {
		c.Add("hooks/undefined-function", r.named, fmt.Sprintf("%s is registered for hook %s also %s, and is compiled under `%s` alone (%s)", r.name, r.Hook, left, all[0].Cond, all[0].Pos),
			"put both under the same condition")
	}
}

// without returns a configuration, in words, that has the registration and none of the declarations, or "". It is not known where there
// are too many, or Kconfig may say of all that they cannot be.
func (c *Series) without(r *Registration, all []*ctype.Decl) (words string, known bool) {
	conds := []string{r.Cond}
	for _, d := range all {
		conds = append(conds, d.Cond)
	}
	given := c.builtWith(r.named.File)
	if given == nil {
		return "", true
	}
	if hooks := c.ByName[r.Hook]; len(hooks) == 1 && !strings.ContainsAny(hooks[0].Condition, "|!") {
		given = append(given, hooks[0].Configs()...) // that it is registered without is told by hookGates
	}
	s := settings{facts: ctype.Facts{}, reg: r.Cond, decls: conds[1:], fits: func(on, off []string) bool {
		return !c.contradicts(path.Dir(r.named.File), slices.Concat(given, on), off)
	}}
	for _, symbol := range given {
		s.facts["CONFIG_"+symbol] = "1"
	}
	s.symbols = slices.DeleteFunc(ctype.ConfigsIn(strings.Join(conds, "\n")), func(s string) bool { return slices.Contains(given, s) })
	if s.find(len(s.symbols)) {
		return inWords(s.split()), true
	}
	return "", s.tried <= maxSettings && !s.doubted
}

// settings looks for values of symbols under which a registration is there and none of its declarations.
type settings struct {
	facts   ctype.Facts
	symbols []string
	reg     string
	decls   []string
	fits    func(on, off []string) bool
	tried   int
	doubted bool // there are some, which Kconfig may say cannot be
}

// find sets the first n symbols, and reports whether that leads to what is looked for. What is certain before all are set ends it.
func (s *settings) find(n int) bool {
	if s.tried++; s.tried > maxSettings {
		return false
	}
	isThere := s.facts.Holds(s.reg)
	if isThere == ctype.False || slices.ContainsFunc(s.decls, func(cond string) bool { return s.facts.Holds(cond) == ctype.True }) {
		return false
	}
	if n == 0 {
		mayHold := func(cond string) bool { return s.facts.Holds(cond) != ctype.False }
		if isThere != ctype.True || slices.ContainsFunc(s.decls, mayHold) {
			return false
		}
		fits := s.fits(s.split())
		s.doubted = s.doubted || !fits
		return fits
	}
	name := "CONFIG_" + s.symbols[n-1]
	for _, value := range []string{"", "1"} {
		if s.facts[name], s.facts[name+"_MODULE"] = value, ""; s.find(n - 1) {
			return true
		}
	}
	delete(s.facts, name)
	delete(s.facts, name+"_MODULE")
	return false
}

// split returns which symbols are set and which are not.
func (s *settings) split() (on, off []string) {
	for _, symbol := range s.symbols {
		if s.facts["CONFIG_"+symbol] != "" {
			on = append(on, symbol)
		} else {
			off = append(off, symbol)
		}
	}
	return on, off
}

// contradicts reports whether one of the symbols that are set may imply one that is not.
func (c *Series) contradicts(dir string, on, off []string) bool {
	return slices.ContainsFunc(on, func(s string) bool {
		return slices.ContainsFunc(off, func(need string) bool { return c.mayImply(dir, s, need) })
	})
}

func inWords(on, off []string) string {
	var words []string
	for _, s := range on {
		words = append(words, "with CONFIG_"+s)
	}
	for _, s := range off {
		words = append(words, "without CONFIG_"+s)
	}
	return strings.Join(words, " and ")
}
