// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

func (a *app) planCommand() *cobra.Command {
	var (
		matrix, dir string
		where       queueFlags
		to          scheduleFlags
	)
	cmd := &cobra.Command{
		Use:   "plan --matrix FILE [SERIES...]",
		Short: "Make jobs of series: each on the trees, configurations and tests of a matrix",
		Long: `plan makes jobs of series and a matrix, a TOML file with lists, trees and their branches,
architectures, configurations and suites of steps (docs/fleet.md), and writes them to standard
output, a line of JSON each, for lsmpatch work. Each argument may hold many series; the newest
version of each is planned. Without one they are those of the lists of the matrix, else the carried one.

The key of a job is made of all that goes into its verdict: the base commit, the mails and their patch
IDs, configuration, toolchain, tests, steps and the version of lsmpatch. The mails go into the store, with --nats they and the jobs into a queue.

With --format slurm, github, gitlab or kubernetes the jobs go into the file --jobs, and standard output gets what a scheduler
of that kind takes: a script that submits array jobs, a workflow with matrices, a pipeline, Indexed Jobs. Each job
is one lsmpatch work, and the last one a lsmpatch report merge, which writes the files of --merged.`,
		Example: `  lsmpatch plan --matrix site.toml series.mbox >jobs
  lsmpatch plan --matrix site.toml inbox:lists/lsm | lsmpatch work --workers 4
  lsmpatch plan --matrix site.toml --nats nats://127.0.0.1:4222 --token-file token series.mbox
  lsmpatch plan --matrix site.toml --format slurm --store /shared/store --jobs /shared/jobs series.mbox | sh
  lsmpatch plan --matrix site.toml --format gitlab --store store --jobs jobs --image registry/lsmpatch series.mbox >.gitlab-ci.yml`,
	}
	src := addSource(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		m, err := fleet.LoadMatrix(matrix)
		if err != nil {
			return err
		}
		if err := to.check(cmd, a.format, where.URL); err != nil {
			return err
		}
		if err := where.check(cmd, nil, []string{"store"}); err != nil {
			return err
		}
		q, err := where.connect(cmd.Context())
		if err != nil {
			return err
		}
		if q != nil {
			defer q.Close()
			return a.plan(cmd.Context(), m, src, args, &to, func(jobs []*fleet.Job, box []byte) error {
				_, err := q.Submit(cmd.Context(), jobs, box)
				return err
			})
		}
		store, err := openStore(dir)
		if err != nil {
			return err
		}
		to.Store = dir
		return a.plan(cmd.Context(), m, src, args, &to, func(_ []*fleet.Job, box []byte) error {
			_, err := store.PutMails(box)
			return err
		})
	}
	flags := cmd.Flags()
	flags.StringVar(&matrix, "matrix", "", "`FILE` with lists, trees, configurations and suites (required)")
	addStore(cmd, &dir)
	where.add(cmd)
	to.add(cmd)
	required(cmd, "matrix")
	return cmd
}

// addStore gives cmd the flag that names a store.
func addStore(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "store", "", "`DIR` of mails and reports (default one below the user's cache)")
	directories(cmd, "store")
}

// openStore opens the store in dir, or where that is "" the user's.
func openStore(dir string) (*fleet.Store, error) {
	dir, err := storeDir(dir)
	if err != nil {
		return nil, err
	}
	return fleet.OpenStore(dir)
}

// storeDir returns dir, or where that is "" the folder of the user's store.
func storeDir(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", hint.Wrap(err, "name a store with --store")
	}
	return filepath.Join(cache, "lsmpatch", "jobs"), nil
}

// plan writes the jobs of the series that args name, else of the lists of m, to where to says, and gives those of each series
// to keep first.
func (a *app) plan(ctx context.Context, m *fleet.Matrix, src *source, args []string, to *scheduleFlags, keep func([]*fleet.Job, []byte) error) error {
	planner, err := fleet.NewPlanner(m, "lsmpatch "+version())
	if err != nil {
		return err
	}
	defer planner.Close()
	lists := map[string]string{}
	if len(args) == 0 {
		for _, l := range m.Lists {
			if strings.HasPrefix(l.From, fleet.PatchworkPrefix) {
				return hint.Wrap(fmt.Errorf("list %s is a project of patchwork, which is watched, not planned", l.Name), "serve --config, or name the series, as patchwork:https://HOST/NUMBER")
			}
			args = append(args, l.From)
			lists[l.From] = l.Name
		}
	}
	if len(args) == 0 {
		args = []string{defaultSeries}
	}
	var jobs []*fleet.Job
	planned := 0
	var unplanned error
	for _, name := range args {
		err := a.eachNewest(ctx, src, name, func(set *patchset.Set) error {
			made, box, err := planner.Plan(ctx, set, lists[name])
			if err != nil {
				a.noteln("%v", err)
				if !errors.Is(err, fleet.ErrNoPatch) {
					unplanned = err
				}
				return context.Cause(ctx) // the others are planned all the same
			}
			if err := keep(made, box); err != nil {
				return err
			}
			planned++
			jobs = append(jobs, made...)
			if to.file != "" {
				return nil
			}
			return writeJobs(a.stdout, made)
		})
		if err != nil {
			return err
		}
	}
	a.noteln("%s of %d series", report.Plural(len(jobs), "job"), planned)
	if to.file != "" {
		if err := a.schedule(to, jobs); err != nil {
			return err
		}
	}
	if unplanned != nil {
		return fmt.Errorf("not every series could be planned: %w", unplanned)
	}
	return nil
}

// writeJobs writes a line for each job.
func writeJobs(w io.Writer, jobs []*fleet.Job) error {
	for _, j := range jobs {
		if err := report.WriteJSONLine(w, j); err != nil {
			return err
		}
	}
	return nil
}

// eachNewest calls visit with the newest version of each series that name holds. Requests to pull and other mails
// that are no submission are passed over.
func (a *app) eachNewest(ctx context.Context, src *source, name string, visit func(*patchset.Set) error) error {
	progress, done := a.progress()
	defer done()
	opts := a.readOptions(ctx, src, nil, progress)
	opts.PassOver = func(err error) { a.warnln("passed over: %v", err) }
	family := -1
	for set, err := range series.All(ctx, []string{name}, opts) {
		if err != nil {
			return err
		}
		if set.Family == family || set.Pull || series.NotSubmission(&check.View{Set: set}) != "" {
			continue
		}
		family = set.Family
		if err := visit(set); err != nil {
			return err
		}
	}
	return nil
}
