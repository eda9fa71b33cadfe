// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/apply"
	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// files has the files of jobs, by KEY/NAME, and mailboxes by their hash.
type files map[string]string

func (f files) Result(context.Context, string) (*fleet.Result, error) { return nil, fleet.ErrNone }
func (f files) GivenUp(context.Context, string) (string, error)       { return "", fleet.ErrNone }
func (f files) File(_ context.Context, key, name string) ([]byte, error) {
	if text, ok := f[key+"/"+name]; ok {
		return []byte(text), nil
	}
	return nil, fleet.ErrNone
}
func (f files) Mails(_ context.Context, hash string) ([]byte, error) { return []byte(f[hash]), nil }

// versions makes a server of the two versions of the series that the binary carries, with reports that differ, and returns it with
// the jobs.
func versions(t testing.TB) (http.Handler, *Index, []*fleet.Job) {
	t.Helper()
	x, kept := NewIndex(), files{}
	var jobs []*fleet.Job
	for i, name := range []string{"rust-lsm-v1", "rust-lsm"} {
		set, ok := patchset.Builtin(name)
		if !ok {
			t.Fatal(name)
		}
		var box strings.Builder
		for _, m := range set.Mails {
			box.Write(m.Raw)
		}
		j := &fleet.Job{Key: fmt.Sprintf("%064x", i), Suite: "checks", Tree: fleet.Tree{Name: "mini", Base: strings.Repeat("0", 40)},
			Series: fleet.Series{ID: name, Title: "rust: lsm", Version: i + 1, Patches: 5, Family: "0123456789abcdef", Mails: fmt.Sprintf("%064x", 100+i)}}
		kept[j.Series.Mails] = box.String()
		r := report.Report{Steps: []report.Step{{Name: "hooks", Status: report.Failed, Findings: []report.Finding{
			{Check: "hooks/same", Severity: report.Error, File: "a.c", Line: 10 + i, Message: "is in both"},
			{Check: "hooks/own", Severity: report.Warning, File: "a.c", Line: 3, Message: fmt.Sprintf("of v%d %s", i+1, hostile)}}}}}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		kept[j.Key+"/report.json"] = string(text)
		kept[j.Key+"/report.html"] = "<p>"
		kept[j.Key+"/log.txt"] = strings.Repeat("a line\n", 4100) + "Kernel PANIC " + hostile + "\n"
		kept[j.Key+"/attachments.json"] = `{"attachments": [{"title": "Console of the boot", "text": "[    0.1] Linux\r\n[    0.2] done\r\n", "omitted": 77}]}`
		x.Job(j)
		x.Result(&fleet.Result{Job: *j, Verdict: report.Failed, Lines: &fleet.LineCounts{Compiled: 17, Missing: 3}, Texts: []string{"Console of the boot"}, Steps: []fleet.StepResult{{Name: "hooks", Status: report.Failed}}})
		jobs = append(jobs, j)
	}
	h, err := New(&Options{Index: x, Reports: kept, Mails: kept.Mails, PerSecond: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	return h, x, jobs
}

// TestRead: log and console are pages that are searched, whatever the case, in parts, and nothing in them is markup.
func TestRead(t *testing.T) {
	h, _, jobs := versions(t)
	at := "/job/" + jobs[0].Key + "/"
	for _, tc := range []struct{ target, want, not string }{
		{at, `href="read/console-of-the-boot/"`, "<script>"}, {at, "17 of 20 lines", "<script>"},
		{at + "read/log/", `id="L2000"`, `id="L2001"`}, {at + "read/log/?from=4000", `id="L4101"`, `id="L4000"`}, {at + "read/log/?from=-1", `id="L1"`, `id="L2001"`},
		{at + "read/log/?q=panic", `<a href="?from=4000#L4101">4101</a></td><td>Kernel <mark>PANIC</mark> &lt;script`, `id="L1"`},
		{at + "read/log/?q=(", "1 line of 4101", "<script>"}, {at + "read/log/?q=%ff", "0 lines of 4101", "<script>"},
		{at + "read/log/?q=line", "and 3100 more", "<script>"}, {at + "read/console-of-the-boot/", "77 bytes before them are left out", "\r"},
		{at + "read/console-of-the-boot/?q=DONE", "1 line of 2", "Linux"},
	} {
		w := get(h, "GET", tc.target)
		body := w.Body.String()
		if w.Code != http.StatusOK || !strings.Contains(body, tc.want) || strings.Contains(body[strings.Index(body, "<main"):], tc.not) {
			t.Errorf("%s: %d, without %q or with %q:\n%.2000s", tc.target, w.Code, tc.want, tc.not, body[max(0, len(body)-2000):])
		}
	}
	for _, name := range []string{"read/", "read/x/", "read/..%2flog/", "read/report-json/", "read/attachments/"} {
		if w := get(h, "GET", at+name); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	if w := get(h, "GET", at+"read/log/?q="+strings.Repeat("x", 2000)); w.Code != http.StatusBadRequest {
		t.Errorf("a long search: %d", w.Code)
	}
}

// TestJobReadsNothing: the page of a job names its texts without a look at what it brought, all of which it once read for that.
func TestJobReadsNothing(t *testing.T) {
	_, x, jobs := versions(t)
	h, err := New(&Options{Index: x})
	if err != nil {
		t.Fatal(err)
	}
	if w := get(h, "GET", "/job/"+jobs[0].Key+"/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `href="read/console-of-the-boot/"`) {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

// TestChanges: between two versions a page tells which patches changed, and which findings came and went.
func TestChanges(t *testing.T) {
	h, _, jobs := versions(t)
	at := "/series/" + jobs[0].Series.Family + "/"
	if body := get(h, "GET", at).Body.String(); !strings.Contains(body, `changes/?old=1&amp;new=2"`) || !strings.Contains(body, "17 of 20") {
		t.Errorf("%.3000s", body)
	}
	for _, target := range []string{at + "changes/", at + "changes/?old=1&new=2"} {
		w := get(h, "GET", target)
		body := w.Body.String()
		for _, want := range []string{"Since v1", "New findings: 1", "of v2 &lt;script&gt;", "Findings that are gone: 1", "of v1 &lt;script&gt;", "rust: "} {
			if w.Code != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d, without %q\n%.3000s", target, w.Code, want, body)
			}
		}
		if strings.Contains(body, "is in both") || strings.Contains(body, "<script>") {
			t.Errorf("%s: %s", target, body)
		}
	}
	for _, query := range []string{"?old=2&new=2", "?old=1", "?old=0&new=9", "?old=x&new=y"} {
		if w := get(h, "GET", at+"changes/"+query); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
}

// TestStaticChanges: what changed, log and console are among the files, and each link leads to one.
func TestStaticChanges(t *testing.T) {
	h, _, jobs := versions(t)
	dir := t.TempDir()
	opts := h.(*server).Options
	if _, err := WriteStatic(t.Context(), dir, &opts); err != nil {
		t.Fatal(err)
	}
	linksLead(t, dir, "series/"+jobs[0].Series.Family+"/changes/index.html", "job/"+jobs[1].Key+"/read/log/index.html", "job/"+jobs[1].Key+"/read/console-of-the-boot/index.html")
}

// TestUnlike: mails that are too long, or none, to be held against others are said so, and keep no page from being written. One such
// series was once the end of all files.
func TestUnlike(t *testing.T) {
	for _, box := range []string{strings.Repeat("x", maxBox+1), "none " + hostile} {
		h, _, jobs := versions(t)
		opts := h.(*server).Options
		opts.Reports.(files)[jobs[0].Series.Mails] = box
		at := "/series/" + jobs[0].Series.Family + "/changes/"
		w := get(h, "GET", at)
		if body := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(body, "<p>the patches are not compared: ") || !strings.Contains(body, "New findings: 1") || strings.Contains(body, "<script>") {
			t.Errorf("%d: %.3000s", w.Code, body)
		}
		dir := t.TempDir()
		if _, err := WriteStatic(t.Context(), dir, &opts); err != nil {
			t.Fatal(err)
		}
		linksLead(t, dir, at[1:]+"index.html", "job/"+jobs[1].Key+"/index.html")
	}
}

// TestMeetings: the newest version of a series tells which pending series are in its way, as a page and for programs; what an older
// version of another was, and what is in the way of an older version, is not told.
func TestMeetings(t *testing.T) {
	h, x, jobs := versions(t)
	other := fleet.Job{Key: strings.Repeat("e", 64), Series: fleet.Series{ID: "other@x", Title: hostile, Version: 3, Family: strings.Repeat("f", 16)}}
	x.Job(&other)
	at := "/series/" + jobs[0].Series.Family + "/"
	if w := get(h, "GET", at+"conflicts.json"); w.Code != http.StatusNotFound {
		t.Errorf("nothing is known: %d", w.Code)
	}
	in := []fleet.Meeting{{ID: "other@x", Title: hostile, Family: other.Series.Family, Version: 3, Order: "this, other", Files: []string{"kernel/fork.c"},
		Conflicts: []apply.Conflict{{Patch: 2, File: "kernel/fork.c", Line: 7, Hint: "see there"}}},
		{ID: "gone@x", Title: "an older one", Family: other.Series.Family, Order: "none"}}
	x.Meets(&fleet.Meetings{ID: jobs[1].Series.ID, Tree: "mini", Base: strings.Repeat("0", 40), Fits: true, Compared: 4, LeftOut: 2, With: in})
	x.Meets(&fleet.Meetings{ID: jobs[0].Series.ID, Tree: "old", Fits: false})
	body := get(h, "GET", at).Body.String()
	for _, want := range []string{"In the way of 1 pending series", "fits after this one alone", `href="../../series/ffffffffffffffff/">&lt;script`, "kernel/fork.c:7</code>: see there", "2 more that change", "1 conflict<"} {
		if !strings.Contains(body, want) {
			t.Errorf("without %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, "<script>") || strings.Contains(body, "an older one") || strings.Contains(body, "does not apply to old") {
		t.Error(body)
	}
	w := get(h, "GET", at+"conflicts.json")
	var m fleet.Meetings
	if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil || w.Header().Get("Content-Type") != "application/json" || len(m.With) != 1 || m.With[0].ID != "other@x" || m.Compared != 4 {
		t.Errorf("%v: %s", err, w.Body)
	}
	dir := t.TempDir()
	opts := h.(*server).Options
	if _, err := WriteStatic(t.Context(), dir, &opts); err != nil {
		t.Fatal(err)
	}
	linksLead(t, dir, at[1:]+"conflicts.json")
}

// TestIntegrationPage: what is on the branch and what is not is a page, and for programs.
func TestIntegrationPage(t *testing.T) {
	h, x, _ := versions(t)
	for _, target := range []string{"/integration/", "/integration/branch.json"} {
		if w := get(h, "GET", target); w.Code != http.StatusNotFound {
			t.Errorf("%s without a branch: %d", target, w.Code)
		}
	}
	x.Integrates(&fleet.Integrated{Tree: "mini", Branch: "passed", Base: strings.Repeat("0", 40), Head: strings.Repeat("1", 40), Push: "git push x", Series: []fleet.IntegratedSeries{
		{ID: "a@x", Title: hostile, Family: "0123456789abcdef", Commits: []fleet.IntegratedOne{{Commit: strings.Repeat("1", 40), Subject: "a: b"}}},
		{ID: "b@x", Title: "other", Family: "0123456789abcdef", LeftOut: true, Why: "it does not fit on the series before it", Conflicts: []apply.Conflict{{Patch: 1, File: "f.c", Line: 3}}}}})
	body := get(h, "GET", "/integration/").Body.String()
	for _, want := range []string{"1 of 2 series", "<code>111111111111</code> a: b", "left out", "f.c:3</code>", "not done, as --publish is not given", "&lt;script"} {
		if !strings.Contains(body, want) {
			t.Errorf("without %q:\n%s", want, body)
		}
	}
	if strings.Contains(body, "<script>") || !strings.Contains(get(h, "GET", "/").Body.String(), `href="./integration/"`) {
		t.Error("a title is markup, or no page leads there")
	}
	var i fleet.Integrated
	if err := json.Unmarshal(get(h, "GET", "/integration/branch.json").Body.Bytes(), &i); err != nil || i.Branch != "passed" || len(i.Series) != 2 {
		t.Errorf("%+v, %v", i, err)
	}
	dir := t.TempDir()
	opts := h.(*server).Options
	if _, err := WriteStatic(t.Context(), dir, &opts); err != nil {
		t.Fatal(err)
	}
	linksLead(t, dir, "integration/index.html", "integration/branch.json")
}
