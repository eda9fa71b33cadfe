// SPDX-License-Identifier: GPL-2.0-only

package needs

import (
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/hookstest"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
	"github.com/lsmpatch/lsmpatch/internal/hooks/source"
)

// TestStructures: the fields of the framework's structs, and which of them have to be filled in, are what the header says.
func TestStructures(t *testing.T) {
	tree := hookstest.ReadArchive(t, "../testdata/tree.txtar")
	c := &needs{Series: &registered.Series{Src: source.New(nil, nil, tree, "x86")}}
	info := c.structures()["lsm_info"]
	if want := []string{"id", "order", "blobs", "init"}; !slices.Equal(info.fields, want) {
		t.Errorf("fields %q, want %q", info.fields, want)
	}
	if want := []string{"id", "init"}; !slices.Equal(info.required, want) {
		t.Errorf("required %q, want %q", info.required, want)
	}
	if got := info.types["init"].Type.String(); got != "int (*)(void)" {
		t.Errorf("init is %s", got)
	}
	if c.addHooks == nil || len(c.addHooks.Type.Params) != 3 {
		t.Errorf("security_add_hooks is %+v", c.addHooks)
	}
	if c.structures()["lsm_blob_sizes"].has("lbs_cred") || !c.structures()["lsm_blob_sizes"].has("lbs_task") {
		t.Error("blobs are not those of the tree")
	}
}

// TestRequiredInOldHeaders: before there was kernel-doc, a comment behind the field said so.
func TestRequiredInOldHeaders(t *testing.T) {
	const header = "struct lsm_info {\n\tconst char *name;\t/* Required. */\n\tint *enabled;\t/* Optional. */\n\tint (*init)(void);\t/* Required. */\n};\n"
	s := &structure{name: "lsm_info", pos: ctype.Pos{Line: 1}, fields: []string{"name", "enabled", "init"}}
	if got, want := requiredFields(header, s), []string{"name", "init"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWorth works out what security_add_hooks is told of a list of three.
func TestWorth(t *testing.T) {
	for count, want := range map[string]struct {
		n  int
		ok bool
	}{
		"ARRAY_SIZE(list)":                                 {3, true},
		"(ARRAY_SIZE(list))":                               {3, true},
		"ARRAY_SIZE(list) - 1":                             {2, true},
		"ARRAY_SIZE(list) + 1":                             {4, true},
		"sizeof(list) / sizeof(list[0])":                   {3, true},
		"sizeof(list) / sizeof(*list)":                     {3, true},
		"sizeof(list) / sizeof(struct security_hook_list)": {3, true},
		"sizeof(list)":                                     {-1, true},
		"3":                                                {3, true},
		"0x3":                                              {3, true},
		"3u":                                               {3, true},
		"(sizeof(list) / sizeof((list)[0]))":               {3, true},
		"sizeof list / sizeof *list":                       {3, true},
		"(int)(ARRAY_SIZE(list) * 2 - 3)":                  {3, true},
		"sizeof(list) / sizeof(struct lsm_id)":             {-1, true},
		"3 / 0":                                            {0, false},
		"((((((((((((((((((3))))))))))))))))))":            {0, false},
		"ROOM":                                             {3, true}, // an enumeration
		"twice":                                            {0, false},
		"ARRAY_SIZE(other)":                                {0, false},
		"count()":                                          {0, false},
	} {
		u := ctype.ParseUnit("x.c", []byte("enum { ROOM = 3 };\nint twice = 1;\nvoid f(void) { twice = 2; }\nint count = "+count+";\n"), &ctype.Options{Keep: func(string) bool { return true }})
		l := &list{decl: &ctype.Decl{Name: "list", Type: &ctype.Type{Class: ctype.Array}}, entries: make([][]ctype.Token, 3), places: []int{0, 1, 2}}
		init := u.Find("count")[0].Init
		if n, ok := worth(u, l, init); n != want.n && ok || ok != want.ok {
			t.Errorf("%s: %d, %v; want %+v", count, n, ok, want)
		}
	}
}

// TestLongList: a range of places is as many elements, and some lines of the longest took minutes.
func TestLongList(t *testing.T) {
	for init, long := range map[string]bool{
		"{ [0 ... 9998] = f }": false, "{ [0 ... 9999] = f, [0 ... 9999] = f }": true, "{" + strings.Repeat("f,", maxPlaces+1) + "}": true, "{ f, [7] = f }": false,
	} {
		u := ctype.ParseUnit("x.c", []byte("struct security_hook_list list[] = "+init+";\n"), &ctype.Options{Keep: func(string) bool { return true }})
		if l := newList(u.Find("list")[0]); l.long != long || len(l.entries) > maxPlaces {
			t.Errorf("%.40s: %d elements, long %v", init, len(l.entries), l.long)
		}
	}
}

// TestIDs reads the IDs of a uapi header, and finds the next.
func TestIDs(t *testing.T) {
	const header = "#define LSM_ID_UNDEF 0\n#define LSM_ID_CAPABILITY 100\n#define LSM_ID_SELINUX\t(101)\n#define LSM_ID_MINE 0x70U\n#define LSM_ATTR_CURRENT 100\n#define LSM_ID_ODD X\n"
	var got []string
	for _, id := range lsmIDs([]byte(header)) {
		got = append(got, id.name)
	}
	if want := "LSM_ID_UNDEF LSM_ID_CAPABILITY LSM_ID_SELINUX LSM_ID_MINE"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := nextID([]byte(header)); got != 113 {
		t.Errorf("the next is %d", got)
	}
}

// TestCountLimit: how far the tree's own macro counts.
func TestCountLimit(t *testing.T) {
	for text, want := range map[string]int{
		"#define COUNT_ARGS(X...) __COUNT_ARGS(, ##X, 15, 14, 13, 2, 1, 0)\n":   15,
		"#define COUNT_ARGS(X...) __COUNT_ARGS(, ##X, 20, 19, \\\n\t2, 1, 0)\n": 20,
		"#define OTHER(X) 3\n": 0,
		"":                     0,
	} {
		if got := countLimit([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// TestClaims: what a sentence says of the default of CONFIG_LSM.
func TestClaims(t *testing.T) {
	for _, tc := range []struct {
		text  string
		alone bool
		want  bool
	}{
		{"mine is in the default of CONFIG_LSM.", false, true},
		{"mine is not in the default of CONFIG_LSM.", false, false},
		{"It is part of the default CONFIG_LSM.", true, true},
		{"It is part of the default CONFIG_LSM.", false, false},
		{"mine has to be added to the default of CONFIG_LSM.", false, false},
		{"The default of CONFIG_LSM lists them. mine is one.", false, false},
		{"mine is fine.", true, false},
	} {
		if got := claims(tc.text, "mine", tc.alone); got != tc.want {
			t.Errorf("%q (alone: %v): %v", tc.text, tc.alone, got)
		}
	}
}

// TestMacroNames are those that no header declares: nobody looks for them there.
func TestMacroNames(t *testing.T) {
	for name, want := range map[string]bool{"ARRAY_SIZE": true, "GFP_KERNEL": true, "LSM_ID_1": true, "selinux_init": false, "Mixed": false, "X": false, "_X": false} {
		if got := isMacroName(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
