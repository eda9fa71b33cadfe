// SPDX-License-Identifier: GPL-2.0-only

package strict

import (
	"errors"
	"testing"
)

// TestTOML: what is wrong is told, with its line or its key; what is right is read.
func TestTOML(t *testing.T) {
	var v struct {
		A int
		B struct{ C string }
	}
	if _, err := TOML("a = 1\n[b]\nc = \"x\"\n", &v); err != nil || v.A != 1 || v.B.C != "x" {
		t.Errorf("%+v, %v", v, err)
	}
	var syntax *SyntaxError
	if _, err := TOML("a = 1\n= 2\n", &v); !errors.As(err, &syntax) || syntax.Line != 2 {
		t.Errorf("%v", err)
	}
	var unknown *UnknownError
	if _, err := TOML("[b]\nd = 1\n", &v); !errors.As(err, &unknown) || unknown.Key.String() != "b.d" {
		t.Errorf("%v", err)
	}
	if _, err := TOML("# one\na = \"x\"\n", &v); !errors.As(err, &syntax) || syntax.Line != 2 {
		t.Errorf("a word for a number: %v", err)
	}
	for text, want := range map[string]string{
		"a = \"x\"\n": `line 1: "a": it is text, and takes a number`, "b = 1\n": `line 1: "b": it is a number, and takes a table`,
	} {
		if _, err := TOML(text, &v); err == nil || err.Error() != want {
			t.Errorf("%s%v", text, err)
		}
	}
}
