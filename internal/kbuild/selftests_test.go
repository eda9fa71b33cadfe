// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// selftestMakefile is a folder of selftests as lib.mk has them: install puts the programs into
// INSTALL_PATH, emit_tests names them.
const selftestMakefile = `install:
	test -e $(patsubst -isystem,,$(KHDR_INCLUDES))/sample.h
	test "$(USERLDFLAGS)" = -static
	mkdir -p $(INSTALL_PATH)
	cp a.c $(INSTALL_PATH)/a_test
	cp data settings $(INSTALL_PATH)/
emit_tests:
	echo "$(COLLECTION):a_test"
`

// The selftests of the patched tree are built, once for all series that change nothing of them. One
// that does not build is a warning, and an error where the series changes what it is made of.
func TestSelftests(t *testing.T) {
	runtest.Deep(t)
	fakeTools(t, nil)
	dir := SelftestDir + "/sample/"
	archive, err := txtar.ParseFile("testdata/series.txtar")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "Makefile" })
	top := string(archive.Files[i].Data)
	base := patch{
		"Makefile":                       top + "headers:\n\tmkdir -p $(O)/usr/include && echo >$(O)/usr/include/sample.h\n",
		dir + "Makefile":                 selftestMakefile,
		dir + "a.c":                      "one",
		dir + "data":                     "x",
		dir + "settings":                 "timeout=90\n",
		SelftestDir + "/broken/Makefile": "install:\n\t@echo 'a.c:1: error: no such thing'; false\n",
	}
	cache := testCache(t)
	selftests := func(s *Series) ([]Selftest, []report.Finding) {
		t.Helper()
		r, err := BuildSeries(t.Context(), s, &Options{Fragments: testFragment})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		tests, findings, err := r.Selftests(t.Context(), []string{"broken", "sample"})
		if err != nil {
			t.Fatal(err)
		}
		return tests, findings
	}
	tests, findings := selftests(seriesOf(t, cache, base, patch{"security/d.c": "int d;\n"}))
	if len(tests) != 1 || tests[0].Name != "sample" || !slices.Equal(tests[0].Programs, []string{"a_test"}) || tests[0].Timeout != 90*time.Second {
		t.Fatalf("%+v", tests)
	}
	if text, err := os.ReadFile(filepath.Join(tests[0].Dir, "a_test")); err != nil || string(text) != "one" {
		t.Errorf("%q, %v", text, err)
	}
	if len(findings) != 1 || findings[0].Severity != report.Warning || !strings.Contains(findings[0].Message, "broken do not build: a.c:1: error: no such thing") {
		t.Errorf("%+v", findings)
	}
	same, _ := selftests(seriesOf(t, cache, base, patch{"security/d.c": "int other;\n"}))
	if same[0].Dir != tests[0].Dir {
		t.Error("they are built anew for a series that changes nothing of them")
	}
	changed, findings := selftests(seriesOf(t, cache, base, patch{dir + "a.c": "two"}))
	if text, err := os.ReadFile(filepath.Join(changed[0].Dir, "a_test")); err != nil || string(text) != "two" {
		t.Errorf("%q, %v", text, err)
	}
	if len(findings) != 1 || findings[0].Severity != report.Error {
		t.Errorf("%+v", findings)
	}
}

// Extra fragments come behind those of the user, and in the base as well.
func TestExtraFragments(t *testing.T) {
	s := seriesOf(t, testCache(t), nil, patch{"a.c": "x"})
	b := &seriesBuild{Series: s, builder: newBuilder(&Options{Fragments: testFragment, Extra: []Fragment{{Name: "more", Text: "CONFIG_MORE=y\n", Loose: true}}})}
	for _, snapshot := range []fs.FS{s.Base, b.last()} {
		if got := b.fragmentsFor(snapshot); len(got) != 2 || got[1].Name != "more" || !got[1].Loose {
			t.Errorf("%+v", got)
		}
	}
	if len(b.opts.Fragments) != 1 {
		t.Error("the options changed")
	}
}
