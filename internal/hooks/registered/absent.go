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

// maxSymbols bounds how many symbols of conditions are tried with each value.
const maxSymbols = 8

// absent tells of a static function that some configuration registers and does not compile. What a macro may define, and
// configurations of which Kconfig may say that they cannot be, are left alone.
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
	if left := c.without(r, all); left != "" {
		c.Add("hooks/undefined-function", r.named, fmt.Sprintf("%s is registered for hook %s also %s, and is compiled under `%s` alone (%s)", r.name, r.Hook, left, all[0].Cond, all[0].Pos),
			"put both under the same condition")
	}
}

// without returns a configuration, in words, that has the registration and none of the declarations, or "".
func (c *Series) without(r *Registration, all []*ctype.Decl) string {
	conds := []string{r.Cond}
	for _, d := range all {
		conds = append(conds, d.Cond)
	}
	given := c.builtWith(r.named.File)
	if given == nil {
		return ""
	}
	if hooks := c.ByName[r.Hook]; len(hooks) == 1 && !strings.ContainsAny(hooks[0].Condition, "|!") {
		given = append(given, hooks[0].Configs()...) // that it is registered without is told by hookGates
	}
	symbols := slices.DeleteFunc(ctype.ConfigsIn(strings.Join(conds, "\n")), func(s string) bool { return slices.Contains(given, s) })
	if len(symbols) > maxSymbols {
		return ""
	}
	for set := range 1 << len(symbols) {
		facts, on, off := ctype.Facts{}, slices.Clone(given), []string(nil)
		for _, s := range given {
			facts["CONFIG_"+s] = "1"
		}
		for i, s := range symbols {
			if facts["CONFIG_"+s], facts["CONFIG_"+s+"_MODULE"] = "", ""; set>>i&1 == 1 {
				facts["CONFIG_"+s], on = "1", append(on, s)
			} else {
				off = append(off, s)
			}
		}
		holds := func(d *ctype.Decl) bool { return facts.Holds(d.Cond) != ctype.False }
		if facts.Holds(r.Cond) == ctype.True && !slices.ContainsFunc(all, holds) && !c.contradicts(path.Dir(r.named.File), on, off) {
			return inWords(on[len(given):], off)
		}
	}
	return ""
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
