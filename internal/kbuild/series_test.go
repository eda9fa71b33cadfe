// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// A patch is what one patch of a made-up series writes; "" removes a file.
type patch map[string]string

// seriesOf returns the base of testdata/series.txtar, with the texts of base in it, and the states after
// the patches.
func seriesOf(t *testing.T, cache *Cache, base patch, patches ...patch) *Series {
	t.Helper()
	if _, err := exec.LookPath("bwrap"); err != nil {
		t.Skip("a layer needs bubblewrap")
	}
	archive, err := txtar.ParseFile("testdata/series.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := txtar.Write(archive, dir); err != nil {
		t.Fatal(err)
	}
	for name, text := range base {
		write(t, filepath.Join(dir, name), text)
	}
	s := &Series{Base: tree.NewDirFS(dir), BaseKey: fmt.Sprint(base), Title: "a test", Cache: cache}
	sum := patch{}
	for i, p := range patches {
		maps.Copy(sum, p)
		o := tree.NewOverlay(s.Base)
		for _, name := range slices.Sorted(maps.Keys(sum)) {
			c := tree.Change{Path: name, Mode: filemode.Regular, Data: []byte(sum[name])}
			if sum[name] == "" {
				c = tree.Change{Path: name}
			}
			if err := o.Write(c); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		s.States = append(s.States, State{i + 1, o})
	}
	return s
}

func testCache(t *testing.T) *Cache {
	t.Helper()
	c, err := OpenCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func buildSeries(t *testing.T, s *Series) *SeriesResult {
	t.Helper()
	r, err := BuildSeries(t.Context(), s, &Options{Fragments: testFragment, Lenses: []string{"w1"}})
	if err != nil {
		t.Fatalf("%v\nhint: %s", err, hint.Of(err))
	}
	t.Cleanup(r.Close)
	return r
}

// say returns the findings as lines.
func say(r *SeriesResult) string {
	var lines []string
	for _, f := range r.Findings {
		lines = append(lines, fmt.Sprintf("%d %s:%d %s %s: %s", f.Patch, f.File, f.Line, f.Check, f.Severity, f.Message))
	}
	return strings.Join(lines, "\n")
}

func function(name, body string) string { return "int " + name + "(void)\n{\n\t" + body + "\n}\n" }

func TestSeries(t *testing.T) {
	fakeTools(t, nil)
	cache := testCache(t)
	for name, c := range map[string]struct {
		patches []patch
		want    string
		built   bool
	}{
		"clean":             {[]patch{{"security/b.c": function("b", "return 1;")}}, "", true},
		"the base's":        {[]patch{{"security/a.c": "\n\n" + function("a", "return 1; // WARN a is odd")}}, "", true},
		"by a header":       {[]patch{{"include/x.h": "int y;\n"}}, "", true},
		"new":               {[]patch{{"security/b.c": function("b", "return 1; // WARN b is odd")}}, "1 security/b.c:3 build/new-warning error: b is odd", true},
		"swapped":           {[]patch{{"security/a.c": function("a", "return 1; // WARN a is even")}}, "1 security/a.c:3 build/new-warning error: a is even", true},
		"moved":             {[]patch{{"security/a.c": "", "security/d.c": function("a", "return 0; // WARN a is odd")}}, "", true},
		"an error":          {[]patch{{"security/b.c": function("b", "ERROR no")}}, "1 security/b.c:3 build/compiler error: no", false},
		"two errors":        {[]patch{{"security/b.c": function("b", "ERROR no"), "security/c.c": function("c", "ERROR no")}}, "1 security/b.c:3 build/compiler error: no\n1 security/c.c:3 build/compiler error: no", false},
		"by the second":     {[]patch{{"security/c.c": function("c", "return 2;")}, {"security/b.c": function("b", "return 1; // WARN b is odd")}, {"include/x.h": "int y;\n"}}, "2 security/b.c:3 build/new-warning error: b is odd", true},
		"mended":            {[]patch{{"security/b.c": function("b", "ERROR no")}, {"include/x.h": "int z;\n"}, {"security/b.c": function("b", "return 0;")}}, "1 security/b.c:3 build/bisect error: the tree does not build after patch 1, and patch 3 mends it: this breaks bisection: no", true},
		"a warning mended":  {[]patch{{"security/b.c": function("b", "return 1; // WARN b is odd")}, {"security/b.c": function("b", "return 0;")}}, "", true},
		"never mended":      {[]patch{{"security/c.c": function("c", "return 2;")}, {"security/b.c": function("b", "ERROR no")}, {"Documentation/x.rst": "x\n"}}, "2 security/b.c:3 build/compiler error: no", false},
		"a new file":        {[]patch{{"security/new/deep.h": "x\n", "security/d.c": function("d", "return 0; // WARN d")}}, "1 security/d.c:3 build/new-warning error: d", true},
		"a file goes":       {[]patch{{"security/a.c": ""}}, "", true},
		"a file comes back": {[]patch{{"security/b.c": function("b", "ERROR no")}, {"security/b.c": ""}, {"security/b.c": function("b", "return 0;")}}, "1 security/b.c:3 build/bisect error: the tree does not build after patch 1, and patch 2 mends it: this breaks bisection: no", true},
		"its own symbol":    {[]patch{{"security/Kconfig": "config SECURITY\n\tbool \"x\"\n\nconfig NEW\n\tbool \"y\"\n"}}, "", true},
		"with W=1":          {[]patch{{"security/b.c": function("b", "return 1; // EXTRA b is large")}}, "1 security/b.c:3 build/new-extra-warning warning: b is large", true},
		"old with W=1":      {[]patch{{"security/c.c": "\n" + function("c", "return 0; // EXTRA c is large")}}, "", true},
		"swapped with W=1":  {[]patch{{"security/c.c": "\n" + function("c", "return 0; // EXTRA c is small")}}, "1 security/c.c:4 build/new-extra-warning warning: c is small", true},
		"a shell fails":     {[]patch{{"security/Makefile": "X := $(shell echo x >/proc/version)\n"}}, "1 :0 build/new-warning error: cannot create /proc/version: Permission denied", true},
		"no such program":   {[]patch{{"security/Makefile": "X := $(shell no-such-program)\n"}}, "1 :0 build/new-warning error: no-such-program: No such file or directory", true},
		"a script fails":    {[]patch{{"security/Makefile": "X := $(shell sh $(S)security/t.sh)\n", "security/t.sh": "# Nothing.\nno-such-program x\n"}}, "1 security/t.sh:2 build/new-warning error: no-such-program: not found", true},
		"no such file":      {[]patch{{"security/Makefile": "X := $(shell cat $(S)security/t.txt)\n"}}, "1 :0 build/new-warning error: cat: /src/security/t.txt: No such file or directory", true},
		"a shell is mended": {[]patch{{"security/Makefile": "X := $(shell cat $(S)security/t.txt)\n"}, {"security/t.txt": "x\n"}}, "", true},
		"make warns":        {[]patch{{"security/Makefile": "$(warning this is odd)\n"}}, "1 security/Makefile:1 build/new-warning error: this is odd", true},
		"a circle":          {[]patch{{"security/Makefile": "$(O)/security/a.o: $(O)/security/b.o\n$(O)/security/b.o: $(O)/security/a.o\n"}}, "1 :0 build/new-warning error: Circular /out/security/b.o <- /out/security/a.o dependency dropped.", true},
		"poison":            {[]patch{{"security/Makefile": "POISON := $(shell echo x >$(O)/poison; echo WARN poison >>$(O)/security/c.o)\n"}}, "", true},
	} {
		if testing.Short() && !slices.Contains([]string{"clean", "new"}, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := seriesOf(t, cache, nil, c.patches...)
			for _, cached := range []bool{false, true} {
				r := buildSeries(t, s)
				if got := say(r); got != c.want || r.Built != c.built || r.Cached != cached {
					t.Errorf("built %v, cached %v:\n%s\nwant\n%s", r.Built, r.Cached, got, c.want)
				}
				if r.Built && read(t, r.Kernel) != read(t, r.Vmlinux) {
					t.Error("the kernel is another one")
				}
			}
		})
	}
	t.Run("nothing is left of any", func(t *testing.T) {
		r := buildSeries(t, seriesOf(t, cache, nil, patch{"security/b.c": function("b", "return 5;")}))
		kernel := read(t, r.Kernel)
		if strings.Contains(kernel, "poison") || !strings.Contains(kernel, "return 5;") || !r.Base.Cached {
			t.Errorf("base cached %v, kernel %s", r.Base.Cached, kernel)
		}
	})
}

// What a lens says of several patches that were built as one is not the last one's.
func TestLensOfSeveralPatches(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	s := seriesOf(t, testCache(t), nil, patch{"security/b.c": function("b", "return 1; // EXTRA b is large")}, patch{"security/c.c": function("c", "return 2;")})
	s.States = s.States[1:]
	if got, want := say(buildSeries(t, s)), "0 security/b.c:3 build/new-extra-warning warning: b is large"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// reports builds the series in an order, one after another or all at once, and returns what each reports, times
// aside.
func reports(t *testing.T, cache *Cache, patches []patch, order []int, atOnce bool) map[int]string {
	var mu sync.Mutex
	var group sync.WaitGroup
	all := map[int]string{}
	for _, i := range order {
		s := seriesOf(t, cache, nil, patches[i])
		one := func() {
			r, err := BuildSeries(context.Background(), s, &Options{Fragments: testFragment})
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			text, _ := json.Marshal(r.Findings)
			mu.Lock()
			defer mu.Unlock()
			all[i] = fmt.Sprint(r.Built, r.Commands, string(text))
		}
		if !atOnce {
			one()
			continue
		}
		group.Go(one)
	}
	group.Wait()
	return all
}

// What a compiler says on standard error is of the command whose label went to standard output.
func TestComplaintOfItsTarget(t *testing.T) {
	fakeTools(t, nil)
	many := patch{}
	for i := range 40 {
		many[fmt.Sprintf("security/w%d.c", i)] = "int w; // WARN w is odd\n"
	}
	r := buildSeries(t, seriesOf(t, testCache(t), many, patch{"include/x.h": "int y;\n"}))
	for target, complaints := range r.series.base.Memory {
		for _, c := range complaints {
			if want := strings.TrimSuffix(c.File, ".c") + ".o"; target != want {
				t.Errorf("%s: what is said of %s", target, c.File)
			}
		}
	}
	if n := len(r.series.base.Memory.all()); n != 41 {
		t.Errorf("%d complaints", n)
	}
}

// A program that only the series asks for is the series' matter; one that the tree asks for already is this machine's.
func TestMissingTool(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	const rule = "$(O)/security/b.o: $(S)security/b.c FORCE\n\t@nosuchtool $< >$@ && true\n"
	r := buildSeries(t, seriesOf(t, testCache(t), nil, patch{"security/Makefile": rule}, patch{"security/Makefile": "# Nothing.\n"}))
	if !r.Built || len(r.Findings) != 1 || r.Findings[0].Check != "build/bisect" || !strings.Contains(r.Findings[0].Message, "nosuchtool") {
		t.Errorf("mended by the second patch: %+v", r.Findings)
	}
	r = buildSeries(t, seriesOf(t, testCache(t), nil, patch{"security/Makefile": rule}))
	if r.Built || len(r.Findings) != 1 || r.Findings[0].File != "security/Makefile" || r.Findings[0].Check != "build/make" {
		t.Errorf("%+v", r.Findings)
	}
	s := seriesOf(t, testCache(t), patch{"security/Makefile": "ifeq ($(wildcard $(S)security/d.c),)\nelse\n" + rule + "endif\n"}, patch{"security/d.c": "int d;\n"})
	if _, err := BuildSeries(t.Context(), s, &Options{Fragments: testFragment, Lenses: []string{"none"}}); err == nil || !strings.Contains(err.Error(), "nosuchtool") {
		t.Errorf("asked for by the tree: %v", err)
	}
}

// The report of a series is the same whatever was built before it, or at the same time, or was killed.
func TestSeriesOrder(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	patches := []patch{
		{"security/b.c": function("b", "return 1; // WARN b is odd")},
		{"security/b.c": function("b", "ERROR no"), "security/c.c": function("c", "ERROR no")},
		{"security/Makefile": "POISON := $(shell echo x >$(O)/poison)\n"},
		{"security/a.c": function("a", "return 1; // WARN a is even")},
		{"include/x.h": "int y;\n"},
	}
	want := reports(t, testCache(t), patches, []int{0, 1, 2, 3, 4}, false)
	cache := testCache(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(1500*time.Millisecond, cancel)
	if r, err := BuildSeries(ctx, seriesOf(t, cache, nil, patches[1]), &Options{Fragments: testFragment}); err == nil {
		r.Close() // it was faster
	}
	got := reports(t, cache, patches, []int{4, 3, 2, 1, 0}, true)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A base that does not build is not the series' fault, and is not kept.
func TestSeriesBrokenBase(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	cache := testCache(t)
	broken := patch{"security/c.c": function("c", "ERROR broken before")}
	s := seriesOf(t, cache, broken, patch{"security/b.c": function("b", "return 1;")})
	for range 2 {
		_, err := BuildSeries(t.Context(), s, &Options{Fragments: testFragment})
		var base *BaseError
		if !errors.As(err, &base) || !strings.Contains(err.Error(), "security/c.c:3: broken before") || !strings.Contains(hint.Of(err), "not the series' fault") {
			t.Fatalf("%v, hint %q", err, hint.Of(err))
		}
	}
}

func TestSeriesOwnSymbol(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	cache := testCache(t)
	fragment := []Fragment{{Name: "f", Text: "CONFIG_SECURITY=y\nCONFIG_NEW=y\n"}}
	kconfig := "config SECURITY\n\tbool \"x\"\n\nconfig NEW\n\tbool \"y\"\n"
	s := seriesOf(t, cache, nil, patch{"security/b.c": function("b", "return 1;")}, patch{"security/Kconfig": kconfig})
	r, err := BuildSeries(t.Context(), s, &Options{Fragments: fragment, Lenses: []string{"none"}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !r.Built || len(r.Findings) != 0 || !strings.Contains(read(t, r.Config), "CONFIG_NEW=y") {
		t.Errorf("%+v", r.Findings)
	}
	plain := seriesOf(t, cache, nil, patch{"security/b.c": "x\n"})
	r, err = BuildSeries(t.Context(), plain, &Options{Fragments: testFragment, Lenses: []string{"none"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	fragment = append(slices.Clip(testFragment), Fragment{Name: "its own", Text: "CONFIG_NEW=y\n"})
	s = seriesOf(t, cache, nil, patch{"security/Kconfig": kconfig})
	if r, err = BuildSeries(t.Context(), s, &Options{Fragments: fragment, Lenses: []string{"none"}}); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if !r.Base.Cached || !strings.Contains(read(t, r.Config), "CONFIG_NEW=y") {
		t.Errorf("the base was built again for a symbol that it does not know, or %+v", r.Findings)
	}
	if _, err := BuildSeries(t.Context(), seriesOf(t, cache, nil, patch{"security/b.c": "x\n"}), &Options{Fragments: fragment}); !errors.As(err, new(*BaseError)) {
		t.Errorf("a symbol that nobody defines: %v", err)
	}
}

// Without overlays a layer is a copy.
func TestSeriesWithoutOverlays(t *testing.T) {
	if os.Geteuid() == 0 && os.Getenv("LSMPATCH_TEST_COPY") == "" {
		from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
		old := time.Now().Add(-time.Hour).Truncate(time.Second)
		write(t, filepath.Join(from, "dir/file"), "text")
		if err := os.Symlink("file", filepath.Join(from, "dir/link")); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(from, "dir/file"), old, old); err != nil {
			t.Fatal(err)
		}
		for _, how := range []func(from, to string) error{cloneFile, linkFile} {
			os.RemoveAll(to)
			if err := copyTree(from, to, how); err != nil {
				t.Fatal(err)
			}
			info, err := os.Stat(filepath.Join(to, "dir/link"))
			if err != nil || !info.ModTime().Equal(old) || info.Size() != 4 {
				t.Errorf("%+v, %v", info, err)
			}
		}
	}
}

func TestCachePrune(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	cache := testCache(t)
	first := buildSeries(t, seriesOf(t, cache, nil, patch{"security/b.c": function("b", "return 1;")}))
	second := buildSeries(t, seriesOf(t, cache, nil, patch{"security/b.c": function("b", "return 2;")}))
	write(t, filepath.Join(cache.dir, "series-cut/obj/x"), "x")
	if list, err := cache.List(); err != nil || len(list) != 5 {
		t.Fatalf("%+v, %v", list, err)
	}
	first.Close()
	removed, err := cache.Prune(0)
	if err != nil || len(removed) != 2 {
		t.Errorf("%+v, %v; want the cut one and the first series: the rest is in use", removed, err)
	}
	second.Close()
	if removed, err = cache.Prune(0); err != nil || len(removed) != 3 {
		t.Errorf("%+v, %v", removed, err)
	}
}
