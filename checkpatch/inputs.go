// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/edition"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/lists"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/script"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// An Input is a patch, as a file or a mail with its headers or a bare diff, or a whole file.
type Input struct {
	// Name is of a file its path in the tree, of a patch what it is called.
	Name string
	Data []byte
	// Read, where Data is nil, reads it when its turn has come.
	Read func() ([]byte, error)
	// File tells a whole file from a patch.
	File bool
}

// read makes sure that Data is there.
func (in *Input) read() (err error) {
	if in.Data == nil && in.Read != nil {
		in.Data, err = in.Read()
	}
	return err
}

// Inputs checks each input by itself, on all cores, and returns the results in their order, and what there is to say about
// all of them: that there is no tree, that the tree's script was asked, what could not be judged. The error is that of
// [Check].
func Inputs(ctx context.Context, inputs []Input, opts *Options) ([]*Result, []report.Finding, error) {
	c := NewChecker(opts)
	plan, err := c.plan()
	if err != nil {
		return nil, nil, err
	}
	notes := plan.notes
	if plan.scripted() {
		for i := range inputs {
			if err := inputs[i].read(); err != nil {
				return nil, nil, err
			}
		}
		runner, err := script.Open(ctx, plan.job, scriptInputs(inputs))
		switch {
		case err == nil:
			defer runner.Close()
			plan.runner = runner
		case plan.must || ctx.Err() != nil:
			return nil, nil, err
		default:
			notes = append(notes, plan.unjudged(err))
		}
	}
	results, said, err := c.checkAll(ctx, inputs, plan)
	return results, append(notes, said...), err
}

func (in *Input) forScript() script.Input {
	return script.Input{Name: in.Name, Data: in.Data, File: in.File}
}

func scriptInputs(inputs []Input) []script.Input {
	list := make([]script.Input, len(inputs))
	for i, in := range inputs {
		list[i] = in.forScript()
	}
	return list
}

// AsksScript reports whether [Check] and [Inputs] would run the tree's script, which takes rights that the native engine does
// not need.
func AsksScript(opts *Options) bool {
	switch opts.Engine {
	case EngineTree:
		return true
	case EngineNative:
		return false
	}
	tree := opts.tree()
	if tree == nil {
		return false
	}
	e := lists.EditionOf(tree, opts.cache())
	if e == nil {
		return false
	}
	_, named := withConf(opts)
	return e.Foreign || len(e.Unknown) > 0 || len(named.unknown) > 0
}

// A division says which engine judges what.
type division struct {
	// native are the settings of the native engine.
	native *engine.Settings
	// all tells that the script judges all types, else it judges theirs.
	all    bool
	theirs []string
	must   bool // without the script there is no answer
	job    *script.Job
	runner *script.Runner // nil where there is nothing for it to do, or it does not run
	notes  []report.Finding
}

// scripted reports whether the script has anything to judge.
func (d *division) scripted() bool { return d.all || len(d.theirs) > 0 }

// plan divides the types among the engines.
func (c *Checker) plan() (*division, error) {
	d := &division{native: c.set, job: c.job()}
	if !c.data.Real {
		d.notes = append(d.notes, report.Finding{
			Check: "checkpatch/no-tree", Severity: report.Note,
			Message: "there is no tree to read: rules and lists are those of Linux " + edition.Newest})
	}
	unknown := c.unknown()
	switch c.opts.Engine {
	case EngineTree:
		d.all, d.must = true, true
	case EngineNative:
		if foreign, why := c.foreign(); foreign || len(unknown) > 0 {
			d.notes = append(d.notes, guessed(why, c.named(unknown)))
		}
	case EngineAuto, "":
		if foreign, why := c.foreign(); foreign {
			d.all = true
			d.notes = append(d.notes, note("unknown-script", why+", so it judged all by itself", nil))
		} else if d.theirs = c.wanted(unknown); len(d.theirs) > 0 {
			d.notes = append(d.notes, note("unknown-rules", "scripts/checkpatch.pl of this tree has rules that lsmpatch does not know, and judged them itself: "+
				c.named(d.theirs), nil))
		}
	default:
		return nil, fmt.Errorf("checkpatch: no engine %q: use %q, %q or %q", c.opts.Engine, EngineAuto, EngineNative, EngineTree)
	}
	switch {
	case d.all:
		d.native = c.set.Silent()
	case len(d.theirs) > 0:
		d.native = c.set.Without(d.theirs)
		d.job.Args = slices.DeleteFunc(d.job.Args, func(arg string) bool { return strings.HasPrefix(arg, "--types=") })
		d.job.Args = append(d.job.Args, "--types="+strings.Join(d.theirs, ","))
	}
	return d, nil
}

func note(check, message string, detail []string) report.Finding {
	return report.Finding{Check: "checkpatch/" + check, Severity: report.Note, Message: message, Detail: strings.Join(detail, "")}
}

// guessed is what the native engine alone says of what it does not know.
func guessed(why, unknown string) report.Finding {
	if why == "" {
		why = "scripts/checkpatch.pl of this tree has rules that lsmpatch does not know (" + unknown + ")"
	}
	f := note("unknown-rules", why+": the native engine judges as Linux "+edition.Newest+" does", nil)
	f.Hint = "--engine auto has the script judge them"
	return f
}

// unjudged is what is left to say where the script should have judged, and does not run.
func (d *division) unjudged(err error) report.Finding {
	what := "nothing was judged"
	if !d.all {
		what = "what only the tree's script knows was not judged: " + strings.Join(d.theirs, " ")
	}
	return report.Finding{Check: "checkpatch/unjudged", Severity: report.Warning, Message: fmt.Sprintf("%s, since %v", what, err), Hint: hint.Of(err)}
}

// foreign reports whether too little of the tree's script is known to judge with the native engine, and why.
func (c *Checker) foreign() (bool, string) {
	switch {
	case !c.data.Real || !c.hasScript():
		return false, ""
	case len(c.confUnknown) > 0:
		return true, ".checkpatch.conf of this tree has options that only its own script knows (" + strings.Join(c.confUnknown, " ") + ")"
	case c.data.Edition.Foreign:
		return true, "scripts/checkpatch.pl of this tree is none that lsmpatch knows"
	}
	return false, ""
}

func (c *Checker) hasScript() bool {
	_, err := fs.Stat(c.opts.tree(), "scripts/checkpatch.pl")
	return err == nil
}

// unknown returns the types that the tree's script decides on in a way that is not known.
func (c *Checker) unknown() []string {
	if !c.data.Real {
		return nil
	}
	return c.data.Edition.Unknown
}

// named lists types, with the helper of the script that is at issue, where it is one.
func (c *Checker) named(types []string) string {
	var list []string
	for _, t := range types {
		if why := c.data.Edition.Why[t]; strings.HasPrefix(why, "scripts/") {
			t += " by " + why
		}
		list = append(list, t)
	}
	return strings.Join(list, " ")
}

// wanted returns those of types that are to be reported.
func (c *Checker) wanted(types []string) []string {
	var wanted []string
	for _, t := range types {
		if c.set.Wants(t) {
			wanted = append(wanted, t)
		}
	}
	return wanted
}

func (c *Checker) job() *script.Job {
	job := &script.Job{Root: c.opts.Root, Tree: c.opts.tree(), GitDir: c.opts.GitDir, Args: c.opts.scriptArgs(), NoSandbox: c.opts.NoSandbox,
		Lists: map[string]string{}, NoTree: c.confNoTree}
	for option, file := range map[string]string{"--codespellfile=": c.opts.CodespellFile, "--typedefsfile=": c.opts.TypedefsFile} {
		if _, err := os.Stat(file); err == nil {
			job.Lists[option] = file
		}
	}
	return job
}

// checkAll checks each input, and returns what the script complained of as well, each complaint once.
func (c *Checker) checkAll(ctx context.Context, inputs []Input, d *division) ([]*Result, []report.Finding, error) {
	results, said := make([]*Result, len(inputs)), make([]*script.Output, len(inputs))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	native := Checker{opts: c.opts, set: d.native, data: c.data}
	for i, in := range inputs {
		check := func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := in.read(); err != nil {
				return err
			}
			results[i] = native.input(in)
			if d.runner != nil {
				said[i], err = c.ask(ctx, d, in, results[i])
			}
			return err
		}
		if i > 0 || d.runner == nil {
			group.Go(check)
		} else if err := check(); err != nil {
			// The first runs alone, since it writes the list of CamelCase names for the others.
			return nil, nil, err
		}
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	var notes []report.Finding
	for _, out := range said {
		if out == nil {
			continue
		}
		if f, ok := out.Complaint(); ok && !slices.ContainsFunc(notes, func(n report.Finding) bool { return n.Detail == f.Detail }) {
			notes = append(notes, f)
		}
	}
	return results, notes, nil
}

// ask adds what the script finds to r. Where the script dies over one input and its answer is not all, that is said.
func (c *Checker) ask(ctx context.Context, d *division, in Input, r *Result) (*script.Output, error) {
	given := in.forScript()
	out, err := d.runner.Check(ctx, &given)
	switch {
	case err == nil:
	case d.must || ctx.Err() != nil || errors.Is(err, context.Canceled):
		return nil, fmt.Errorf("checking %s: %w", in.Name, err)
	default:
		f := d.unjudged(err)
		r.Add([]engine.Found{{Typ: "UNJUDGED", Severity: f.Severity, Message: f.Message, Theirs: true}})
		return nil, nil
	}
	var found []engine.Found
	for _, f := range out.Found {
		if f.Type == "" {
			f.Type = "UNTYPED"
		}
		place := f.FileLine
		if in.File && place == 0 { // it stands at the head alone, as of what older scripts say of a whole file
			place = f.Line
		}
		if !d.all && !slices.Contains(d.theirs, f.Type) {
			continue
		}
		found = append(found, engine.Found{Typ: f.Type, Severity: f.Severity, Message: f.Message, Nr: f.Line, File: f.File, FileNr: place,
			Hunk: f.FileLine > 0, Excerpt: f.Excerpt, Theirs: true})
	}
	r.Add(found)
	if d.all {
		r.Lines = out.Lines
	}
	return out, nil
}

// input checks one input with the native engine.
func (c *Checker) input(in Input) *Result {
	if in.File {
		return c.File(in.Name, in.Data)
	}
	return c.Patch(in.Name, in.Data)
}
