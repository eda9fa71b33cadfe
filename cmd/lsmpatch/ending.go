// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// errInterrupted is what a run that a signal ended says.
var errInterrupted = errors.New("interrupted")

// A failure is the JSON object of a verb that ends with exit code 2 and has no result.
type failure struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
}

func failureOf(err error) failure { return failure{err.Error(), hint.Of(err)} }

// tell says in the forms that programs read how a run of ours failed: on standard output where nothing was written yet, in JSON
// an object of its own, and each report file. The first call counts, which may come from a verb or, where that
// hears of no signal, from [withinPatience].
func (a *app) tell(err error) error {
	a.telling.Lock()
	defer a.telling.Unlock()
	if a.told {
		return nil
	}
	a.told = true
	var failed error
	if a.reports != nil {
		failed = a.reports.write(a.failedReport(err))
	}
	form := reportForms()[a.format]
	switch {
	case a.format == "text" || form == nil || !a.gate.close():
	case a.format != "json":
		failed = errors.Join(failed, form(a.gate.w, a.failedReport(err)))
	case a.failed != nil:
		failed = errors.Join(failed, report.WriteJSON(a.gate.w, a.failed(err)))
	default:
		failed = errors.Join(failed, report.WriteJSON(a.gate.w, failureOf(err)))
	}
	return failed
}

// failedReport is the report of a run that has none of its own.
func (a *app) failedReport(err error) *report.Report {
	r := a.emptyReport()
	r.Steps = []report.Step{{Name: "setup", Status: report.Broken, Summary: err.Error(), Hint: hint.Of(err)}}
	return r
}

// causeOf is err in words for a person: a context that a signal ended says little.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	return err
}

// A gate is a standard output that can be closed to a verb which went on after its end.
type gate struct {
	w      io.Writer
	mu     sync.Mutex
	began  bool
	closed bool
}

func (g *gate) Write(text []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return 0, errInterrupted
	}
	g.began = true
	return g.w.Write(text)
}

// close lets nothing more through, and reports whether nothing has come. A verb that waits for its reader holds the lock.
func (g *gate) close() bool {
	if !g.mu.TryLock() {
		return false
	}
	defer g.mu.Unlock()
	g.closed = true
	return !g.began
}

// wordsOf returns the values that args give to a flag, also where they do not parse.
func wordsOf(args []string, flag string) []string {
	var values []string
	for i, arg := range args {
		value, with := strings.CutPrefix(arg, flag+"=")
		switch {
		case arg == "--":
			return values
		case with:
			values = append(values, value)
		case arg == flag && i+1 < len(args):
			values = append(values, args[i+1])
		}
	}
	return values
}
