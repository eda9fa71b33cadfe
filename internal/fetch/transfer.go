// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// limits bound what a remote can do to us. Git itself has none of these bounds: a remote can send refs
// without end, which it keeps in memory, an object that inflates to terabytes, or a byte a minute.
type limits struct {
	// memory, in bytes, and processor time are those of each git process.
	memory int64
	cpu    time.Duration
	// patience is how long a remote may be silent. One that talks but sends no objects gets ten times that.
	patience time.Duration
	// bytes is the size of the packs that are received, talk that of messages.
	bytes, talk int64
	// batch is how many objects are asked for at once. What a batch brought stays, where the next one is cut.
	batch int
}

// limits returns the bounds of a transfer. Linux without its history is a pack of 300 MB, which takes
// git ten seconds and 150 MB of memory; with its history it is twenty times that. A batch is some 25 MB of it.
func (o *Options) limits() limits {
	l := limits{memory: limit.GitMemory, cpu: limit.GitTime, patience: limit.ServerSilent, bytes: limit.PackBytes, talk: 16 << 20, batch: 8000}
	if o.bounds != nil {
		l = *o.bounds
	}
	if o.MaxBytes > 0 {
		l.bytes = o.MaxBytes
	}
	return l
}

// transfer runs git fetch as the user, for their proxies and credentials, and returns what it
// said. Git checks each object that comes. What may be a refusal, or a connection that was cut within its
// first bytes, is tried a second time.
func transfer(r *git.Repo, ctx context.Context, opts *Options, stdin string, args ...string) (said string, err error) {
	for range 2 {
		said, err = transferOnce(r, ctx, opts, strings.NewReader(stdin), args...)
		refused := saysAny(err, "Permission denied", "Host key")
		if refused || !saysAny(err, "couldn't find remote ref", "expected 'packfile'", "Could not read from remote repository") {
			break
		}
	}
	return said, err
}

func transferOnce(r *git.Repo, ctx context.Context, opts *Options, stdin io.Reader, args ...string) (string, error) {
	route, err := opts.route(ctx, r, args)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &watch{limits: opts.limits(), progress: opts.Progress, started: time.Now()}
	if opts.Paths != nil {
		w.unfiltered = func() { opts.tell(cannotFilter(cmp.Or(opts.Remote, Mainline))) }
	}
	others := unfinishedPacks(r)
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
				if err := w.look(sizeOf(newNames(unfinishedPacks(r), others)), time.Now()); err != nil {
					cancel(err)
				}
			}
		}
	})
	_, err = run.Output(ctx, w.limited(r.AsUser(run.Cmd{Stdin: stdin, Tee: w, Inherit: opts.inherited(), Args: slices.Concat(route, []string{
		"-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.fsckObjects=true", "-c", "fetch.unpackLimit=1"}, args)})))
	close(done)
	wait.Wait()
	if err != nil {
		// Git leaves behind what it did not finish.
		for _, name := range newNames(unfinishedPacks(r), others) {
			if gone := os.Remove(name); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
				err = errors.Join(err, gone)
			}
		}
	}
	var failed *run.Error
	switch cause := context.Cause(ctx); {
	case errors.As(err, &failed) && cause != nil:
		err = cause
	case failed != nil:
		failed.Args = append([]string{"git"}, args[slices.Index(args, "fetch"):]...)
	}
	return w.said.String(), err
}

// inherited is what tells later fetches that a git of this one is still at work.
func (o *Options) inherited() []*os.File {
	if o.claim == nil {
		return nil
	}
	return []*os.File{o.claim.note}
}

// limited returns c with its bounds of memory and time set by a shell, which git cannot do without either.
func (l *limits) limited(c run.Cmd) run.Cmd {
	script := fmt.Sprintf(`ulimit -d %d; ulimit -t %d; exec "$@"`, l.memory>>10, int(l.cpu.Seconds()))
	c.Args = append([]string{"sh", "-c", script, "sh"}, c.Args...)
	return c
}

// unfinishedPacks returns the files of packs that are being received, by whomever.
func unfinishedPacks(r *git.Repo) []string {
	folder := filepath.Join(r.CommonDir, "objects", "pack")
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil // nothing is received yet
	}
	var files []string
	for _, file := range list {
		if strings.HasPrefix(file.Name(), "tmp_pack_") {
			files = append(files, filepath.Join(folder, file.Name()))
		}
	}
	return files
}

func newNames(now, before []string) []string {
	return slices.DeleteFunc(now, func(name string) bool { return slices.Contains(before, name) })
}

func sizeOf(files []string) (size int64) {
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			size += info.Size()
		}
	}
	return size
}

// A watch hears what git says, and finds out whether a transfer goes on.
type watch struct {
	limits
	progress io.Writer
	started  time.Time
	// unfiltered is called once where the remote turns out to send all; it may be nil.
	unfiltered func()

	mu   sync.Mutex
	said bytes.Buffer
	// heard is when the remote last said something, worked when git did, other than receiving.
	heard, worked time.Time
	size          int64 // of the packs when they last grew well
	grown         time.Time
}

func (w *watch) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.said.Write(p)
	if w.unfiltered != nil && w.said.Len() < 1<<16 && bytes.Contains(w.said.Bytes(), []byte(noFilters)) {
		w.unfiltered()
		w.unfiltered = nil
	}
	w.heard = time.Now()
	if !bytes.Contains(p, []byte("remote:")) && !bytes.Contains(p, []byte("Receiving objects")) {
		w.worked = w.heard
	}
	w.mu.Unlock()
	if w.progress != nil {
		return w.progress.Write(p)
	}
	return len(p), nil
}

// look returns the error of a remote that goes beyond the bounds.
func (w *watch) look(size int64, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	// A hundred bytes a second are less than any modem's.
	if size < w.size || size-w.size > int64(w.patience.Seconds()*100) {
		w.size, w.grown = size, now
	}
	sound := latest(w.started, w.grown, w.worked)
	switch {
	case size > w.bytes:
		return fmt.Errorf("the remote sends more than %d bytes", w.bytes)
	case int64(w.said.Len()) > w.talk:
		return fmt.Errorf("the remote sends more than %d bytes of messages", w.talk)
	case now.Sub(latest(sound, w.heard)) > w.patience:
		return fmt.Errorf("the remote was silent for %v", w.patience)
	case now.Sub(sound) > 10*w.patience:
		return fmt.Errorf("the remote sent next to nothing for %v", 10*w.patience)
	}
	return nil
}

func latest(times ...time.Time) (t time.Time) {
	for _, other := range times {
		if other.After(t) {
			t = other
		}
	}
	return t
}

func fetchError(err error, remote, rev string) error {
	var failed *run.Error
	if !errors.As(err, &failed) {
		return err
	}
	output := string(failed.Output)
	switch {
	case strings.Contains(output, "couldn't find remote ref"), strings.Contains(output, "not our ref"):
		return hint.Wrap(fmt.Errorf("%s has no %q: %w", remote, rev, git.ErrNoRevision), "give a full hash, a tag or a branch of that remote")
	case strings.Contains(output, "unadvertised object"):
		return hint.Wrap(fmt.Errorf("%s does not serve commits by their hash: %w", remote, err), "give a tag or a branch that leads to it")
	case strings.Contains(output, "terminal prompts disabled"), strings.Contains(output, "Authentication failed"):
		return hint.Wrap(err, "the remote wants a login, or has no such repository; git's credential helpers are asked, nobody is prompted")
	case strings.Contains(output, "Could not resolve host"), strings.Contains(output, "Connection"):
		return hint.Wrap(err, "without a network, `lsmpatch fetch --archive FILE` imports a linux-*.tar.xz")
	case strings.Contains(output, "does not appear to be a git repository"), strings.Contains(output, "not found"):
		return hint.Wrap(err, "--remote takes whatever git fetch takes: an https, git or ssh URL, or a path")
	}
	return err
}

// persist tries again while the connection is cut, up to eight times.
func persist(ctx context.Context, do func() error) (err error) {
	for try := range 8 {
		if try > 0 {
			select {
			case <-ctx.Done():
				return err
			case <-time.After(50 * time.Millisecond << try):
			}
		}
		if err = do(); err == nil || !cutShort(err) {
			return err
		}
	}
	return err
}

// cutShort tells whether git lost its connection, as against a remote that refuses.
func cutShort(err error) bool {
	if saysAny(err, otherFormat) {
		return false // The line is hung up then, too.
	}
	return saysAny(err, "early EOF", "unexpected disconnect", "hung up", "RPC failed", "transfer closed", "onnection reset",
		"Empty reply", "Recv failure", "read error", "expected flush after", "expected packfile")
}

// saysAny tells whether a failed command said one of some things.
func saysAny(err error, signs ...string) bool {
	var failed *run.Error
	if !errors.As(err, &failed) {
		return false
	}
	for _, sign := range signs {
		if strings.Contains(string(failed.Output), sign) {
			return true
		}
	}
	return false
}
