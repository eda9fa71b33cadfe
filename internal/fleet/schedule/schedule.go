// SPDX-License-Identifier: GPL-2.0-only

// Package schedule writes jobs for schedulers that a site has already: Slurm, GitHub, GitLab, Kubernetes.
//
// For most uses, call [Write]. Each job becomes a call of "lsmpatch work --job KEY", which may be called as often as one
// likes; a last one, "lsmpatch report merge", makes one report of all. What is written holds file names and words from mails:
// everything is quoted for whoever reads it, and what cannot be quoted is refused.
package schedule

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// Options say where the jobs find what they need.
type Options struct {
	// Program is how lsmpatch is called there, "lsmpatch" where it is "".
	Program string
	// Store is the folder of mails and reports, Jobs the file with the jobs, and Reports those that the last job writes.
	Store, Jobs string
	Reports     []string
	// Trees are NAME=DIR, for those that are elsewhere than where they were planned.
	Trees []string
	// Parallel is how many jobs may run at a time; 0 is any number.
	Parallel int
	// Image is that of a container, for all but Slurm. Runner are words that say which machines: labels of GitHub, tags of
	// GitLab, a partition of Slurm, NAME=VALUE of nodes of Kubernetes.
	Image  string
	Runner []string
	// Claims are NAME=DIR: volumes of Kubernetes, and where jobs find them.
	Claims []string
}

// A form writes the batches of jobs of one scheduler.
type form struct {
	// most is how many jobs the scheduler takes in one go.
	most int
	// inCheckout is set where jobs run in the checkout of a repository, which store and jobs are in.
	inCheckout bool
	write      func(w io.Writer, all []batch, opts *Options) error
}

// forms are those that there are. The limits: Debian's Slurm has MaxArraySize 1001; a matrix of GitHub has 256 jobs, one of
// GitLab 200; of Kubernetes it is ours, as the keys of a batch are one argument, of which Linux takes 128 KiB.
func forms() map[string]form {
	return map[string]form{
		"slurm":      {1000, false, writeSlurm},
		"github":     {256, true, writeGitHub},
		"gitlab":     {200, true, writeGitLab},
		"kubernetes": {1000, false, writeKubernetes},
	}
}

// Forms returns the names of the schedulers.
func Forms() []string { return slices.Sorted(maps.Keys(forms())) }

// Write writes jobs for the scheduler of a name: a script that submits them, or YAML. The error is about opts, with a hint, or
// that of w.
func Write(w io.Writer, name string, jobs []*fleet.Job, opts *Options) error {
	f, ok := forms()[name]
	if !ok {
		return fmt.Errorf("there is no scheduler %q: %s", name, strings.Join(Forms(), ", "))
	}
	if len(jobs) == 0 {
		return errors.New("there is no job to write")
	}
	use := *opts
	if use.Program == "" {
		use.Program = "lsmpatch"
	}
	if err := use.check(f.inCheckout); err != nil {
		return err
	}
	return f.write(w, batches(jobs, f.most), &use)
}

// check says which of o cannot be written, or would not be found.
func (o *Options) check(inCheckout bool) error {
	words := slices.Concat([]string{o.Program, o.Store, o.Jobs, o.Image}, o.Reports, o.Trees, o.Runner, o.Claims)
	for _, word := range words {
		if report.Printable(word) != word {
			return fmt.Errorf("%q has characters that no scheduler is to see", word)
		}
	}
	for _, name := range append([]string{o.Store, o.Jobs}, o.Reports...) {
		switch {
		case inCheckout && (!filepath.IsLocal(name) || !plainRE.MatchString(name)):
			return hint.Wrap(fmt.Errorf("%q is no plain name of a file in the repository", name), "jobs run in its checkout: name --store, --jobs and --merged below this folder, of letters, digits and _ . -")
		case !inCheckout && !filepath.IsAbs(name):
			return fmt.Errorf("%q is found from one folder alone", name)
		}
	}
	return nil
}

// plainRE is a name that is no pattern and no variable for anybody.
var plainRE = lazyregexp.New(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)

// A batch is jobs that go to the same machines, as many as a scheduler takes in one go.
type batch struct {
	// name is work-1, work-2, ….
	name string
	jobs []*fleet.Job
	// memory is in MiB, or 0.
	memory int
	kvm    bool
}

// batches sorts jobs by what they need and cuts that into pieces of up to most. A job that is there twice, as its series came by two
// lists, is in one of them.
func batches(jobs []*fleet.Job, most int) []batch {
	sorted := slices.Clone(jobs)
	slices.SortStableFunc(sorted, func(a, b *fleet.Job) int {
		if a.KVM != b.KVM {
			if b.KVM {
				return -1
			}
			return 1
		}
		return a.Memory - b.Memory
	})
	var all []batch
	seen := map[string]bool{}
	for _, j := range sorted {
		if seen[j.Key] {
			continue
		}
		seen[j.Key] = true
		last := len(all) - 1
		if last < 0 || len(all[last].jobs) == most || all[last].memory != j.Memory || all[last].kvm != j.KVM {
			all = append(all, batch{name: fmt.Sprintf("work-%d", len(all)+1), memory: j.Memory, kvm: j.KVM})
			last++
		}
		all[last].jobs = append(all[last].jobs, j)
	}
	return all
}

// keys are those of the jobs, which are hexadecimal digits.
func (b *batch) keys() []string {
	var keys []string
	for _, j := range b.jobs {
		keys = append(keys, j.Key)
	}
	return keys
}

// work is the command of a job, for a shell. Key is a word of the shell.
func (o *Options) work(key string) string {
	args := []string{o.Program, "work", "--store", o.Store}
	for _, t := range o.Trees {
		args = append(args, "--tree-at", t)
	}
	return run.Quoted(args...) + " --job " + key + " " + run.Quoted(o.Jobs)
}

// merge is the command of the last job, for a shell. More are flags.
func (o *Options) merge(more ...string) string {
	args := append([]string{o.Program, "report", "merge", "--incomplete", "--store", o.Store, "--jobs", o.Jobs}, more...)
	for _, name := range o.Reports {
		args = append(args, "--report", name)
	}
	return run.Quoted(args...)
}

// title names a job for people, on one short line that comes from a mail in part.
func title(j *fleet.Job) string {
	text := []rune(report.Printable(fmt.Sprintf("%s: %s v%d", j.Label(), j.Series.Title, j.Series.Version)))
	if len(text) > maxTitle {
		text = append(text[:maxTitle-1], '…')
	}
	return string(text)
}

// maxTitle is how many characters of a title are shown: GitLab takes 255 for the name of a job, with its key.
const maxTitle = 100

// encode writes documents of YAML. Lines are not broken, as commands are read by people, too.
func encode(w io.Writer, documents ...any) error {
	out, err := yaml.NewDumper(w, yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return err
	}
	for _, d := range documents {
		if err := out.Dump(d); err != nil {
			return err
		}
	}
	return out.Close()
}
