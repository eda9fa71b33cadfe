// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/redirect"
)

const (
	// fetchTries is how often a request is made that failed for a reason that may pass.
	fetchTries = 4
	// fetchTimeout ends a request whose server says nothing more.
	fetchTimeout = 2 * time.Minute
	// maxRetryAfter is the longest pause that a server may ask for.
	maxRetryAfter = 30 * time.Second
)

// A StatusError is the answer of a server that does not have, or does not give, what was asked.
type StatusError struct {
	URL  string
	Code int // the HTTP status
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: %d %s", e.URL, e.Code, http.StatusText(e.Code))
}

// temporary reports whether the same request may succeed later.
func (e *StatusError) temporary() bool {
	return e.Code == http.StatusTooManyRequests || e.Code == http.StatusRequestTimeout || e.Code >= 500
}

// A fetcher gets mailboxes from a server.
type fetcher struct {
	client   *http.Client
	method   string // of the request, GET where it is ""
	progress io.Writer
	pause    time.Duration // before the second try; it doubles from try to try
}

func newFetcher(opts *Options) *fetcher {
	f := &fetcher{client: opts.Client, progress: opts.Progress, pause: opts.RetryPause}
	if f.client == nil {
		f.client = &http.Client{Timeout: fetchTimeout, CheckRedirect: redirect.Check}
	}
	if f.progress == nil {
		f.progress = io.Discard
	}
	if f.pause == 0 {
		f.pause = time.Second
	}
	return f
}

// get fetches address into an input, decompressed. A cut connection, a damaged archive and the
// passing troubles of a server are tried again; the last error is returned.
func (f *fetcher) get(ctx context.Context, address string) (*Input, error) {
	fmt.Fprintf(f.progress, "fetching %s\n", address)
	pause := f.pause
	for try := 1; ; try++ {
		in, wait, err := f.once(ctx, address)
		if err == nil || try == fetchTries || !worthRetry(ctx, err) {
			return in, err
		}
		fmt.Fprintf(f.progress, "%v; trying again\n", err)
		timer := time.NewTimer(max(pause, wait))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		}
		pause *= 2
	}
}

func worthRetry(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.Is(err, errTooLarge) {
		return false
	}
	var status *StatusError
	return !errors.As(err, &status) || status.temporary()
}

// once makes one request. Wait is the pause that the server asks for.
func (f *fetcher) once(ctx context.Context, address string) (in *Input, wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, cmp.Or(f.method, http.MethodGet), address, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("User-Agent", "lsmpatch")
	res, err := f.client.Do(req)
	if err != nil {
		return nil, 0, noNetwork(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
			wait = min(time.Duration(s)*time.Second, maxRetryAfter)
		}
		return nil, wait, &StatusError{URL: address, Code: res.StatusCode}
	}
	in, err = newInput(address, res.Body)
	return in, 0, err
}

func noNetwork(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return hint.Wrap(err, "is there a network? A mailbox that was saved before works without one")
	}
	return err
}
