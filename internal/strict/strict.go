// SPDX-License-Identifier: GPL-2.0-only

// Package strict reads TOML of which nothing is ignored: call [TOML]. A key that is written wrongly would else be one that is not set.
package strict

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
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

var reMismatch = lazyregexp.New(`^toml: line (\d+) \(last key ("(?:[^"\\]|\\.)*")\): (?:incompatible types: )?(.*)$`)

// mismatch gives an error about a value of another type its line. The library has no type for it, only words.
func mismatch(err error) error {
	m := reMismatch.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	line, _ := strconv.Atoi(m[1]) // digits: the worst that it can be is 0
	return &SyntaxError{line, m[2] + ": " + inWords(m[2], m[3])}
}

// Of these the library tells what a key has and what it takes, in the one order or the other.
var (
	reTypes    = lazyregexp.New(`^TOML value has type (\S+); destination has type (\S+)$`)
	reExpected = lazyregexp.New(`^type mismatch for .*: expected (\S+) but found (\S+)$`)
)

// kindWords are what the library's types are for people.
var kindWords = map[string]string{"string": "text", "int64": "a number", "integer": "a number", "float64": "a number", "float": "a number", "bool": "true or false",
	"boolean": "true or false", "slice": "a list", "[]any": "a list", "[]interface": "a list", "map[string]any": "a table", "map": "a table", "struct": "a table", "table": "a table"}

// inWords says of a key which value it has and which it takes.
func inWords(key, message string) string {
	m := reTypes.FindStringSubmatch(message)
	if other := reExpected.FindStringSubmatch(message); other != nil {
		m = []string{"", other[2], other[1]}
	}
	if m == nil || kindWords[m[1]] == "" || kindWords[m[2]] == "" {
		return message
	}
	is, wants := kindWords[m[1]], kindWords[m[2]]
	if is == "a table" && wants == "a list" {
		return "it is one of a list, which is written [[" + strings.Trim(key, `"`) + "]]"
	}
	return "it is " + is + ", and takes " + wants
}

// TOML reads text into v. The error is a [SyntaxError], of a value of another type than v's as well, or an [UnknownError] for the first key
// that v does not have. Of a list of tables the library knows the line of the last one alone.
func TOML(text string, v any) (toml.MetaData, error) {
	meta, err := toml.Decode(text, v)
	var syntax toml.ParseError
	if errors.As(err, &syntax) {
		err = &SyntaxError{syntax.Position.Line, syntax.Message}
	} else if err != nil {
		err = mismatch(err)
	}
	if unknown := meta.Undecoded(); err == nil && len(unknown) > 0 {
		err = &UnknownError{unknown[0]}
	}
	return meta, err
}
