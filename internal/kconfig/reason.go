// SPDX-License-Identifier: GPL-2.0-only

package kconfig

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
)

// reasons says of each file that no configuration compiles why not.
func (w *worker) reasons(limited context.Context) {
	var configs []map[string]string
	for _, c := range w.plan.Configs {
		configs = append(configs, symbols.ParseConfig(c.Text))
	}
	for i := range w.plan.Files {
		f := &w.plan.Files[i]
		if len(f.goals) > 0 && in(configs, f.goals[0].When) == 0 {
			f.Why = w.cannot(limited, f.goals[0].When)
		}
	}
}

// cannot explains why a condition does not hold.
func (w *worker) cannot(limited context.Context, c *logic.Cond) string {
	if core := w.solver.Core(limited, c); len(core) > 0 {
		var parts []string
		for _, name := range core[:min(len(core), 8)] {
			parts = append(parts, w.rule(name, core, c))
		}
		return "needs " + w.inWords(c) + ", but " + strings.Join(parts, "; ")
	}
	if w.solver.Late() {
		return fmt.Sprintf("whether a configuration has %s was not found out within %s", short(c.String()), maxTime)
	}
	return notTaken(c)
}

// inWords writes a condition, without asking whether a bool is m: a line under #ifndef CONFIG_64BIT needs !64BIT.
func (w *worker) inWords(c *logic.Cond) string {
	if plain := w.plain(c); plain.Op != logic.False {
		c = plain
	}
	return c.String()
}

func (w *worker) plain(c *logic.Cond) *logic.Cond {
	var kids []*logic.Cond
	for _, k := range c.Kids {
		kids = append(kids, w.plain(k))
	}
	switch s := w.model.Symbols[c.Symbol]; {
	case c.Op == logic.Negation:
		return logic.Not(kids[0])
	case c.Op == logic.Conjunction:
		return logic.And(kids...)
	case c.Op == logic.Disjunction:
		return logic.Or(kids...)
	case c.Op != logic.Atom || s == nil || s.Type != symbols.Bool:
	case c.Value == "m":
		return logic.Never
	case c.Value == "y":
		return logic.Is(c.Symbol, "")
	}
	return c
}

// rule says what keeps a symbol from being set, or, where one that c needs selects it, what that does not look at.
func (w *worker) rule(name string, core []string, c *logic.Cond) string {
	s := w.model.Symbols[name]
	switch {
	case s == nil:
		return fmt.Sprintf("no Kconfig file that ARCH=%s reads defines %s", w.opts.Arch, name)
	case !s.Type.IsLogic() && len(s.Prompts) > 0 && len(s.Ranges) > 0:
		return fmt.Sprintf("%s may be %s to %s", name, s.Ranges[0].Min.Name, s.Ranges[0].Max.Name)
	case !s.Type.IsLogic():
		return fmt.Sprintf("%s is %s", name, value(w.base, name))
	case w.isSelected(s, core, c):
		return fmt.Sprintf("%s is selected, and depends on %s", name, short(s.Depends.String()))
	case s.Type == symbols.Bool && needs(c, logic.Is(name, "m")):
		return fmt.Sprintf("%s is a bool, which is never m", name)
	case s.Choice != nil:
		return fmt.Sprintf("%s is one of a choice of %s", name, strings.Join(s.Choice.Members, ", "))
	case len(s.Prompts) == 0 && s.Selected == nil && len(s.Defaults) == 0:
		return fmt.Sprintf("%s has no prompt, and nothing selects it", name)
	case len(s.Prompts) == 0 && s.Selected != nil && len(s.Defaults) == 0:
		return fmt.Sprintf("%s has no prompt, and what selects it cannot be set", name)
	case s.Depends != nil && !(s.Depends.Const && s.Depends.Name == "y"):
		return fmt.Sprintf("%s depends on %s", name, short(s.Depends.String()))
	}
	return fmt.Sprintf("%s has only its default here", name)
}

// needs reports whether c holds only where part does, as it is written.
func needs(c, part *logic.Cond) bool {
	return c.Equal(part) || c.Op == logic.Conjunction && slices.ContainsFunc(c.Kids, func(k *logic.Cond) bool { return needs(k, part) })
}

// isSelected reports whether a symbol stands among the reasons because another selects it: one that c needs, or the only other reason
// that speaks of it.
func (w *worker) isSelected(s *symbols.Symbol, core []string, c *logic.Cond) bool {
	if s.Selected == nil || s.Depends == nil || s.Depends.Const || slices.Contains(c.Symbols(), s.Name) {
		return false
	}
	by, wanted := false, false
	s.Selected.Visit(func(name string) { by = by || slices.Contains(core, name) || slices.Contains(c.Symbols(), name) })
	for _, name := range core {
		if o := w.model.Symbols[name]; o != nil && name != s.Name {
			o.Depends.Visit(func(n string) { wanted = wanted || n == s.Name })
		}
	}
	return by && !wanted
}

// short cuts a long text.
func short(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return s
}

// why explains the condition of lines within a file.
func (w *worker) why(limited context.Context, c *logic.Cond) string {
	if c.Op == logic.False {
		return "no configuration has it"
	}
	if w.solver == nil {
		return notTaken(c)
	}
	return w.cannot(limited, c)
}

// Ranges writes sorted line numbers as people do: "10-12, 17".
func Ranges(lines []int) string {
	var parts []string
	for i := 0; i < len(lines); {
		j := i
		for j+1 < len(lines) && lines[j+1] == lines[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(lines[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", lines[i], lines[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
