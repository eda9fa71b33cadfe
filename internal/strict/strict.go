// SPDX-License-Identifier: GPL-2.0-only

// Package strict reads TOML of which nothing is ignored: call [TOML]. A key that is written wrongly would else be one that is not set.
package strict

import (
	"errors"
	"fmt"

	"github.com/BurntSushi/toml"
)

// A SyntaxError is a text that is no TOML.
type SyntaxError struct {
	// Line counts from 1.
	Line    int
	Message string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

// An UnknownError is a key that nobody knows.
type UnknownError struct{ Key toml.Key }

func (e *UnknownError) Error() string { return fmt.Sprintf("unknown key %q", e.Key.String()) }

// TOML reads text into v. The error is a [SyntaxError], an [UnknownError] for the first key that v does not have, or says of which
// type a value is not.
func TOML(text string, v any) (toml.MetaData, error) {
	meta, err := toml.Decode(text, v)
	var syntax toml.ParseError
	if errors.As(err, &syntax) {
		err = &SyntaxError{syntax.Position.Line, syntax.Message}
	}
	if unknown := meta.Undecoded(); err == nil && len(unknown) > 0 {
		err = &UnknownError{unknown[0]}
	}
	return meta, err
}
