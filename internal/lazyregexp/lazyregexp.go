// SPDX-License-Identifier: GPL-2.0-only

// Package lazyregexp has regular expressions that are compiled at their first use.
//
// The command has hundreds of them in package variables, of which each verb needs a few. Compiling all
// at the start took longer than putting five patches onto a branch.
package lazyregexp

import (
	"os"
	"regexp"
	"strings"
	"sync"
)

// A Regexp is a regular expression that is compiled when it is first used. Its methods are those of
// [regexp.Regexp]; it may be used from several goroutines.
type Regexp struct {
	expr string
	once sync.Once
	re   *regexp.Regexp
}

// New returns the regular expression expr, whose first use panics where it is none. In tests New itself
// does, so that a bad one does not wait for its use.
func New(expr string) *Regexp {
	r := &Regexp{expr: expr}
	if strings.HasSuffix(os.Args[0], ".test") {
		r.compiled()
	}
	return r
}

func (r *Regexp) compiled() *regexp.Regexp {
	r.once.Do(func() { r.re = regexp.MustCompile(r.expr) })
	return r.re
}

// MatchString is that of [regexp.Regexp].
func (r *Regexp) MatchString(s string) bool {
	return r.compiled().MatchString(s)
}

// Match is that of [regexp.Regexp].
func (r *Regexp) Match(b []byte) bool {
	return r.compiled().Match(b)
}

// FindString is that of [regexp.Regexp].
func (r *Regexp) FindString(s string) string {
	return r.compiled().FindString(s)
}

// FindStringIndex is that of [regexp.Regexp].
func (r *Regexp) FindStringIndex(s string) []int {
	return r.compiled().FindStringIndex(s)
}

// FindStringSubmatch is that of [regexp.Regexp].
func (r *Regexp) FindStringSubmatch(s string) []string {
	return r.compiled().FindStringSubmatch(s)
}

// FindStringSubmatchIndex is that of [regexp.Regexp].
func (r *Regexp) FindStringSubmatchIndex(s string) []int {
	return r.compiled().FindStringSubmatchIndex(s)
}

// FindSubmatch is that of [regexp.Regexp].
func (r *Regexp) FindSubmatch(b []byte) [][]byte {
	return r.compiled().FindSubmatch(b)
}

// FindAllString is that of [regexp.Regexp].
func (r *Regexp) FindAllString(s string, n int) []string {
	return r.compiled().FindAllString(s, n)
}

// FindAllStringIndex is that of [regexp.Regexp].
func (r *Regexp) FindAllStringIndex(s string, n int) [][]int {
	return r.compiled().FindAllStringIndex(s, n)
}

// FindAllStringSubmatch is that of [regexp.Regexp].
func (r *Regexp) FindAllStringSubmatch(s string, n int) [][]string {
	return r.compiled().FindAllStringSubmatch(s, n)
}

// FindAllStringSubmatchIndex is that of [regexp.Regexp].
func (r *Regexp) FindAllStringSubmatchIndex(s string, n int) [][]int {
	return r.compiled().FindAllStringSubmatchIndex(s, n)
}

// FindAllSubmatch is that of [regexp.Regexp].
func (r *Regexp) FindAllSubmatch(b []byte, n int) [][][]byte {
	return r.compiled().FindAllSubmatch(b, n)
}

// ReplaceAllString is that of [regexp.Regexp].
func (r *Regexp) ReplaceAllString(s, with string) string {
	return r.compiled().ReplaceAllString(s, with)
}

// ReplaceAllLiteralString is that of [regexp.Regexp].
func (r *Regexp) ReplaceAllLiteralString(s, with string) string {
	return r.compiled().ReplaceAllLiteralString(s, with)
}

// ReplaceAllStringFunc is that of [regexp.Regexp].
func (r *Regexp) ReplaceAllStringFunc(s string, with func(string) string) string {
	return r.compiled().ReplaceAllStringFunc(s, with)
}

// ReplaceAll is that of [regexp.Regexp].
func (r *Regexp) ReplaceAll(b, with []byte) []byte {
	return r.compiled().ReplaceAll(b, with)
}

// SubexpIndex is that of [regexp.Regexp].
func (r *Regexp) SubexpIndex(name string) int {
	return r.compiled().SubexpIndex(name)
}

// Split is that of [regexp.Regexp].
func (r *Regexp) Split(s string, n int) []string {
	return r.compiled().Split(s, n)
}

// ExpandString is that of [regexp.Regexp].
func (r *Regexp) ExpandString(to []byte, template, s string, match []int) []byte {
	return r.compiled().ExpandString(to, template, s, match)
}

// SubexpNames is that of [regexp.Regexp].
func (r *Regexp) SubexpNames() []string {
	return r.compiled().SubexpNames()
}
