// SPDX-License-Identifier: GPL-2.0-only

package proof

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Registration is a place of a series that gives a function to a hook, and whether a compiler has seen it.
// Its JSON names are a contract.
type Registration struct {
	Hook     string `json:"hook"`
	Function string `json:"function"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	// Compiled is whether the object of the file was compiled with this place in it; Why says why not.
	Compiled bool   `json:"compiled"`
	Why      string `json:"why,omitempty"`

	object, cond string
}

// The objects that hold the Rust abstraction and the C helpers: building any Rust builds them.
const (
	kernelCrate   = "rust/kernel.o"
	helpersObject = "rust/helpers/helpers.o"
)

// objectOf returns what make builds of a source file, or "" where nothing does.
func objectOf(c *registered.Series, file string) string {
	switch {
	case source.IsHelper(file):
		return helpersObject
	case strings.HasPrefix(file, "rust/kernel/"):
		return kernelCrate
	}
	built := c.Src.Gates(file)
	if built.Makefile != "" || !slices.Contains([]string{".c", ".rs"}, path.Ext(file)) {
		return ""
	}
	return built.Object
}

// objects adds the objects of the series to what is made, with the symbols that build them, and notes which of
// them each registration is in.
func (w *assertWriter) objects(c *registered.Series) {
	a := w.a
	a.touched = c.Src.PatchOf
	for _, name := range c.Src.LSMFiles(".c", ".rs") {
		object := objectOf(c, name)
		if object != "" && !strings.HasPrefix(object, "tools/") && !slices.Contains(a.Targets, object) {
			if object != kernelCrate && object != helpersObject { // make prepare builds those
				a.Targets = append(a.Targets, object)
			}
			a.Configs = append(a.Configs, c.Src.Gates(name).Configs...)
		}
		for i := range c.Regs[name] {
			r := &c.Regs[name][i]
			a.Registrations = append(a.Registrations, Registration{Hook: r.Hook, Function: r.Fn, File: r.Pos.File, Line: r.Pos.Line, object: object, cond: r.Cond})
		}
	}
	for i := range c.Links {
		l := &c.Links[i]
		function := ""
		if l.Adapter != nil {
			function = l.Adapter.Name
		}
		pos := l.Pos()
		a.Registrations = append(a.Registrations, Registration{Hook: l.Shim.Hook, Function: function, File: pos.File, Line: pos.Line, object: objectOf(c, pos.File)})
	}
	slices.Sort(a.Configs)
	a.Configs = slices.Compact(a.Configs)
}

// A Made is a build of [Assertions].
type Made struct {
	// Done is whether make ended well.
	Done bool
	// Errors are what the compilers said.
	Errors []report.Finding
	// IsFresh reports whether the build left an object.
	IsFresh func(object string) bool
	// Config is the configuration, by symbols without "CONFIG_".
	Config map[string]string
}

// Compiled says of each registration whether the build compiled it.
func (a *Assertions) Compiled(m *Made) []Registration {
	found := slices.Clone(a.Registrations)
	for i := range found {
		r := &found[i]
		inError := slices.ContainsFunc(m.Errors, func(f report.Finding) bool { return f.File == r.File && f.Severity == report.Error })
		switch {
		case r.object == "":
			r.Why = "nothing builds " + r.File
		case ctype.ConfigFacts(m.Config, r.cond).Holds(r.cond) == ctype.False:
			r.Why = fmt.Sprintf("the configuration leaves it out: %s", r.cond)
		case m.Done || inError || m.IsFresh(r.object):
			r.Compiled = true
		default:
			r.Why = r.object + " was not built"
		}
	}
	return found
}

// Unseen returns what the compilers reject in the series and ours, the findings of this program, do not tell at the same
// place: faults of the series, and of this program too.
func (a *Assertions) Unseen(m *Made, ours []report.Finding) []report.Finding {
	var found []report.Finding
	for _, e := range m.Errors {
		patch, isOurs := a.touched[e.File]
		place := fmt.Sprintf("%s:%d", e.File, e.Line)
		knows := func(f report.Finding) bool {
			return f.Severity != report.Note && (f.File == e.File && f.Line == e.Line || names(f.Detail, place) || names(f.Message, place))
		}
		if !isOurs || e.Severity != report.Error || slices.ContainsFunc(ours, knows) {
			continue
		}
		found = append(found, report.Finding{
			Check: "hooks/compiler-found", Severity: report.Error, Patch: patch, File: e.File, Line: e.Line, Column: e.Column,
			Message: "the compiler finds what lsmpatch has not: " + e.Message, Detail: e.Detail,
			Hint: "the compiler is right; please report that lsmpatch did not see it",
		})
	}
	return found
}

// names reports whether a text names a place, and no longer number.
func names(text, place string) bool {
	_, rest, found := strings.Cut(text, place)
	return found && (rest == "" || rest[0] < '0' || rest[0] > '9')
}
