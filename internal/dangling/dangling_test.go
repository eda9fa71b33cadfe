// SPDX-License-Identifier: GPL-2.0-only

package dangling

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// base is a tree with a function, macros and an export, and who uses them.
var base = map[string]string{
	"include/linux/foo.h": "int foo_get(int a);\nstatic inline int foo_put(int a)\n{\n\treturn a;\n}\n#define FOO_MAX 4\n#define foo_each(x) for (;;)\n",
	"lib/foo.c":           "#include <linux/foo.h>\nint foo_get(int a)\n{\n\treturn a;\n}\nEXPORT_SYMBOL_GPL(foo_get);\n",
	"drivers/a/user.c":    "#include <linux/foo.h>\nint user(void)\n{\n\treturn foo_get(1);\n}\n",
	"drivers/a/max.c":     "int most[] = { 1,\n\tFOO_MAX };\n",
	"drivers/a/loop.c":    "void loop(void)\n{\n\tfoo_each(1)\n\t\t;\n}\n",
	"drivers/a/own.c":     "static int foo_get(int a)\n{\n\treturn 2;\n}\nint own(void)\n{\n\treturn foo_get(1);\n}\n",
	"drivers/a/asked.c":   "int asked(void)\n{\n#ifdef FOO_MAX\n\treturn FOO_MAX;\n#else\n\treturn 1;\n#endif\n}\n",
	"drivers/b/member.c":  "int member(struct x *p)\n{\n\t/* foo_put(1) */\n\treturn p->foo_put(1);\n}\n",
	"drivers/b/ops.c":     "struct ops ops = {\n\t.put = foo_put,\n};\n",
	"include/linux/ops.h": "struct ops {\n\tint (*get)(int a);\n\tint (*put)(int a);\n\tint depth;\n};\n",
	"drivers/d/ops.c":     "static int d_get(int a)\n{\n\treturn a;\n}\nstatic struct ops d_ops = {\n\t.get = d_get,\n\t.other = { .depth = 1 },\n};\nstatic const struct ops more[] = { { .depth = 2 } };\n",
	"drivers/d/unlike.c":  "struct unlike x = { .get = d_get, .depth = 3 };\n",
	"drivers/b/put.h":     "int beside(int a);\n#define FIELD_A 1\n",
	"drivers/b/field.c":   "int field(void)\n{\n\treturn FIELD(1 + (2), FIELD_A) + FIELD(FIELD_A);\n}\n",
	"drivers/c/other.c":   "int other(void)\n{\n\treturn beside(1);\n}\n",
	"rust/kernel/foo.rs":  "fn put() { unsafe { bindings::foo_put(1) } }\n// bindings::foo_get\n",
	"rust/helpers/foo.c":  "int rust_helper_foo_each(void)\n{\n\treturn 1;\n}\n",
	"rust/kernel/each.rs": "fn each() { unsafe { bindings::foo_each() } }\n",
	"tools/foo.c":         "int tool(void)\n{\n\treturn foo_get(1) + FOO_MAX;\n}\n",
}

func TestUses(t *testing.T) {
	header := base["include/linux/foo.h"]
	without := func(text string) string {
		if !strings.Contains(header, text) {
			t.Fatalf("the header has no %q", text)
		}
		return strings.Replace(header, text, "", 1)
	}
	gone := func(text string) map[string]string { return map[string]string{"include/linux/foo.h": without(text)} }
	with := func(changes map[string]string, more ...string) map[string]string {
		for i := 0; i < len(more); i += 2 {
			changes[more[i]] = more[i+1]
		}
		return changes
	}
	const get, most, each = "int foo_get(int a);\n", "#define FOO_MAX 4\n", "#define foo_each(x) for (;;)\n"
	put := "static inline int foo_put(int a)\n{\n\treturn a;\n}\n"
	for name, tt := range map[string]struct {
		changes map[string]string // "" removes
		want    string
	}{
		"nothing goes":                        {map[string]string{"lib/foo.c": "int foo_get(int a) { return 3; }\nEXPORT_SYMBOL_GPL(foo_get);\n"}, ""},
		"a function":                          {with(gone(get), "lib/foo.c", ""), "drivers/a/user.c:4 foo_get()"},
		"a function, and its last user":       {with(gone(get), "lib/foo.c", "", "drivers/a/user.c", "int user;\n"), ""},
		"a function that moves":               {with(gone(get), "include/linux/new.h", get), ""},
		"a function that is static now":       {with(gone(get), "lib/foo.c", "static int foo_get(int a)\n{\n\treturn 1;\n}\n"), "drivers/a/user.c:4 foo_get()"},
		"a function that a macro makes":       {with(gone(get), "include/linux/foo.h", without(get)+"DEFINE_GETTER(foo, int);\n"), ""},
		"a function in other brackets":        {with(gone(get), "include/linux/foo.h", without(get)+"NAMESPACED(int foo_get(int a));\n"), ""},
		"a macro":                             {gone(most), "drivers/a/max.c:2 FOO_MAX"},
		"a macro that is an enumerator":       {map[string]string{"include/linux/foo.h": without(most) + "enum { FOO_MAX = 4 };\n"}, ""},
		"a macro that a macro gets":           {with(gone(most), "drivers/a/max.c", "int most(void)\n{\n\treturn FIELD(1, FOO_MAX);\n}\n"), "drivers/a/max.c:3 FOO_MAX"},
		"a macro that a function gets":        {with(gone(most), "drivers/a/max.c", "int most(void)\n{\n\treturn field(1, FOO_MAX);\n}\n"), "drivers/a/max.c:3 FOO_MAX"},
		"a macro that a text has still":       {with(gone(most), "Documentation/foo.rst", "FOO_MAX is 4.\n"), "drivers/a/max.c:2 FOO_MAX"},
		"a macro that a list has now":         {with(gone(most), "lib/foo.inc", "MAX(FOO_MAX, 4)\n"), ""},
		"a macro with parameters":             {gone(each), "drivers/a/loop.c:3 foo_each()"},
		"one argument more":                   {with(gone(get), "lib/foo.c", "int foo_get(int a, int b)\n{\n\treturn 1;\n}\nEXPORT_SYMBOL_GPL(foo_get);\n", "include/linux/foo.h", without(get)+"int foo_get(int a, int b);\n"), "drivers/a/user.c:4 foo_get()"},
		"one argument more, for all":          {with(gone(get), "lib/foo.c", "int foo_get(int a, int b)\n{\n\treturn 1;\n}\nEXPORT_SYMBOL_GPL(foo_get);\n", "include/linux/foo.h", without(get)+"int foo_get(int a, int b);\n", "drivers/a/user.c", "int user(void)\n{\n\treturn foo_get(1, f(2, 3));\n}\n"), ""},
		"no argument any more":                {with(gone(get), "lib/foo.c", "int foo_get(void)\n{\n\treturn 1;\n}\nEXPORT_SYMBOL_GPL(foo_get);\n", "include/linux/foo.h", without(get)+"int foo_get(void);\n"), "drivers/a/user.c:4 foo_get()"},
		"as many as somebody wants":           {with(gone(get), "include/linux/foo.h", without(get)+"int foo_get(int a, ...);\n"), ""},
		"and as before in another file":       {with(gone(get), "include/linux/foo.h", without(get)+"int foo_get(int a, int b);\n", "include/linux/new.h", get), ""},
		"a macro with one more":               {map[string]string{"include/linux/foo.h": without(each) + "#define foo_each(x, y) for (;;)\n"}, "drivers/a/loop.c:3 foo_each()"},
		"a member that goes":                  {map[string]string{"include/linux/ops.h": "struct ops {\n\tint (*get)(int a);\n\tint (*put)(int a);\n};\n"}, "drivers/d/ops.c:9 .depth"},
		"a member that gives more":            {map[string]string{"include/linux/ops.h": "struct ops {\n\tint (*get)(int a, int b);\n\tint (*put)(int a);\n\tint depth;\n};\n"}, "drivers/d/ops.c:6 d_get()"},
		"a member of a member":                {map[string]string{"include/linux/ops.h": "struct ops {\n\tint (*get)(int a);\n\tint (*put)(int a);\n\tstruct box in;\n};\n", "drivers/d/ops.c": "static struct ops d_ops = {\n\t.in.depth = 1,\n};\n"}, ""},
		"a member by a macro":                 {map[string]string{"include/linux/ops.h": "#define depth in.deep\nstruct ops {\n\tint (*get)(int a);\n\tint (*put)(int a);\n\tstruct box in;\n};\n"}, ""},
		"a member out of a macro":             {map[string]string{"include/linux/ops.h": "#define OPS int depth\nstruct ops {\n\tint (*get)(int a);\n\tint (*put)(int a);\n\tOPS;\n};\n"}, ""},
		"a member that comes":                 {map[string]string{"include/linux/ops.h": "struct ops {\n\tint (*get)(int a);\n\tint (*put)(int a);\n\tint depth, width;\n};\n"}, ""},
		"a struct of which there are two":     {map[string]string{"include/linux/ops.h": "#ifdef A\nstruct ops {\n};\n#else\nstruct ops {\n\tint depth;\n};\n#endif\n"}, ""},
		"an inline function, in a table":      {gone(put), "drivers/b/ops.c:2 foo_put() and rust/kernel/foo.rs:1"},
		"a header beside other users":         {map[string]string{"drivers/b/put.h": ""}, ""},
		"an export":                           {map[string]string{"lib/foo.c": "int foo_get(int a)\n{\n\treturn a;\n}\n"}, "drivers/a/user.c:4 foo_get"},
		"an export of what moves to its user": {map[string]string{"lib/foo.c": "int x;\n", "drivers/a/foo.c": "int foo_get(int a)\n{\n\treturn a;\n}\n"}, ""},
		"an export that moves":                {map[string]string{"lib/foo.c": "int foo_get(int a)\n{\n\treturn a;\n}\n", "lib/more.c": "EXPORT_SYMBOL(foo_get);\n"}, ""},
		"an export of what is inline now": {map[string]string{"lib/foo.c": "int x;\n",
			"include/linux/foo.h": without(get) + "static inline int foo_get(int a)\n{\n\treturn a;\n}\n"}, ""},
	} {
		files := fstest.MapFS{}
		for file, text := range base {
			files[file] = &fstest.MapFile{Data: []byte(text)}
		}
		after := tree.NewOverlay(files)
		for file, text := range tt.changes {
			change := tree.Change{Path: file}
			if text != "" {
				change.Mode, change.Data = filemode.Regular, []byte(text)
			}
			if err := after.Write(change); err != nil {
				t.Fatal(err)
			}
		}
		findings, err := Uses(t.Context(), files, after, func(file string) (bool, error) { return strings.HasPrefix(file, "drivers/"), nil })
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got []string
		for _, f := range findings {
			word, _, _ := strings.Cut(f.Message, " ")
			line := fmt.Sprintf("%s:%d %s", f.File, f.Line, word)
			if _, more, ok := strings.Cut(f.Detail, "\n"); ok {
				line += " and " + strings.TrimSpace(more)
			}
			got = append(got, line)
		}
		if got := strings.Join(got, "; "); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
