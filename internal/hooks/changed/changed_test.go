// SPDX-License-Identifier: GPL-2.0-only

package changed

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
)

// TestCallsOf finds how security.c asks hooks, in the ways of all trees.
func TestCallsOf(t *testing.T) {
	for _, tc := range []struct{ body, hook, want string }{
		{"return call_int_hook(file_open, file);", "file_open", "call_int_hook file"},
		{"call_void_hook(task_free, task);", "task_free", "call_void_hook task"},
		{"return call_int_hook(uring_sqpoll);", "uring_sqpoll", "call_int_hook "},
		{"return call_int_hook(mask, a | b, f(c, d));", "mask", "call_int_hook a | b, f(c, d)"},
		{"lsm_for_each_hook(scall, getprocattr) { rc = scall->hl->hook.getprocattr(p); }", "getprocattr", " "},
		{"hlist_for_each_entry(hp, &security_hook_heads.setprocattr, list) { }", "setprocattr", " "},
		{"return other_call(file_open, file);", "file_open", ""},
	} {
		calls, _ := callsOf([]byte("int security_x(int a)\n{\n\t" + tc.body + "\n}\n"))
		got := ""
		for _, c := range calls[tc.hook] {
			var args []string
			for _, a := range c.args {
				var words []string
				for _, tok := range a {
					if tok.Space && len(words) > 0 {
						words = append(words, " ")
					}
					words = append(words, tok.Text)
				}
				args = append(args, strings.Join(words, ""))
			}
			got = c.macro + " " + strings.Join(args, ", ")
			if c.fn.Name != "security_x" {
				t.Errorf("%s: called by %s", tc.body, c.fn.Name)
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.body, got, tc.want)
		}
	}
}

// TestCallsWithDefault: before Linux 6.9 the macro took the default as its second argument, which is none of the hook's.
func TestCallsWithDefault(t *testing.T) {
	const text = "#define call_int_hook(FUNC, IRC, ...) x\nint security_x(int a)\n{\n\treturn call_int_hook(file_open, 0, a);\n}\n"
	all, _ := callsOf([]byte(text))
	calls := all["file_open"]
	if len(calls) != 1 || len(calls[0].args) != 1 {
		t.Errorf("%+v", calls)
	}
}

// TestDeclarations: of security.h, with what each stands under, in both halves.
func TestDeclarations(t *testing.T) {
	const header = "#ifdef CONFIG_SECURITY\nint security_open(struct file *file);\nint cap_open(struct file *file);\n#else\n" +
		"static inline int security_open(struct file *file)\n{\n\treturn 0;\n}\n#endif\n"
	var got []string
	for _, d := range declarations([]byte(header))["security_open"] {
		got = append(got, fmt.Sprint(d.Defined, " ", d.Cond))
	}
	if want := []string{"false defined(CONFIG_SECURITY)", "true !defined(CONFIG_SECURITY)"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if declarations([]byte(header))["cap_open"] != nil {
		t.Error("what is no wrapper is taken for one")
	}
}

// TestWhatToWrite: the call, and the stub, that are proposed for a hook.
func TestWhatToWrite(t *testing.T) {
	hooks, bad := defs.Parse([]byte("LSM_HOOK(int, -EOPNOTSUPP, a, struct file *file, u32 n)\nLSM_HOOK(void, LSM_RET_VOID, b, struct file *file)\nLSM_HOOK(int, 0, c, void)\n"))
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	for i, want := range []string{"call_int_hook(a, file, n)", "call_void_hook(b, file)", "call_int_hook(c)"} {
		if got := callText(&hooks[i]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
