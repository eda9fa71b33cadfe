// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/patchset/report/page"
)

// WriteStatic writes all pages and reports below dir, for a server of files, and returns how many files that are. The pages
// are those of [New] without a search and without a script. Files that are there are replaced.
func WriteStatic(ctx context.Context, dir string, opts *Options) (int, error) {
	s, err := newServer(opts)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return 0, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	out := &staticFiles{server: s, root: root}
	families := s.Index.Families()
	out.page("", "series", view{Title: "Series", At: "series", Root: "./", Total: len(families), Families: families})
	out.page("queue", "queue", s.queueView())
	out.page("history", "history", s.historyView())
	if i := s.Index.Integrated(); i != nil {
		out.page("integration", "integration", s.integrationView())
		out.json("integration/branch.json", i)
	}
	for _, f := range families {
		out.page(path.Join("series", f.ID), "family", s.familyView(f))
		out.changes(ctx, f)
		out.meetings(f)
		for _, v := range f.Versions {
			for _, e := range v.Jobs {
				out.job(ctx, e)
			}
		}
	}
	return out.written, out.err
}

// staticFiles writes files until one fails.
type staticFiles struct {
	server  *server
	root    *os.Root
	written int
	err     error
}

func (o *staticFiles) page(dir, name string, v view) {
	var text bytes.Buffer
	v.HasBranch = o.server.Index.Integrated() != nil
	if o.err == nil {
		o.err = page.Execute(&text, o.server.templates, name, v)
	}
	o.write(path.Join(dir, "index.html"), text.Bytes())
}

// job writes the page of a job, and what it brought.
func (o *staticFiles) job(ctx context.Context, e *Entry) {
	dir := path.Join("job", e.Key)
	v := jobView(e)
	o.page(dir, "job", v)
	for _, t := range v.Texts {
		o.text(ctx, dir, e, t.Slug)
	}
	if e.Result == nil {
		return
	}
	for _, name := range []string{fleet.ReportHTML, fleet.ReportJSON, fleet.LogText} {
		text, err := o.server.Reports.File(ctx, e.Key, name)
		if errors.Is(err, fleet.ErrNone) {
			continue
		}
		if err != nil && o.err == nil {
			o.err = err
		}
		o.write(path.Join(dir, name), text)
	}
}

// changes writes what changed since the version before the newest.
func (o *staticFiles) changes(ctx context.Context, f *Family) {
	old, new := f.pair("", "")
	if o.server.Mails == nil || old == nil {
		return
	}
	c, err := o.server.compare(ctx, old, new)
	if err != nil {
		if o.err == nil {
			o.err = err
		}
		return
	}
	o.page(path.Join("series", f.ID, "changes"), "changed", changesView(f, c))
}

// meetings writes how the newest version stands to others.
func (o *staticFiles) meetings(f *Family) {
	if m := f.Versions[0].Meetings; m != nil {
		o.json(path.Join("series", f.ID, "conflicts.json"), m)
	}
}

func (o *staticFiles) json(name string, v any) {
	text, err := json.Marshal(v)
	if o.err == nil {
		o.err = err
	}
	o.write(name, append(text, '\n'))
}

// text writes the page of a text, in one piece.
func (o *staticFiles) text(ctx context.Context, dir string, e *Entry, slug string) {
	text, err := o.server.text(ctx, e, slug)
	if err != nil {
		if o.err == nil && !errors.Is(err, fleet.ErrNone) {
			o.err = err
		}
		return
	}
	o.page(path.Join(dir, "read", slug), "read", readView(e, text.pick("", 0, maxStaticLines)))
}

func (o *staticFiles) write(name string, text []byte) {
	if o.err == nil {
		o.err = o.root.MkdirAll(path.Dir(name), 0o777)
	}
	if o.err == nil {
		o.err = o.root.WriteFile(name, text, 0o666)
	}
	if o.err == nil {
		o.written++
	}
}
