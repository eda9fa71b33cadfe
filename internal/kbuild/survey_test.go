// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"strings"
	"testing"
)

// A machine without Rust can build a series of C.
func TestWhatASurveyLacks(t *testing.T) {
	s := &Survey{Tools: []Tool{{Name: "clang", Status: OK}, {Name: "rustc", Status: Missing}, {Name: "bindgen", Version: "0.60", Minimum: "0.71", Status: TooOld}}}
	if got := s.Lacks(false); len(got) != 0 {
		t.Errorf("C lacks %v", got)
	}
	if got := strings.Join(s.Lacks(true), "; "); got != "rustc is missing; bindgen 0.60 is older than the tree's minimum 0.71" {
		t.Errorf("Rust lacks %s", got)
	}
	s = &Survey{Tools: []Tool{{Name: "rustc", Status: OK}}, RustSays: "***\n*** no libclang\n"}
	if got := strings.Join(s.Lacks(true), "; "); got != "make rustavailable: no libclang" || len(s.Lacks(false)) != 0 {
		t.Errorf("Rust lacks %s", got)
	}
	if s.Err() != nil {
		t.Error("Rust was not asked for")
	}
}
