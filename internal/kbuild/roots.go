// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// Roots are the root filesystems with tools that [Roots.Create] made, each a folder of Dir with a file
// NAME.json beside it, which is written last.
type Roots struct{ Dir string }

// A Root is one of them.
type Root struct {
	Name     string    `json:"name"`
	Dir      string    `json:"dir"`
	Suite    string    `json:"suite"`
	Packages []string  `json:"packages"`
	Made     time.Time `json:"made"`
}

// OpenRoots returns the root filesystems in dir, or where that is "" below the user's cache folder.
func OpenRoots(dir string) (*Roots, error) {
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, hint.Wrap(err, "name a folder for toolchains with --out")
		}
		dir = filepath.Join(user, "lsmpatch", "toolchains")
	}
	dir, err := filepath.Abs(dir)
	return &Roots{dir}, err
}

// RootOptions say what to put into a root filesystem.
type RootOptions struct {
	// Name is a file's name; "" for "default".
	Name string
	// Tree is what it is for; nil puts in everything.
	Tree fs.FS
	// Suite is Debian's; "" for trixie. Mirror is where it comes from; "" for this machine's own.
	Suite, Mirror string
	Progress      io.Writer // may be nil
}

// DefaultRoot is the name of the root filesystem that `--toolchain auto` takes.
const DefaultRoot = "default"

var rootNameRE = lazyregexp.New(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// basePackages build any kernel with LLVM or gcc, and its selftests; busybox goes into the guest.
// rustPackages are for one with Rust.
var (
	basePackages = [...]string{"clang-19", "lld-19", "llvm-19", "make", "gcc", "libc6-dev", "flex", "bison", "bc", "libelf-dev", "libssl-dev",
		"python3", "perl", "cpio", "kmod", "xz-utils", "pahole", "rsync", "git", "sparse", "ccache", "busybox-static", "libcap-dev"}
	// coccinelle asks for its Python by name, which Debian does not tell.
	coccinellePackages = [...]string{"coccinelle", "libpython3.13"}
	rustPackages       = [...]string{"rustc", "rust-src", "bindgen", "libclang-19-dev", "rustfmt", "rust-clippy"}
)

// PackagesFor returns the Debian packages that building a tree takes: without Rust where it has none.
func PackagesFor(tree fs.FS) []string {
	packages := slices.Clone(basePackages[:])
	if tree != nil {
		if _, err := fs.Stat(tree, "rust/Makefile"); err != nil {
			return packages
		}
	}
	return append(packages, rustPackages[:]...)
}

// List returns the root filesystems that were finished, by name.
func (r *Roots) List() ([]Root, error) {
	names, err := filepath.Glob(filepath.Join(r.Dir, "*.json"))
	if err != nil {
		return nil, err
	}
	roots := []Root{}
	for _, name := range names {
		root, err := r.Get(strings.TrimSuffix(filepath.Base(name), ".json"))
		if err != nil {
			return nil, err
		}
		roots = append(roots, *root)
	}
	return roots, nil
}

// Get returns one root filesystem. The error for one that is not there matches fs.ErrNotExist.
func (r *Roots) Get(name string) (*Root, error) {
	data, err := os.ReadFile(filepath.Join(r.Dir, name+".json"))
	if err != nil {
		return nil, err
	}
	root := &Root{}
	if err := json.Unmarshal(data, root); err != nil {
		return nil, fmt.Errorf("%s.json: %w", name, err)
	}
	root.Name, root.Dir = name, filepath.Join(r.Dir, name)
	return root, nil
}

// Remove removes a root filesystem, also one that was never finished.
func (r *Roots) Remove(name string) error {
	if !rootNameRE.MatchString(name) {
		return fmt.Errorf("%q is no name of a toolchain", name)
	}
	errInfo := os.Remove(filepath.Join(r.Dir, name+".json"))
	if errInfo != nil && !errors.Is(errInfo, fs.ErrNotExist) {
		return errInfo
	}
	if _, err := os.Lstat(filepath.Join(r.Dir, name)); err != nil && errInfo != nil {
		return hint.Wrap(fmt.Errorf("there is no toolchain %s", name), "`lsmpatch toolchain list` names them")
	}
	return os.RemoveAll(filepath.Join(r.Dir, name))
}

// Create makes a root filesystem by mmdebstrap and proves that its programs run in the sandbox. One of
// the same name must not be there, unless it was never finished.
func (r *Roots) Create(ctx context.Context, opts *RootOptions) (*Root, error) {
	root := &Root{Name: opts.Name, Suite: opts.Suite, Packages: PackagesFor(opts.Tree), Made: time.Now().UTC().Truncate(time.Second)}
	if root.Name == "" {
		root.Name = DefaultRoot
	}
	if root.Suite == "" {
		root.Suite = "trixie"
	}
	if !rootNameRE.MatchString(root.Name) {
		return nil, fmt.Errorf("%q is no name of a toolchain: letters, digits, points, dashes and underscores", root.Name)
	}
	if root.Suite == "trixie" {
		root.Packages = append(root.Packages, coccinellePackages[:]...)
	}
	root.Dir = filepath.Join(r.Dir, root.Name)
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return nil, err
	}
	unlock, err := lockFolder(ctx, r.Dir, func(string) {})
	if err != nil {
		return nil, err
	}
	defer unlock()
	if _, err := r.Get(root.Name); err == nil {
		return nil, hint.Wrap(fmt.Errorf("there is a toolchain %s already", root.Name), "`lsmpatch toolchain remove "+root.Name+"` removes it")
	}
	if err := os.RemoveAll(root.Dir); err != nil {
		return nil, err
	}
	if err := r.fill(ctx, root, opts); err != nil {
		return nil, errors.Join(err, os.RemoveAll(root.Dir))
	}
	data, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, err
	}
	return root, os.WriteFile(filepath.Join(r.Dir, root.Name+".json"), data, 0o644)
}

// fill runs mmdebstrap, and a compiler of what that made. As root mmdebstrap mounts /proc and /sys below the root filesystem: a
// run that was cut left them there, and the folder could not be removed any more.
func (r *Roots) fill(ctx context.Context, root *Root, opts *RootOptions) error {
	args := []string{"mmdebstrap", "--variant=minbase", "--include=" + strings.Join(root.Packages, ","), root.Suite, root.Dir}
	mirror := opts.Mirror
	if mirror == "" {
		mirror = ownMirror("/etc/apt")
	}
	if mirror != "" {
		args = append(args, mirror)
	}
	if _, err := run.Output(ctx, run.Cmd{Args: args, Tee: opts.Progress, OwnMounts: true}); err != nil {
		return hint.Wrap(fmt.Errorf("making a root filesystem: %w", err), "it takes mmdebstrap (Debian package mmdebstrap) and a Debian mirror (--mirror)")
	}
	tc, err := OpenToolchain(ctx, root.Dir, false)
	if err != nil {
		return err
	}
	for _, program := range []string{"make", "clang-19"} {
		if _, err := tc.Output(ctx, Cmd{Args: []string{program, "--version"}}); err != nil {
			return fmt.Errorf("%s of the new root filesystem: %w", program, err)
		}
	}
	return nil
}

var mirrorRE = lazyregexp.New(`^(?:URIs:\s*|deb\s+(?:\[[^\]]*\]\s+)?)(\S+/debian)/?(?:\s|$)`)

// ownMirror returns the Debian archive that the machine's own apt, configured in dir, uses, or "".
func ownMirror(dir string) string {
	files, _ := filepath.Glob(filepath.Join(dir, "sources.list.d/*"))
	for _, name := range append(files, filepath.Join(dir, "sources.list")) {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if m := mirrorRE.FindStringSubmatch(lines.Text()); m != nil {
				return m[1]
			}
		}
	}
	return ""
}

// hostTools are what this machine must have itself to build any series.
var hostTools = [...][]string{{"make"}, {"flex"}, {"bison"}, {"bc"}, {"clang", "clang-19", "clang-20", "clang-21"}, {"rustc"}, {"bindgen"}}

// hostLacks reports whether one of hostTools is not in PATH.
func hostLacks() bool {
	return slices.ContainsFunc(hostTools[:], func(names []string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { _, err := exec.LookPath(name); return err == nil })
	})
}

// Resolve returns the folder that the value of --toolchain stands for: a path, the name of a root
// filesystem, "auto" for the default one, which is made where it is missing, and "" for this machine's own
// tools, or where these lack something the default root filesystem, where that was made before.
func (r *Roots) Resolve(ctx context.Context, value string, progress io.Writer) (string, error) {
	if value == "" && hostLacks() {
		if root, err := r.Get(DefaultRoot); err == nil {
			return root.Dir, nil
		}
	}
	name := value
	if value == "auto" {
		name = DefaultRoot
	} else if value == "" || strings.Contains(value, "/") {
		return value, nil
	} else if _, err := os.Stat(value); err == nil {
		return value, nil
	}
	root, err := r.Get(name)
	switch {
	case err == nil:
		return root.Dir, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	case value != "auto":
		return "", hint.Wrap(fmt.Errorf("toolchain %s is no root filesystem and no name of one", value), "`lsmpatch toolchain create "+value+"` makes one; `lsmpatch toolchain list` names those that are there")
	}
	root, err = r.Create(ctx, &RootOptions{Progress: progress})
	if err != nil {
		return "", err
	}
	return root.Dir, nil
}
