// SPDX-License-Identifier: GPL-2.0-only

package registered

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/internal/hooks/rustsyn"
)

// TestCompareFuncs names each parameter that differs, and those that are exchanged.
func TestCompareFuncs(t *testing.T) {
	tree := hookstest.ReadArchive(t, "../testdata/tree.txtar")
	headers := ctype.NewHeaders(tree, "x86", "include/linux/types.h", "include/linux/security.h")
	for _, tc := range []struct{ want, got, found string }{
		{"int (struct file *f)", "int (struct file *other_name)", ""},
		{"int (u64 x)", "int (unsigned long long x)", ""},
		{"int (umode_t m)", "int (unsigned short m)", ""},
		{"int (enum lockdown_reason r)", "int (unsigned int r)", ""},
		{"int (enum signed_reason r)", "int (int r)", ""},
		{"int (enum signed_reason r)", "int (unsigned int r)", "0: enum signed_reason r, not unsigned int r"},
		{"int (const struct file *f)", "int (struct file *f)", "0: const struct file *f, not struct file *f"},
		{"int (struct file *f)", "int (struct file *const f)", ""},
		{"int (void)", "void (void)", "result: int, not void"},
		{"int (void)", "const int (void)", "result: int, not const int"},
		{"int (u64 a, u32 b)", "int (u32 a, u64 b)", "0: u64 a, not u32 a (with 2) 1: u32 b, not u64 b (with 1)"},
		{"int (u64 a, u32 b)", "int (u64 a)", "arity: 2 parameters, not 1 parameter"},
		{"int (u64 a)", "int (u64 a, ...)", "arity: 1 parameter, not 1 parameters and more"},
		{"int (void)", "int ()", "arity: 0 parameters, not no prototype"},
		{"int (int (*f)(struct file *))", "int (open_fn_t f)", ""},
	} {
		want, err1 := ctype.ParseType(tc.want)
		got, err2 := ctype.ParseType(tc.got)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		var found []string
		for _, m := range CompareFuncs(want, got, headers) {
			at := map[int]string{returns: "result", arity: "arity"}[m.Param]
			if at == "" {
				at = fmt.Sprint(m.Param)
			}
			text := fmt.Sprintf("%s: %s, not %s", at, m.want, m.got)
			if m.swapped > 0 {
				text += fmt.Sprintf(" (with %d)", m.swapped)
			}
			found = append(found, text)
		}
		if text := strings.Join(found, " "); text != tc.found {
			t.Errorf("%s for %s: %q, want %q", tc.got, tc.want, text, tc.found)
		}
	}
}

// TestNamedFor tells which hook the name of a function means.
func TestNamedFor(t *testing.T) {
	c, err := New(nil, nil, hookstest.ReadArchive(t, "../testdata/tree.txtar"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ fn, hook, want string }{
		{"mine_file_open", "file_open", "file_open"},
		{"mine_file_open", "task_free", "file_open"},
		{"file_open_callback", "task_free", "file_open"},
		{"c_file_open", "task_free", "file_open"},
		{"task_alloc_cb", "task_alloc", "task_alloc"},
		{"mine_opened", "task_free", "task_free"},         // names none
		{"mine_file_open_late", "task_free", "task_free"}, // late is no word for a handler
		{"mine_task_free_file", "task_free", "task_free"}, // all words of its own hook
		{"mine_file_open", "file_opened", "file_opened"},  // a hook that the tree does not have
	} {
		if got := c.namedFor(tc.fn, tc.hook); got != tc.want {
			t.Errorf("%s, for %s: %s, want %s", tc.fn, tc.hook, got, tc.want)
		}
	}
}

// TestExpressions takes expressions of Rust apart without reading all of Rust.
func TestExpressions(t *testing.T) {
	lex := func(text string) []rustsyn.Token {
		toks, problems := rustsyn.Lex("x.rs", []byte(text))
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return toks
	}
	for text, want := range map[string]string{
		"f": "f", "(f)": "f", "{ f }": "f", "unsafe { (f) }": "f", "((f))": "f", "(f)(g)": "(f)(g)", "(a, b)": "a, b",
	} {
		if got := rustsyn.Text(bare(lex(text))); got != want {
			t.Errorf("bare %s: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"Some(f)": "Some", "Option::Some(f)": "Some", "core::mem::transmute::<A, B>(f)": "transmute", "f": "", "a.b(c)": "b",
	} {
		head, _ := lastCall(lex(text))
		if got := lastIdent(head); got != want {
			t.Errorf("last call of %s: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]int{"f as u8": 1, "f": -1, "(f as u8)": -1, "f as u8 as u64": 1, "<S as H>::f": -1} {
		if got := asAt(lex(text)); got != want {
			t.Errorf("as in %s: %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]string{"let a = b; c": "c", "a": "", "a;": "", "fn f() {} g": "g"} {
		if got := rustsyn.Text(tailOf(lex(text))); got != want {
			t.Errorf("tail of %s: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"Ok(())": "0", "Ok(0)": "0", "0": "0", "return 0;": "0", "Err(EPERM)": "-EPERM", "Err(code::EACCES)": "-EACCES", "Err(e)": "",
		"-22": "-22", "Ok(1)": "1", "-(bindings::EOPNOTSUPP as c_int)": "-EOPNOTSUPP", "f()": "",
	} {
		if got := returned(lex(text)); got != want {
			t.Errorf("%s returns %q, want %q", text, got, want)
		}
	}
}

// TestSleepers finds what may wait in the body of a function, and two functions down in the same file.
func TestSleepers(t *testing.T) {
	for body, want := range map[string]string{
		"return 0;":                                 "",
		"msleep(1);":                                "msleep()",
		"int msleep = 1;":                           "",
		"p = kmalloc(9, GFP_KERNEL);":               "GFP_KERNEL",
		"p = kmalloc(9, GFP_ATOMIC);":               "",
		"p = kzalloc_obj(*p);":                      "kzalloc_obj()",
		"p = kzalloc_obj(*p, GFP_NOWAIT);":          "",
		"p = kmalloc_objs(*p, 3);":                  "kmalloc_objs()",
		"guard(mutex)(&lock);":                      "guard(mutex)",
		"guard(spinlock)(&lock);":                   "",
		"scoped_guard(rwsem_read, &sem) { x = 1; }": "scoped_guard(rwsem_read)",
		"outer();":                                  "mutex_lock()",
		"far();":                                    "",
		"not_here();":                               "",
	} {
		u := ctype.ParseUnit("x.c", []byte("static void far(void) { outer(); }\nstatic void inner(void) { mutex_lock(&m); }\nstatic void outer(void) { inner(); }\nint f(void)\n{\n\t"+body+"\n}\n"), nil)
		if _, got := cSleeper(u, u.Find("f")[0].Body, 0); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
