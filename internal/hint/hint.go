// SPDX-License-Identifier: GPL-2.0-only

// Package hint ties a word of advice to an error that a person can mend.
package hint

import "errors"

type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Wrap returns err with a hint, which the command prints on a line of its own.
func Wrap(err error, hint string) error { return &hinted{err, hint} }

// Of returns the outermost hint of err, or "".
func Of(err error) string {
	var h *hinted
	if errors.As(err, &h) {
		return h.hint
	}
	return ""
}
