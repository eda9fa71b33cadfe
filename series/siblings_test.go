// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestSiblings: two mails that answer one mail and share numbers, sender and version are one series, whatever else stands in their
// brackets. Real lists have "[PATCH 1/2]" with "[RFC PATCH v3 2/2]", each of which was told to lack the other.
func TestSiblings(t *testing.T) {
	thread := [][]byte{patchMail(patch("[PATCH] a: b", "t@x", "")), patchMail(reply("Re: [PATCH] a: b", "r@x", "t@x", "No.")), patchMail(patch("[PATCH v3 1/2] a: d", "1@x", "r@x"))}
	for _, tt := range []struct {
		name   string
		second mailHead
		want   []int // patches of each series of two
	}{
		{"answer one mail", patch("[RFC PATCH v3 2/2] a: c", "2@x", "r@x"), []int{2}},
		{"one answers the other", patch("[RFC PATCH v3 2/2] a: c", "2@x", "1@x"), []int{2}},
		{"the version was forgotten", patch("[PATCH 2/2] a: c", "2@x", "1@x"), []int{2}},
		{"another sender's", mailHead{subject: "[RFC PATCH v3 2/2] a: c", id: "2@x", parent: "r@x", from: "Re Viewer <re@example.com>"}, []int{1, 1}},
		{"in no thread", patch("[RFC PATCH v3 2/2] x: y", "2@x", ""), []int{1, 1}},
	} {
		var mbox []byte
		for _, m := range append(slices.Clone(thread), patchMail(tt.second)) {
			mbox = append(mbox, m...)
		}
		sets, err := readEach(t, mbox)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, set := range sets {
			if set.Total == 2 {
				got = append(got, len(set.Patches))
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, not %v", tt.name, got, tt.want)
		}
	}
}

// TestVersionOfAnother: a second version that somebody else sends in answer to the first, under its title, is taken for the newest, and the first
// is told of. It was put out of sight without a word.
func TestVersionOfAnother(t *testing.T) {
	first := patchMail(patch("[PATCH] a: b", "1@x", ""))
	for _, tt := range []struct {
		from string
		out  int
	}{
		{"Re Viewer <re@example.com>", 1},
		{"A U Thor <a@example.net>", 0},
		{"A U Thor via B4 Relay <devnull+a.example.org@kernel.org>", 0},
		{"\"'A U Thor' via lsm\" <lsm@lists.example.org>", 0},
	} {
		sets, err := Read(bytes.NewReader(slices.Concat(first, patchMail(mailHead{subject: "[PATCH v2] a: b", id: "2@x", parent: "1@x", from: tt.from}))), "mbox", nil)
		if err != nil {
			t.Fatal(err)
		}
		if describe(sets) != "v2: 1/1 a: b; v1: 1/1 a: b" || sets[0].Others != tt.out || len(sets[0].LeftOut) != tt.out {
			t.Errorf("%s: %s, left out %q", tt.from, describe(sets), sets[0].LeftOut)
		}
		if tt.out > 0 && !strings.Contains(sets[0].LeftOut[0], "by A U Thor") {
			t.Errorf("%s: left out %q", tt.from, sets[0].LeftOut)
		}
	}
}

// TestOpenTotal: patches of one sender in one thread that count without a total are one series. Each was a series of its own, and all but the
// first were left out.
func TestOpenTotal(t *testing.T) {
	first := slices.Concat(patchMail(patch("[PATCH v2 1/n] a: b", "1@x", "")), patchMail(reply("Re: [PATCH v2 1/n] a: b", "r@x", "1@x", "Fine.")))
	for _, tt := range []struct {
		name   string
		second mailHead
		want   string
	}{
		{"the second", patch("[PATCH v2 2/N] a: c", "2@x", "1@x"), "v2: 1/2 a: b, 2/2 a: c, 1 replies"},
		{"the third", patch("[PATCH v2 3/n] a: c", "2@x", "1@x"), "v2: 1/3 a: b, 3/3 a: c, 1 replies"},
		{"in no thread", patch("[PATCH v2 2/n] a: c", "2@x", ""), "v2: 1/1 a: b, 1 replies"},
		{"another sender's", mailHead{subject: "[PATCH v2 2/n] a: c", id: "2@x", parent: "1@x", from: "Re Viewer <re@example.com>"}, "v2: 1/1 a: b, 1 replies"},
	} {
		sets, err := Read(bytes.NewReader(append(slices.Clone(first), patchMail(tt.second)...)), "mbox", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(sets); got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}
