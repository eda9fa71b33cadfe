// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/changed"
	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// withWrappers is the small tree with the wrapper of file_open and its declarations, and without the
// callers of other hooks.
func withWrappers(t *testing.T) fstest.MapFS {
	tree := maps.Clone(hookstest.ReadArchive(t, "testdata/tree.txtar"))
	for name, text := range map[string]string{
		defs.SecurityPath: "#define call_int_hook(HOOK, ...) x\n/**\n * security_file_open() - Open\n * @file: it\n */\nint security_file_open(struct file *file)\n{\n\treturn call_int_hook(file_open, file);\n}\n",
		changed.HeaderPath: "#ifdef CONFIG_SECURITY\nint security_file_open(struct file *file);\n#else\n" +
			"static inline int security_file_open(struct file *file)\n{\n\treturn 0;\n}\n#endif\n",
		bpfC:          "BTF_SET_START(sleepable_lsm_hooks)\nBTF_ID(func, bpf_lsm_file_open)\n#ifdef CONFIG_SECURITY_PATH\nBTF_ID(func, bpf_lsm_path_mkdir)\n#endif\nBTF_SET_END(sleepable_lsm_hooks)\n",
		"fs/open.c":   "int f(struct file *f)\n{\n\treturn security_file_open(f);\n}\n",
		"fs/seal.c":   "void g(void);\n",
		mainC:         "#include <linux/lsm_hooks.h>\nstatic int plain_open(struct file *file)\n{\n\treturn 0;\n}\nstatic struct security_hook_list h[] = {\n\tLSM_HOOK_INIT(file_open, plain_open),\n};\nvoid use(void)\n{\n\tuse(h);\n}\n",
		"MAINTAINERS": "",
	} {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

// sealing adds the hook file_seal to that tree, in all its places.
var sealing = []edit{
	{defs.DefsPath, "LSM_HOOK(int, 0, file_open", "LSM_HOOK(int, -EACCES, file_seal, struct file *file, u32 seals)\nLSM_HOOK(int, 0, file_open"},
	{defs.SecurityPath, "/**\n", "/**\n * security_file_seal() - Seal\n * @file: it\n * @seals: what\n */\nint security_file_seal(struct file *file, u32 seals)\n{\n\treturn call_int_hook(file_seal, file, seals);\n}\n/**\n"},
	{changed.HeaderPath, "#ifdef CONFIG_SECURITY\n", "#ifdef CONFIG_SECURITY\nint security_file_seal(struct file *file, u32 seals);\n"},
	{changed.HeaderPath, "#else\n", "#else\nstatic inline int security_file_seal(struct file *file, u32 seals)\n{\n\treturn -EACCES;\n}\n"},
	{"fs/seal.c", "void g(void);", "int g(struct file *f)\n{\n\treturn security_file_seal(f, 1);\n}"},
	{mainC, "static struct", "static int plain_seal(struct file *file, u32 seals)\n{\n\treturn 0;\n}\nstatic struct"},
	{mainC, "\tLSM_HOOK_INIT(", "\tLSM_HOOK_INIT(file_seal, plain_seal),\n\tLSM_HOOK_INIT("},
	{bpfC, "BTF_ID(func, bpf_lsm_file_open)", "BTF_ID(func, bpf_lsm_file_seal)\nBTF_ID(func, bpf_lsm_file_open)"},
}

// TestNewHook adds a hook in all its places. What is said where one is left out or wrong is in testdata/checks.
func TestNewHook(t *testing.T) {
	before := withWrappers(t)
	// That it is in no list of those that may sleep says nothing: the series makes it.
	sleeping := append(slices.Clone(sealing[:len(sealing)-1]), edit{mainC, "static int plain_seal(struct file *file, u32 seals)\n{\n", "static int plain_seal(struct file *file, u32 seals)\n{\n\tmsleep(1);\n"})
	for name, edits := range map[string][]edit{"listed": sealing, "not listed": sleeping} {
		_, _, after := editedFixture(t, before, fstest.MapFS{}, edits)
		if got := idsOf(t, &check.View{Set: touching(edits), Before: before, After: after}); got != "" {
			t.Errorf("%s: found %q", name, got)
		}
	}
}

// touching returns a series that touches the files of edits.
func touching(edits []edit) *patchset.Set {
	var files []string
	for _, e := range edits {
		files = append(files, e.file)
	}
	return hookstest.Touching(files...)
}

// idsOf returns the IDs of the findings about a series, each of which has its patch.
func idsOf(t *testing.T, v *check.View) string {
	t.Helper()
	findings, _, err := Check(v, nil)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, f := range findings {
		if f.Check == "hooks/not-built" {
			continue // the fixture has no makefile for its LSM
		}
		if f.Patch == 0 || f.Hint == "" {
			t.Errorf("without a patch or a hint: %+v", f)
		}
		t.Logf("%s: %s: %s", f.Position(), f.Check, f.Message)
		ids = append(ids, f.Check)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// TestHookOfOthersPlaces changes hooks in one place, and leaves others behind.
func TestHookOfOthersPlaces(t *testing.T) {
	for _, tc := range []struct {
		name string
		edit edit
		want string
	}{
		{"removed", edit{defs.DefsPath, "LSM_HOOK(int, 0, file_open, struct file *file)\n", ""}, "hooks/btf-set hooks/unknown-hook hooks/unknown-hook"},
		{"put under a condition", edit{defs.DefsPath, "LSM_HOOK(int, 0, file_open, struct file *file)\n", "#ifdef CONFIG_SECURITY_PATH\nLSM_HOOK(int, 0, file_open, struct file *file)\n#endif\n"}, "hooks/gate-differs hooks/gate-differs"},
		{"wrapper changed", edit{defs.SecurityPath, "security_file_open(struct file *file)\n{", "security_file_open(const struct file *file)\n{"}, "hooks/not-compared hooks/wrapper-type hooks/wrapper-type"},
		{"default changed", edit{defs.DefsPath, "LSM_HOOK(int, 0, file_open", "LSM_HOOK(int, -EPERM, file_open"}, "hooks/stub-answer"},
		{"stub's answer changed", edit{changed.HeaderPath, "return 0;", "return -EPERM;"}, "hooks/stub-answer"},
		{"not asked any more", edit{defs.SecurityPath, "return call_int_hook(file_open, file);", "return 0;"}, "hooks/no-wrapper"},
		{"wrapper renamed", edit{defs.SecurityPath, "int security_file_open(", "int security_file_opened("}, "hooks/no-wrapper"},
		{"declaration renamed", edit{changed.HeaderPath, "int security_file_open(struct file *file);", "int security_file_opened(struct file *file);"}, "hooks/no-declaration"},
		{"stub renamed", edit{changed.HeaderPath, "static inline int security_file_open(", "static inline int security_file_opened("}, "hooks/no-stub"},
		{"stub where there are LSMs", edit{changed.HeaderPath, "#else", "#endif\n#ifdef CONFIG_SECURITY"}, "hooks/no-stub"},
		{"stub changed", edit{changed.HeaderPath, "static inline int security_file_open(struct file *file)", "static inline int security_file_open(void *file)"}, "hooks/wrapper-type"},
		{"set changed", edit{bpfC, "bpf_lsm_file_open", "bpf_lsm_file_opened"}, "hooks/btf-set"},
		{"nothing of it changed", edit{defs.DefsPath, "LSM_HOOK(int, 0, locked", "/* a comment */\nLSM_HOOK(int, 0, locked"}, ""},
	} {
		before := withWrappers(t)
		_, _, after := editedFixture(t, before, fstest.MapFS{}, []edit{tc.edit})
		if got := idsOf(t, &check.View{Set: touching([]edit{tc.edit}), Before: before, After: after}); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// TestWrapperMoved moves a wrapper, or renames it in all its places: nothing is left behind.
func TestWrapperMoved(t *testing.T) {
	const wrapper = "int security_file_open(struct file *file)\n{\n\treturn call_int_hook(file_open, file);\n}\n"
	for name, edits := range map[string][]edit{
		"to another file": {{defs.SecurityPath, wrapper, ""}, {"security/seal.c", "", wrapper}},
		"renamed": {
			{defs.SecurityPath, "int security_file_open(", "int security_file_opened("},
			{changed.HeaderPath, "int security_file_open(struct file *file);", "int security_file_opened(struct file *file);"},
			{changed.HeaderPath, "static inline int security_file_open(", "static inline int security_file_opened("},
			{"fs/open.c", "security_file_open(", "security_file_opened("},
		},
		"for security.c alone": {
			{defs.SecurityPath, "int security_file_open(struct file *file)\n{", "static int security_file_open(struct file *file)\n{"},
			{defs.SecurityPath, "return call_int_hook(file_open, file);\n}\n", "return call_int_hook(file_open, file);\n}\nint asks(struct file *f)\n{\n\treturn security_file_open(f);\n}\n"},
			{changed.HeaderPath, "int security_file_open(struct file *file);\n", "int asks(struct file *f);\n"},
			{changed.HeaderPath, "static inline int security_file_open(struct file *file)", "static inline int asks(struct file *f)"},
			{"fs/open.c", "security_file_open(f)", "asks(f)"},
		},
		"by a macro": {{defs.SecurityPath, wrapper, "WRAP(security_file_open, struct file *file)\n{\n\treturn call_int_hook(file_open, file);\n}\n"}},
	} {
		before := withWrappers(t)
		_, _, after := editedFixture(t, before, fstest.MapFS{}, edits)
		if got := idsOf(t, &check.View{Set: touching(edits), Before: before, After: after}); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestCallersLeftBehind removes a hook, or renames its wrapper, in all places but those who call it.
func TestCallersLeftBehind(t *testing.T) {
	for name, edits := range map[string][]edit{
		"removed": {
			{defs.SecurityPath, "int security_file_open(struct file *file)\n{\n\treturn call_int_hook(file_open, file);\n}\n", ""},
			{changed.HeaderPath, "int security_file_open(struct file *file);\n", ""},
			{changed.HeaderPath, "static inline int security_file_open(struct file *file)\n{\n\treturn 0;\n}\n", ""},
			{defs.DefsPath, "LSM_HOOK(int, 0, file_open, struct file *file)\n", ""},
			{mainC, "\tLSM_HOOK_INIT(file_open, plain_open),\n", ""},
			{bpfC, "BTF_ID(func, bpf_lsm_file_open)\n", ""},
		},
		"renamed": {
			{defs.SecurityPath, "int security_file_open(", "int security_file_opened("},
			{changed.HeaderPath, "int security_file_open(struct file *file);", "int security_file_opened(struct file *file);"},
			{changed.HeaderPath, "static inline int security_file_open(", "static inline int security_file_opened("},
			{"fs/seal.c", "void g(void);", "int g(struct file *f)\n{\n\treturn security_file_open(f);\n}"},
		},
	} {
		before := withWrappers(t)
		_, _, after := editedFixture(t, before, fstest.MapFS{}, edits)
		if got := idsOf(t, &check.View{Set: touching(edits), Before: before, After: after}); got != "hooks/no-declaration" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestSelftestLeftBehind changes a hook for which a selftest of the tree has a BPF program, and brings a
// program that does not fit.
func TestSelftestLeftBehind(t *testing.T) {
	const dir = "tools/testing/selftests/bpf/progs/"
	before := withWrappers(t)
	before[dir+"old.c"] = &fstest.MapFile{Data: []byte("SEC(\"lsm/file_open\")\nint BPF_PROG(f, struct file *file)\n{\n\treturn 0;\n}\nSEC(\"lsm/locked_down\") int BPF_PROG(g, char *x) { return 0; }\n")}
	edits := []edit{
		{defs.DefsPath, "file_open, struct file *file", "file_open, struct path *path"},
		{dir + "new.c", "", "SEC(\"lsm.s/locked_down\")\nint BPF_PROG(f, int what)\n{\n\treturn 0;\n}\nchar l[] SEC(\"license\") = \"GPL\";\n"},
	}
	_, _, after := editedFixture(t, before, fstest.MapFS{}, edits)
	findings, seen, err := Check(&check.View{Set: touching(edits), Before: before, After: after}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		if strings.HasPrefix(f.Check, "hooks/bpf-") {
			got = append(got, f.Check+" "+f.File)
			if f.Patch != 1 {
				t.Errorf("%s is not laid to the patch", f.Check)
			}
		}
	}
	if want := []string{"hooks/bpf-param " + dir + "old.c", "hooks/bpf-sleepable " + dir + "new.c"}; !slices.Equal(slices.Sorted(slices.Values(got)), want) || seen.BPF != 2 {
		t.Errorf("%d programs, %q, want %q", seen.BPF, got, want)
	}
}

// TestCallersElsewhere gives a wrapper one more parameter: a call in a file that the series does not touch no longer fits. One that
// is not compiled, and the name in a comment, are none.
func TestCallersElsewhere(t *testing.T) {
	before := withWrappers(t)
	before["kernel/late.c"] = &fstest.MapFile{Data: []byte("/* as security_file_open(f) */\n#if 0\nint g(struct file *f)\n{\n\treturn security_file_open(f);\n}\n#endif\nint h(struct file *f)\n{\n\treturn security_file_open(f, 1);\n}\n")}
	const was, now = "security_file_open(struct file *file)", "security_file_open(struct file *file, int how)"
	edits := []edit{
		{defs.SecurityPath, was, now}, {changed.HeaderPath, "int " + was + ";", "int " + now + ";"},
		{changed.HeaderPath, "inline int " + was, "inline int " + now},
	}
	_, _, after := editedFixture(t, before, fstest.MapFS{}, edits)
	findings, _, err := Check(&check.View{Set: touching(edits), Before: before, After: after}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.Check+" "+f.Position())
		if f.Patch != 1 {
			t.Errorf("%s is not laid to the patch", f.Check)
		}
	}
	slices.Sort(got)
	if want := []string{"hooks/not-compared security/security.c:6:5", "hooks/wrapper-call fs/open.c:3:9"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestPlacesOfAHook changes a hook in all its places but one, or writes one of them so that it does not compile or link.
func TestPlacesOfAHook(t *testing.T) {
	const opens, stub = "int security_file_open(struct file *file)", "static inline int security_file_open(struct file *file)\n{\n\treturn 0;\n}\n"
	asVoid := []edit{
		{defs.DefsPath, "LSM_HOOK(int, 0, file_open", "LSM_HOOK(void, LSM_RET_VOID, file_open"},
		{defs.SecurityPath, opens + "\n{\n\treturn call_int_hook", "void security_file_open(struct file *file)\n{\n\tcall_void_hook"},
		{changed.HeaderPath, "SECURITY\nint", "SECURITY\nvoid"},
		{changed.HeaderPath, stub, "static inline void security_file_open(struct file *file)\n{\n}\n"},
		{mainC, "static int plain_open(struct file *file)\n{\n\treturn 0;", "static void plain_open(struct file *file)\n{"},
	}
	gone := []edit{
		{defs.DefsPath, "LSM_HOOK(int, 0, file_open, struct file *file)\n", ""},
		{defs.SecurityPath, opens + "\n{\n\treturn call_int_hook(file_open, file);\n}\n", ""},
		{changed.HeaderPath, opens + ";\n", ""},
		{bpfC, "BTF_ID(func, bpf_lsm_file_open)\n", ""},
		{mainC, "LSM_HOOK_INIT(file_open, plain_open),", ""},
		{"fs/open.c", "security_file_open(f)", "0"},
	}
	sealed := func(file, old, new string) []edit { return append(slices.Clone(sealing), edit{file, old, new}) }
	underPath := func(text string) string { return "#ifdef CONFIG_SECURITY_PATH\n" + text + "#endif\n" }
	for _, tc := range []struct {
		name  string
		edits []edit
		want  string
	}{
		{"void, and its answer used", asVoid, "hooks/not-compared hooks/wrapper-call"},
		{"void, and called as such", append(slices.Clone(asVoid), edit{"fs/open.c", "return security_file_open(f);", "security_file_open(f);\n\treturn 0;"}), "hooks/not-compared"},
		{"stub left", gone, "hooks/no-wrapper"},
		{"all gone", append(slices.Clone(gone), edit{changed.HeaderPath, stub, ""}), ""},
		{"stub in every object", sealed(changed.HeaderPath, "static inline int security_file_seal", "int security_file_seal"), "hooks/no-stub"},
		{"the default of a hook that is not there", sealed(defs.SecurityPath, "return call_int_hook(file_seal, file, seals);",
			"struct lsm_static_call *s;\n\tlsm_for_each_hook(s, file_seal)\n\t\ts->hl->hook.file_seal(file, seals);\n\treturn LSM_RET_DEFAULT(file_sael);"), "hooks/wrapper-call"},
		{"a stub without LSMs, none without the hook", []edit{
			{defs.DefsPath, "LSM_HOOK(int, 0, file_open, struct file *file)\n", underPath("LSM_HOOK(int, 0, file_open, struct file *file)\n")},
			{defs.SecurityPath, "/**\n", "#ifdef CONFIG_SECURITY_PATH\n/**\n"},
			{defs.SecurityPath, "file);\n}\n", "file);\n}\n#endif\n"},
			{changed.HeaderPath, opens + ";\n", underPath(opens + ";\n")},
			{bpfC, "BTF_ID(func, bpf_lsm_file_open)\n", underPath("BTF_ID(func, bpf_lsm_file_open)\n")},
			{mainC, "\tLSM_HOOK_INIT(file_open, plain_open),\n", underPath("\tLSM_HOOK_INIT(file_open, plain_open),\n")},
		}, "hooks/no-stub"},
		{"a caller left in a header", append(slices.Clone(gone), edit{changed.HeaderPath, stub, ""}, edit{"fs/seal.c", "void g(void);", "#include \"seal.h\""}), "hooks/no-declaration"},
	} {
		before := withWrappers(t)
		if tc.name == "a caller left in a header" {
			before["fs/seal.h"] = &fstest.MapFile{Data: []byte("static inline int seal(struct file *f)\n{\n\treturn security_file_open(f);\n}\n")}
		}
		_, _, after := editedFixture(t, before, fstest.MapFS{}, tc.edits)
		if got := idsOf(t, &check.View{Set: touching(tc.edits), Before: before, After: after}); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
