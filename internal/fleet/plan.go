// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/land"
	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset"
)

// A Planner makes jobs. Close it.
type Planner struct {
	matrix *Matrix
	tool   string
	trees  []plannedTree
}

// plannedTree is a tree that is open, with its revisions as commits.
type plannedTree struct {
	TreeOf
	tree  *tree.Tree
	bases []string
}

// NewPlanner opens the trees of m. Tool is the program and its version.
func NewPlanner(m *Matrix, tool string) (*Planner, error) {
	p := &Planner{matrix: m, tool: tool}
	for _, t := range m.Trees {
		open, err := land.Open(t.Dir)
		if err != nil {
			p.Close()
			return nil, fmt.Errorf("tree %s: %w", t.Name, err)
		}
		p.trees = append(p.trees, plannedTree{TreeOf: t, tree: open})
		if !open.IsGit() {
			p.Close()
			return nil, hint.Wrap(fmt.Errorf("tree %s: %s is not in git, so that nothing names what it holds", t.Name, t.Dir), "git init, add and commit it")
		}
	}
	if err := p.Refresh(); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Refresh looks anew what the revisions of the matrix are.
func (p *Planner) Refresh() error {
	for i := range p.trees {
		t := &p.trees[i]
		t.bases = nil
		for _, branch := range t.Branches {
			if branch == autoBranch {
				branch = ""
			}
			base, err := t.tree.Resolve(branch)
			if err != nil {
				return fmt.Errorf("tree %s: %w", t.Name, err)
			}
			t.bases = append(t.bases, string(base))
		}
	}
	return nil
}

// Close closes the trees.
func (p *Planner) Close() {
	for _, t := range p.trees {
		t.tree.Close()
	}
}

// Plan makes the jobs of set, which came by list, or "", and returns them with the mailbox that they name. No two of them
// have the same key: a suite that builds nothing is one job for a base, whatever the configurations.
//
// Where a branch is "auto", the base is looked for on which the series applies; a tree without one gets no jobs, unless no
// tree has one: then HEAD of the first is taken, whose report says so. With the matrix's First the first tree with a base is
// the only one.
func (p *Planner) Plan(ctx context.Context, set *patchset.Set, list string) ([]*Job, []byte, error) {
	series, box, err := describe(set, list)
	if err != nil {
		return nil, nil, err
	}
	bases, err := p.bases(ctx, set, list)
	if err != nil {
		return nil, nil, err
	}
	var jobs []*Job
	seen := map[string]bool{}
	for _, at := range bases {
		for _, j := range p.matrix.jobs(series, at, p.tool) {
			if !seen[j.Key] {
				seen[j.Key] = true
				jobs = append(jobs, j)
			}
		}
	}
	return jobs, box, nil
}

// autoBranch is the branch that is looked for.
const autoBranch = "auto"

// bases returns what set, which came by list, is held against.
func (p *Planner) bases(ctx context.Context, set *patchset.Set, list string) (found []Tree, err error) {
	var fallback *Tree
	for _, t := range p.trees {
		if !p.wants(list, t.Name) {
			continue
		}
		for i, branch := range t.Branches {
			at := Tree{Name: t.Name, Dir: t.Dir, Branch: branch, Base: t.bases[i]}
			if branch == autoBranch {
				base, err := apply.FindBase(ctx, t.tree, set, &apply.Options{}, nil)
				var none *apply.NoBaseError
				if errors.As(err, &none) {
					if fallback == nil {
						fallback = &at
					}
					continue
				}
				if err != nil {
					return nil, fmt.Errorf("tree %s: %w", t.Name, err)
				}
				at.Base = string(base.Commit)
			}
			found = append(found, at)
		}
		if p.matrix.First && len(found) > 0 {
			return found, nil
		}
	}
	if len(found) == 0 && fallback != nil {
		found = append(found, *fallback)
	}
	return found, nil
}

// wants reports whether the series of a list are for a tree.
func (p *Planner) wants(list, tree string) bool {
	for _, l := range p.matrix.Lists {
		if l.Name == list && len(l.Trees) > 0 {
			return slices.Contains(l.Trees, tree)
		}
	}
	return true
}

// jobs returns those of a series on one base.
func (m *Matrix) jobs(series Series, at Tree, tool string) []*Job {
	var jobs []*Job
	for _, suite := range m.Suites {
		j := Job{Series: series, Tree: at, Suite: suite.Name, Build: suite.Build || suite.Boot, Boot: suite.Boot,
			Strict: suite.Strict, Policy: m.policy, Tool: tool, Memory: suite.Memory, KVM: suite.KVM && suite.Boot}
		if suite.Boot {
			j.Tests = suite.Tests
		}
		if !j.Build {
			jobs = append(jobs, &j)
			continue
		}
		for _, arch := range m.Arches {
			for _, c := range m.Configs {
				if !oneOf(suite.Arches, arch) || !oneOf(suite.Configs, c.Name) {
					continue
				}
				for _, chain := range m.Toolchains {
					built := j
					built.Arch, built.Toolchain = arch, chain
					built.Config = &Config{Name: c.Name, Target: c.Target, Fragments: c.texts}
					jobs = append(jobs, &built)
				}
			}
		}
	}
	for _, j := range jobs {
		j.Key = j.ID()
	}
	return jobs
}

// oneOf reports whether names has name, or nothing at all.
func oneOf(names []string, name string) bool { return len(names) == 0 || slices.Contains(names, name) }
