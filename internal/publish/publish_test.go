// SPDX-License-Identifier: GPL-2.0-only

package publish

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// patchwork is a server that holds the rules of patchwork's API 1.3 for checks.
type patchwork struct {
	key   string
	ids   map[string]int // by Message-ID
	taken []string
}

var (
	checksPath = regexp.MustCompile(`^/api/patches/(\d+)/checks/$`)
	slug       = regexp.MustCompile(`^[-a-zA-Z0-9_]+$`)
)

func (p *patchwork) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/api/patches/" && req.Method == http.MethodGet {
		list := []map[string]int{}
		if id, ok := p.ids[req.URL.Query().Get("msgid")]; ok {
			list = append(list, map[string]int{"id": id})
		}
		_ = json.NewEncoder(w).Encode(list)
		return
	}
	refuse := func(code int, text string) { w.WriteHeader(code); _, _ = io.WriteString(w, text) }
	m := checksPath.FindStringSubmatch(req.URL.Path)
	body, _ := io.ReadAll(req.Body)
	var c map[string]string
	switch {
	case m == nil || req.Method != http.MethodPost:
		refuse(http.StatusNotFound, "not found")
	case req.Header.Get("Authorization") != "Token "+p.key:
		refuse(http.StatusForbidden, `{"detail":"Authentication credentials were not provided."}`)
	case req.Header.Get("Content-Type") != "application/json" || json.Unmarshal(body, &c) != nil:
		refuse(http.StatusUnsupportedMediaType, "JSON, please")
	case !strings.Contains(" pending success warning fail ", " "+c["state"]+" "):
		refuse(http.StatusBadRequest, `{"state":["no valid choice"]}`)
	case !slug.MatchString(c["context"]) || len(c["context"]) > 255:
		refuse(http.StatusBadRequest, `{"context":["no slug"]}`)
	default:
		if target, err := url.Parse(c["target_url"]); c["target_url"] != "" && (err != nil || !target.IsAbs() || len(c["target_url"]) > 200) {
			refuse(http.StatusBadRequest, `{"target_url":["Enter a valid URL."]}`)
			return
		}
		p.taken = append(p.taken, fmt.Sprintf("%s %s %s %s", m[1], c["state"], c["context"], c["description"]))
		w.WriteHeader(http.StatusCreated)
	}
}

func TestPatchwork(t *testing.T) {
	p := &patchwork{key: "k", ids: map[string]int{"1@x": 11, "2+3@x": 12}}
	server := httptest.NewServer(p)
	defer server.Close()
	r := &report.Report{Context: report.Context{URL: "https://ci.example.org/1"},
		Patches: []report.Patch{{Index: 1, MessageID: "1@x"}, {Index: 2, MessageID: "2+3@x"}, {Index: 3}},
		Steps: []report.Step{{Name: "hooks", Status: report.Failed, Findings: []report.Finding{{Check: "a", Severity: report.Error, Patch: 2, Message: strings.Repeat("long ", 60)},
			{Check: "b", Severity: report.Warning, Message: "of all"}}}}}
	sent, err := Target{server.URL + "/", "k"}.Patchwork(t.Context(), r.PatchChecks())
	if err != nil || sent != 2 || len(p.taken) != 2 || !strings.HasPrefix(p.taken[0], "11 warning lsmpatch 1 warning: of all") || !strings.HasPrefix(p.taken[1], "12 fail lsmpatch 1 error: long ") {
		t.Errorf("%d, %v: %q", sent, err, p.taken)
	}
	for key, checks := range map[string][]report.PatchCheck{
		"403":      {{MessageID: "1@x", State: "success", Context: "a"}},
		"no patch": {{MessageID: "none@x", State: "success", Context: "a"}},
		"no slug":  {{MessageID: "1@x", State: "success", Context: "a b"}},
	} {
		target := Target{server.URL, "k"}
		if key == "403" {
			target.Key = "secret-and-wrong"
		}
		if sent, err := target.Patchwork(t.Context(), checks); err == nil || sent != 0 || !strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestHostileServer: a server gets the key for itself alone, and cannot fill the memory.
func TestHostileServer(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the key went to another server") }))
	defer other.Close()
	for name, handler := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, req *http.Request) { http.Redirect(w, req, other.URL, http.StatusFound) },
		"no JSON":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") },
		"endless": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "["+strings.Repeat(`{"id":1},`, 1<<18))
		},
		"terminal": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); _, _ = io.WriteString(w, "\x1b[2Jx") },
	} {
		server := httptest.NewServer(handler)
		_, err := Target{server.URL, "k"}.Patchwork(t.Context(), []report.PatchCheck{{MessageID: "1@x"}})
		if err == nil || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v", name, err)
		}
		server.Close()
	}
}

func TestGitHub(t *testing.T) {
	var got report.CommitStatus
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/repos/o/n/statuses/0123" || json.NewDecoder(req.Body).Decode(&got) != nil || req.Header.Get("Authorization") == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusCreated)
	}))
	defer server.Close()
	status := (&report.Report{Steps: []report.Step{{Name: "build", Status: report.Broken, Summary: "no compiler"}}}).Status()
	if err := (Target{server.URL, "k"}).GitHub(t.Context(), "o/n", "0123", status); err != nil || got.State != "error" || got.Description != "build: no compiler" || got.Context != "lsmpatch" {
		t.Errorf("%v %+v", err, got)
	}
}
