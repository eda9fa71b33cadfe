// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/changed"
	"github.com/lsmpatch/lsmpatch/internal/kconfig/symbols"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Series is what [BuildSeries] builds: a base tree, and what becomes of it patch by patch.
type Series struct {
	Base fs.FS
	// BaseKey names what Base holds, and nothing else: the hash of a git tree.
	BaseKey string
	// Title is for people who look at the cache.
	Title string
	// States are the tree after each patch. Where only the last one is to be built, only that.
	States []State
	// Moves are those of [Moves] for the last of States.
	Moves changed.Moves
	Cache *Cache
	// CacheLimit is what the cache may hold at the end; 0 for [DefaultCacheLimit].
	CacheLimit int64
}

// Key names what the base and the last state hold.
func (s *Series) Key() (string, error) {
	list, err := s.States[len(s.States)-1].Tree.Changes()
	parts := []string{s.BaseKey}
	for _, c := range list {
		parts = append(parts, fmt.Sprintf("%q %o %s", c.Path, c.Mode, c.Hash))
	}
	return keyOf(parts...), err
}

// A State is the tree after a patch, as changes of the base.
type State struct {
	Patch int // its index in the series, from 1
	Tree  *tree.Overlay
}

// SeriesResult is the build of a series: what it complains about that its base does not.
type SeriesResult struct {
	Result
	// Base is the build of the tree without the series.
	Base BaseBuild `json:"base"`
	// Patches are the builds after each patch.
	Patches []PatchBuild `json:"patches"`
	// Gone and Moved count the base's complaints that are no more, or in another file.
	Gone  int `json:"gone"`
	Moved int `json:"moved"`
	// Cached is whether the same series was built before, by the same tools.
	Cached bool `json:"cached"`
	// Coverage is which changed lines the build of the last state compiled, where that was asked for.
	Coverage *Coverage `json:"coverage,omitempty"`
	// Further are builds of some objects in other configurations, for the lines that the first leaves out.
	Further []Further `json:"further,omitempty"`
	// Lenses are the further programs that looked, or did not.
	Lenses []LensResult `json:"lenses,omitempty"`
	// Frames are the functions whose stack the series changes, the one that grew most first.
	Frames []Frame `json:"frames,omitempty"`

	series  *seriesBuild
	besides []*Coverage // what lenses compiled
}

// BaseBuild is the build of a base.
type BaseBuild struct {
	Cached   bool    `json:"cached"`
	Commands int     `json:"commands"`
	Seconds  float64 `json:"seconds"`
	Warnings int     `json:"warnings"`
}

// PatchBuild is the build of the tree after one patch.
type PatchBuild struct {
	Patch    int     `json:"patch"`
	Built    bool    `json:"built"`
	Commands int     `json:"commands"`
	Seconds  float64 `json:"seconds"`
	// Skipped is whether the patch changes nothing that a build reads.
	Skipped bool `json:"skipped,omitempty"`
	// Size is what it changes of the kernel's size; nil for nothing, or where one of both did not build.
	Size *SizeChange `json:"size,omitempty"`
}

// A BaseError says that the tree does not build without the series, so that nothing can be said of that.
type BaseError struct {
	Findings []report.Finding
	Log      string
}

func (e *BaseError) Error() string {
	why := "no reason"
	for _, f := range e.Findings {
		if f.Severity == report.Error {
			why = f.Message
			if f.File != "" {
				why = fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Message)
			}
			break
		}
	}
	return "the base does not build without the series: " + why
}

// outcome is what is kept of the build of a series.
type outcome struct {
	Built   bool         `json:"built"`
	New     []Complaint  `json:"new"`
	Known   []Complaint  `json:"known"` // what the last build said, and the base's does not
	Patches []PatchBuild `json:"patches"`
	Gone    int          `json:"gone"`
	Moved   int          `json:"moved"`
}

// seriesBuild is the build of one series at work.
type seriesBuild struct {
	*Series
	*builder // for the last state; the builds themselves have their own
	source   *Entry
	base     *Entry
	layer    *Entry
	result   *SeriesResult
	// scratches are thrown away at the end.
	scratches []*Entry
	// kept are further entries of the cache that the result names.
	kept []*Entry
}

// BuildSeries builds the base of a series, unless the cache has it, then the tree after each patch in a
// layer over that, and returns what the series complains about and its base does not. [SeriesResult.Close]
// lets go of the cache; the paths in the result are safe until then.
//
// Errors are those of [Build], and a [*BaseError].
func BuildSeries(ctx context.Context, s *Series, opts *Options) (*SeriesResult, error) {
	if opts == nil {
		opts = &Options{}
	}
	start := time.Now()
	b := &seriesBuild{Series: s, builder: newBuilder(opts), result: &SeriesResult{}}
	b.result.series = b
	b.result.Findings, b.result.Patches = []report.Finding{}, []PatchBuild{}
	err := b.all(ctx)
	var refused *below.RefusedError
	if errors.As(err, &refused) {
		b.result.Findings, err = append(b.result.Findings, refusedFile(refused)), nil
	}
	b.result.Survey, b.result.Seconds = b.survey, time.Since(start).Seconds()
	if err != nil {
		b.result.Close()
		return nil, err
	}
	// A cache that cannot be pruned is for `lsmpatch cache` to tell.
	limit := s.CacheLimit
	if limit == 0 {
		limit = DefaultCacheLimit
	}
	_, _ = s.Cache.Prune(limit)
	return b.result, nil
}

// BaseKernel returns the file of the base's kernel, "" where its build made none. It is there until Close.
func (r *SeriesResult) BaseKernel() string {
	if r.series == nil || r.series.arch.image == "" {
		return ""
	}
	return r.baseFile(filepath.FromSlash(r.series.arch.image))
}

// BaseVmlinux returns the base's vmlinux likewise.
func (r *SeriesResult) BaseVmlinux() string { return r.baseFile("vmlinux") }

func (r *SeriesResult) baseFile(file string) string {
	if r.series == nil || r.series.base == nil {
		return ""
	}
	name := filepath.Join(r.series.base.path("obj"), file)
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return name
}

// Close lets others remove from the cache what the result names. It may be called twice.
func (r *SeriesResult) Close() {
	for _, e := range r.series.scratches {
		e.drop()
	}
	for _, e := range append(r.series.kept, r.series.layer, r.series.base, r.series.source) {
		e.release()
	}
}

func (b *seriesBuild) last() *tree.Overlay { return b.States[len(b.States)-1].Tree }

// all does what [BuildSeries] says. What is cheap to refuse is refused before a tree is laid out.
func (b *seriesBuild) all(ctx context.Context) error {
	if err := checkVars(b.opts.Vars); err != nil {
		return err
	}
	var err error
	if b.Series.Cache == nil {
		if b.Series.Cache, err = OpenCache(""); err != nil {
			return err
		}
	}
	if b.arch, err = archOf(b.opts.Arch); err != nil {
		return err
	}
	b.surveys = b.Series.Cache.dir
	b.fragments = b.fragmentsFor(b.last())
	if err := b.prepare(ctx, b.last()); err != nil {
		return err
	}
	if b.source, err = b.layOut(ctx); err != nil {
		return err
	}
	if b.base, err = b.buildBase(ctx); err != nil {
		return err
	}
	if b.layer, err = b.buildLayer(ctx); err != nil {
		return err
	}
	if err := b.report(); err != nil {
		return err
	}
	if err := b.frames(ctx); err != nil {
		return err
	}
	return b.lenses(ctx)
}

// fragmentsFor returns the fragments of the configuration of one tree. Those of the user may name what
// only the series defines, and those by default follow what the tree has.
func (b *seriesBuild) fragmentsFor(snapshot fs.FS) []Fragment {
	return slices.Concat(b.mainFragments(snapshot), b.opts.Extra)
}

func (b *seriesBuild) mainFragments(snapshot fs.FS) []Fragment {
	if b.opts.Fragments == nil {
		return DefaultFragments(snapshot, b.touched(func(string) bool { return true }), b.arch.name)
	}
	if snapshot == fs.FS(b.last()) {
		return b.opts.Fragments
	}
	// Without all of the series what it defines is unknown, and what it depends on may be otherwise.
	only, loose := b.definedBySeries(), len(b.touched(isKconfig)) > 0
	here := kconfigs{}
	for _, name := range b.touched(isKconfig) {
		if text, err := readRegular(snapshot, name); err == nil {
			here.parse(name, string(text))
		}
	}
	var kept []Fragment
	for _, f := range b.opts.Fragments {
		var lines strings.Builder
		for line := range strings.Lines(f.Text) {
			skip := false
			for name := range symbols.ParseConfig(line) {
				skip = only[name] && len(here[name]) == 0
			}
			if !skip {
				lines.WriteString(line)
			}
		}
		if lines.Len() > 0 { // else the base would be built apart from that of other series
			kept = append(kept, Fragment{f.Name, lines.String(), loose || f.Loose})
		}
	}
	return kept
}

// definedBySeries returns the symbols that Kconfig files define with the series and not without it.
func (b *seriesBuild) definedBySeries() map[string]bool {
	with, without := kconfigs{}, kconfigs{}
	for _, name := range b.touched(isKconfig) {
		if text, err := readRegular(b.last(), name); err == nil {
			with.parse(name, string(text))
		}
		if text, err := readRegular(b.Base, name); err == nil {
			without.parse(name, string(text))
		}
	}
	only := map[string]bool{}
	for name := range with {
		if len(without[name]) == 0 {
			only[name] = true
		}
	}
	return only
}

func isKconfig(name string) bool { return strings.HasPrefix(path.Base(name), "Kconfig") }

// touched returns the files of the whole series that are wanted.
func (b *seriesBuild) touched(want func(name string) bool) []string {
	var names []string
	changes, _ := b.last().Written() // only a base that cannot be read fails, and that will be told
	for _, c := range changes {
		if want(c.Path) {
			names = append(names, c.Path)
		}
	}
	return names
}

// maxRead bounds one file that we read of a tree ourselves, in bytes.
const maxRead = 16 << 20

// readRegular returns the text of a file that is not too large to be what it should be.
func readRegular(tree fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(tree, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxRead {
		return nil, fmt.Errorf("%s: no regular file of at most %d MiB", name, maxRead>>20)
	}
	return fs.ReadFile(tree, name)
}

// layOut lays out the base tree, once for all builds of it.
func (b *seriesBuild) layOut(ctx context.Context) (*Entry, error) {
	want := Entry{Kind: "source", Key: keyOf(b.BaseKey), Title: "the sources of " + b.Title}
	return b.Series.Cache.get(ctx, want, b.progress.say, func(e *Entry) error {
		b.progress.say("laying out the base tree")
		dir := e.path("tree")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := tree.Materialize(ctx, b.Base, dir, nil); err != nil {
			return fmt.Errorf("laying out the base tree: %w", err)
		}
		return b.own(dir)
	})
}

// own gives a folder to the uid of the sandbox.
func (b *builder) own(dir string) error {
	if owner := b.tc.box.Owner(); owner >= 0 {
		return sandbox.Own(dir, owner)
	}
	return nil
}

// toolsKey names the toolchain.
func (b *builder) toolsKey() string {
	key := fmt.Sprintf("%q %q %q", b.survey.LLVM, b.tc.Root(), b.tc.Isolation())
	for _, t := range b.survey.Tools {
		key += fmt.Sprintf(" %q", t)
	}
	// Debian notes there what is installed.
	if info, err := os.Stat(filepath.Join("/", b.tc.Root(), "var/lib/dpkg/status")); err == nil {
		key += fmt.Sprintf(" %d %d", info.Size(), info.ModTime().UnixNano())
	}
	return key
}

// cacheFormat changes where entries of an older program are of no use.
const cacheFormat = "7"

// textsOf returns what fragments ask for, for a key.
func textsOf(fragments []Fragment) string {
	var b strings.Builder
	for _, f := range fragments {
		fmt.Fprintf(&b, "%q ", f.Text)
	}
	return b.String()
}

// buildBase builds the base tree, once for each configuration and toolchain.
func (b *seriesBuild) buildBase(ctx context.Context) (*Entry, error) {
	fragments := b.fragmentsFor(b.Base)
	want := Entry{Kind: "base", Title: b.Title, Below: b.source.Nonce,
		Key: keyOf(cacheFormat, b.BaseKey, b.toolsKey(), b.opts.base(), fmt.Sprintf("%s %q %q", b.arch.name, b.opts.Vars, b.targets()), textsOf(fragments))}
	b.result.Base.Cached = true
	e, err := b.Series.Cache.get(ctx, want, b.progress.say, func(e *Entry) error {
		b.result.Base.Cached = false
		src := Folder{Dir: b.source.path("tree")}
		if wantsRust(fragments) {
			if err := b.tc.rustAvailable(ctx, src, b.survey); err != nil {
				return err
			}
			if err := b.survey.Err(); err != nil {
				return err
			}
		}
		b.progress.say("building the base")
		out := Folder{Dir: e.path("obj")}
		if err := os.MkdirAll(out.Dir, 0o755); err != nil {
			return err
		}
		one, err := b.one(e, src, out, memory{}, fragments)
		if err != nil {
			return err
		}
		defer one.close()
		one.progress.expected = b.Series.Cache.commands(b.Title)
		r, err := one.run(ctx)
		if err != nil {
			return fmt.Errorf("building the base: %w", err)
		}
		e.Commands = r.Commands
		b.result.Base.Commands, b.result.Base.Seconds = r.Commands, r.Seconds
		if !r.Built {
			log := filepath.Join(b.Series.Cache.dir, "base-"+e.Key+".log")
			if err := os.Rename(e.path("log"), log); err != nil {
				return err
			}
			return hint.Wrap(&BaseError{r.Findings, log}, "this is not the series' fault: name another --base, configuration or toolchain; the log is "+log)
		}
		e.Memory = one.memory
		return b.own(out.Dir)
	})
	if err == nil {
		b.result.Base.Warnings = len(e.Memory.all())
	}
	return e, err
}

// one returns a builder for folders of the entry e, whose log it adds to.
func (b *seriesBuild) one(e *Entry, src, out Folder, m memory, fragments []Fragment) (*builder, error) {
	opts := *b.opts
	opts.KeepGoing = true // else it is chance which of two errors is told
	log, err := os.OpenFile(e.path("log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	opts.Log = log
	if b.opts.Log != nil {
		opts.Log = io.MultiWriter(log, b.opts.Log)
	}
	one := newBuilder(&opts)
	one.log = log
	one.arch = b.arch
	one.tc, one.survey, one.src, one.out, one.memory, one.fragments = b.tc, b.survey, src, out, m, fragments
	if one.source, err = src.open(-1); err == nil {
		one.dir, err = out.open(b.tc.box.Owner())
	}
	if err != nil {
		one.close()
		return nil, err
	}
	return one, nil
}
