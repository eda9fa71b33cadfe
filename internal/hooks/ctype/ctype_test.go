// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestParseDecl(t *testing.T) {
	for _, tc := range []struct{ in, want string }{
		{"unsigned long clone_flags", "unsigned long clone_flags"},
		{"long unsigned int x", "unsigned long x"},
		{"unsigned nsops", "unsigned int nsops"},
		{"u64", "u64"},
		{"struct path const *dir", "const struct path *dir"},
		{"const char **xattr_name", "const char **xattr_name"},
		{"char *const *restrict p", "char *const *restrict p"},
		{"int (*fn)(struct file *f, const char __user *p)", "int (*fn)(struct file *f, const char __user *p)"},
		{"void (*(*f)(int))(void)", "void (*(*f)(int))(void)"},
		{"int (*const ops[3])(void)", "int (*const ops[3])(void)"},
		{"int f(int (u64), int x[static 3], ...)", "int f(int (*)(u64), int *x, ...)"},
		{"int f(struct file *(f), int (size_t), int (n), u64 *(__s8))", "int f(struct file *f, int (*)(size_t), int n, u64 *(*)(__s8))"},
		{"struct cred *(*f)()", "struct cred *(*f)()"},
		{"int (fn)(int a)", "int fn(int a)"},
		{"static int __init foo(void)", "int foo(void)"},
		{"__weak noinline u64 f(int)", "u64 f(int)"},
		{"__attribute__((noinline)) static inline struct a *f(void) __must_check", "struct a *f(void)"},
		{"char __user *__x", "char __user *__x"},
		{"struct foo __rcu *p", "struct foo __rcu *p"},
		{"enum bpf_cmd cmd", "enum bpf_cmd cmd"},
		{"union bpf_attr *attr __maybe_unused", "union bpf_attr *attr"},
		{"typeof(int *) x", "int *x"},
		{"typeof(y) x", "typeof(y) x"},
		{"__poll_t (*f)(void)", "__poll_t (*f)(void)"},
		{"__u32 (int)", "__u32 (int)"},
		{"__printf(1, 2) int f(const char *, ...)", "int f(const char *, ...)"},
		{"__acquires(x) u64 f(void)", "u64 f(void)"},
		{"_Bool b", "_Bool b"},
		{"unsigned long long a[2][3]", "unsigned long long a[2][3]"},
	} {
		toks, _ := Lex("", []byte(tc.in))
		d, err := ParseDecl(toks)
		if err != nil {
			t.Errorf("%s: %v", tc.in, err)
		} else if got := d.Type.Declare(d.Name); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.in, got, tc.want)
		}
	}
}

func TestParseDeclErrors(t *testing.T) {
	for _, in := range []string{
		"", "struct *x", "int long char x", "int f(", "int f(void, int)", "int (*f", "int x[", "12", "int f(int)(int)", "int f(int)[3]", "int a[3](int)",
		strings.Repeat("(*", 500) + "x" + strings.Repeat(")", 500), "int " + strings.Repeat("(", 4000),
	} {
		if typ, err := ParseType(in); err == nil {
			t.Errorf("%.20q is a type: %s", in, typ)
		}
	}
}

// tree defines what the compatibility tests name.
func tree() *Headers {
	return NewHeaders(fstest.MapFS{
		"include/linux/types.h": {Data: []byte(`#include <asm/int.h>
typedef unsigned short umode_t;
typedef _Bool bool;
typedef struct { int v; } kuid_t;
typedef const char *name_t;
typedef int (*cb_t)(void *);
enum plain { A, B };
typedef int vec_t[4];
enum negative { MINUS = (-1), ZERO };
enum wide { LOW, HIGH = 1ULL << 40 };
`)},
		"arch/x86/include/asm/int.h": {Data: []byte(`#if __BITS_PER_LONG != 64
typedef unsigned int size_t;
#else
typedef unsigned long size_t;
#endif
typedef unsigned long long u64;
`)},
	}, "x86", "include/linux/types.h")
}

func TestCompatible(t *testing.T) {
	h := tree()
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"u64", "unsigned long long", true},
		{"u64", "unsigned long", false},
		{"size_t", "unsigned long", true},
		{"size_t", "unsigned int", false},
		{"umode_t", "unsigned short", true},
		{"bool", "_Bool", true},
		{"kuid_t", "kuid_t", true},
		{"kuid_t", "int", false},
		{"char", "unsigned char", false},
		{"char", "signed char", false},
		{"int", "const int", true},
		{"int *", "const int *", false},
		{"int *const", "int *", true},
		{"int **", "int *const *", false},
		{"name_t", "const char *", true},
		{"name_t", "char const *const", true},
		{"name_t *", "const char **", true},
		{"struct a *", "struct a *", true},
		{"struct a *", "struct b *", false},
		{"struct a *", "union a *", false},
		{"enum plain", "unsigned int", true},
		{"enum plain", "int", false},
		{"enum negative", "int", true},
		{"enum plain", "enum negative", false},
		{"enum wide", "unsigned long", true},
		{"int (const vec_t)", "int (vec_t)", false},
		{"int (const vec_t)", "int (const int *)", true},
		{"int [3]", "int []", true},
		{"int [3]", "int [0x3]", true},
		{"int [3]", "int [4]", false},
		{"int (int a[3])", "int (int *)", true},
		{"int (const int)", "int (int)", true},
		{"int (const int *)", "int (int *)", false},
		{"int (cb_t)", "int (int (void *))", true},
		{"int (int, ...)", "int (int)", false},
		{"int (int, long)", "int (long, int)", false},
		{"int (void)", "int ()", true},
		{"int (char)", "int ()", false},
		{"int (int, ...)", "int ()", false},
		{"void (*)(void)", "int (*)(void)", false},
		{"char __user *", "char *", true},
		{"unknown_t", "unknown_t", true},
		{"unknown_t", "int", false},
	} {
		a, errA := ParseType(tc.a)
		b, errB := ParseType(tc.b)
		if errA != nil || errB != nil {
			t.Errorf("%s, %s: %v, %v", tc.a, tc.b, errA, errB)
			continue
		}
		if Compatible(a, b, h) != tc.want || Compatible(b, a, h) != tc.want {
			t.Errorf("%s and %s: want %v", tc.a, tc.b, tc.want)
		}
	}
}

func TestHolds(t *testing.T) {
	f := Facts{"BITS": "64", "NOT": "", "YES": "1", "ZERO": "0", "MOD": "", "MOD_MODULE": "1"}
	for cond, want := range map[string]Truth{
		"":                                True,
		"BITS == 64":                      True,
		"BITS != 64":                      False,
		"BITS > 32 && BITS <= 64":         True,
		"defined(YES)":                    True,
		"defined YES && !defined(NOT)":    True,
		"!defined(ZERO)":                  False,
		"IS_ENABLED(ZERO)":                False,
		"IS_ENABLED(MOD)":                 True,
		"IS_MODULE(MOD)":                  True,
		"IS_BUILTIN(MOD) || defined(MOD)": False,
		"NOT":                             False,
		"WHO":                             Unknown,
		"WHO || YES":                      True,
		"WHO && NOT":                      False,
		"!(defined(WHO) || defined(NOT))": Unknown,
		"WHO(3, (4)) || BITS == 0x40":     True,
		"BITS == ":                        Unknown,
		"((((":                            Unknown,
		strings.Repeat("!", 9999) + "YES": Unknown,
		"defined(":                        Unknown,
		"BITS == WHO":                     Unknown,
	} {
		if got := f.Holds(cond); got != want {
			t.Errorf("%.40q: %d, want %d", cond, got, want)
		}
	}
}

func TestParseUnit(t *testing.T) {
	u := ParseUnit("a.c", []byte(`#include "x.h"
#define WRAP(name) void wrap_##name(int (*fn)(ARGS)) { USE(name, fn); }
#define ARGS int a, char *b
#define STR(x) #x
#define LOOP LOOP
#define OTHER(x, ...) f(x, ##__VA_ARGS__)
WRAP(one);
#ifdef CONFIG_A
static int two(int a)
#else
static int two(long a)
#endif
{
	return "}" [0] + '{';
}
MODULE_LICENSE(STR(GPL v2));
struct tag { int m, *n; struct { long inner; }; int (*cb)(void); } var = { .m = LOOP };
DEFINE(x) = { .a = 1 };
struct tag list[] __unknown_attr = { 1 };
int last(int a
#ifdef CONFIG_A
, u64 b
#else
, u32 b
#endif
);
int three(void), *four;
int call = OTHER(1), call2 = OTHER(1, 2);
`), &Options{Keep: func(n string) bool { return n == "USE" }})
	for _, p := range u.Problems {
		t.Errorf("line %d: %s", p.Pos.Line, p.Message)
	}
	var got []string
	for _, d := range u.Decls {
		got = append(got, d.Type.Declare(d.Name)+" "+d.Cond)
	}
	want := []string{
		"void wrap_one(int (*fn)(int a, char *b)) ", "int two(int a) ",
		"struct tag var ", "struct tag list[] ", "int last(int a, u64 b) ", "int three(void) ", "int *four ", "int call ", "int call2 ",
	}
	if two := u.Find("two"); len(two) != 1 || !two[0].Split {
		t.Errorf("the heads of two: %+v", two)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("declarations:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(u.Uses) != 2 || Text(u.Uses[0].Args[0]) != `"GPL v2"` || Text(u.Uses[1].Init) != ".a = 1" {
		t.Errorf("macros used: %+v", u.Uses)
	}
	var fields []string
	for _, f := range Fields(u.Tag(Struct, "tag").Body) {
		fields = append(fields, f.Type.Declare(f.Name))
	}
	if s := strings.Join(fields, "; "); s != "int m; int *n; long inner; int (*cb)(void)" {
		t.Errorf("fields %s", s)
	}
	if init := Text(u.Find("call")[0].Init) + "," + Text(u.Find("call2")[0].Init); init != "f(1),f(1, 2)" {
		t.Errorf("macros with variable arguments: %s", init)
	}
}

// TestHostile has inputs that could take exponential or quadratic time.
func TestHostile(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("#define A0 x x x x x x x x\n")
	for i := range 40 {
		name := func(n int) string { return "A" + string(rune('0'+n%10)) + strings.Repeat("_", n/10) }
		bomb.WriteString("#define " + name(i+1) + strings.Repeat(" "+name(i), 8) + "\n")
	}
	bomb.WriteString("int y = A0____;\n")
	for _, src := range []string{
		bomb.String(),
		strings.Repeat("f(\n", 20000),
		strings.Repeat("{", 50000),
		strings.Repeat("#if X\n", 5000),
		strings.Repeat("struct a {", 5000),
		strings.Repeat("int (*", 5000),
		"/*" + strings.Repeat("*", 100000),
	} {
		if u := ParseUnit("bad.c", []byte(src), nil); len(u.Problems) == 0 {
			t.Errorf("%.20q has no problems", src)
		}
	}
}

// TestIncludedWithin: a file is read in the place of an #include between brackets, those that it includes too, and all of them are bounded, since a
// few lines can name a large file many times, or the file itself. What stood within a second file was passed over.
func TestIncludedWithin(t *testing.T) {
	files := map[string]string{
		"one.h": "1,\n#include \"two.h\"\n", "two.h": "2,\n", "self.h": "3,\n#include \"self.h\"\n#include \"self.h\"\n", "large.h": strings.Repeat("4,", 1<<15),
	}
	read := 0
	opts := &Options{Include: func(_, name string, _ bool) (string, []byte) {
		read++
		return name, []byte(files[name])
	}}
	if u := ParseUnit("a.c", []byte("int a[] = {\n#include \"one.h\"\n5 };\n"), opts); len(u.Problems) > 0 || Text(u.Find("a")[0].Init) != "{1,2, 5 }" {
		t.Errorf("%v, %s", u.Problems, Text(u.Find("a")[0].Init))
	}
	for _, name := range []string{"self.h", "large.h"} {
		u := ParseUnit("a.c", []byte("int a[] = {\n"+strings.Repeat("#include \""+name+"\"\n", 1000)+"5 };\n"), opts)
		if n := len(u.Find("a")[0].Init); len(u.Problems) == 0 || n > 1<<18 {
			t.Errorf("%s: %d tokens, problems %v", name, n, u.Problems)
		}
	}
}

func FuzzParseUnit(f *testing.F) {
	for _, s := range []string{
		"int f(void) { return 0; }\n", "#define A(x) x##1\nA(int b) = { 1 };\n", "#if X\nstruct s { int a:3; };\n#endif\n",
		"LSM_HOOK(int, 0, a, struct b *c)\n", "static int (*p[3])(void) = { f, };", "x(\n#define x(\n)",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		u := ParseUnit("f.c", src, nil)
		for _, d := range u.Decls {
			// What a type prints as must be that type again.
			text := d.Type.Declare("")
			again, err := ParseType(text)
			if err != nil {
				if strings.Contains(text, "{…}") || d.Type.Class == Typeof || strings.Contains(text, "[") || strings.Contains(text, "typeof") {
					continue
				}
				t.Fatalf("%q does not parse: %v", text, err)
			}
			if again.String() != text {
				t.Fatalf("%q became %q", text, again.String())
			}
		}
	})
}

// TestHeadersOf64Bits reads the header of a pair that a 64-bit kernel includes: __kernel_mode_t is another type in x86's for 32.
func TestHeadersOf64Bits(t *testing.T) {
	tree := fstest.MapFS{
		"include/a.h":    {Data: []byte("#ifdef CONFIG_X86_32\n#include \"a_32.h\"\n#else\n#include \"a_64.h\"\n#endif\ntypedef inner outer;\n")},
		"include/a_32.h": {Data: []byte("typedef unsigned short inner;\n")},
		"include/a_64.h": {Data: []byte("typedef unsigned int inner;\n")},
	}
	h := NewHeaders(tree, "x86", "include/a.h")
	if got := h.Resolve(&Type{Class: Typedef, Name: "outer"}); got.Name != "unsigned int" {
		t.Errorf("outer is %q", got.Name)
	}
}

// TestOldStyle: a function whose parameters are declared behind its brackets has no prototype, and what follows is read all the same.
func TestOldStyle(t *testing.T) {
	for text, want := range map[string]string{
		"static int f(a) struct file *a; { return 0; }\nint g(void) { }":               "f() g(void)",
		"int f(a, b)\n\tu64 b;\n\tint (*a)(int x, int y), c[2];\n{ }\nint g(void) { }": "f() g(void)",
		"int f(u64 a) __attribute__((cold));\nint g(void) { }":                         "g(void)",
		"USED(f)\nint a;\nint g(void) { }":                                             "g(void)",
		"int f(a) int a = 1; { }\nint g(void) { }":                                     "",
		"int f(u64);\nstruct s { int a; };\nint g(void) { }":                           "g(void)",
		"int f(a) int a; " + "int f(a) int a; {\n":                                     "",
	} {
		var got []string
		for _, d := range ParseUnit("x.c", []byte(text), nil).Decls {
			if d.Defined {
				_, params, _ := strings.Cut(d.Type.Declare(d.Name), " ")
				got = append(got, params)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
