// SPDX-License-Identifier: GPL-2.0-only

package pattern

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
)

// plain are patterns that Go's regexp has as well, with the leftmost match that Perl would take.
var plain = []string{
	`a`, `abc`, `a.c`, `^a`, `a$`, `^a$`, `^\s*$`, `\ba`, `a\b`, `\bif\b`, `\w+`, `\W+`, `\d+`, `\D`, `\s+`, `\S+`,
	`a*`, `a+`, `a?`, `a*?b`, `a+?`, `a??b`, `a{2}`, `a{2,}`, `a{1,3}`, `(a|b)`, `(?:a|b)c`, `a|bc|d`, `(a)(b)?`,
	`[abc]`, `[^abc]`, `[a-c]+`, `[\w-]+`, `[]a]`, `[^\s,]+`, `\(`, `\*\s*\w`, `\+\s*#\s*define`, `^\+.*\bstatic\b.*;`,
	`^\+\s*(?:else|if)\b`, `(\w+)\s*\(([^()]*)\)`, `^.\s*#\s*(if|ifdef)\b`, `\bsizeof\s*(\w)`, `(?:\s*\*)+\s*(\w+)`,
	`"[^"]*"`, `=\s*(?:0|NULL|false)\s*;`, `([+-])\s*(\d+)`, `\t+ +`, ` +\t`, `\s+$`,
}

// subjects are lines that they are tried on; in ASCII, since our patterns read bytes, as the script does.
var subjects = []string{
	"", "a", "abc", "aXc", "aab", "xaay", "ab abc", " if (a)", "ifdef", "else if (b)", "+static int a = 0;", "+\tstatic const char *b;",
	"+#define A(b) b", "+ # ifdef CONFIG_A", "sizeof a", "sizeof(a)", "+\tcall(a, b);", "+\tcall();", "  ", "\t \t", "a \t", "char **p", "char * * q",
	"Kern_Err", "\"a\" \"b\"", "- 12 + 3", "a-b_c", "]", "x,y z", "=NULL;", "= false ;", "no match here?", "a\tb\fd\re",
}

// TestPlainPatternsAgainstRegexp: what both can match they match alike, captures too.
func TestPlainPatternsAgainstRegexp(t *testing.T) {
	library := NewLibrary(nil, nil)
	for _, src := range plain {
		p := library.MustCompile(src)
		re := regexp.MustCompile(src)
		for _, s := range subjects {
			var m Matcher
			want := re.FindStringSubmatchIndex(s)
			got := m.Find(p, s)
			if len(got) > len(want) {
				got = got[:len(want)] // captures of ours that are none are left out
			}
			if (got == nil) != (want == nil) || !slices.Equal(got, want) {
				t.Errorf("%s in %q: %v, want %v", src, s, got, want)
			}
			if m.Match(p, s) != (want != nil) {
				t.Errorf("%s in %q matches: %v", src, s, want == nil)
			}
		}
	}
}

// TestAllAgainstRegexp finds all matches of a pattern.
func TestAllAgainstRegexp(t *testing.T) {
	library := NewLibrary(nil, nil)
	for _, src := range []string{`a`, `\w+`, `\d+`, `\s`, `a+`, `[a-z]+\b`, `\bi\w+`} {
		p := library.MustCompile(src)
		for _, s := range subjects {
			var m Matcher
			var got []string
			m.All(p, s, func(loc []int) bool {
				got = append(got, fmt.Sprint(loc[:2]))
				return true
			})
			var want []string
			for _, loc := range regexp.MustCompile(src).FindAllStringIndex(s, -1) {
				want = append(want, fmt.Sprint(loc))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s in %q: %v, want %v", src, s, got, want)
			}
		}
	}
}
