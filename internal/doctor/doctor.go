// SPDX-License-Identifier: GPL-2.0-only

// Package doctor tells what this machine can do of lsmpatch's work, and what it lacks.
//
// Call [Examine]. It runs each tool once, proves the isolation and KVM by using them, and changes
// nothing.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/rights"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// Options says what to examine. The zero value looks at this machine alone.
type Options struct {
	// Tree is a Linux tree whose minima count for the toolchain; "" leaves the toolchain out.
	Tree string
	// Toolchain is a root filesystem with the tools; "" for this machine's own.
	Toolchain string
	// Work is the folder where builds go; "" for the user's cache.
	Work string
}

// An Item is one thing that the machine has or lacks.
type Item struct {
	Name string `json:"name"`
	// Status is ok, missing or too old.
	Status kbuild.Status `json:"status"`
	// Found says what is there: a version, a size, or why it is no use.
	Found   string `json:"found,omitempty"`
	Minimum string `json:"minimum,omitempty"`
	// For is what of lsmpatch needs it; Optional is whether that works all the same, though
	// slower or less safely.
	For      string `json:"for"`
	Optional bool   `json:"optional,omitempty"`
	Hint     string `json:"hint,omitempty"`
}

// Result is what [Examine] found.
type Result struct {
	// Able is whether all that is not optional is ok.
	Able  bool   `json:"able"`
	Items []Item `json:"items"`
	// Builds are the sorts of series that could be built here; nil where no tree was named.
	Builds []Buildable `json:"builds,omitempty"`
}

// Buildable is a sort of series.
type Buildable struct {
	Series string `json:"series"` // "C" or "Rust"
	Able   bool   `json:"able"`
	// Lacks are the tools that miss or are too old.
	Lacks []string `json:"lacks,omitempty"`
}

// Examine looks at this machine. An error says that it could not look, or that the tree of opts is
// none; what the machine lacks is in the result.
func Examine(ctx context.Context, opts *Options) (*Result, error) {
	if opts == nil {
		opts = &Options{}
	}
	// A tree that is none is told before anything is proved, which takes seconds.
	if opts.Tree != "" {
		if err := tree.IsLinux(os.DirFS(opts.Tree)); err != nil {
			return nil, err
		}
	}
	tc, unusable := kbuild.OpenToolchain(ctx, opts.Toolchain, false)
	r := &Result{Able: true, Items: []Item{}}
	for _, t := range programs {
		r.add(t.examine(ctx))
	}
	r.add(examineKVM(ctx))
	r.add(examineIsolation(tc, unusable))
	r.add(examineLandlock())
	for _, room := range []func(*Options) (Item, error){examineDisk, examineMemory} {
		item, err := room(opts)
		if err != nil {
			return nil, err
		}
		r.add(item)
	}
	switch {
	case opts.Tree == "":
	case unusable != nil:
		r.addBuilds(func(bool) []string { return []string{unusable.Error()} })
	default:
		survey, err := tc.Probe(ctx, opts.Tree)
		if err != nil {
			return nil, err
		}
		r.addToolchain(survey)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return r, nil
}

func (r *Result) add(item Item) {
	r.Items = append(r.Items, item)
	if item.Status != kbuild.OK && !item.Optional {
		r.Able = false
	}
}

// A program is a tool of this machine's PATH.
type program struct {
	name, task, pkg string
	args            []string
	optional        bool
}

var programs = [...]program{
	{"git", "fetch, and the comparison with git am", "git", []string{"git", "--version"}, true},
	{"perl", "checkpatch with the tree's own script", "perl", []string{"perl", "-e", "printf qq(perl %vd\n), $^V"}, true},
	{"go", "building lsmpatch itself", "golang-go", []string{"go", "version"}, true},
	{"qemu", "boot", "qemu-system-x86", []string{"qemu-system-x86_64", "--version"}, false},
	{"bubblewrap", "build, isolated from this machine", "bubblewrap", []string{"bwrap", "--version"}, true},
}

func (p *program) examine(ctx context.Context) Item {
	item := Item{Name: p.name, Status: kbuild.OK, For: p.task, Optional: p.optional}
	out, err := run.Output(ctx, run.Cmd{Args: p.args})
	switch {
	case errors.Is(err, exec.ErrNotFound):
		item.Status, item.Hint = kbuild.Missing, "install it (Debian package "+p.pkg+")"
	case err != nil:
		item.Status, item.Found, item.Hint = kbuild.Missing, err.Error(), "it is there and does not run"
	default:
		item.Found, _, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	}
	return item
}

func examineKVM(ctx context.Context) Item {
	item := Item{Name: "KVM", Status: kbuild.OK, Found: "proved by a guest", For: "boot, faster", Optional: true}
	if err := boot.ProveKVM(ctx, nil); err != nil {
		item.Status, item.Found, item.Hint = kbuild.Missing, err.Error(), hint.Of(err)
		if item.Hint == "" {
			item.Hint = "boot works without it, a little slower"
		}
	}
	return item
}

func examineLandlock() Item {
	item := Item{Name: "Landlock", Status: kbuild.OK, For: "verbs that only read, without rights to write elsewhere", Optional: true}
	what, ok := rights.Available()
	item.Found = what
	if !ok {
		item.Status, item.Hint = kbuild.Missing, "a kernel with CONFIG_SECURITY_LANDLOCK, and landlock among its LSMs (lsm=)"
	}
	return item
}

// examineIsolation tells of a toolchain that was opened, or why it could not be.
func examineIsolation(tc *kbuild.Toolchain, unusable error) Item {
	item := Item{Name: "isolation", Status: kbuild.OK, For: "build without trust in the series' author", Optional: true}
	if unusable != nil {
		item.Status, item.Found, item.Hint, item.Optional = kbuild.Missing, unusable.Error(), hint.Of(unusable), false
		return item
	}
	item.Found = tc.Isolation()
	return item
}

// What a build takes: a tree laid out, its objects, and rustc at work.
const (
	needDisk   = 4 << 30
	needMemory = 2 << 30
)

func examineDisk(opts *Options) (Item, error) {
	dir := opts.Work
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return Item{}, err
		}
		dir = cache
	}
	// The folder may not be there yet; the first one above it is on the same disk.
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return Item{}, fmt.Errorf("room on %s: %w", dir, err)
	}
	item := room("disk", fs.Bavail*uint64(fs.Bsize), needDisk)
	item.Found += " free for " + dir
	return item, nil
}

func examineMemory(*Options) (Item, error) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return Item{}, fmt.Errorf("memory: %w", err)
	}
	return room("memory", info.Totalram*uint64(info.Unit), needMemory), nil
}

func room(name string, have, need uint64) Item {
	item := Item{Name: name, Status: kbuild.OK, Found: gibibytes(have), Minimum: gibibytes(need), For: "build"}
	if have < need {
		item.Status, item.Hint = kbuild.Missing, "a build needs "+gibibytes(need)
	}
	return item
}

func gibibytes(n uint64) string { return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30)) }

// addToolchain adds the tools, and the sorts of series that they build.
func (r *Result) addToolchain(survey *kbuild.Survey) {
	for _, t := range survey.Tools {
		item := Item{Name: t.Name, Status: t.Status, Found: t.Version, Minimum: t.Minimum, For: "build", Hint: t.Hint}
		if t.ForRust() {
			item.For, item.Optional = "build of series that touch Rust", true
		}
		r.add(item)
	}
	r.addBuilds(survey.Lacks)
	item := Item{Name: "make rustavailable", Status: kbuild.OK, Found: survey.RustSays, For: "build of series that touch Rust", Optional: true}
	if err := survey.Err(); err != nil {
		item.Status, item.Hint = kbuild.Missing, hint.Of(err)
		item.Found = "a tool that it needs is missing"
		if survey.RustSays != "" {
			item.Found = err.Error()
		}
	}
	r.add(item)
}

// addBuilds adds each sort of series, with what it lacks to be built.
func (r *Result) addBuilds(lacks func(rust bool) []string) {
	for _, sort := range []struct {
		name string
		rust bool
	}{{"C", false}, {"Rust", true}} {
		missing := lacks(sort.rust)
		r.Builds = append(r.Builds, Buildable{sort.name, len(missing) == 0, missing})
	}
}
