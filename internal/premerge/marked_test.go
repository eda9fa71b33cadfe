// SPDX-License-Identifier: GPL-2.0-only

package premerge

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/kbuild"
)

func TestMarkedDiff(t *testing.T) {
	far := strings.Repeat("x;\n", 10)
	before := fstest.MapFS{"a.c": {Data: []byte("int a;\n" + far + "int gone;\n")}}
	after := fstest.MapFS{"a.c": {Data: []byte("int a;\nint b;\n/* why */\n#define C 1\nint d;\n" + far)}}
	files := marked(before, after, &kbuild.Coverage{Files: []kbuild.FileCoverage{
		{Path: "a.c", Missing: []kbuild.NotCompiled{{Lines: []int{5}, Why: "ARM"}}}, {Path: "gone.c"}}})
	if len(files) != 1 {
		t.Fatalf("%+v", files)
	}
	var got []string
	for _, l := range files[0].Lines {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s%d %s %s %s", l.Op, l.Number, l.Text, l.Mark, l.Why)))
	}
	want := "1 int a;|+2 int b; compiled|+3 /* why */|+4 #define C 1 macro compiled where it is used|+5 int d; not compiled ARM|6 x;|7 x;|8 x;|…0|13 x;|14 x;|15 x;|-0 int gone;"
	for i := range got {
		got[i] = strings.Join(strings.Fields(got[i]), " ")
	}
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
}
