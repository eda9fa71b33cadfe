// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Lens is a program that looks at what a series touches once its kernel is built. What it says of the
// base as well is not told.
type Lens struct {
	Name string
	// What says what it looks for, and Cost what that takes, for people.
	What, Cost string
	// Cheap ones look where the user names none.
	Cheap bool

	// needs are programs, without which it cannot look; $S stands for LLVM's suffix.
	needs []string
	// applies picks the changed files that it is for. Those of an object lens count only where the
	// build made objects of them.
	applies func(name string) bool
	objects bool
	// command returns what to run over one state; a line of it with a label in kbuild's manner, "  CHECK   file",
	// proves that it looked. proof names that label; "" for any.
	command func(l *looking) ([]string, error)
	proof   string
	// when says why there is nothing for it in a build, "" where there is; nil for no such reason.
	when func(b *seriesBuild) string
	// builds is whether it builds what it looks at as the kernel is built: lines that it compiles are covered, what it says counts
	// as of the build itself, and an error proves that it looked.
	builds bool
	// clean drops a complaint about a target of which the base has one as well.
	clean bool
	check string // of its findings; "" for build/new- and its name
	says  string // what its complaints mean, where they do not say it
}

// A LensResult is what became of a lens.
type LensResult struct {
	Name string `json:"name"`
	Ran  bool   `json:"ran"`
	// Why says why it did not, or had nothing to look at.
	Why     string  `json:"why,omitempty"`
	Files   int     `json:"files"` // or objects, that it looked at
	New     int     `json:"new"`
	Seconds float64 `json:"seconds"`

	idle bool // nothing that it is for changed
}

// looking is one lens at one state of the tree, the base's or that of the series.
type looking struct {
	b        *seriesBuild
	one      *builder
	src, out Folder
	names    []string // files, or objects
}

// ParseLenses returns the lenses of a user's words: names, "default", "all" and "none".
func ParseLenses(words []string) ([]string, error) {
	if len(words) == 0 {
		words = []string{"default"}
	}
	var names []string
	for _, word := range words {
		known := word == "none"
		for _, l := range Lenses {
			if word == l.Name || word == "all" || word == "default" && l.Cheap {
				known = true
				names = append(names, l.Name)
			}
		}
		if !known {
			var all []string
			for _, l := range Lenses {
				all = append(all, l.Name)
			}
			return nil, hint.Wrap(fmt.Errorf("there is no lens %q", word), "the lenses are "+strings.Join(all, ", ")+"; or default, all, none")
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// lenses lets each lens that is asked for look at the series. What they find is kept beside its layer.
func (b *seriesBuild) lenses(ctx context.Context) error {
	names, err := ParseLenses(b.opts.Lenses)
	if err != nil {
		return err
	}
	if !b.result.Built || len(names) == 0 {
		return nil
	}
	changes, err := b.last().Changes()
	if err != nil {
		return err
	}
	var idle []string
	for i := range Lenses {
		l := &Lenses[i]
		if !slices.Contains(names, l.Name) {
			continue
		}
		r, found, err := b.lens(ctx, l, changes)
		if err != nil {
			return fmt.Errorf("lens %s: %w", l.Name, err)
		}
		b.result.Lenses = append(b.result.Lenses, *r)
		b.result.Findings = append(b.result.Findings, findingsOf(found)...)
		if !r.Ran && !r.idle {
			idle = append(idle, fmt.Sprintf("%s (%s)", l.Name, r.Why))
		}
	}
	if len(idle) > 0 {
		f := report.Finding{Check: "build/lens", Severity: report.Note, Message: "did not look at the series: " + strings.Join(idle, "; ")}
		if len(b.opts.Lenses) > 0 {
			f.Severity = report.Warning // the user asked for these
		}
		b.result.Findings = append(b.result.Findings, f)
	}
	return nil
}

// lensKept is what is kept of a lens that looked. One that could not may the next time: with a longer limit, or on a
// machine with overlays.
type lensKept struct {
	Result   LensResult  `json:"result"`
	Found    []Complaint `json:"found"`
	Coverage *Coverage   `json:"coverage,omitempty"` // of one that builds
}

// lens lets one lens look, unless that was done before.
func (b *seriesBuild) lens(ctx context.Context, l *Lens, changes []tree.Change) (*LensResult, []Complaint, error) {
	r := &LensResult{Name: l.Name}
	key := "lens-" + l.Name
	if l.when != nil {
		if r.Why = l.when(b); r.Why != "" {
			r.idle = true
			return r, nil, nil
		}
		key += "-" + keyOf(b.opts.Modules...)
	}
	var kept lensKept
	if b.recall(key, &kept) && kept.Result.Ran {
		b.result.addBesides(kept.Coverage)
		return &kept.Result, kept.Found, nil
	}
	names, err := b.lookedAt(l, changes)
	if err != nil {
		return nil, nil, err
	}
	if r.Files = len(names); r.Files == 0 {
		r.Why, r.idle = "nothing that it is for changed", true
		return r, nil, nil
	}
	if r.Why = b.cannot(ctx, l); r.Why != "" {
		return r, nil, nil
	}
	b.progress.say("looking with " + l.Name)
	start := time.Now()
	src, out := b.folders(b.layer)
	var coverage *Coverage
	after, why, err := b.look(ctx, l, src, out, names, func(src, out Folder) (err error) {
		if l.builds {
			coverage, err = b.cover(ctx, src, out, b.Base, b.last(), names, nil)
		}
		return err
	})
	if err != nil {
		return r, nil, err
	}
	if r.Why = why; why != "" {
		return r, nil, nil
	}
	var before []Complaint
	if len(after) > 0 {
		base, obj := b.baseFolders()
		if before, why, err = b.look(ctx, l, base, obj, names, nil); err != nil || why != "" && why != noModule {
			r.Why = cmp.Or(why, "the base was not looked at")
			return r, nil, err
		}
	}
	found := l.fresh(append(before, b.known()...), after)
	if len(b.States) == 1 && b.States[0].Patch == 1 { // else it stands for several patches
		for i := range found {
			found[i].Patch = 1
		}
	}
	r.Ran, r.New, r.Seconds = true, len(found), time.Since(start).Seconds()
	b.keep(key, lensKept{*r, found, coverage})
	b.result.addBesides(coverage)
	return r, found, nil
}

// addBesides notes what a lens compiled; nil for nothing.
func (r *SeriesResult) addBesides(c *Coverage) {
	if c != nil {
		r.besides = append(r.besides, c)
	}
}

// keep keeps what was found out about the series beside its layer, and recall brings it back.
func (b *seriesBuild) keep(name string, v any) {
	file := b.layer.path(name + ".json")
	data, err := json.Marshal(v)
	if err == nil && os.WriteFile(file+".new", data, 0o644) == nil {
		_ = os.Rename(file+".new", file) // else the next run finds it out again
	}
}

func (b *seriesBuild) recall(name string, v any) bool {
	data, err := os.ReadFile(b.layer.path(name + ".json"))
	return err == nil && json.Unmarshal(data, v) == nil
}

// known are the complaints that the build itself told, of the base and of the series.
func (b *seriesBuild) known() []Complaint {
	return append(b.base.Memory.all(), b.layer.Outcome.Known...)
}

// fresh returns what the lens says after and not before, as findings.
func (l *Lens) fresh(before, after []Complaint) []Complaint {
	had := map[string]bool{}
	for _, c := range before {
		had[c.Target] = true
	}
	var found []Complaint
	for _, c := range Compare(before, after).New {
		// W=1 asks kernel-doc too, which is a lens of its own.
		if c.Severity == report.Note || l.clean && had[c.Target] || c.Check == "build/kernel-doc" && l.Name != "kernel-doc" {
			continue
		}
		if l.builds {
			c = asNew(c)
			c.Hint = cmp.Or(c.Hint, "the lens "+l.Name+" says so; it does not of the base")
			found = append(found, c)
			continue
		}
		c.Message = cmp.Or(l.says, c.Message)
		c.Check, c.Severity = cmp.Or(l.check, "build/new-"+l.Name), report.Warning
		c.Hint = l.Name + " says so; it does not of the base"
		found = append(found, c)
	}
	return found
}

// lookedAt returns the changed files that a lens is for, or the objects that come of them.
func (b *seriesBuild) lookedAt(l *Lens, changes []tree.Change) ([]string, error) {
	var fit []tree.Change
	for _, c := range changes {
		if !c.Deleted() && l.applies(c.Path) {
			fit = append(fit, c)
		}
	}
	src, out := b.folders(b.layer)
	if l.objects && len(fit) > 0 {
		return touchedObjects(out, b.tc.SourcePath(src), fit)
	}
	var names []string
	for _, c := range fit {
		names = append(names, c.Path)
	}
	return names, nil
}

// cannot says why a lens cannot look on this machine, "" where it can.
func (b *seriesBuild) cannot(ctx context.Context, l *Lens) string {
	if !b.tc.box.Overlays() {
		return "this machine has no overlays"
	}
	for _, program := range l.needs {
		program = strings.ReplaceAll(program, "$S", llvmSuffix(b.survey.LLVM))
		if _, err := b.tc.Output(ctx, Cmd{Args: []string{"sh", "-c", `command -v "$0"`, program}}); err != nil {
			return "the toolchain has no " + program
		}
	}
	return ""
}

// look runs a lens over one state, in layers that are thrown away. It returns why where nothing proves that it
// looked; else seen, where it is not nil, is called with the layers.
func (b *seriesBuild) look(ctx context.Context, l *Lens, src, out Folder, names []string, seen func(src, out Folder) error) (said []Complaint, why string, err error) {
	from := src
	if l.objects {
		from = out
	}
	dir, err := from.open(-1)
	if err != nil {
		return nil, "", err
	}
	there := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return dir.path(name) == "" })
	dir.close()
	switch {
	case l.builds: // new files may be parts of what the base builds
	case len(there) == 0:
		return nil, "", nil // the base has none of them
	default:
		names = there
	}
	one, drop, err := b.above(src, out, b.fragments)
	if err != nil {
		return nil, "", err
	}
	defer drop()
	args, err := l.command(&looking{b, one, one.src, one.out, names})
	if err != nil || len(args) == 0 {
		return nil, "it finds no command to follow", err
	}
	said, why, err = one.lensStep(ctx, args)
	if err != nil || why != "" {
		return nil, why, err
	}
	if !l.builds { // what make says of a failure is no complaint of the lens
		said = slices.DeleteFunc(said, func(c Complaint) bool { return c.Check == "build/make" || c.Check == "build/config" })
	}
	failed := l.builds && anyError(said)
	if n := one.progress.counts[l.proof]; n == 0 && !failed && (l.proof != "" || one.progress.total() == 0) {
		return nil, cmp.Or(firstWords(one.lastWords), "nothing shows that it looked"), nil
	}
	if seen != nil {
		err = seen(one.src, one.out)
	}
	return said, "", err
}
