// SPDX-License-Identifier: GPL-2.0-only

// Package kconfig works out which configuration compiles what a series changes.
//
// For most uses, call [Work]: it reads which files and lines of a tree changed, finds the conditions
// under which they are compiled (package kbuildfile for files, package changed for #if lines), asks the
// tree's own scripts/kconfig what its symbols are (package symbols), and solves for the smallest change
// to a base configuration (package solve). The tree's conf makes the configuration in the end, and what
// it did not take is told.
//
// A [Plan] promises; the proof is the compiler's (package evidence). What no configuration compiles is
// told with its reason.
package kconfig

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/logic"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/solve"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// Options say for what machine, and from where, to work.
type Options struct {
	symbols.Options
	// Base is the text of the configuration to change as little as possible. Where Tiny, only what it
	// says is set, all else is off, as by allnoconfig; otherwise olddefconfig fills it up.
	Base string
	Tiny bool
	// Moves are the files that the series moves.
	Moves changed.Moves
}

// A Plan is the configurations for a series.
type Plan struct {
	Arch string `json:"arch"`
	// Configs are the configurations: the first compiles all that one can, a second what only stands
	// against it, such as the other branch of an #if.
	Configs []Config `json:"configs"`
	// Files are the changed files, by name.
	Files []File `json:"files"`
	// Lines counts the changed lines of code of all files that are compiled anywhere, Promised those
	// that the first configuration compiles.
	Lines    int `json:"lines"`
	Promised int `json:"promised"`
	// Modules are the symbols of changed sources that may be m: what is built with them can be a module as well.
	Modules []string `json:"modules,omitempty"`
	Seconds float64  `json:"seconds"`
}

// A Config is one configuration.
type Config struct {
	// Text is the whole .config, as the tree's conf wrote it.
	Text string `json:"-"`
	// Changed are the symbols that differ from the base, and can be set by a person.
	Changed []Setting `json:"changed"`
	// Followed counts those that differ in consequence.
	Followed int `json:"followed"`

	unset []string // that can be set now, and are to stay off
}

// A Setting is a symbol with its value in the base and in a configuration.
type Setting struct {
	Symbol string `json:"symbol"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// Fragment returns the changed symbols as lines of a .config, and those that are to stay as they were where
// only the change lets a person, or a default, set them.
func (c *Config) Fragment() string {
	var b strings.Builder
	for _, s := range c.Changed {
		b.WriteString(line(s.Symbol, s.To))
	}
	for _, name := range c.unset {
		b.WriteString(line(name, "n"))
	}
	return b.String()
}

func line(symbol, value string) string {
	if value == "n" || value == "" {
		return "# CONFIG_" + symbol + " is not set\n"
	}
	return "CONFIG_" + symbol + "=" + value + "\n"
}

// A File is a changed file.
type File struct {
	Path string `json:"path"`
	// Object is the target of make that compiles it; "" for none.
	Object string `json:"object,omitempty"`
	// When is the condition of the kbuild files, in Kconfig's words.
	When string `json:"when,omitempty"`
	// Config is the number, from 1, of the configuration that compiles the file; 0 for none.
	Config int `json:"config"`
	// Why says why none does, or why it is not asked: "documentation", "needs ARM, which …".
	Why string `json:"why,omitempty"`
	// Lines are the changed lines of code. Unpromised are those that the file's configuration does not
	// compile, with the reason of each group.
	Lines      int     `json:"lines"`
	Unpromised []Group `json:"unpromised,omitempty"`

	goals []solve.Goal // the first is the file's own
	lines [][]int      // those of each goal
	// noinstr says that changed lines are of code that nothing may trace.
	noinstr bool
}

// Wants returns the files that have, among the missing lines of each, some that a configuration alone
// compiles, sorted.
func (p *Plan) Wants(config int, missing map[string][]int) []string {
	var names []string
	for _, f := range p.Files {
		wants := f.Config == config && len(missing[f.Path]) > 0
		for _, g := range f.Unpromised {
			wants = wants || g.Config == config && slices.ContainsFunc(g.Lines, func(n int) bool { return slices.Contains(missing[f.Path], n) })
		}
		if wants {
			names = append(names, f.Path)
		}
	}
	return names
}

// A Group is changed lines that share a condition.
type Group struct {
	Lines []int  `json:"lines"`
	When  string `json:"when"`
	// Config is the number of the configuration that compiles them; 0 for none, and Why.
	Config int    `json:"config"`
	Why    string `json:"why,omitempty"`
}

// A worker is one call of Work.
type worker struct {
	ctx     context.Context
	opts    *Options
	session *symbols.Session
	model   *symbols.Model
	base    map[string]string
	plan    *Plan
	solver  *solve.Solver
}

// maxTime bounds how long configurations are solved for, and reasons looked for: Kconfig that a series writes may hold a riddle that nobody
// solves.
const maxTime = limit.SolveTime

// Work returns the configurations for what differs between the trees before and after in the files
// named.
//
// Kconfig files that do not parse are an error, a [*symbols.KconfigError]; so is a machine on which the
// tree's conf cannot be built.
func Work(ctx context.Context, before, after fs.FS, names []string, opts *Options) (*Plan, error) {
	start := time.Now()
	w := &worker{ctx: ctx, opts: opts, plan: &Plan{Arch: opts.Arch, Configs: []Config{}, Files: []File{}}}
	w.read(before, after, names)
	err := w.work(after)
	w.plan.Seconds = time.Since(start).Seconds()
	return w.plan, err
}

// read finds the goals of each file.
func (w *worker) read(before, after fs.FS, names []string) {
	reader := kbuildfile.NewReader(after, w.opts.SrcArch)
	names = slices.Clone(names)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		w.plan.Files = append(w.plan.Files, file(reader, before, after, w.opts.Moves, name, w.opts.SrcArch))
	}
}

// work asks the tree's symbols, and solves.
func (w *worker) work(after fs.FS) (err error) {
	if w.session, err = symbols.Open(w.ctx, after, &w.opts.Options); err != nil {
		return err
	}
	defer w.session.Close()
	mode := "olddefconfig"
	if w.opts.Tiny {
		mode = "allnoconfig"
	}
	base, err := w.session.Conf(w.ctx, mode, w.opts.Base)
	if err != nil {
		return err
	}
	w.base = symbols.ParseConfig(base)
	if w.fulfilled(w.base) {
		w.plan.Configs = append(w.plan.Configs, Config{Text: base, Changed: []Setting{}})
		w.settle(w.ctx)
		return nil
	}
	if w.model, err = w.session.Model(w.ctx); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(w.ctx, maxTime)
	defer cancel()
	if err := w.solve(limited, base); err != nil {
		return err
	}
	w.settle(limited)
	return context.Cause(w.ctx)
}

// fulfilled reports whether all goals hold already.
func (w *worker) fulfilled(config map[string]string) bool {
	for _, f := range w.plan.Files {
		for _, g := range f.goals {
			if !g.When.Holds(config) {
				return false
			}
		}
	}
	return !w.noinstr() || config[noinstrSymbol] == "y"
}

// noinstrSymbol has objtool follow the calls of code that nothing may trace, which it looks at in a whole kernel alone.
const noinstrSymbol = "NOINSTR_VALIDATION"

// noinstr reports whether such code changes.
func (w *worker) noinstr() bool {
	return slices.ContainsFunc(w.plan.Files, func(f File) bool { return f.noinstr })
}

// maxConfigs bounds how many configurations a series may ask for.
const maxConfigs = 4

// solve makes configurations until each goal that can hold does so in one of them.
func (w *worker) solve(limited context.Context, base string) error {
	w.solver = solve.New(w.model, w.base)
	w.plan.Modules = w.modules()
	goals := w.goals()
	for len(goals) > 0 && len(w.plan.Configs) < maxConfigs {
		solution := w.solver.Solve(limited, w.andMore(goals))
		if solution == nil || len(solution.Met) == 0 {
			break
		}
		text, err := w.session.Conf(w.ctx, "olddefconfig", w.whole(base, solution))
		if err != nil {
			return err
		}
		w.plan.Configs = append(w.plan.Configs, w.config(text, solution))
		left := make([]solve.Goal, 0, len(solution.Failed))
		for _, i := range solution.Failed {
			if i < len(goals) {
				left = append(left, goals[i])
			}
		}
		goals = left
	}
	if len(w.plan.Configs) == 0 { // nothing can be met: the base is as good as any
		w.plan.Configs = append(w.plan.Configs, Config{Text: base, Changed: []Setting{}})
	}
	w.reasons(limited)
	return nil
}

// modules returns the tristates without which a changed source is not compiled, sorted.
func (w *worker) modules() []string {
	var names []string
	for _, f := range w.plan.Files {
		if len(f.goals) == 0 || !kbuildfile.IsSource(f.Path) {
			continue
		}
		for _, name := range f.goals[0].When.Needs() {
			if s := w.model.Symbols[name]; s != nil && s.Type == symbols.Tristate {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// andMore returns the goals of a configuration: in the first, where sources may be modules, also that there are any, and that these
// sources are none as far as that goes, so that the kernel that is booted has them; and what looks at code that nothing may trace.
func (w *worker) andMore(goals []solve.Goal) []solve.Goal {
	if len(w.plan.Configs) > 0 {
		return goals
	}
	goals = slices.Clip(goals)
	if len(w.plan.Modules) > 0 {
		goals = append(goals, solve.Goal{Name: "modules", When: logic.Is("MODULES", "y")})
	}
	for _, name := range w.plan.Modules {
		goals = append(goals, solve.Goal{Name: name, When: logic.Is(name, "y")})
	}
	if w.noinstr() {
		goals = append(goals, solve.Goal{Name: "noinstr", When: logic.Is(noinstrSymbol, "y")})
	}
	return goals
}

// goals returns the goals of all files: first the files, then conditions within them.
func (w *worker) goals() []solve.Goal {
	var files, lines []solve.Goal
	for _, f := range w.plan.Files {
		if len(f.goals) > 0 {
			files, lines = append(files, f.goals[0]), append(lines, f.goals[1:]...)
		}
	}
	return append(files, lines...)
}

// whole returns a configuration that leaves conf nothing to decide: each symbol that a person may set
// is said.
func (w *worker) whole(base string, s *solve.Solution) string {
	var b strings.Builder
	for text := range strings.Lines(base) {
		for name := range symbols.ParseConfig(text) {
			if sym := w.model.Symbols[name]; sym != nil && !sym.Type.IsLogic() && s.Values[name] == "" {
				b.WriteString(text)
			}
		}
	}
	for _, name := range w.model.Order {
		if sym := w.model.Symbols[name]; len(sym.Prompts) > 0 && (sym.Type.IsLogic() || s.Values[name] != "") {
			b.WriteString(line(name, s.Values[name]))
		}
	}
	return b.String()
}

// config describes what conf made of a solution.
func (w *worker) config(text string, s *solve.Solution) Config {
	c := Config{Text: text, Changed: []Setting{}}
	values := symbols.ParseConfig(text)
	for _, name := range w.model.Order {
		from, to := value(w.base, name), value(values, name)
		switch sym := w.model.Symbols[name]; {
		case from == to:
			if _, before := w.base[name]; !before && values[name] == "n" {
				c.unset = append(c.unset, name)
			}
		case len(sym.Prompts) > 0 && !s.Hidden[name] && (sym.Type.IsLogic() || s.Values[name] != ""):
			c.Changed = append(c.Changed, Setting{name, from, to})
		default:
			c.Followed++
		}
	}
	return c
}

func value(config map[string]string, name string) string {
	if v, ok := config[name]; ok {
		return v
	}
	return "n"
}

// settle says of each file and line which configuration compiles it.
func (w *worker) settle(limited context.Context) {
	var configs []map[string]string
	for _, c := range w.plan.Configs {
		configs = append(configs, symbols.ParseConfig(c.Text))
	}
	for i := range w.plan.Files {
		f := &w.plan.Files[i]
		if len(f.goals) == 0 {
			continue
		}
		f.Config = in(configs, f.goals[0].When)
		w.plan.Lines += f.Lines
		if f.Config == 0 {
			continue
		}
		f.Why = ""
		missed := 0
		for j, g := range f.goals[1:] {
			if where := in(configs, g.When); where != f.Config {
				group := Group{Lines: f.lines[j+1], When: g.Name, Config: where}
				if where == 0 {
					group.Why = w.why(limited, g.When)
				}
				f.Unpromised = append(f.Unpromised, group)
				missed += len(group.Lines)
			}
		}
		if f.Config == 1 {
			w.plan.Promised += f.Lines - missed
		}
	}
}

// in returns the number of the first configuration in which a condition holds; 0 for none.
func in(configs []map[string]string, c *logic.Cond) int {
	for i, config := range configs {
		if c.Holds(config) {
			return i + 1
		}
	}
	return 0
}

// folderOfArch returns the architecture in whose folder of arch/ a file lies, or "".
func folderOfArch(name string) string {
	parts := strings.Split(path.Clean(name), "/")
	if len(parts) > 2 && parts[0] == "arch" {
		return parts[1]
	}
	return ""
}

// notTaken says that conf did not make of a configuration what was asked.
func notTaken(c *logic.Cond) string {
	return fmt.Sprintf("conf did not take the configuration that was worked out for %s", c)
}
