// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// workFlags are those of a worker.
type workFlags struct {
	parallel, attempts int
	trees              []string
	arches, toolchains []string
	checks, untilEmpty bool
}

// ability returns what this machine can do of the jobs of a queue.
func (f *workFlags) ability() *queue.Ability {
	kvm, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err == nil {
		kvm.Close()
	}
	can := &queue.Ability{Checks: f.checks, Arches: f.arches, Toolchains: f.toolchains, KVM: err == nil}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		can.Memory = int(info.Totalram * uint64(info.Unit) >> 20)
	}
	return can
}

func (f *workFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVarP(&f.parallel, "workers", "j", 1, "do `N` jobs at a time")
	flags.IntVar(&f.attempts, "attempts", 3, "try a job that breaks `N` times, with a pause that doubles")
	flags.StringArrayVar(&f.trees, "tree-at", nil, "the tree `NAME=DIR` of the jobs is here, and not where it was planned; may be repeated")
	flags.StringSliceVar(&f.arches, "arch", nil, "of a queue: take builds for `ARCH`,… alone (default any)")
	flags.StringSliceVar(&f.toolchains, "toolchains", nil, "of a queue: take builds with the toolchains `NAME`,… alone (default any)")
	flags.BoolVar(&f.checks, "checks-only", false, "of a queue: take no builds")
}

// worker returns what the flags say, doing each job by this very program.
func (f *workFlags) worker() (*fleet.Worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	w := &fleet.Worker{Command: []string{self}, Name: fmt.Sprintf("%s-%d", host, os.Getpid()), Attempts: f.attempts, Trees: map[string]string{}}
	for _, t := range f.trees {
		name, dir, ok := strings.Cut(t, "=")
		if !ok {
			return nil, hint.Wrap(fmt.Errorf("--tree-at %s names no folder", t), "--tree-at mainline=/srv/linux")
		}
		if w.Trees[name], err = filepath.Abs(dir); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (a *app) workCommand() *cobra.Command {
	var (
		dir   string
		keys  []string
		flags workFlags
		where queueFlags
	)
	cmd := &cobra.Command{
		Use:   "work [FILE | -]",
		Short: "Do jobs that plan made, each once",
		Long: `work does the jobs of a file, or of standard input, which lsmpatch plan wrote. Each is a process
of its own: lsmpatch premerge of one series on one base. Its report goes into the store, and a job
whose report is there is not done again, also where several processes share the store.

A job that breaks, as opposed to a series at fault, is tried again after a pause, and given up in the
end. The exit code is that of the worst job.

With --nats it takes jobs out of a queue, of lsmpatch serve or another NATS server, those that this machine can do: with its
KVM, its memory, the architectures and toolchains that are named. It goes on until it is told to end, or with
--until-empty until nothing waits.`,
		Example: `  lsmpatch plan --matrix site.toml inbox:lists/lsm | lsmpatch work --workers 4
  lsmpatch work --tree-at mainline=/srv/linux jobs
  lsmpatch work --nats nats://127.0.0.1:4222 --token-file /var/lib/lsmpatch/token --workers 2`,
		Args: cobra.MaximumNArgs(1),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		worker, err := flags.worker()
		if err != nil {
			return err
		}
		if err := where.check(cmd, []string{"arch", "toolchains", "checks-only", "until-empty"}, []string{"store", "job"}); err != nil {
			return err
		}
		if where.URL != "" && len(args) > 0 {
			return hint.Wrap(fmt.Errorf("%s: with --nats the jobs are those of the queue", args[0]), "leave out --nats, or the file")
		}
		if q, err := where.connect(cmd.Context()); err != nil || q != nil {
			if err != nil {
				return err
			}
			defer q.Close()
			return a.workQueue(cmd.Context(), q, worker, &flags)
		}
		jobs, err := a.readJobs(args)
		if err == nil {
			jobs, err = withKeys(jobs, keys)
		}
		if err != nil {
			return err
		}
		store, err := openStore(dir)
		if err != nil {
			return err
		}
		return a.work(cmd.Context(), worker, store, jobs, flags.parallel)
	}
	addStore(cmd, &dir)
	flags.add(cmd)
	where.add(cmd)
	cmd.Flags().StringArrayVar(&keys, "job", nil, "of a file: do the job of this `KEY` alone; may be repeated")
	cmd.Flags().BoolVar(&flags.untilEmpty, "until-empty", false, "of a queue: end once nothing waits")
	return cmd
}

// withKeys returns those of jobs that keys name, or all where there are none.
func withKeys(jobs []*fleet.Job, keys []string) ([]*fleet.Job, error) {
	if len(keys) == 0 {
		return jobs, nil
	}
	var found []*fleet.Job
	for _, key := range keys {
		i := slices.IndexFunc(jobs, func(j *fleet.Job) bool { return j.Key == key })
		if i < 0 {
			return nil, hint.Wrap(fmt.Errorf("--job %.80s: there is no job of that key", key), "a key is all 64 digits of one of the jobs in the file")
		}
		found = append(found, jobs[i])
	}
	return found, nil
}

// readJobs reads the jobs of the file that args name, else of standard input.
func (a *app) readJobs(args []string) ([]*fleet.Job, error) {
	if len(args) == 0 || args[0] == "-" {
		return fleet.ReadJobs(a.stdin)
	}
	f, err := os.Open(args[0])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	jobs, err := fleet.ReadJobs(f)
	if err != nil {
		err = hint.Wrap(fmt.Errorf("%s: %w", args[0], err), "lsmpatch plan writes jobs")
	}
	return jobs, err
}

// work does jobs and shows what came of each, in their order.
func (a *app) work(ctx context.Context, worker *fleet.Worker, store *fleet.Store, jobs []*fleet.Job, parallel int) error {
	progress, end := a.progress()
	defer end()
	results := map[string]*fleet.Result{}
	stored := 0
	err := worker.Work(ctx, store, jobs, parallel, func(r *fleet.Result, fresh bool) error {
		results[r.Job.Key] = r
		if !fresh {
			stored++
		}
		if progress != nil {
			fmt.Fprintf(progress, "%d of %s done: %s %s, %s\n", len(results), report.Plural(len(jobs), "job"), r.Verdict, r.Job.Series.Title, r.Job.Label())
		}
		return nil
	})
	end()
	if err != nil {
		return err
	}
	ordered := make([]*fleet.Result, 0, len(jobs))
	for _, j := range jobs {
		ordered = append(ordered, results[j.Key])
	}
	return a.showResults(ordered, stored)
}

// showResults shows what came of jobs, and returns the error that ends the verb.
func (a *app) showResults(ordered []*fleet.Result, stored int) error {
	if err := a.emit(map[string]any{"results": ordered, "stored": stored}, func(w io.Writer, _ *report.TextOptions) error {
		return writeResults(w, ordered, stored)
	}); err != nil {
		return err
	}
	return worstOf(ordered)
}

// writeResults writes a line for each result, and how many there are of each verdict.
func writeResults(w io.Writer, results []*fleet.Result, stored int) error {
	counts := map[report.Status]int{}
	for _, r := range results {
		counts[r.Verdict]++
		writeLine(w, "%-7s %.12s v%d %s (%s)", r.Verdict, r.Job.Key, r.Job.Series.Version, r.Job.Series.Title, r.Job.Label())
		if r.Error != "" {
			writeLine(w, "        %s", r.Error)
		}
	}
	unjudged := ""
	if n := counts[report.Skipped]; n > 0 {
		unjudged = fmt.Sprintf(", %d not judged", n)
	}
	_, err := fmt.Fprintf(w, "%s: %d passed, %d failed, %d broken%s; %d from the store\n", report.Plural(len(results), "job"),
		counts[report.Passed], counts[report.Failed], counts[report.Broken], unjudged, stored)
	return err
}

// worstOf returns the error that ends a verb with the worst of results.
func worstOf(results []*fleet.Result) error {
	seen := map[report.Status]bool{}
	for _, r := range results {
		seen[r.Verdict] = true
	}
	for _, verdict := range []report.Status{report.Broken, report.Failed} {
		if seen[verdict] {
			return verdictError(verdict)
		}
	}
	return nil
}

func (a *app) reportCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "report", Short: "Put reports together"}
	cmd.AddCommand(a.reportMergeCommand())
	return cmd
}

func (a *app) reportMergeCommand() *cobra.Command {
	var (
		dir, jobs string
		where     queueFlags
		opts      fleet.PartsOptions
	)
	cmd := &cobra.Command{
		Use:   "merge [--jobs FILE] [REPORT.json...]",
		Short: "Make one report of many",
		Long: `merge makes one report of many: of files that premerge --report FILE.json wrote, each named by its
file, and of jobs that are done, each named by its tree, architecture and tests. A step that says the
same in all of them stands there once. The verdict, and the exit code, are those of the worst.`,
		Example: `  lsmpatch report merge arm64.json x86_64.json --report both.html
  lsmpatch report merge --jobs jobs --report all.sarif
  lsmpatch report merge --jobs jobs --wait 2h --incomplete`,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if jobs == "" {
			if err := unheard(cmd, "without --jobs", "wait", "incomplete", "store", "nats"); err != nil {
				return err
			}
		}
		if err := where.check(cmd, nil, []string{"store"}); err != nil {
			return err
		}
		parts, err := a.reportParts(cmd.Context(), dir, jobs, &where, &opts, args)
		if err != nil {
			return err
		}
		return a.showReport(report.Merge(parts))
	}
	cmd.Flags().StringVar(&jobs, "jobs", "", "take the reports of the jobs in `FILE` out of the store")
	cmd.Flags().DurationVar(&opts.Wait, "wait", 0, "with --jobs: wait up to `TIME` until each job is done or given up")
	cmd.Flags().BoolVar(&opts.Incomplete, "incomplete", false, "with --jobs: report a job that is not done as a step that broke")
	cmd.Flags().StringArray("report", nil, "write the report to `FILE` as well; may be repeated")
	addStore(cmd, &dir)
	where.add(cmd)
	return cmd
}

// reportParts reads the reports in files, and those of the jobs that a file lists, out of the queue or the store.
func (a *app) reportParts(ctx context.Context, dir, jobsFile string, where *queueFlags, opts *fleet.PartsOptions, files []string) ([]report.Part, error) {
	var parts []report.Part
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		r, err := report.Read(f)
		f.Close()
		if err != nil {
			return nil, hint.Wrap(fmt.Errorf("%s: %w", name, err), "premerge --report FILE.json writes one")
		}
		parts = append(parts, report.Part{Label: strings.TrimSuffix(name, ".json"), Report: r})
	}
	if jobsFile != "" {
		jobs, err := a.readJobs([]string{jobsFile})
		if err != nil {
			return nil, err
		}
		store, end, err := where.reports(ctx, dir)
		if err != nil {
			return nil, err
		}
		defer end()
		done, err := fleet.Parts(ctx, store, jobs, opts)
		if err != nil {
			return nil, err
		}
		parts = append(parts, done...)
	}
	if len(parts) == 0 {
		return nil, hint.Wrap(errors.New("there is no report to merge"), "name reports, or jobs with --jobs")
	}
	return parts, nil
}
