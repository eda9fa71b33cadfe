// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/config"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/kconfig"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/strict"
)

// A Matrix says which jobs are made of a series. docs/fleet.md describes the file.
type Matrix struct {
	Lists   []List   `toml:"list"`
	Trees   []TreeOf `toml:"tree"`
	Configs []Source `toml:"config"`
	Suites  []Suite  `toml:"suite"`
	// Arches and Toolchains are for builds.
	Arches     []string `toml:"arches"`
	Toolchains []string `toml:"toolchains"`
	// First takes of the trees, in their order, the first that has a base for the series.
	First bool `toml:"first"`
	// Policy names a .lsmpatch.toml; the text of it is Policy of each job.
	Policy string `toml:"policy"`
	// Integration is the branch of all that passed, or nil.
	Integration *Integration `toml:"integration"`

	policy string
}

// PatchworkPrefix begins the source of a list that is a project of a patchwork server: patchwork:https://HOST/project/NAME.
const PatchworkPrefix = "patchwork:"

// A List is where series come from.
type List struct {
	Name string `toml:"name"`
	// From is what lsmpatch series reads: inbox:DIR, a mailbox, a maildir; or the URL of a patchwork project.
	From string `toml:"from"`
	// Trees are the names of those to hold its series against; all where there are none.
	Trees []string `toml:"trees"`
	// Fetch runs git fetch in the last epoch of the archive before it is looked at.
	Fetch bool `toml:"fetch"`
}

// A TreeOf is a tree in git and the revisions of it that matter; HEAD where there are none. The branch auto is a commit on which
// the series applies.
type TreeOf struct {
	Name     string   `toml:"name"`
	Dir      string   `toml:"dir"`
	Branches []string `toml:"branches"`
}

// A Source is a configuration: a target of make and files that are merged into it.
type Source struct {
	Name      string   `toml:"name"`
	Target    string   `toml:"target"`
	Fragments []string `toml:"fragments"`

	texts []string
}

// A Suite is what is done with a series on a tree.
type Suite struct {
	Name   string `toml:"name"`
	Build  bool   `toml:"build"`
	Boot   bool   `toml:"boot"`
	Strict bool   `toml:"strict"`
	// Tests are those of premerge --test.
	Tests []string `toml:"tests"`
	// Arches and Configs limit the suite to some; all where there are none. Memory is in MiB.
	Arches  []string `toml:"arches"`
	Configs []string `toml:"configs"`
	Memory  int      `toml:"memory"`
	KVM     bool     `toml:"kvm"`
}

// LoadMatrix reads a file. Paths in it are relative to its folder. Errors name the entry, and have a hint.
func LoadMatrix(file string) (*Matrix, error) {
	text, err := below.ReadNamed(file, limit.ConfigBytes)
	if err != nil {
		return nil, fmt.Errorf("reading the matrix: %w", err)
	}
	m := new(Matrix)
	if err := decode(file, string(text), m); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(file)) // a job runs in another folder
	if err != nil {
		return nil, err
	}
	if err := m.complete(dir); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// decode reads TOML into v, and takes no key that v does not have.
func decode(file, text string, v any) error {
	_, err := strict.TOML(text, v)
	if err == nil {
		return nil
	}
	advice := "docs/fleet.md describes the file"
	if unknown := new(strict.UnknownError); errors.As(err, &unknown) && len(unknown.Key) > 1 {
		if word := unknown.Key[len(unknown.Key)-1]; slices.Contains([]string{"policy", "arches", "toolchains", "first"}, word) {
			advice = word + " is of the whole file: it stands above the first line in brackets"
		}
	}
	return hint.Wrap(fmt.Errorf("%s: %w", file, err), advice)
}

// complete reads what m names, and says what is wrong with it.
func (m *Matrix) complete(dir string) error {
	if len(m.Trees) == 0 {
		return hint.Wrap(errors.New("it names no tree"), "[[tree]] with name and dir")
	}
	if len(m.Suites) == 0 {
		m.Suites = []Suite{{Name: "checks"}}
	}
	if len(m.Configs) == 0 {
		m.Configs = []Source{{Name: "default"}}
	}
	if len(m.Arches) == 0 {
		m.Arches = []string{"x86_64"}
	}
	if len(m.Toolchains) == 0 {
		m.Toolchains = []string{""}
	}
	if err := m.checkNames(); err != nil {
		return err
	}
	if err := m.checkParts(); err != nil {
		return err
	}
	if m.Integration != nil {
		if err := m.Integration.check(m); err != nil {
			return err
		}
	}
	for i := range m.Trees {
		m.Trees[i].Dir = under(dir, m.Trees[i].Dir)
		if len(m.Trees[i].Branches) == 0 {
			m.Trees[i].Branches = []string{"HEAD"}
		}
	}
	for i := range m.Lists {
		m.Lists[i].From = underSource(dir, m.Lists[i].From)
	}
	return m.readFiles(dir)
}

// readFiles reads the fragments and the policy, which is held against the rules for one.
func (m *Matrix) readFiles(dir string) error {
	for i, c := range m.Configs {
		for _, name := range c.Fragments {
			text, err := below.ReadNamed(under(dir, name), limit.ConfigBytes)
			if err != nil {
				return fmt.Errorf("config %s: %w", c.Name, err)
			}
			m.Configs[i].texts = append(m.Configs[i].texts, string(text))
		}
	}
	if m.Policy == "" {
		return nil
	}
	text, err := below.ReadNamed(under(dir, m.Policy), limit.ConfigBytes)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if _, err := config.Parse(string(text)); err != nil {
		return fmt.Errorf("policy %s: %w", m.Policy, err)
	}
	m.policy = string(text)
	return nil
}

// checkNames says which name is none, is there twice, or is of nothing.
func (m *Matrix) checkNames() error {
	names := map[string][]string{}
	for _, l := range m.Lists {
		names["list"] = append(names["list"], l.Name)
	}
	for _, t := range m.Trees {
		names["tree"] = append(names["tree"], t.Name)
	}
	for _, c := range m.Configs {
		names["config"] = append(names["config"], c.Name)
	}
	for _, s := range m.Suites {
		names["suite"] = append(names["suite"], s.Name)
	}
	names["arches"] = m.Arches
	for _, kind := range []string{"list", "tree", "config", "suite", "arches"} {
		for i, name := range names[kind] {
			if !nameRE.MatchString(name) {
				return hint.Wrap(fmt.Errorf("%s %q is no name", kind, name), "a name is of letters, digits and _ . + -")
			}
			if slices.Contains(names[kind][:i], name) {
				return fmt.Errorf("%s %q is there twice", kind, name)
			}
		}
	}
	for _, l := range m.Lists {
		if err := known("list "+l.Name, "tree", l.Trees, names["tree"]); err != nil {
			return err
		}
	}
	for _, s := range m.Suites {
		if err := errors.Join(known("suite "+s.Name, "arch", s.Arches, m.Arches), known("suite "+s.Name, "config", s.Configs, names["config"])); err != nil {
			return err
		}
	}
	return nil
}

// checkParts says what of a list, a tree, a suite or an architecture is missing, would be done nowhere, or would not be done.
func (m *Matrix) checkParts() error {
	for _, l := range m.Lists {
		if l.From == "" {
			return hint.Wrap(fmt.Errorf("list %s: it does not say where its series come from", l.Name), `from = "inbox:DIR", a maildir, a mailbox, or "patchwork:https://HOST/project/NAME"`)
		}
	}
	for _, t := range m.Trees {
		if t.Dir == "" {
			return hint.Wrap(fmt.Errorf("tree %s: it does not say where it is", t.Name), `dir = "/srv/linux"`)
		}
	}
	for _, arch := range m.Arches {
		if _, ok := kconfig.ArchOf(arch); !ok {
			var names []string
			for _, a := range kconfig.Arches {
				names = append(names, a.Name)
			}
			return hint.Wrap(fmt.Errorf("arches: nothing is built for %q", arch), "it is one of "+strings.Join(names, ", "))
		}
	}
	for _, s := range m.Suites {
		if err := s.check(); err != nil {
			return fmt.Errorf("suite %s: %w", s.Name, err)
		}
	}
	return nil
}

// check says what of s would not be done.
func (s *Suite) check() error {
	switch {
	case s.Memory < 0:
		return fmt.Errorf("memory = %d is no size", s.Memory)
	case !s.Boot && (s.KVM || len(s.Tests) > 0):
		return hint.Wrap(errors.New("kvm and tests are for a boot"), "boot = true")
	case !s.Build && !s.Boot && len(s.Arches)+len(s.Configs) > 0:
		return hint.Wrap(errors.New("arches and configs are for a build"), "build = true, or boot = true")
	}
	return nil
}

// known says which of names is not among all.
func known(where, kind string, names, all []string) error {
	for _, name := range names {
		if !slices.Contains(all, name) {
			return hint.Wrap(fmt.Errorf("%s: there is no %s %q", where, kind, name), "there is "+cmp.Or(strings.Join(all, ", "), "none"))
		}
	}
	return nil
}

// under returns name as it is seen from dir.
func under(dir, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// underSource is under for what a series is read from.
func underSource(dir, from string) string {
	if rest, ok := strings.CutPrefix(from, "inbox:"); ok {
		return "inbox:" + under(dir, rest)
	}
	if strings.Contains(from, "://") || strings.HasPrefix(from, "builtin:") || from == "" {
		return from
	}
	return under(dir, from)
}
