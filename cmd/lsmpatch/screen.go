// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// All text of a verb, but for JSON, which report.WriteJSON escapes, and for progress, goes to the standard streams
// through a report.Screen: by show, noteln and complain.

// show writes text to standard output.
func (a *app) show(text func(w io.Writer, opts *report.TextOptions) error) error {
	opts := &report.TextOptions{Color: a.useColor()}
	screen := &report.Screen{W: a.stdout, Color: opts.Color}
	return errors.Join(text(screen, opts), screen.Close())
}

// writeLine writes one line, whatever stands in args.
func writeLine(w io.Writer, format string, args ...any) {
	fmt.Fprintln(w, report.Printable(fmt.Sprintf(format, args...)))
}

// complain writes a message to standard error. What follows its first line, as in an error that quotes a
// program, is indented: it cannot pass for a message of ours.
func complain(stderr io.Writer, prefix, message string) {
	message = strings.ReplaceAll(strings.TrimSpace(message), "\n", "\n    ")
	fmt.Fprintln(stderr, report.PrintableText(prefix+message))
}
