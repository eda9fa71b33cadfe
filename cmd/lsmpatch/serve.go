// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/internal/fleet/watch"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/web"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// queueFlags say where the queue is.
type queueFlags struct{ queue.Options }

func (f *queueFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.URL, "nats", "", "`URL` of a NATS server with JetStream, such as that of lsmpatch serve: nats://127.0.0.1:4222")
	flags.StringVar(&f.TokenFile, "token-file", "", "of the queue: `FILE` with the token")
	flags.StringVar(&f.Creds, "creds", "", "of the queue: `FILE` of NATS credentials")
	flags.StringVar(&f.CA, "tls-ca", "", "of the queue: `FILE` with the certificates to trust")
	flags.StringVar(&f.Cert, "tls-cert", "", "of the queue: `FILE` with a certificate to show")
	flags.StringVar(&f.Key, "tls-key", "", "of the queue: `FILE` with its key")
	flags.DurationVar(&f.AckWait, "silence", 0, "of the queue: a worker that says nothing for `TIME` has died, and its jobs go to others (default 30s)")
}

// check says which flags do not go together: some are for a queue, and others for what is there in place of one.
func (f *queueFlags) check(cmd *cobra.Command, queue, store []string) error {
	if f.URL == "" {
		return unheard(cmd, "without --nats", slices.Concat([]string{"token-file", "creds", "tls-ca", "tls-cert", "tls-key", "silence"}, queue)...)
	}
	return unheard(cmd, "with --nats", store...)
}

// connect opens the queue, or returns nil where none is named.
func (f *queueFlags) connect(ctx context.Context) (*queue.Queue, error) {
	if f.URL == "" {
		return nil, nil
	}
	return queue.Connect(ctx, &f.Options)
}

// reports returns where reports are: in the queue, or in the store in dir.
func (f *queueFlags) reports(ctx context.Context, dir string) (fleet.Reports, func(), error) {
	q, err := f.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	if q != nil {
		return q, q.Close, nil
	}
	store, err := openStore(dir)
	return store, func() {}, err
}

func (a *app) serveCommand() *cobra.Command {
	var (
		opts  serveOptions
		where queueFlags
		flags workFlags
	)
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Keep a queue of jobs for workers, and show what came of them",
		Long: `serve keeps a queue of jobs, by NATS JetStream in this process with all of it on disk, until it is
told to end. Workers (lsmpatch work --nats URL --token-file FILE) take from it what they can do, and
planners (lsmpatch plan --nats URL) put into it; --workers does jobs in this process as well.
A job whose worker dies goes to another; what cannot be done is given up and kept in a list.

With --config it watches the lists of a file: each new series, and each new version, becomes jobs once all of its patches
are there, and takes the jobs of older versions that nobody works on out of the queue.

Where its [integration] names a branch, all series that passed are on it, each on those before it. It is pushed with --publish alone.

Pages at --listen show the series by list with their verdicts, the checks of each job, its report, the queue and the
workers. They are for reading; what changes anything takes the token. --static DIR writes them as files and ends.

With --ccache it is a remote storage of ccache as well (docs/fleet.md), which anybody may read, and who has its token may fill.

It listens on the loopback alone unless --queue-listen says otherwise, which takes TLS; --listen beyond the loopback
is for pages that anybody may read. Give it --pages-cert and --pages-key where the token goes over a network. With --nats the queue is that of a server that exists.`,
		Example: `  lsmpatch serve --dir /var/lib/lsmpatch --workers 2
  lsmpatch serve --config site.toml --workers 2
  lsmpatch work --nats nats://127.0.0.1:4222 --token-file /var/lib/lsmpatch/token`,
		Args: cobra.NoArgs,
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := opts.check(cmd, where.URL); err != nil {
			return err
		}
		return a.serve(cmd.Context(), &opts, &where, &flags)
	}
	cmd.Flags().StringVar(&opts.listen, "listen", "127.0.0.1:8080", "`ADDRESS` for the pages; none for no pages")
	cmd.Flags().StringVar(&opts.pages.cert, "pages-cert", "", "of the pages: `FILE` with a certificate to show, which makes them https")
	cmd.Flags().StringVar(&opts.pages.key, "pages-key", "", "of the pages: `FILE` with its key")
	cmd.Flags().StringVar(&opts.pages.ca, "pages-ca", "", "of the pages: `FILE` with certificates; who shows one that these signed may change things without the token")
	cmd.Flags().StringSliceVar(&opts.pages.hosts, "pages-host", nil, "of the pages: `NAME` that browsers know them by besides localhost and addresses, as behind a proxy; given or on the loopback, no other is answered")
	cmd.Flags().IntVar(&opts.ccache, "ccache", 0, "keep up to `N` GiB of objects for ccache, at /ccache/ of --listen (default none)")
	cmd.Flags().StringVar(&opts.static, "static", "", "write the pages as files into `DIR`, and end")
	cmd.Flags().StringVar(&opts.site, "config", "", "`FILE` with lists to watch and what is done with their series: a matrix of plan")
	cmd.Flags().BoolVar(&opts.publish, "publish", false, "with --config: push the branch of all series that passed where [integration] says")
	cmd.Flags().DurationVar(&opts.replay, "replay", 0, "with --config: make jobs of all that came to the lists in the last `TIME`, such as 720h, before watching")
	cmd.Flags().StringVar(&opts.dir, "dir", "", "`DIR` for all that is kept (default one below the user's cache)")
	cmd.Flags().StringVar(&opts.queueListen, "queue-listen", "127.0.0.1:4222", "`ADDRESS` for workers; one beyond the loopback takes --tls-cert and --tls-key")
	where.add(cmd)
	flags.add(cmd)
	directories(cmd, "dir", "static")
	return cmd
}

// servicePatience is how long a service may take to hand back what it holds, and to close its files.
const servicePatience = 10 * time.Second

// serveOptions say what is served, and where.
type serveOptions struct {
	dir, listen, queueListen, static, site string
	replay                                 time.Duration
	publish                                bool
	// ccache is how many GiB of objects are kept for ccache; 0 is no cache.
	ccache int
	pages  pageOptions
}

// pageOptions say who reaches the pages, and how.
type pageOptions struct {
	// cert, key and ca are PEM files: what the pages show, and who signs the certificates of those who may change things.
	cert, key, ca string
	// hosts are names that the pages are known by.
	hosts []string
}

// tls says that the pages are to be https.
func (p *pageOptions) tls() bool { return p.cert != "" || p.key != "" || p.ca != "" }

// check says which flags do not go together.
func (o *serveOptions) check(cmd *cobra.Command, queue string) error {
	if err := unheard(cmd, "without --config", "replay"); o.site == "" && err != nil {
		return err
	}
	if queue == "" { // the flags for TLS say what the queue of this process shows
		return unheard(cmd, "without --nats", "token-file", "creds")
	}
	return unheard(cmd, "with --nats", "queue-listen")
}

// matrix reads the one of --config, nil where there is none. The error is also that what is asked for would not be done.
func (o *serveOptions) matrix() (m *fleet.Matrix, err error) {
	if o.ccache > 0 && o.listen == "none" {
		return nil, hint.Wrap(errors.New("--ccache: the objects are where the pages are"), "--listen ADDRESS")
	}
	if o.ccache > 0 && o.pages.tls() {
		return nil, hint.Wrap(errors.New("--ccache: ccache speaks no https"), "a second serve for one of them")
	}
	if o.listen == "none" && (o.pages.tls() || len(o.pages.hosts) > 0) {
		return nil, hint.Wrap(errors.New("--pages-cert, --pages-host: there are no pages"), "--listen ADDRESS")
	}
	if o.site != "" {
		if m, err = fleet.LoadMatrix(o.site); err != nil {
			return nil, err
		}
	}
	if o.publish && (m == nil || m.Integration == nil || m.Integration.Remote == "") {
		return nil, hint.Wrap(errors.New("--publish: the configuration names no remote"), "[integration] of --config has branch and remote")
	}
	if m == nil {
		return nil, nil
	}
	if len(m.Lists) == 0 {
		return nil, hint.Wrap(fmt.Errorf("%s names no list to watch", o.site), "[[list]] with name and from")
	}
	if err := watch.Check(m.Lists); err != nil {
		return nil, fmt.Errorf("%s: %w", o.site, err)
	}
	return m, nil
}

// serve runs a queue, its pages, and hands in this process, until ctx ends.
func (a *app) serve(ctx context.Context, opts *serveOptions, where *queueFlags, flags *workFlags) error {
	a.patience.Store(int64(servicePatience))
	m, err := opts.matrix()
	if err != nil {
		return err
	}
	if where.URL == "" {
		engine, err := startEngine(opts, where, func(text string) { a.noteln("%s", text) })
		if err != nil {
			return err
		}
		defer engine.Close()
		where.Engine = engine
		a.noteln("the queue is at %s, the token in %s", engine.URL, engine.TokenFile)
	}
	q, err := queue.Connect(ctx, &where.Options)
	if err != nil {
		return err
	}
	defer q.Close()
	if opts.static != "" {
		return a.writePages(ctx, q, opts.static)
	}
	queued, unread, err := q.Recover(ctx)
	if err != nil {
		return err
	}
	if queued > 0 {
		a.noteln("%s not done yet", report.Plural(queued, "job"))
	}
	if unread > 0 {
		a.warnln("%s of jobs cannot be read, and left alone", report.Plural(unread, "record"))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return q.Sweep(ctx) })
	group.Go(func() error { return q.Undertake(ctx) })
	// The pages and the branch go by one index.
	index, ready, wanted := web.NewIndex(), make(chan struct{}), opts.listen != "none"
	if m != nil {
		watcher, end, err := a.watcher(m, q)
		if err != nil {
			return err
		}
		defer end()
		group.Go(func() error { return watchLists(ctx, watcher, opts.replay) })
		if m.Integration != nil {
			wanted = true
			group.Go(func() error { return a.integrate(ctx, m, q, index, ready, opts.publish) })
		}
	}
	if opts.listen != "none" {
		objects, err := a.objects(opts)
		if err != nil {
			return err
		}
		if objects != nil {
			defer objects.Close()
		}
		group.Go(func() error { return a.servePages(ctx, q, index, opts, where, objects) })
	}
	if wanted {
		group.Go(func() error { return q.Watch(ctx, index, func() { close(ready) }) })
	}
	if flags.parallel > 0 {
		worker, err := flags.worker()
		if err != nil {
			return err
		}
		group.Go(func() error { return q.Work(ctx, worker, flags.ability(), flags.parallel, false, a.tellResult) })
	}
	return group.Wait()
}

// watcher returns one for the lists of m, which puts jobs into q.
func (a *app) watcher(m *fleet.Matrix, q *queue.Queue) (*watch.Watcher, func(), error) {
	planner, err := fleet.NewPlanner(m, "lsmpatch "+version())
	if err != nil {
		return nil, nil, err
	}
	note := func(format string, args ...any) { a.noteln("%s", report.Printable(fmt.Sprintf(format, args...))) }
	return &watch.Watcher{Lists: m.Lists, Planner: planner, Queue: q, Note: note}, planner.Close, nil
}

// watchLists watches lists until ctx ends; with a time it replays that first.
func watchLists(ctx context.Context, w *watch.Watcher, replay time.Duration) error {
	if replay > 0 {
		for i := range w.Lists {
			start := time.Now()
			jobs, err := w.Replay(ctx, &w.Lists[i], start.Add(-replay))
			if err != nil {
				return fmt.Errorf("list %s: %w", w.Lists[i].Name, err)
			}
			w.Note("list %s: replayed, %s in %.1f s", w.Lists[i].Name, report.Plural(jobs, "job"), time.Since(start).Seconds())
		}
	}
	return w.Run(ctx)
}

// folder returns where all is kept.
func (o *serveOptions) folder() (string, error) {
	if o.dir != "" {
		return o.dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", hint.Wrap(err, "name a folder with --dir")
	}
	return filepath.Join(cache, "lsmpatch", "serve"), nil
}

// startEngine starts a queue in this process.
func startEngine(opts *serveOptions, where *queueFlags, note func(string)) (*queue.Engine, error) {
	dir, err := opts.folder()
	if err != nil {
		return nil, err
	}
	listen := opts.queueListen
	tls, err := queue.ServerTLS(where.CA, where.Cert, where.Key)
	if err != nil {
		return nil, err
	}
	if tls == nil && !isLoopback(listen) {
		return nil, hint.Wrap(fmt.Errorf("--queue-listen %s: others could read what goes there", listen), "--tls-cert and --tls-key, and --tls-ca for certificates of workers")
	}
	return queue.Start(&queue.EngineOptions{Dir: dir, Listen: listen, TLS: tls, Note: note})
}

// isLoopback reports whether an address is this machine's own alone.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// tellResult tells of a job that is done.
func (a *app) tellResult(r *fleet.Result, fresh bool) {
	if fresh {
		a.noteln("%s %.12s %s, %s", r.Verdict, r.Job.Key, report.Printable(r.Job.Series.Title), report.Printable(r.Job.Label()))
	}
}

// workQueue does the jobs of a queue.
func (a *app) workQueue(ctx context.Context, q *queue.Queue, worker *fleet.Worker, flags *workFlags) error {
	a.patience.Store(int64(servicePatience))
	results := []*fleet.Result{}
	stored := 0
	err := q.Work(ctx, worker, flags.ability(), flags.parallel, flags.untilEmpty, func(r *fleet.Result, fresh bool) {
		if !fresh {
			stored++
		}
		a.tellResult(r, fresh)
		if flags.untilEmpty {
			results = append(results, r)
		}
	})
	if err != nil || !flags.untilEmpty {
		return err
	}
	return a.showResults(results, stored)
}
