// SPDX-License-Identifier: GPL-2.0-only

package pattern

import (
	"encoding/hex"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// parens matches a balanced pair of parentheses with all between.
func parens(_ *Matcher, s string, i, nth int) int {
	depth := 0
	for j := i; nth == 0 && j < len(s); j++ {
		switch s[j] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return j + 1
			}
		}
	}
	return -1
}

var library = NewLibrary(
	map[string]string{"ident": `[A-Za-z_]\w*`, "type": `(?:int|{ident}_t)\b`},
	map[string]Native{"parens": {Match: parens, First: "(", Once: true}})

func TestFind(t *testing.T) {
	for _, tc := range []struct {
		src, s string
		want   string // match and captures, "|" between; "-" for none
	}{
		{`a(b+)c`, "xxabbc", "abbc|bb"},
		{`(a|ab)(c|bcd)`, "abcd", "abcd|a|bcd"},
		{`^a+?b`, "aaab", "aaab"},
		{`a++a`, "aaa", "-"},
		{`(?:a|ab)++c`, "abc", "-"},
		{`(\w+) \1\b`, "the the", "the the|the"},
		{`foo(?!bar)`, "foobar foox", "foo"},
		{`(?<!-)>`, "-> >", ">"},
		{`{type}\s+({ident})`, "my_t x", "my_t x|x"},
		{`{type}\s+({ident})`, "my_tt x", "-"},
		{`f\s*({parens});`, "f(a, (b));", "f(a, (b));|(a, (b))"},
		{`(?:x(y)?)+`, "xyx", "xyx|y"},
		{`a{2,3}`, "aaaa", "aaa"},
		{`(?:ab){2}$`, "ababab", "abab"},
		{`(?i:ab)c`, "aBc ABC", "aBc"},
		{`[^\]\s]+`, "] a]", "a"},
		{`[\s\c]*x$`, "a \x1c x", " \x1c x"},
		{`(?:a*)*b`, "aaac", "-"},
		{`x*`, "", ""},
		{`.\z`, "a\n", "-"},
		{`a$`, "a\n", "a"},
	} {
		var m Matcher
		got := "-"
		if groups := m.Groups(library.MustCompile(tc.src), tc.s); groups != nil {
			got = strings.Join(groups, "|")
		}
		if got != tc.want {
			t.Errorf("%s on %q: got %q, want %q", tc.src, tc.s, got, tc.want)
		}
	}
}

func TestArguments(t *testing.T) {
	var m Matcher
	p := library.MustCompile(`if \({$0}\) {$1};`)
	if !m.Match(p, "if (a->b) f;", "a->b", "f") || m.Match(p, "if (a->b) f;", "a", "f") {
		t.Error("arguments are not taken literally")
	}
}

// TestBudget: patterns that take exponential time end.
func TestBudget(t *testing.T) {
	var m Matcher
	if m.Match(library.MustCompile(`(?:a|a|ab?)*(?:a*)*c$`), strings.Repeat("a", 5000)) {
		t.Error("there is no c")
	}
}

func TestErrors(t *testing.T) {
	for _, src := range []string{`(a`, `a)`, `[a`, `{nosuch}`, `*a`, `a\`, `a{2`, `(?<x>a)`} {
		if _, err := library.Compile(src); err == nil {
			t.Errorf("%s compiles", src)
		}
	}
}

// FuzzAgainstRegexp: where both know the syntax, matches are those of package regexp, which
// prefers alternatives in the same order.
func FuzzAgainstRegexp(f *testing.F) {
	f.Add(`^(?:a|b)*?c+(\w+)$`, "abccxy")
	f.Add(`(a+)(b|ab)?`, "aab")
	f.Add(`\bfoo\b|[^x-z]{2,3}`, "a foo")
	f.Add("(a|(|d\x00)b?)+", "bbd\x00b")
	f.Fuzz(func(t *testing.T, src, s string) {
		if strings.ContainsAny(src, "{\\\x1c") || len(src) > 40 || !ascii(src) || !ascii(s) || strings.Contains(src, "(?") ||
			strings.Contains(src, "[[") || strings.Contains(src, "++") || strings.Contains(src, "*+") || strings.Contains(src, "?+") {
			return
		}
		re, err := regexp.Compile(src)
		if err != nil {
			return
		}
		p, err := library.Compile(src)
		if err != nil {
			return
		}
		var m Matcher
		got := m.Find(p, s)
		want := re.FindStringSubmatchIndex(s)
		if m.steps > maxSteps || strings.Contains(s, "\n") {
			return // "$" differs before a final newline
		}
		// An empty round of a loop leaves its captures as they were in Perl, and ends the loop; not so in regexp.
		if (got == nil) == (want == nil) && (got == nil || slices.Equal(got[:2], want[:2])) {
			return
		}
		place := ""
		if got != nil {
			place = fmt.Sprintf("%d %d", got[0], got[1])
		}
		if want := perlFind(t, src, s); place != want {
			t.Errorf("%q on %q: got %q, want %q as Perl has it", src, s, place, want)
		}
	})
}

// perlFind returns where Perl finds src in s: "0 2", "" where it does not.
func perlFind(t *testing.T, src, s string) string {
	const script = `my ($p, $s) = map { pack "H*", $_ } @ARGV; print "$-[0] $+[0]" if $s =~ /(?:$p)/`
	out, err := exec.Command("perl", "-e", script, hex.EncodeToString([]byte(src)), hex.EncodeToString([]byte(s))).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
