// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"fmt"
	"strings"
	"testing"
)

const spanSource = `//! #[cfg(CONFIG_DOC)]
#[cfg(CONFIG_A)]
#[inline]
pub(crate) fn a<T, U>(x: T, y: U) -> [u8; 2]
where
    T: B, // }
{
    let s = "}"; let c = '}';
}
struct S {
    #[cfg(CONFIG_FIELD)]
    pub(crate) field: Vec<u8>,
    other: u8,
}
fn f() {
    #[cfg(not(CONFIG_LET))]
    let x = S {
        other: 1,
    };
    match x {
        #[cfg(CONFIG_ARM = "y")]
        1 => {
        }
        _ => (),
    }
}
macro_rules! m {
    () => { #[cfg(CONFIG_IN)] fn q() {} };
}
#[kunit_tests(suite)]
mod tests {
    fn t() {}
}
#[cfg(all(test, CONFIG_A))]
mod host;
fn end(#[cfg(CONFIG_ARG)] a: u8) {}
`

func TestRustSpans(t *testing.T) {
	var got []string
	for _, s := range RustSpans(spanSource) {
		word := s.When.String()
		if s.Macro {
			word = "macro"
		}
		got = append(got, fmt.Sprintf("%d-%d %s", s.From, s.To, word))
	}
	want := "2-9 A, 11-12 FIELD, 16-19 !LET, 21-23 ARM=y, 27-29 macro, 28-28 IN, 30-33 KUNIT=y, 34-35 n, 36-36 ARG"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
}

// Whatever the text, the spans lie within it.
func FuzzRustSpans(f *testing.F) {
	f.Add(spanSource)
	f.Add("#[cfg(X")
	f.Add("#![cfg(A)]\nmacro_rules! x")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 5000 {
			return
		}
		for _, s := range RustSpans(text) {
			if s.From < 1 || s.To > 1+strings.Count(text, "\n") {
				t.Errorf("%d-%d of %q", s.From, s.To, text)
			}
		}
	})
}
