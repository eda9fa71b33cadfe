// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/patchset/report/page"
)

//go:embed pages.html.tmpl
var pages string

//go:embed live.js
var live []byte

//go:embed pages.css
var ownStyle string

// pageStyle is that of a report, and what pages add to it.
func pageStyle() string { return page.Style() + ownStyle }

// Options say what is served.
type Options struct {
	Index *Index
	// Reports are where the files of a job are.
	Reports fleet.Reports
	// Mails returns the mailbox of a hash, to tell what changed between versions; without it no page does.
	Mails func(ctx context.Context, hash string) ([]byte, error)
	// Retry queues a job again. Token is what has to be shown for it, or over TLS a client's certificate that the server's
	// configuration verifies; without either nobody may.
	Retry func(r *http.Request, key string) error
	Token string
	// PerSecond is how many requests a second a client may make for long, 50 where it is 0; ten times as many at once.
	PerSecond int
}

// A server answers requests.
type server struct {
	Options
	templates *template.Template
	policy    string
	mux       *http.ServeMux
	mu        sync.Mutex
	clients   map[string]*rate.Limiter
	listeners chan struct{}
	// patience is how long one message to a listener may take.
	patience time.Duration
	compared comparisons
}

// perPage is how many series, and maxListed how many jobs of a state, a page lists.
const (
	perPage   = 100
	maxListed = 200
)

// New returns the handler of all pages.
func New(opts *Options) (http.Handler, error) {
	return newServer(opts)
}

func newServer(opts *Options) (*server, error) {
	s := &server{Options: *opts, clients: map[string]*rate.Limiter{}, listeners: make(chan struct{}, limit.WebListeners), patience: 30 * time.Second, mux: http.NewServeMux()}
	if s.PerSecond == 0 {
		s.PerSecond = 50
	}
	var err error
	if s.templates, err = page.Parts(); err != nil {
		return nil, err
	}
	own := template.FuncMap{"style": func() template.CSS { return template.CSS(pageStyle()) }, "policy": func() string { return page.PolicyOf(pageStyle()) }}
	if s.templates, err = s.templates.Funcs(own).Parse(pages); err != nil {
		return nil, err
	}
	// The policy of a report, and our own script, which may ask this server.
	s.policy = strings.Replace(page.PolicyOf(pageStyle()), "form-action 'none'", "form-action 'self'", 1) + "; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"
	for pattern, f := range s.routes() {
		s.mux.HandleFunc(pattern, f)
	}
	return s, nil
}

// routes are all that is answered. One that takes POST changes something, and asks for the token.
func (s *server) routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /{$}": s.series, "GET /events": s.events, "GET /live.js": s.script, "GET /queue/{$}": s.queue, "GET /history/{$}": s.history,
		"GET /series/{family}/{$}": s.family, "GET /series/{family}/changes/{$}": s.changes, "GET /series/{family}/conflicts.json": s.conflicts,
		"GET /job/{key}/{$}": s.job, "GET /job/{key}/{file}": s.file, "GET /job/{key}/read/{name}/{$}": s.read, "POST /job/{key}/retry": s.retry,
		"GET /integration/{$}": s.integration, "GET /integration/branch.json": s.integrationJSON,
	}
}

// ServeHTTP answers one request, unless its client asks too often.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	if !s.allow(r.RemoteAddr) {
		h.Set("Retry-After", "1")
		http.Error(w, "too many requests", http.StatusTooManyRequests)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit.ConfigBytes)
	s.mux.ServeHTTP(w, r)
}

// allow counts a request of a client. Clients that are forgotten begin anew.
func (s *server) allow(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[host]
	if c == nil {
		if len(s.clients) >= limit.WebClients {
			clear(s.clients)
		}
		c = rate.NewLimiter(rate.Limit(s.PerSecond), 10*s.PerSecond)
		s.clients[host] = c
	}
	return c.Allow()
}

// A view is what the templates get.
type view struct {
	Title, Root, Next string
	// At is the page of the navigation that this one belongs to: "series", "queue", "history".
	At string
	// Live is not set for files on a disk, which no server answers for.
	Live bool
	// Running and Queued are how many jobs are so; Seen is how many changes the index had, for the script.
	Running, Queued int
	Seen            int64
	Query           Query
	Lists           []string
	States          []string
	Total           int
	Families        []*Family
	Family          *Family
	Job             *Entry
	Workers         []*queue.Running
	Groups          []group
	History         []*Course
	// Texts are those that a job brought to read, and Text the one that is read.
	Texts []textName
	Text  *textView
	// Changed is what changed between two versions, and Changes that as the part of a report wants it.
	Changed *comparison
	Changes *report.Changes
	// Compares says that there is a page of what changed between versions.
	Compares bool
	// Integrated is the branch of all that passed, and HasBranch says that there is one.
	Integrated *fleet.Integrated
	HasBranch  bool

	index *Index
}

type group struct {
	Name  string
	Total int
	Jobs  []*Entry
}

// More is how many jobs a group has besides those that are listed.
func (g group) More() int { return g.Total - len(g.Jobs) }

// Of returns what the template of a version gets: the one of a number, and the one before it, if its mails can be asked for.
func (v view) Of(i int) map[string]any {
	of := map[string]any{"WithRoot": withRoot(v.Root), "Root": v.Root, "Version": v.Family.Versions[i], "Live": v.Live, "Old": nil}
	if v.Compares && i+1 < len(v.Family.Versions) && (v.Live || i == 0) {
		of["Old"] = v.Family.Versions[i+1]
	}
	return of
}

// withRoot returns what makes of meetings what their template gets.
func withRoot(root string) func(m *fleet.Meetings) map[string]any {
	return func(m *fleet.Meetings) map[string]any { return map[string]any{"Root": root, "Meetings": m} }
}

// Named returns the job of a key, or nil.
func (v view) Named(key string) *Entry { return v.index.Get(key) }

// show writes a page. One that fails half-way says so, as far as it can.
func (s *server) show(w http.ResponseWriter, name string, v view) {
	var text strings.Builder
	v.Live, v.Seen, v.HasBranch = true, s.Index.Seen(), s.Index.Integrated() != nil
	_, v.Queued = s.Index.Jobs("queued", 0)
	v.Running = len(s.Index.Workers())
	if err := page.Execute(&text, s.templates, name, v); err != nil {
		http.Error(w, "this page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(text.String()))
}

var states = []string{"passed", "failed", "error", "running", "queued", "superseded"}

func (s *server) series(w http.ResponseWriter, r *http.Request) {
	form := r.URL.Query()
	q := Query{List: form.Get("list"), State: form.Get("state"), Text: form.Get("q")}
	if len(q.List)+len(q.State)+len(q.Text) > 1000 {
		http.Error(w, "the search is too long", http.StatusBadRequest)
		return
	}
	from, _ := strconv.Atoi(form.Get("from"))
	s.show(w, "series", s.seriesView(q, from))
}

// seriesView lists the series that fit q, from the one of a number on.
func (s *server) seriesView(q Query, from int) view {
	found := s.Index.Find(&q)
	v := view{Title: "Series", At: "series", Root: "./", Query: q, Lists: s.Index.Lists(), States: states, Total: len(found)}
	from = max(0, min(from, len(found)))
	v.Families = found[from:min(from+perPage, len(found))]
	if from+perPage < len(found) {
		v.Next = "?" + url.Values{"list": {q.List}, "state": {q.State}, "q": {q.Text}, "from": {strconv.Itoa(from + perPage)}}.Encode()
	}
	return v
}

func (s *server) family(w http.ResponseWriter, r *http.Request) {
	f := s.Index.Family(r.PathValue("family"))
	if f == nil {
		http.NotFound(w, r)
		return
	}
	s.show(w, "family", s.familyView(f))
}

func (s *server) familyView(f *Family) view {
	return view{Compares: s.Mails != nil, Title: f.Versions[0].Title, At: "series", Root: "../../", Family: f}
}

// conflicts tells programs how the newest version of a series stands to others.
func (s *server) conflicts(w http.ResponseWriter, r *http.Request) {
	f := s.Index.Family(r.PathValue("family"))
	if f == nil || f.Versions[0].Meetings == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(f.Versions[0].Meetings)
}

func (s *server) job(w http.ResponseWriter, r *http.Request) {
	e := s.Index.Get(r.PathValue("key"))
	if e == nil {
		http.NotFound(w, r)
		return
	}
	s.show(w, "job", jobView(e))
}

func jobView(e *Entry) view {
	return view{Title: e.Label(), At: "series", Root: "../../", Job: e, Texts: e.texts()}
}

// file serves what a job brought: the page under its own policy, all else as text or to be kept.
func (s *server) file(w http.ResponseWriter, r *http.Request) {
	key, name := r.PathValue("key"), r.PathValue("file")
	kind := map[string]string{fleet.ReportHTML: "text/html; charset=utf-8", fleet.ReportJSON: "application/json", fleet.LogText: "text/plain; charset=utf-8"}[name]
	if kind == "" || s.Index.Get(key) == nil {
		http.NotFound(w, r)
		return
	}
	text, err := s.Reports.File(r.Context(), key, name)
	switch {
	case errors.Is(err, fleet.ErrNone):
		http.NotFound(w, r)
		return
	case err != nil:
		http.Error(w, "the report cannot be read at the moment", http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	if name == fleet.ReportHTML {
		h.Set("Content-Security-Policy", page.Policy()+"; frame-ancestors 'none'; sandbox allow-popups")
	} else {
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	}
	if name == fleet.ReportJSON {
		h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "report-"+key[:12]+".json"))
	}
	_, _ = w.Write(text)
}

func (s *server) queue(w http.ResponseWriter, _ *http.Request) { s.show(w, "queue", s.queueView()) }

func (s *server) queueView() view {
	v := view{Title: "Queue", At: "queue", Root: "../", Workers: s.Index.Workers(), index: s.Index}
	for _, g := range []struct{ name, state string }{{"Queued", "queued"}, {"Given up", "error"}} {
		jobs, total := s.Index.Jobs(g.state, maxListed)
		v.Groups = append(v.Groups, group{g.name, total, jobs})
	}
	return v
}

func (s *server) history(w http.ResponseWriter, _ *http.Request) {
	s.show(w, "history", s.historyView())
}

func (s *server) historyView() view {
	return view{Title: "History", At: "history", Root: "../", History: s.Index.History(time.Now().AddDate(0, 0, -historyDays))}
}

func (s *server) script(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(live)
}

// events tells what runs, at most once a second, until the client goes.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.listeners <- struct{}{}:
		defer func() { <-s.listeners }()
	default:
		http.Error(w, "too many listen", http.StatusServiceUnavailable)
		return
	}
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		changed := s.Index.Changed()
		_ = control.SetWriteDeadline(time.Now().Add(s.patience)) // who does not read gives the place to others
		if _, err := fmt.Fprintf(w, "event: state\ndata: %s\n\n", s.state()); err != nil || control.Flush() != nil {
			return
		}
		if !wait(r, time.After(time.Second)) {
			return
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Second): // a sign of life, for those in between
		case <-r.Context().Done():
			return
		}
	}
}

func wait(r *http.Request, until <-chan time.Time) bool {
	select {
	case <-until:
		return true
	case <-r.Context().Done():
		return false
	}
}

// state returns what the script of the pages shows.
func (s *server) state() []byte {
	says := map[string]string{}
	for _, w := range s.Index.Workers() {
		says[w.Key] = w.Says
	}
	_, queued := s.Index.Jobs("queued", 0)
	text, err := json.Marshal(map[string]any{"queued": queued, "running": len(says), "says": says, "seen": s.Index.Seen()})
	if err != nil {
		return []byte("{}")
	}
	return text
}

// mayChange reports whether a request shows the token, or a certificate. A browser shows a certificate by itself, also where
// another site's page sends the request, which therefore does not count.
func (s *server) mayChange(r *http.Request) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && s.Token != "" && sameSecret(given, s.Token) {
		return true
	}
	return r.TLS != nil && len(r.TLS.VerifiedChains) > 0 && http.NewCrossOriginProtection().Check(r) == nil
}

// retry queues a job again that was given up.
func (s *server) retry(w http.ResponseWriter, r *http.Request) {
	if !s.mayChange(r) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "the token is needed", http.StatusUnauthorized)
		return
	}
	key := r.PathValue("key")
	if s.Index.Get(key) == nil || s.Retry == nil {
		http.NotFound(w, r)
		return
	}
	if err := s.Retry(r, key); err != nil {
		http.Error(w, "the queue does not take it", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// sameSecret compares in a time that tells neither the length nor the place of a difference.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
