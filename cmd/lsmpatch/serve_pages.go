// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/fleet/ccache"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/web"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// servePages serves the pages of a queue, which index follows, at the address of opts until ctx ends.
// objects, which may be nil, are below /ccache/.
func (a *app) servePages(ctx context.Context, q *queue.Queue, index *web.Index, serve *serveOptions, where *queueFlags, objects *ccache.Cache) error {
	opts := &web.Options{Index: index, Reports: q, Mails: q.Mails, Retry: func(r *http.Request, key string) error { return q.Retry(r.Context(), key) }}
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
	if objects != nil {
		all := http.NewServeMux()
		all.Handle(ccachePath, http.StripPrefix(strings.TrimSuffix(ccachePath, "/"), objects))
		all.Handle("/", handler)
		handler = all
	}
	if isLoopback(serve.listen) || len(serve.pages.hosts) > 0 {
		handler = web.OnlyHosts(handler, serve.pages.hosts)
	}
	config, err := serve.pages.config()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", serve.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	scheme, listen := "http", (*http.Server).Serve
	switch {
	case config == nil && !isLoopback(serve.listen):
		a.warnln("--listen %s: without --pages-cert the token goes over the network in the clear", serve.listen)
	case config != nil:
		scheme, listen = "https", func(server *http.Server, l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	a.noteln("the pages are at %s://%s/", scheme, listener.Addr())
	if objects != nil {
		a.noteln("ccache finds objects with remote_storage = http://%s%s", listener.Addr(), ccachePath)
	}
	group, ctx := errgroup.WithContext(ctx)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, TLSConfig: config, BaseContext: func(net.Listener) context.Context { return ctx }}
	group.Go(func() error {
		<-ctx.Done()
		return server.Close()
	})
	group.Go(func() error {
		if err := listen(server, listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return group.Wait()
}

// config returns what the pages show, nil where they are not to be https. Who shows no certificate may read.
func (p *pageOptions) config() (*tls.Config, error) {
	config, err := queue.ServerTLS(p.ca, p.cert, p.key)
	switch {
	case err != nil:
		return nil, err
	case config == nil && p.ca != "":
		return nil, hint.Wrap(errors.New("--pages-ca: nobody shows a certificate to pages without one"), "--pages-cert FILE --pages-key FILE")
	case config != nil && p.ca != "":
		config.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return config, nil
}

// ccachePath is where objects are for ccache.
const ccachePath = "/ccache/"

// objects opens the cache of objects, or returns nil where none is wanted. Its token is one of its own: ccache sends it unencrypted,
// and who has it decides what others build from, but not what is in the queue.
func (a *app) objects(opts *serveOptions) (*ccache.Cache, error) {
	if opts.ccache <= 0 {
		return nil, nil
	}
	dir, err := opts.folder()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "ccache-token")
	token, err := queue.Token(file, true)
	if err != nil {
		return nil, err
	}
	a.noteln("the token of those who fill the cache of ccache is in %s", file)
	return ccache.Open(filepath.Join(dir, "ccache"), int64(opts.ccache)<<30, token)
}

// writePages writes the pages of a queue as files.
func (a *app) writePages(ctx context.Context, q *queue.Queue, dir string) error {
	opts := &web.Options{Index: web.NewIndex(), Reports: q, Mails: q.Mails}
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
