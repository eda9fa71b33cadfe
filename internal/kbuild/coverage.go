// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/evidence"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/kbuildfile"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Coverage is which of the lines that a series changes a build compiled. A line of Rust counts as
// compiled with its file, where the cfg attributes around it hold in the configuration, one of a devicetree with its file.
type Coverage struct {
	// Lines are all changed lines of the files below, Macros those that define macros, which are
	// compiled where they are used, Code those that are neither these, blank, comments nor other
	// directives, Compiled those of Code that the compiler saw.
	Lines    int            `json:"lines"`
	Macros   int            `json:"macros"`
	Code     int            `json:"code"`
	Compiled int            `json:"compiled"`
	Files    []FileCoverage `json:"files"`

	found []report.Finding
}

// FileCoverage is the part of a Coverage in one file: C, a header, assembly, Rust or a devicetree.
type FileCoverage struct {
	Path     string        `json:"path"`
	Lines    int           `json:"lines"`
	Code     int           `json:"code"`
	Compiled int           `json:"compiled"`
	Missing  []NotCompiled `json:"missing,omitempty"`
}

// NotCompiled are lines of code that were not compiled, for one reason.
type NotCompiled struct {
	Lines []int  `json:"lines"`
	Why   string `json:"why"`
}

// compiledFile reports whether files of the name's sort are compiled at all.
func compiledFile(name string) bool {
	switch path.Ext(name) {
	case ".c", ".h", ".S", ".rs", ".dts", ".dtsi", ".dtso":
		return !strings.HasPrefix(name, "Documentation/")
	}
	return false
}

// Cover looks at what the build of the last state left, and what lenses built besides: which lines their compilers
// saw of those that differ between before and after. plan is what [Configure] promised; it may be nil.
func (r *SeriesResult) Cover(ctx context.Context, before, after fs.FS, names []string, plan *kconfig.Plan) (*Coverage, error) {
	kept := struct { // the layer and the plan come of the same trees
		Coverage *Coverage
		Found    []report.Finding
	}{}
	key := "coverage-" + keyOf(names...)
	if !r.series.recall(key, &kept) || kept.Coverage == nil {
		out, err := r.series.cover(ctx, r.src, r.out, before, after, names, plan)
		if err != nil {
			return nil, err
		}
		kept.Coverage, kept.Found = out, out.found
		r.series.keep(key, kept)
	}
	kept.Coverage.found = kept.Found
	for _, more := range r.besides {
		kept.Coverage.Add(more)
	}
	return kept.Coverage, nil
}

// cover looks at what a build in the folder built left of the source src.
func (b *seriesBuild) cover(ctx context.Context, src, built Folder, before, after fs.FS, names []string, plan *kconfig.Plan) (*Coverage, error) {
	dir, err := built.open(-1)
	if err != nil {
		return nil, err
	}
	defer dir.close()
	c := &coverer{ctx: ctx, series: b, src: src, out: built, dir: dir, after: after, source: b.tc.SourcePath(src), plan: map[string]kconfig.File{}, live: evidence.Lines{}, done: map[string]bool{}}
	if plan != nil {
		for _, f := range plan.Files {
			c.plan[f.Path] = f
		}
	}
	config, err := dir.ReadFile(".config")
	if err != nil {
		return nil, err
	}
	c.config = symbols.ParseConfig(string(config))
	out := &Coverage{Files: []FileCoverage{}}
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !compiledFile(n) })
	slices.Sort(names)
	files := map[string]*source{}
	for _, name := range slices.Compact(names) {
		if s := readSource(before, after, b.Moves, name); s != nil {
			files[name] = s
		}
	}
	if err := c.find(files); err != nil {
		return nil, err
	}
	for _, name := range names {
		if s := files[name]; s != nil {
			f, err := c.file(name, s)
			if err != nil {
				return nil, err
			}
			out.Files = append(out.Files, *f)
			out.Macros += s.macros
			out.Lines, out.Code, out.Compiled = out.Lines+f.Lines, out.Code+f.Code, out.Compiled+f.Compiled
			delete(files, name)
		}
	}
	out.found = c.found
	return out, nil
}

// A source is a changed file.
type source struct {
	text    string
	lines   []changed.Line
	changed []int
	code    []int // those of changed that hold code
	macros  int
	objects []string
	old     string // the text before the series
	why     string // why it is not compiled, where that was tried
}

// readSource returns a file that has changed lines, or nil.
func readSource(before, after fs.FS, moves changed.Moves, name string) *source {
	text, err := readRegular(after, name)
	if err != nil {
		return nil // removed, or a symbolic link
	}
	old, _ := readRegular(before, moves.Was(name)) // a new file had no lines
	s := &source{text: string(text), old: string(old), changed: moves.Lines(name, string(old), string(text))}
	s.lines = changed.Of(name, s.text)
	for _, n := range s.changed {
		if n > len(s.lines) {
			continue
		}
		switch s.lines[n-1].Kind {
		case changed.Code:
			s.code = append(s.code, n)
		case changed.Macro:
			s.macros++
		}
	}
	return s
}

// coverer looks at one build.
type coverer struct {
	ctx    context.Context
	series *seriesBuild
	// src and out are the build's folders, dir a view of out, and source is how its commands call src.
	src, out Folder
	dir      *view
	source   string
	plan     map[string]kconfig.File
	live     evidence.Lines
	done     map[string]bool // objects whose preprocessor ran
	want     map[string]bool
	failed   string // why a preprocessor did not end well
	config   map[string]string
	// anyObject is one of the build's objects of C, and found what the compiler says of headers.
	anyObject string
	found     []report.Finding
	after     fs.FS
	reader    *kbuildfile.Reader // of after; nil until it is asked
}

// maxLooked bounds the objects whose preprocessor runs for one header.
const maxLooked = 6

// objectCmdRE matches where kbuild notes how it made an object, or a devicetree's blob.
var objectCmdRE = lazyregexp.New(`^\..*\.(?:o|dtbo?)\.cmd$`)

// find notes for each file the objects that were made of it, by the dependencies that compilers wrote.
func (c *coverer) find(files map[string]*source) error {
	c.want = map[string]bool{}
	for name := range files {
		c.want[name] = true
	}
	return fs.WalkDir(c.dir, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case c.ctx.Err() != nil:
			return context.Cause(c.ctx)
		case d.IsDir() && slices.Contains([]string{"tools", stateDir, "include"}, name):
			return fs.SkipDir
		case d.IsDir() || !objectCmdRE.MatchString(d.Name()):
			return nil
		}
		text, err := c.dir.ReadFile(name)
		if err != nil {
			return nil // it was no dependency file
		}
		object := path.Join(path.Dir(name), strings.TrimSuffix(d.Name()[1:], ".cmd"))
		for file, s := range files {
			if c.anyObject == "" && strings.Contains(string(text), ".c ") {
				c.anyObject = object
			}
			if len(s.objects) < maxLooked && evidence.Names(text, c.source+"/"+file) {
				s.objects = append(s.objects, object)
			}
		}
		return nil
	})
}

// file judges the lines of one file.
func (c *coverer) file(name string, s *source) (*FileCoverage, error) {
	f := &FileCoverage{Path: name, Lines: len(s.changed), Code: len(s.code)}
	if len(s.code) == 0 {
		return f, nil
	}
	devicetree := changed.IsDevicetree(name)
	whole := path.Ext(name) == ".rs" || devicetree
	if len(s.objects) == 0 && publicHeader(name, c.series.arch.src) {
		if err := c.include(name, s); err != nil {
			return nil, err
		}
	}
	for _, object := range s.objects {
		if whole || c.all(name, s.code) {
			break
		}
		if err := c.look(object); err != nil {
			return nil, err
		}
	}
	var lost []int
	for _, n := range s.code {
		if whole && len(s.objects) > 0 && (devicetree || s.lines[n-1].When.Holds(c.config)) || c.live[name][n] {
			f.Compiled++
		} else {
			lost = append(lost, n)
		}
	}
	for _, n := range lost {
		why := c.why(name, s, n)
		if last := len(f.Missing) - 1; last >= 0 && f.Missing[last].Why == why {
			f.Missing[last].Lines = append(f.Missing[last].Lines, n)
		} else {
			f.Missing = append(f.Missing, NotCompiled{[]int{n}, why})
		}
	}
	return f, nil
}

// look runs the preprocessor of an object again.
func (c *coverer) look(object string) error {
	if c.done[object] {
		return nil
	}
	c.done[object] = true
	line, ok := savedCommand(c.dir, object)
	if !ok {
		return nil // its lines are not proved
	}
	script, ok := evidence.Preprocess(line)
	if !ok {
		return nil
	}
	return c.see(script, object)
}

// when says which configuration compiles a source that this one does not; "" where that is not known.
func (c *coverer) when(name string) string {
	if !kbuildfile.IsSource(name) {
		return ""
	}
	if c.reader == nil {
		c.reader = kbuildfile.NewReader(c.after, c.series.arch.src)
	}
	w := c.reader.File(name)
	if !w.Built() || !understood(w.When) || w.When.Holds(c.config) {
		return ""
	}
	return w.When.String()
}

// why says why a line was not compiled.
func (c *coverer) why(name string, s *source, n int) string {
	planned, isPlanned := c.plan[name]
	l := s.lines[n-1]
	switch {
	case s.why != "":
		return s.why
	case len(s.objects) == 0 && isPlanned && planned.Why != "":
		return planned.Why
	case len(s.objects) == 0 && isPlanned && planned.When != "" && planned.Config != 1:
		return "it needs " + planned.When
	case len(s.objects) == 0:
		if when := c.when(name); when != "" {
			return "it needs " + when
		}
		return "no object of this build was made of it"
	case l.If > 0:
		lines := strings.SplitN(s.text, "\n", l.If+1)
		why := fmt.Sprintf("line %d leaves it out: %s", l.If, strings.TrimSpace(lines[l.If-1]))
		for _, g := range planned.Unpromised {
			if slices.Contains(g.Lines, n) && g.Why != "" {
				return why + "; " + g.Why
			}
			if slices.Contains(g.Lines, n) && g.Config > 0 {
				return why + "; another configuration has it: " + g.When
			}
		}
		return why
	}
	if c.failed != "" {
		return c.failed
	}
	return "the preprocessor did not come to it"
}
