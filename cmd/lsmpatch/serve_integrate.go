// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/fleet/queue"
	"github.com/lsmpatch/lsmpatch/internal/web"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// integrationPause is how long the branch of all that passed rests between two looks: results come in swarms.
const integrationPause = 5 * time.Second

// integrate keeps the branch of all series that passed, which index knows once ready is closed, until ctx ends. With publish it is
// pushed where its configuration says.
func (a *app) integrate(ctx context.Context, m *fleet.Matrix, q *queue.Queue, index *web.Index, ready <-chan struct{}, publish bool) error {
	g, err := fleet.NewIntegrator(m)
	if err != nil {
		return err
	}
	defer g.Close()
	select {
	case <-ready:
	case <-ctx.Done():
		return nil
	}
	said := ""
	for {
		changed := index.Changed()
		// What goes wrong is told once, and tried again in a minute, whatever comes: nothing else waits for the branch.
		err := a.integrateOnce(ctx, g, index, q, publish)
		switch {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			a.noteln("%s", report.Printable(said))
		}
		if err != nil {
			changed = nil
		}
		select {
		case <-time.After(integrationPause):
		case <-ctx.Done():
			return nil
		}
		select {
		case <-changed:
		case <-time.After(time.Minute): // the base may have moved
		case <-ctx.Done():
			return nil
		}
	}
}

// integrateOnce makes the branch anew if it would be another one.
func (a *app) integrateOnce(ctx context.Context, g *fleet.Integrator, index *web.Index, q *queue.Queue, publish bool) error {
	last, err := q.Integrated(ctx)
	if err != nil {
		return err
	}
	var ready []fleet.Ready
	for _, s := range index.Passed(g.Takes) {
		ready = append(ready, fleet.Ready{Series: s})
	}
	base, err := g.BaseNow()
	if err != nil {
		return err
	}
	current := g.Current(last, base, ready)
	if current && (last.Pushed || !publish || last.Push == "") {
		return nil
	}
	for i := range ready {
		if ready[i].Box, err = q.Mails(ctx, ready[i].Series.Mails); err != nil {
			return err
		}
	}
	out, err := g.Make(ctx, ready, last)
	if err != nil {
		return err
	}
	if publish {
		g.Push(ctx, out)
	}
	if !current || out.Head != last.Head || out.Pushed != last.Pushed || out.PushError != last.PushError {
		if err := q.Integrate(ctx, out); err != nil {
			return err
		}
		a.noteln("%s is at %.12s with %d of %s", out.Branch, out.Head, out.Taken(), report.Plural(len(out.Series), "series"))
	}
	switch {
	case out.PushError != "":
		return fmt.Errorf("publishing %s at %s: %s", out.Branch, g.Remote, out.PushError)
	case out.Push != "" && !publish:
		a.noteln("not published, as --publish is not given: %s", out.Push)
	}
	return nil
}
