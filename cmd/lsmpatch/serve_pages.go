// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/internal/web"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// servePages serves the pages of a queue at an address until ctx ends.
func (a *app) servePages(ctx context.Context, q *queue.Queue, address string, where *queueFlags) error {
	opts := &web.Options{Index: web.NewIndex(), Reports: q, Retry: func(r *http.Request, key string) error { return q.Retry(r.Context(), key) }}
	tokenFile := where.TokenFile
	if where.Engine != nil {
		tokenFile = where.Engine.TokenFile
	}
	if tokenFile != "" {
		var err error
		if opts.Token, err = queue.Token(tokenFile, false); err != nil {
			return err
		}
	}
	handler, err := web.New(opts)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	a.noteln("the pages are at http://%s/", listener.Addr())
	group, ctx := errgroup.WithContext(ctx)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, BaseContext: func(net.Listener) context.Context { return ctx }}
	group.Go(func() error { return q.Watch(ctx, opts.Index, func() {}) })
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return group.Wait()
}

// writePages writes the pages of a queue as files.
func (a *app) writePages(ctx context.Context, q *queue.Queue, dir string) error {
	opts := &web.Options{Index: web.NewIndex(), Reports: q}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	written := 0
	var failed error
	err := q.Watch(watching, opts.Index, func() {
		written, failed = web.WriteStatic(ctx, dir, opts)
		stop()
	})
	if err := errors.Join(err, failed, context.Cause(ctx)); err != nil {
		return err
	}
	a.noteln("%s in %s", report.Plural(written, "file"), dir)
	return nil
}
