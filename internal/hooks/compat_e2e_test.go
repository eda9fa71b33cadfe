// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package hooks

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/kbuild"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// compatTypes is what the generated types name.
const compatTypes = `#define __user
#define __rcu
#define __bitwise
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned short umode_t;
typedef _Bool boolean;
typedef struct { int v; } kuid_t;
typedef const char *name_t;
typedef char *text_t;
typedef int (*cb_t)(void *);
typedef int vec_t[4];
struct a; struct b; union c;
enum plain { A, B };
enum other { C, D };
enum negative { MINUS = (-1), ZERO };
enum wide { LOW, HIGH = 1ULL << 40 };
enum widest { BELOW = -1, ABOVE = 0x100000000 };
typedef unsigned int __bitwise gfp_t;
typedef gfp_t mask_t;
typedef mask_t const cmask_t;
typedef enum plain plain_t;
typedef plain_t *plains_t;
typedef int fn_t(struct a *, cmask_t);
typedef fn_t *fns_t;
typedef fns_t const table_t[2];
`

// typeMaker makes types and types that are nearly the same, as text.
type typeMaker struct{ *rand.Rand }

func (m typeMaker) pick(words ...string) string { return words[m.IntN(len(words))] }

func (m typeMaker) base() string {
	return m.pick("int", "unsigned int", "long", "unsigned long", "long long", "unsigned long long", "short",
		"unsigned short", "char", "signed char", "unsigned char", "_Bool", "u64", "u32", "umode_t", "boolean", "kuid_t",
		"name_t", "text_t", "cb_t", "enum plain", "enum other", "enum negative", "struct a *", "struct b *", "union c *",
		"void *", "const char *", "const struct a *", "double", "int **", "const void *", "gfp_t", "mask_t", "cmask_t", "plain_t",
		"plains_t", "fns_t", "enum wide", "enum widest", "char __user *", "struct a __rcu *", "const void __user *",
		"volatile int *", "int *restrict", "struct { int v; } *")
}

// object returns a type that a parameter may have, around the declarator d.
func (m typeMaker) object(d string, depth int) string {
	switch {
	case depth > 0 && m.IntN(6) == 0:
		return m.function("(*"+d+")", depth-1)
	case m.IntN(5) == 0:
		return m.object("*"+m.pick("", "const ", "volatile ")+d, depth)
	}
	return m.pick("", "", "const ") + m.base() + " " + d
}

func (m typeMaker) function(d string, depth int) string {
	var params []string
	for range m.IntN(4) {
		switch m.IntN(8) {
		case 0:
			params = append(params, m.base()+m.pick("[3]", "[]", "[const]")) // becomes a pointer
		case 1:
			params = append(params, "vec_t")
		case 2:
			params = append(params, m.pick("fn_t", "table_t", "int (*)[3]", "const vec_t", m.function("", 0))) // become pointers
		default:
			params = append(params, m.object("", depth))
		}
	}
	if len(params) > 0 && m.IntN(8) == 0 {
		params = append(params, "...")
	}
	list := strings.Join(params, ", ")
	if list == "" {
		list = m.pick("void", "void", "")
	}
	return m.pick("int", "void", "u64", "struct a *", "const char *", "enum plain") + " " + d + "(" + list + ")"
}

// twist returns text with one word changed, or as it is where the word is not there.
func (m typeMaker) twist(text string) string {
	swaps := [][2]string{
		{"u64", "unsigned long long"}, {"u64", "unsigned long"}, {"umode_t", "unsigned short"}, {"umode_t", "short"},
		{"boolean", "_Bool"}, {"name_t", "const char *"}, {"text_t", "const char *"}, {"cb_t", "void *"},
		{"enum plain", "unsigned int"}, {"enum plain", "int"}, {"enum negative", "int"}, {"enum negative", "unsigned int"},
		{"enum other", "enum plain"}, {"struct a", "struct b"}, {"const ", ""}, {"unsigned ", ""}, {"int", "long"},
		{"*", "**"}, {", ...", ""}, {"[3]", "[4]"}, {"(void)", "()"}, {"long", "long int"}, {"char", "signed char"},
		{"*", "*const "}, {"int ", "const int "}, {"vec_t", "int *"}, {"vec_t", "int [7]"}, {"u32", "enum plain"},
		{"__user ", ""}, {"__rcu ", ""}, {"volatile ", ""}, {"*restrict", "*"}, {"gfp_t", "u32"}, {"mask_t", "unsigned long"},
		{"cmask_t", "unsigned int"}, {"plain_t", "enum plain"}, {"plains_t", "unsigned int *"}, {"plains_t", "plain_t *"},
		{"fn_t", "fns_t"}, {"fns_t", "int (*)(struct a *, unsigned int)"}, {"table_t", "const fns_t *"}, {"table_t", "fns_t *"},
		{"enum wide", "unsigned long"}, {"enum wide", "unsigned int"}, {"enum widest", "long"}, {"[3]", "[]"},
		{"const vec_t", "const int *"}, {"const vec_t", "int *"},
	}
	s := swaps[m.IntN(len(swaps))]
	return strings.Replace(text, s[0], s[1], 1)
}

// TestE2ECompatible compares our idea of compatible types with what gcc and clang say of
// generated pairs, most of which differ in one word.
func TestE2ECompatible(t *testing.T) {
	tc, err := kbuild.OpenToolchain(t.Context(), e2e.Toolchain(t), false)
	if err != nil {
		t.Fatal(err)
	}
	m := typeMaker{rand.New(rand.NewPCG(7, 3))}
	var pairs []pair
	for len(pairs) < 6000 {
		a := m.function("", 2)
		if m.IntN(4) == 0 {
			a = m.object("", 2)
		}
		b := a
		for range 12 {
			if b = m.twist(b); b != a && m.IntN(3) > 0 {
				break
			}
		}
		if !strings.Contains(a+b, "signed signed") { // only clang takes it
			pairs = append(pairs, pair{a, b})
		}
	}
	h := ctype.NewHeaders(fstest.MapFS{"include/linux/types.h": {Data: []byte(compatTypes)}}, "x86", "include/linux/types.h")
	gcc, pairs := compilerSays(t, tc, "gcc", pairs)
	clang, both := compilerSays(t, tc, "clang-19", pairs)
	if len(both) < 5000 {
		t.Fatalf("%d of %d pairs are C", len(both), len(pairs))
	}
	split := 0
	for _, p := range both {
		// A qualifier of a return type means nothing in C17, so gcc drops it; clang keeps it.
		if gcc[p] != clang[p] {
			split++
			if clang[p] {
				t.Errorf("%s and %s: only clang takes them", p.a, p.b)
			}
		}
	}
	if split > len(both)/10 {
		t.Errorf("gcc and clang differ on %d of %d pairs", split, len(both))
	}
	judgePairs(t, both, gcc, h)
	t.Logf("gcc and clang differ on %d, which are as gcc says", split)
}

// compilerSays returns what a compiler says of the pairs, and those pairs that it takes as C.
func compilerSays(t *testing.T, tc *kbuild.Toolchain, compiler string, pairs []pair) (map[pair]bool, []pair) {
	said, err := askCompiler(t, tc, compiler, pairs)
	var failed *run.Error
	if errors.As(err, &failed) { // a twist can make what is no C: leave those out
		pairs = withoutErrors(pairs, failed.Output)
		said, err = askCompiler(t, tc, compiler, pairs)
	}
	if err != nil || len(said) != len(pairs) {
		t.Fatalf("%s: %d answers for %d pairs: %v", compiler, len(said), len(pairs), err)
	}
	answers := map[pair]bool{}
	for i, p := range pairs {
		answers[p] = said[i] == '1'
	}
	return answers, pairs
}

type pair struct{ a, b string }

// askCompiler returns 1 or 0 for each pair.
func askCompiler(t *testing.T, tc *kbuild.Toolchain, compiler string, pairs []pair) ([]byte, error) {
	var src strings.Builder
	src.WriteString(compatTypes + "int printf(const char *, ...);\nint main(void) {\n")
	for _, p := range pairs {
		fmt.Fprintf(&src, "printf(\"%%d\", __builtin_types_compatible_p(%s, %s));\n", p.a, p.b)
	}
	src.WriteString("}\n")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pairs.c"), []byte(src.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{compiler, "-std=gnu11", "-w", "-funsigned-char", "-o", "pairs", "pairs.c"}
	if compiler != "gcc" {
		args = append(args, "-ferror-limit=0")
	}
	if _, err := tc.Output(t.Context(), kbuild.Cmd{Args: args, Out: kbuild.Folder{Dir: dir}}); err != nil {
		return nil, err
	}
	return tc.Output(t.Context(), kbuild.Cmd{Args: []string{"./pairs"}, Out: kbuild.Folder{Dir: dir}})
}

var reErrorLine = regexp.MustCompile(`pairs\.c:(\d+):\d+: error:`)

func withoutErrors(pairs []pair, output []byte) []pair {
	bad := map[int]bool{}
	for _, m := range reErrorLine.FindAllSubmatch(output, -1) {
		line, _ := strconv.Atoi(string(m[1]))
		bad[line-3-strings.Count(compatTypes, "\n")] = true
	}
	var good []pair
	for i, p := range pairs {
		if !bad[i] {
			good = append(good, p)
		}
	}
	return good
}

func judgePairs(t *testing.T, pairs []pair, said map[pair]bool, h *ctype.Headers) {
	yes, alarms, misses := 0, 0, 0
	for _, p := range pairs {
		a, errA := ctype.ParseType(p.a)
		b, errB := ctype.ParseType(p.b)
		if errA != nil || errB != nil {
			t.Fatalf("%s, %s: %v, %v", p.a, p.b, errA, errB)
		}
		want := said[p]
		got := ctype.Compatible(a, b, h)
		switch {
		case want && !got:
			alarms++
		case !want && got:
			misses++
		}
		if want {
			yes++
		}
		if want != got {
			t.Errorf("%s and %s: the compiler says %v", p.a, p.b, want)
		}
	}
	t.Logf("%d pairs, %d compatible: %d false alarms, %d misses", len(pairs), yes, alarms, misses)
}

// TestE2EHookNames compares the hooks that List finds with those that the C preprocessor sees
// when every condition holds.
func TestE2EHookNames(t *testing.T) {
	tc, err := kbuild.OpenToolchain(t.Context(), e2e.Toolchain(t), false)
	if err != nil {
		t.Fatal(err)
	}
	for version, tree := range realTrees(t) {
		hooks, findings, err := defs.List(os.DirFS(tree))
		if err != nil || len(findings) > 0 {
			t.Fatal(findings, err)
		}
		args := []string{"gcc", "-E", "-P", "-D", "LSM_HOOK(RET,DEFAULT,NAME,...)=@NAME"}
		var names []string
		for _, h := range hooks {
			names = append(names, h.Name)
			for _, symbol := range h.Configs() {
				args = append(args, "-DCONFIG_"+symbol)
			}
		}
		out, err := tc.Output(t.Context(), kbuild.Cmd{Args: append(args, defs.DefsPath), Source: kbuild.Folder{Dir: tree}})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, word := range strings.Fields(strings.ReplaceAll(string(out), "@", " @ ")) {
			if word != "@" {
				want = append(want, word)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: %d hooks, the preprocessor sees %d", version, len(names), len(want))
		}
		t.Logf("%s: %d hooks", version, len(names))
	}
}
