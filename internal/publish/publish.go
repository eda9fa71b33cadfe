// SPDX-License-Identifier: GPL-2.0-only

// Package publish tells servers about a verdict: patchwork of each patch, GitHub of a commit.
//
// Nothing calls it but a user's --publish. What a server answers is not trusted: it is bounded, and a redirect is followed nowhere,
// since the key would go along.
package publish

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

const (
	// maxAnswer bounds an answer, in bytes, and patience how long one may take.
	maxAnswer = 1 << 20
	patience  = 30 * time.Second
)

// A Target is a server with the key that it wants.
type Target struct {
	// URL is that of patchwork, or of GitHub's API.
	URL string
	// Key is the user's key. It stands in no error.
	Key string
}

// Patchwork sends checks, each to the patch that has its Message-ID, and returns how many were taken. It stops at the first
// error.
func (t Target) Patchwork(ctx context.Context, checks []report.PatchCheck) (sent int, err error) {
	for _, c := range checks {
		var found []struct {
			ID int `json:"id"`
		}
		if err := t.call(ctx, http.MethodGet, "/api/patches/?msgid="+url.QueryEscape(c.MessageID), nil, &found); err != nil {
			return sent, err
		}
		if len(found) == 0 {
			return sent, hint.Wrap(fmt.Errorf("%s has no patch %s", t.host(), report.Printable(c.MessageID)), "was the series sent to a list that it watches?")
		}
		body := struct {
			State       string `json:"state"`
			TargetURL   string `json:"target_url,omitempty"`
			Context     string `json:"context"`
			Description string `json:"description"`
		}{c.State, c.TargetURL, c.Context, c.Description}
		if err := t.call(ctx, http.MethodPost, fmt.Sprintf("/api/patches/%d/checks/", found[0].ID), body, nil); err != nil {
			return sent, err
		}
		sent++
	}
	return sent, nil
}

// GitHub sets the status of a commit in a repository, "owner/name".
func (t Target) GitHub(ctx context.Context, repository, commit string, status report.CommitStatus) error {
	return t.call(ctx, http.MethodPost, "/repos/"+repository+"/statuses/"+url.PathEscape(commit), status, nil)
}

func (t Target) host() string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return "the server"
	}
	return u.Host
}

// call asks the server, and reads its answer into into, which may be nil.
func (t Target) call(ctx context.Context, method, path string, body, into any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var text bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&text).Encode(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(t.URL, "/")+path, &text)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Token "+t.Key)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("asking %s: %w", t.host(), err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading what %s says: %w", t.host(), err)
	}
	if resp.StatusCode/100 != 2 {
		return t.refused(method, path, resp.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s answers %s with no JSON of the sort: %w", t.host(), path, err)
	}
	return nil
}

func (t Target) refused(method, path string, code int, answer []byte) error {
	said := report.Printable(string(answer[:min(len(answer), 300)]))
	err := fmt.Errorf("%s refuses %s %s: %d %s", t.host(), method, path, code, cmp.Or(said, http.StatusText(code)))
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return hint.Wrap(err, "is the key right, and may its owner write checks?")
	case http.StatusMovedPermanently, http.StatusFound, http.StatusPermanentRedirect, http.StatusTemporaryRedirect:
		return hint.Wrap(err, "name the server by the address that it wants")
	}
	return err
}
