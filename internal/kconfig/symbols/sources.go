// SPDX-License-Identifier: GPL-2.0-only

package symbols

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
)

var sourceRE = lazyregexp.New(`(?m)^\s*(?:o?r?)source\s+"?([^"\n]+?)"?\s*$`)

// maxKconfig bounds one Kconfig file; Linux's largest has 130 kB.
const maxKconfig = limit.KconfigBytes

// A sources is the part of a tree that a configuration comes from, in memory: some 2,000 files.
type sources struct {
	// kconfig are the Kconfig files; machinery is what reads them: make's files and scripts/.
	kconfig, machinery map[string][]byte
	modes              map[string]fs.FileMode
}

// collect reads the Kconfig files that the tree's top Kconfig leads to, and what make needs to run conf.
func collect(tree fs.FS, srcArch string) (*sources, error) {
	s := &sources{kconfig: map[string][]byte{}, machinery: map[string][]byte{}, modes: map[string]fs.FileMode{}}
	if err := s.follow(tree, "Kconfig", srcArch, 0); err != nil {
		return nil, err
	}
	for _, name := range []string{"Makefile", "Kbuild", "arch/" + srcArch + "/Makefile"} {
		if err := s.add(tree, name); err != nil {
			return nil, err
		}
	}
	for _, dir := range []string{"scripts", "arch/" + srcArch, "kernel/configs", "arch/" + srcArch + "/configs", "arch/" + srcArch + "/scripts", "tools/scripts"} {
		if err := s.folder(tree, dir, srcArch); err != nil {
			return nil, err
		}
	}
	if err := s.platforms(tree, "arch/"+srcArch); err != nil {
		return nil, err
	}
	if srcArch == "um" { // its makefile includes that of the machine it runs on
		return s, s.folder(tree, "arch/"+headerArch, headerArch)
	}
	return s, nil
}

// headerArch is what arch/um calls HEADER_ARCH: the architecture whose headers and makefiles it has besides its own.
const headerArch = "x86"

// follow reads a Kconfig file and those that it sources. A file that is not there is conf's to tell.
func (s *sources) follow(tree fs.FS, name, srcArch string, depth int) error {
	if _, seen := s.kconfig[name]; seen || depth > 50 || !fs.ValidPath(name) {
		return nil
	}
	info, err := fs.Stat(tree, name)
	if err != nil {
		if depth == 0 {
			return fmt.Errorf("no Linux tree: %w", err)
		}
		return nil
	}
	if !info.Mode().IsRegular() || info.Size() > maxKconfig {
		return fmt.Errorf("%s is no Kconfig file of a usual size", name)
	}
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	s.kconfig[name], s.modes[name] = data, 0o644
	replace := strings.NewReplacer("$(SRCARCH)", srcArch, "$SRCARCH", srcArch, "$(HEADER_ARCH)", headerArch, "$(srctree)/", "")
	for _, m := range sourceRE.FindAllSubmatch(data, -1) {
		if err := s.follow(tree, path.Clean(replace.Replace(string(m[1]))), srcArch, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (s *sources) add(tree fs.FS, name string) error {
	info, err := fs.Stat(tree, name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxKconfig {
		return nil
	}
	data, err := fs.ReadFile(tree, name)
	s.machinery[name], s.modes[name] = data, info.Mode().Perm()
	return err
}

// platforms reads the makefiles of machines, which those of arch/mips include.
func (s *sources) platforms(tree fs.FS, dir string) error {
	entries, err := fs.ReadDir(tree, dir)
	if err != nil {
		return nil // no such architecture, which is conf's to tell
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := s.add(tree, path.Join(dir, e.Name(), "Platform")); err != nil {
				return err
			}
		}
	}
	return nil
}

// folder reads all of a folder of scripts, or the makefiles right in a folder of an architecture.
func (s *sources) folder(tree fs.FS, dir, srcArch string) error {
	return fs.WalkDir(tree, dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // not there, in some versions
		case d.IsDir() && dir == "arch/"+srcArch && name != dir:
			return fs.SkipDir
		case d.IsDir() || dir == "arch/"+srcArch && !strings.HasPrefix(d.Name(), "Makefile") && !strings.HasPrefix(d.Name(), "Kbuild."):
			return nil
		case strings.HasPrefix(name, "scripts/gcc-plugins/") && path.Ext(name) == ".c", strings.HasPrefix(name, "scripts/coccinelle/"):
			return nil
		}
		return s.add(tree, name)
	})
}

// hash returns the hash of a set of files.
func hash(sets ...map[string][]byte) string {
	h := sha256.New()
	for _, set := range sets {
		var names []string
		for name := range set {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(h, "%q %d\n", name, len(set[name]))
			h.Write(set[name])
		}
		fmt.Fprintln(h)
	}
	return fmt.Sprintf("%x", h.Sum(nil))[:32]
}

// layOut writes all files below dir.
func (s *sources) layOut(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, set := range []map[string][]byte{s.kconfig, s.machinery} {
		for name, data := range set {
			if old, err := root.ReadFile(name); err == nil && bytes.Equal(old, data) {
				continue
			}
			if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
			if err := root.WriteFile(name, data, s.modes[name]|0o444); err != nil {
				return err
			}
		}
	}
	return nil
}
