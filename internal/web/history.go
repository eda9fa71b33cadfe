// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"cmp"
	"slices"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// historyDays is how far back the page of the history goes, and maxFaulty how many jobs of a step it names.
const (
	historyDays = 90
	maxFaulty   = 50
)

// Counts are how many jobs a step ended so in.
type Counts struct{ Passed, Failed, Broken, Skipped int }

// Done is how many came to a verdict.
func (c *Counts) Done() int { return c.Passed + c.Failed + c.Broken }

func (c *Counts) add(s report.Status) {
	switch s {
	case report.Passed:
		c.Passed++
	case report.Failed:
		c.Failed++
	case report.Skipped:
		c.Skipped++
	default:
		c.Broken++
	}
}

// A Day is what became of a step on one day.
type Day struct {
	Date string
	Counts
}

// A Course is what became of a step over time.
type Course struct {
	Name string
	Counts
	// Days are those on which something was done, the newest first.
	Days []*Day
	// Faulty are the jobs in which it failed or could not be done, the newest first, up to a number.
	Faulty []*Entry
}

// History returns what became of each step since a time, by their names.
func (x *Index) History(since time.Time) []*Course {
	courses := map[string]*Course{}
	for _, f := range x.Families() {
		for _, v := range f.Versions {
			for _, e := range v.Jobs {
				if e.Result != nil && !e.Result.Started.Before(since) {
					addJob(courses, e)
				}
			}
		}
	}
	var all []*Course
	for _, c := range courses {
		slices.SortFunc(c.Days, func(a, b *Day) int { return cmp.Compare(b.Date, a.Date) })
		slices.SortFunc(c.Faulty, func(a, b *Entry) int {
			return cmp.Or(b.Result.Started.Compare(a.Result.Started), cmp.Compare(a.Key, b.Key))
		})
		c.Faulty = c.Faulty[:min(maxFaulty, len(c.Faulty))]
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *Course) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func addJob(courses map[string]*Course, e *Entry) {
	date := e.Result.Started.UTC().Format(time.DateOnly)
	for _, s := range e.Result.Steps {
		c := courses[s.Name]
		if c == nil {
			c = &Course{Name: s.Name}
			courses[s.Name] = c
		}
		c.add(s.Status)
		c.day(date).add(s.Status)
		if s.Status == report.Failed || s.Status == report.Broken {
			c.Faulty = append(c.Faulty, e)
		}
	}
}

// day returns that of a date, which it makes where there is none.
func (c *Course) day(date string) *Day {
	if i := slices.IndexFunc(c.Days, func(d *Day) bool { return d.Date == date }); i >= 0 {
		return c.Days[i]
	}
	d := &Day{Date: date}
	c.Days = append(c.Days, d)
	return d
}

// A Bar is a day of a picture that is 100 high and has [barStep] a day.
type Bar struct {
	X      int
	Pieces []Piece
}

// A Piece is a part of a bar: "p" for passed, "f" for failed, "b" for what could not be done.
type Piece struct {
	Class     string
	Y, Height int
}

// barStep is how far it is from one day to the next.
const barStep = 6

// Bars draws the days as columns of what passed below what failed below what could not be done, today at the right.
func (c *Course) Bars() []Bar {
	most := 1
	for _, d := range c.Days {
		most = max(most, d.Done())
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	var bars []Bar
	for _, d := range c.Days {
		date, err := time.Parse(time.DateOnly, d.Date)
		ago := int(today.Sub(date).Hours() / 24)
		if err != nil || ago < 0 || ago > historyDays {
			continue
		}
		bar, top := Bar{X: barStep * (historyDays - ago)}, 100
		for _, part := range []struct {
			class string
			n     int
		}{{"p", d.Passed}, {"f", d.Failed}, {"b", d.Broken}} {
			if height := (100*part.n + most - 1) / most; height > 0 {
				top -= height
				bar.Pieces = append(bar.Pieces, Piece{part.class, top, height})
			}
		}
		bars = append(bars, bar)
	}
	return bars
}

// Width is that of the picture.
func (c *Course) Width() int { return barStep * (historyDays + 1) }

// StepOf returns a step of a job by its name, or nil.
func (e *Entry) StepOf(name string) *fleet.StepResult {
	if e.Result == nil {
		return nil
	}
	if i := slices.IndexFunc(e.Result.Steps, func(s fleet.StepResult) bool { return s.Name == name }); i >= 0 {
		return &e.Result.Steps[i]
	}
	return nil
}
