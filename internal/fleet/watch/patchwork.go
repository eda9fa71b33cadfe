// SPDX-License-Identifier: GPL-2.0-only

package watch

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/redirect"
	"github.com/lsmpatch/lsmpatch/series"
	"github.com/lsmpatch/lsmpatch/series/source"
)

// A listing comes in pages of perPage series; maxPages of them are read at a look, and the next look goes on. The whole window is listed
// every wholePause; between two of these looks recent is far enough back, as hardly a mail arrives later.
const (
	perPage    = 100
	maxPages   = 20
	wholePause = 15 * time.Minute
	recent     = 24 * time.Hour
)

// A patchworkSeries is what the API says of one. Its mailbox has the patches, without the cover letter.
type patchworkSeries struct {
	ID          int    `json:"id"`
	Mbox        string `json:"mbox"`
	ReceivedAll bool   `json:"received_all"`
}

// patchwork makes jobs of the series of a project that came since a time and are whole.
func (w *Watcher) patchwork(ctx context.Context, list *fleet.List, since time.Time) (jobs int, err error) {
	base, err := projectOf(list.From)
	if err != nil {
		return 0, err
	}
	// A listing that goes on is that of the whole window.
	if last := w.whole[list.From]; w.pages[list.From] == 0 {
		if time.Since(last) < wholePause {
			since = latest(since, time.Now().Add(-recent))
		} else {
			w.whole[list.From] = time.Now()
		}
	}
	query := url.Values{"project": {path.Base(base.Path)}, "since": {since.UTC().Format("2006-01-02T15:04:05")}, "order": {"date"}, "per_page": {strconv.Itoa(perPage)}}
	root := base.ResolveReference(&url.URL{Path: path.Join(path.Dir(path.Dir(base.Path)), "api", "series") + "/"})
	first := cmp.Or(w.pages[list.From], 1)
	for page := first; page < first+maxPages; page++ {
		query.Set("page", strconv.Itoa(page))
		root.RawQuery = query.Encode()
		found, err := w.listing(ctx, base, root.String())
		var status *source.StatusError
		if page > 1 && errors.As(err, &status) && status.Code == http.StatusNotFound {
			err = nil // the page before was the last one, and full
		}
		if err != nil {
			delete(w.whole, list.From)
			return jobs, err
		}
		for i := range found {
			n, err := w.patchworkSet(ctx, list, base, &found[i])
			if jobs += n; err != nil {
				delete(w.whole, list.From)
				return jobs, err
			}
		}
		if len(found) < perPage {
			delete(w.pages, list.From)
			return jobs, w.meet(ctx, list.Name)
		}
	}
	w.pages[list.From] = first + maxPages
	return jobs, w.meet(ctx, list.Name)
}

// projectOf returns the URL of the project that a list is.
func projectOf(from string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimPrefix(from, fleet.PatchworkPrefix))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" || path.Base(path.Dir(base.Path)) != "project" {
		return nil, hint.Wrap(fmt.Errorf("%s is no project of patchwork", from), "patchwork:https://HOST/project/NAME")
	}
	return base, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// listing asks for a page of a list of series.
func (w *Watcher) listing(ctx context.Context, base *url.URL, address string) (found []patchworkSeries, err error) {
	text, err := w.get(ctx, base, address, limit.PageBytes)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, fmt.Errorf("%s answers no list of series: %w", base.Host, err)
	}
	return found, nil
}

// patchworkSet makes jobs of one series, unless that was done.
func (w *Watcher) patchworkSet(ctx context.Context, list *fleet.List, base *url.URL, s *patchworkSeries) (int, error) {
	seen := fmt.Sprintf("%s %d", list.From, s.ID)
	if !s.ReceivedAll || w.prints[seen] != "" || time.Now().Before(w.rests[seen]) {
		return 0, nil
	}
	text, err := w.get(ctx, base, s.Mbox, limit.SeriesBytes)
	if errors.As(err, new(*url.Error)) {
		return 0, err // the server is not there
	}
	if err != nil {
		err = fmt.Errorf("series %d: %w", s.ID, err)
	}
	if w.complain(list, seen, err); err != nil {
		w.rests[seen] = time.Now().Add(cmp.Or(w.Retry, firstRetry)) // the others are not to wait for it
		return 0, nil
	}
	sets, err := series.Read(bytes.NewReader(text), fmt.Sprintf("series %d of %s", s.ID, base.Host), nil)
	if err != nil {
		w.note("list %s: %v", list.Name, err)
		w.prints[seen] = "no series"
		return 0, nil
	}
	if len(sets) > 1 || !isWhole(sets[0]) {
		w.note("list %s: the mailbox of series %d is not that of one series with all its patches", list.Name, s.ID)
	}
	n, err := w.family(ctx, list, sets[:1])
	if f := w.failed[w.idOf(sets[0])]; f != nil {
		w.rests[seen] = f.next
	} else if err == nil {
		w.prints[seen] = "done"
	}
	return n, err
}

// get asks for a page of the server of base. What that names elsewhere is not asked for, nor without the encryption that base has.
func (w *Watcher) get(ctx context.Context, base *url.URL, address string, most int64) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host != base.Host || u.Scheme != "https" && u.Scheme != base.Scheme {
		return nil, fmt.Errorf("%s names a page of another server, %.200q", base.Host, address)
	}
	ctx, cancel := context.WithTimeout(ctx, limit.ServerSilent)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	client := cmp.Or(w.Client, &http.Client{CheckRedirect: redirect.Check})
	u.RawQuery = "" // it has the time, and would make each error another one
	answer, err := client.Do(request)
	if failed := new(url.Error); errors.As(err, &failed) {
		failed.URL = u.String()
	}
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, &source.StatusError{URL: u.String(), Code: answer.StatusCode}
	}
	return below.ReadAll(answer.Body, u.String(), most)
}
