// SPDX-License-Identifier: GPL-2.0-only

package hooks

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hooks/defs"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/patchset/check"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestHistory registers a hook that another state of the tree had under an old name.
func TestHistory(t *testing.T) {
	set, before, after := fixture(t, edit{mainC, "file_open, plain_file_open", "file_opening, plain_file_open"})
	past := maps.Clone(before)
	past[defs.DefsPath] = &fstest.MapFile{Data: []byte("LSM_HOOK(int, 0, file_opening, struct file *file)\n")}
	opts := &Options{History: func(yield func(string, fs.FS) bool) {
		_ = yield("v7.1", before) && yield("v7.0", past)
	}}
	findings, _, err := Check(&check.View{Set: set, Before: before, After: after}, opts)
	if err != nil || len(findings) != 1 {
		t.Fatal(findings, err)
	}
	f := findings[0]
	if !strings.Contains(f.Message, "v7.0 had `int file_opening(struct file *file)`") ||
		!strings.Contains(f.Hint, "it is `int file_open(struct file *file)` now") {
		t.Errorf("message %q, hint %q", f.Message, f.Hint)
	}
}

// TestChangedHook has a series that changes a hook, but not the LSM that is in the tree.
func TestChangedHook(t *testing.T) {
	_, _, after := fixture(t)
	before := maps.Clone(after)
	after[defs.DefsPath] = &fstest.MapFile{Data: []byte(strings.Replace(string(after[defs.DefsPath].Data), "file_open, struct file *", "file_open, const struct file *", 1))}
	findings, _, err := Check(&check.View{Set: hookstest.Touching(defs.DefsPath), Before: before, After: after}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.Check+" "+f.File)
		if f.Patch != 1 {
			t.Errorf("%s is not laid to the patch", f.Check)
		}
	}
	if want := []string{"hooks/shim-type rust/helpers/lsm.c", "hooks/shim-type security/plain/main.c"}; !slices.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
}

// TestAbsent: a function that some configuration registers and does not compile is told, and one that each has that registers it is not.
func TestAbsent(t *testing.T) {
	const fn, reg = "static int plain_file_open(struct file *f)\n", "	LSM_HOOK_INIT(file_open, plain_file_open),\n"
	for name, c := range map[string]struct {
		fn, reg string // conditions
		want    string
	}{
		"the function alone": {"#ifdef CONFIG_AUDIT\n", "", "also without CONFIG_AUDIT"},
		"the opposite":       {"#if IS_ENABLED(CONFIG_AUDIT)\n", "#ifndef CONFIG_AUDIT\n", "also without CONFIG_AUDIT"},
		"more symbols than can be tried one by one": {"#if " + anyOf("A", 30) + "\n", "", "also without CONFIG_A0 and without CONFIG_A1"},
		"the same of many":                          {"#if " + anyOf("A", 30) + "\n", "#if " + anyOf("A", 29) + "\n", ""},
		"both":                                      {"#ifdef CONFIG_AUDIT\n", "#if defined(CONFIG_AUDIT)\n", ""},
		"a narrower registration":                   {"#ifdef CONFIG_AUDIT\n", "#if defined(CONFIG_AUDIT) && defined(CONFIG_KEYS)\n", ""},
		"a wider one":                               {"#ifdef CONFIG_AUDIT\n", "#if defined(CONFIG_AUDIT) || !defined(CONFIG_KEYS)\n", "also without CONFIG_AUDIT and without CONFIG_KEYS"},
		"what the file needs":                       {"#ifdef CONFIG_SECURITY_PLAIN\n", "", ""},
		"a version":                                 {"#if LINUX_VERSION_CODE > 5\n", "", ""},
		"what may imply the other":                  {"#ifdef CONFIG_OTHER\n", "#ifdef CONFIG_ANOTHER\n", "is not worked out"},
		"a macro in the other case":                 {"#ifndef CONFIG_AUDIT\n#define plain_file_open NULL\n#else\n", "", ""},
	} {
		end := map[bool]string{true: "#endif\n"}
		set, before, after := fixture(t)
		text := string(after[mainC].Data)
		at := strings.Index(text, fn)
		close := at + strings.Index(text[at:], "\n}\n") + 3
		text = text[:at] + c.fn + text[at:close] + "#endif\n" + text[close:]
		text = strings.Replace(text, reg, c.reg+reg+end[c.reg != ""], 1)
		after[mainC] = &fstest.MapFile{Data: []byte(text)}
		findings, _, err := Check(&check.View{Set: set, Before: before, After: after}, nil)
		if err != nil {
			t.Fatal(name, err)
		}
		var got []string
		for _, f := range findings {
			if f.Check == "hooks/undefined-function" || f.Check == "hooks/unresolved" {
				got = append(got, f.Message)
			}
		}
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s: %q, want %q in\n%s", name, got, c.want, text)
		}
	}
}

// anyOf is a condition that asks for any of n symbols.
func anyOf(name string, n int) string {
	var terms []string
	for i := range n {
		terms = append(terms, fmt.Sprintf("defined(CONFIG_%s%d)", name, i))
	}
	return strings.Join(terms, " || ")
}

// tells compares whether the edited series has a finding of a check with what is wanted.
func tells(t *testing.T, name string, want bool, id string, edits ...edit) {
	t.Helper()
	findings := found(t, edits...)
	if got := slices.ContainsFunc(findings, func(f report.Finding) bool { return f.Check == id }); got != want {
		t.Errorf("%q: %s %v, want %v: %v", name, id, got, want, findings)
	}
}

// TestNotReached: a call that no way leads to adds nothing.
func TestNotReached(t *testing.T) {
	const add = "	security_add_hooks("
	for now, told := range map[string]bool{
		"	return 0;\n" + add: true,
		"	if (0)\n	" + add:   true,
		"	if (plain_blobs.lbs_task)\n		return 0;\n" + add:                 false,
		"	if (plain_blobs.lbs_task) {\n		return 0;\n	}\n" + add:           false,
		"	if (plain_blobs.lbs_task)\n		goto on;\n	return 0;\non:\n" + add: false,
		"#ifdef CONFIG_AUDIT\n	return 0;\n#endif\n" + add:                 false,
		add: false,
	} {
		tells(t, now, told, "hooks/never-added", edit{mainC, add, now})
	}
}

// TestNeverDefined: a function that the file declares and nobody defines stops the link.
func TestNeverDefined(t *testing.T) {
	const reg, fn = "	LSM_HOOK_INIT(file_open, plain_file_open),\n", "static int plain_file_open(struct file *f)\n"
	for declared, told := range map[string]bool{
		"extern int plain_other(struct file *f);\n":                                                                           true,
		"static int plain_other(struct file *f);\n":                                                                           true,
		"int plain_other(struct file *f) __attribute__((alias(\"plain_file_open\")));\n":                                      false,
		"extern int __weak plain_other(struct file *f);\n":                                                                    false,
		"int plain_other(struct file *f);\nint plain_other(struct file *f)\n{\n	return 0;\n}\n":                               false,
		"extern int plain_other(struct file *f);\nasm(\".globl plain_other\\nplain_other: ret\");\n":                          false,
		"extern int plain_other(struct file *f);\n#define MAKE(x) int plain_##x(struct file *f)\nMAKE(other) { return 0; }\n": false,
	} {
		tells(t, declared, told, "hooks/undefined-function", edit{mainC, reg, reg + "	LSM_HOOK_INIT(file_open, plain_other),\n"}, edit{mainC, fn, declared + fn})
	}
}

// TestResultOfNone: security_add_hooks() gives no result.
func TestResultOfNone(t *testing.T) {
	const add = "	security_add_hooks("
	for now, told := range map[string]bool{"	return security_add_hooks(": true, "	int n = security_add_hooks(": true, "	(void)security_add_hooks(": false, add: false} {
		tells(t, now, told, "hooks/framework-call", edit{mainC, add, now})
	}
}

// TestListNoMoreAdded changes an LSM of the tree: one that a series no longer adds is told of, as is a new one that it does not add.
func TestListNoMoreAdded(t *testing.T) {
	const calls = "\tsecurity_add_hooks(h, ARRAY_SIZE(h), &id);\n"
	adding := edit{mainC, "void use(void)\n{\n\tuse(h);\n", "void __init use(void)\n{\n" + calls}
	for name, tc := range map[string]struct {
		made, change edit
		want         string
	}{
		"left out":             {adding, edit{mainC, calls, ""}, "hooks/never-added"},
		"handed on":            {adding, edit{mainC, calls, "\tuse(h);\n"}, "hooks/unresolved"},
		"never followed":       {edit{mainC, "", ""}, edit{mainC, "\tuse(h);\n", "\tuse(h, 1);\n"}, ""},
		"in another function":  {adding, edit{mainC, "void __init use(void)\n{\n" + calls + "}\n", "void __init other(void)\n{\n" + calls + "}\n"}, ""},
		"a second, not added":  {adding, edit{mainC, "void __init use(void)", "static struct security_hook_list more = LSM_HOOK_INIT(file_open, plain_open);\nvoid __init use(void)"}, "hooks/never-added"},
		"put into a dead part": {adding, edit{mainC, calls, "\treturn;\n" + calls}, "hooks/never-added"},
	} {
		before := withWrappers(t)
		file := string(before[mainC].Data)
		before[mainC] = &fstest.MapFile{Data: []byte(strings.Replace(file, tc.made.old, tc.made.now, 1))}
		_, _, after := editedFixture(t, before, fstest.MapFS{}, []edit{tc.change})
		if got := idsOf(t, &check.View{Set: touching([]edit{tc.change}), Before: before, After: after}); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// TestEmptyFile empties files of an LSM, and the two that all hooks stand in.
func TestEmptyFile(t *testing.T) {
	for _, file := range []string{mainC, "security/plain/ops.c", defs.SecurityPath, "include/linux/security.h", defs.DefsPath, bpfC, "fs/open.c"} {
		before := withWrappers(t)
		before["security/plain/ops.c"] = &fstest.MapFile{Data: []byte("int plain_do(void)\n{\n\treturn 0;\n}\n")}
		set, _, after := editedFixture(t, before, fstest.MapFS{}, []edit{{file, string(before[file].Data), ""}})
		if _, _, err := Check(&check.View{Set: set, Before: before, After: after}, nil); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		e := []edit{{file, string(before[file].Data), ""}}
		if _, _, err := Check(&check.View{Set: touching(e), Before: before, After: after}, nil); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
