// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/schedule"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// scheduleFlags say where jobs go that another scheduler runs.
type scheduleFlags struct {
	schedule.Options
	// file gets the jobs; standard output does where it is "".
	file string
	// relative is set where the scheduler runs jobs in the checkout of a repository.
	relative bool
}

func (f *scheduleFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.file, "jobs", "", "write the jobs to `FILE`, and not to standard output")
	flags.StringArrayVar(&f.Reports, "merged", nil, "for a scheduler: the `FILE` that the last job writes; may be repeated (default that of --jobs with .html)")
	flags.StringVar(&f.Program, "program", "lsmpatch", "for a scheduler: how lsmpatch is called there, a `FILE`")
	flags.StringArrayVar(&f.Trees, "tree-at", nil, "for a scheduler: the tree `NAME=DIR` of the jobs is there; may be repeated")
	flags.IntVar(&f.Parallel, "parallel", 0, "for github, kubernetes, slurm: run up to `N` jobs at a time (default any number)")
	flags.StringVar(&f.Image, "image", "", "for github, gitlab, kubernetes: the `IMAGE` of a container that has lsmpatch and git")
	flags.StringArrayVar(&f.Runner, "runner", nil, "for a scheduler: `WHICH` machines: a label, a tag, a partition, NAME=VALUE of nodes; may be repeated")
	flags.StringArrayVar(&f.Claims, "claim", nil, "for kubernetes: the PersistentVolumeClaim `NAME=DIR`, and where it is mounted; may be repeated")
}

// formsOfFlags are the schedulers that flags say something to, all where there are none: GitLab has no limit for a matrix.
var formsOfFlags = []struct {
	flag  string
	forms []string
}{
	{"merged", nil}, {"program", nil}, {"tree-at", nil}, {"runner", nil},
	{"parallel", []string{"github", "kubernetes", "slurm"}}, {"image", []string{"github", "gitlab", "kubernetes"}}, {"claim", []string{"kubernetes"}},
}

// check says which flags do not go together.
func (f *scheduleFlags) check(cmd *cobra.Command, form, queue string) error {
	f.relative = form == "github" || form == "gitlab"
	for _, of := range formsOfFlags {
		forms := of.forms
		if forms == nil {
			forms = schedule.Forms()
		}
		if slices.Contains(forms, form) {
			continue
		}
		if err := unheard(cmd, "with --format "+form, of.flag); err != nil {
			return hint.Wrap(err, "leave it out; it is for --format "+strings.Join(forms, ", "))
		}
	}
	if !slices.Contains(schedule.Forms(), form) {
		return nil
	}
	if queue != "" {
		return hint.Wrap(fmt.Errorf("--format %s: the jobs of a queue go to its workers", form), "leave out --nats, or --format")
	}
	if f.file == "" {
		return hint.Wrap(fmt.Errorf("--format %s: the jobs need a file", form), "--jobs FILE")
	}
	return nil
}

// schedule writes jobs to their file, and to standard output what the scheduler takes.
func (a *app) schedule(f *scheduleFlags, jobs []*fleet.Job) error {
	var text bytes.Buffer
	err := writeJobs(&text, jobs)
	if err == nil {
		err = os.WriteFile(f.file, text.Bytes(), 0o666)
	}
	if err != nil || !slices.Contains(schedule.Forms(), a.format) {
		return err
	}
	opts := f.Options
	opts.Jobs = f.file
	if len(opts.Reports) == 0 {
		opts.Reports = []string{f.file + ".html"}
	}
	if opts.Store, err = storeDir(opts.Store); err != nil {
		return err
	}
	if !f.relative {
		for _, name := range append([]*string{&opts.Store, &opts.Jobs}, pointers(opts.Reports)...) {
			absolute, absErr := filepath.Abs(*name)
			err = errors.Join(err, absErr)
			*name = absolute
		}
	}
	if err != nil {
		return err
	}
	return schedule.Write(a.stdout, a.format, jobs, &opts)
}

// pointers returns where each of words is.
func pointers(words []string) []*string {
	var at []*string
	for i := range words {
		at = append(at, &words[i])
	}
	return at
}
