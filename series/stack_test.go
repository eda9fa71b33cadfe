// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/internal/mailtest"
)

// filePatch is a patch that adds a line to the file that its title names, so that each makes another change.
func filePatch(subject, id, parent, text string) []byte {
	title := subject[strings.LastIndexByte(subject, ' ')+1:]
	return bytes.ReplaceAll(patchMail(mailHead{subject: subject, id: id, parent: parent, text: text}), []byte("/f b/f"), []byte("/"+title+" b/"+title))
}

// stackArchive is an archive with series that need each other, by all the ways to say so:
//
//	top (this) needs left and right, which both need bottom: a diamond; loop and back need each other.
func stackArchive(t *testing.T) [][]byte {
	single := filePatch("[PATCH] single", "single@x", "", "A patch alone.")
	_, text, _ := bytes.Cut(single, []byte("---\n"))
	return [][]byte{
		patchMail(cover("[PATCH 0/2] bottom", "b0@x", "")),
		filePatch("[PATCH 1/2] b1", "b1@x", "b0@x", "Text."), filePatch("[PATCH 2/2] b2", "b2@x", "b0@x", "Text."),
		patchMail(mailHead{subject: "[PATCH v2 0/1] left", id: "l0@x", noDiff: true,
			text: "Text.\n---\nbase-commit: 0\nchange-id: 20260301-left-1234\nprerequisite-message-id: <b2@x>"}),
		filePatch("[PATCH v2 1/1] l1", "l1@x", "l0@x", "Text."),
		filePatch("[PATCH] right", "r@x", "", "Text.\n\nBased-on: <b0@x>"),
		single,
		filePatch("[PATCH] loop", "loop@x", "", "Depends-on: https://lore.kernel.org/all/back@x/"),
		filePatch("[PATCH] back", "back@x", "", "depends-on: <loop@x>"),
		patchMail(mailHead{subject: "[PATCH 0/1] top", id: "t0@x", noDiff: true, text: "Text.\n\n" +
			"prerequisite-change-id: 20260301-left-1234:v2\nDepends-on: <r@x> (the right one)\nprerequisite-patch-id: " + patchIDOf(t, text) +
			"\nprerequisite-patch-id: " + strings.Repeat("9", 40) + "\nDepends-on: <gone@x>\n+Depends-on: <quoted@x>"}),
		filePatch("[PATCH 1/1] t1", "t1@x", "t0@x", "Text."),
	}
}

// patchIDOf is what git says of a diff.
func patchIDOf(t *testing.T, diff []byte) string {
	t.Helper()
	cmd := exec.Command("git", "patch-id", "--stable")
	cmd.Stdin = bytes.NewReader(diff)
	out, err := cmd.Output()
	if err != nil || len(out) < 40 {
		t.Fatalf("git patch-id: %s, %v", out, err)
	}
	return string(out[:40])
}

// piServer answers as a public-inbox server does: ID/t.mbox.gz, and POST /?q=…&x=m&t=1 for a search.
func piServer(t *testing.T, mails [][]byte) string {
	t.Helper()
	box := bytes.Join(mails, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		var found bool
		switch {
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/t.mbox.gz"):
			found = bytes.Contains(box, []byte("Message-ID: <"+strings.Split(r.URL.Path, "/")[2]+">"))
		case r.Method == http.MethodPost && query.Get("x") == "m" && query.Get("t") == "1":
			q := query.Get("q")
			switch {
			case strings.HasPrefix(q, "patchid:"):
				for _, m := range mails {
					if _, diff, ok := bytes.Cut(m, []byte("---\n")); ok && bytes.Contains(diff, []byte("diff --git")) {
						found = found || strings.Contains(q, patchIDOf(t, diff))
					}
				}
			case strings.HasPrefix(q, "nq:"):
				found = bytes.Contains(box, []byte(strings.Trim(q[3:], `"`)))
			default:
				title, _, _ := strings.Cut(strings.TrimPrefix(q, `s:"`), `"`)
				found = bytes.Contains(box, []byte("] "+title+"\n"))
			}
		}
		if !found {
			http.NotFound(w, r)
			return
		}
		w.Write(mailtest.Gzipped(t, box))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/all"
}

// everyPlace returns the same mails in each kind of place that is looked in.
func everyPlace(t *testing.T, mails [][]byte) map[string]string {
	t.Helper()
	box, maildir := filepath.Join(t.TempDir(), "list.mbox"), t.TempDir()
	mailtest.Write(t, box, bytes.Join(mails, nil))
	for i, m := range mails {
		_, raw, _ := bytes.Cut(m, []byte("\n"))
		mailtest.Write(t, filepath.Join(maildir, []string{"cur", "new"}[i%2], fmt.Sprintf("%d.host:2,S", i)), raw)
	}
	return map[string]string{"inbox": "inbox:" + writeInbox(t, mails...), "maildir": "inbox:" + maildir, "mbox": box, "server": piServer(t, mails)}
}

func needStates(set *patchset.Set) string {
	var out []string
	for _, n := range set.Needs {
		out = append(out, n.Key[:7]+" "+string(n.State))
	}
	return strings.Join(out, ", ")
}

// TestStack: what is needed stands below, the deepest first, each patch once; what is missing, and what goes in
// circles, is told. It comes out the same wherever the mails are.
func TestStack(t *testing.T) {
	mails := stackArchive(t)
	top, err := Read(bytes.NewReader(bytes.Join(mails[len(mails)-2:], nil)), "top", nil)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Read(bytes.NewReader(mails[8]), "back", nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, place := range everyPlace(t, mails) {
		set, err := Stack(t.Context(), top[0], []string{place}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := titles(set); got != "cover, 1/6 b1, 2/6 b2, 3/6 l1, 4/6 right, 5/6 single, 6/6 t1" {
			t.Errorf("%s: stacked %s", what, got)
		}
		if own := set.Own(); titles(own) != "cover, 1/1 t1" || titles(top[0]) != "cover, 1/1 t1" {
			t.Errorf("%s: own %s, before %s", what, titles(own), titles(top[0]))
		}
		states := strings.Split(needStates(set), ", ")
		slices.Sort(states)
		if got := strings.Join(states, ", "); got != "Based-o stacked, Depends missing, Depends stacked, prerequ missing, prerequ stacked, prerequ stacked, prerequ stacked" {
			t.Errorf("%s: needs %s", what, got)
		}
		round, err := Stack(t.Context(), back[0], []string{place}, nil, nil)
		if err != nil || titles(round) != "1/2 loop, 2/2 back" || needStates(round) != "Depends cycle, Depends stacked" {
			t.Errorf("%s: in circles: %s; %s, %v", what, titles(round), needStates(round), err)
		}
		bottom, err := Read(bytes.NewReader(bytes.Join(mails[:3], nil)), "b", nil)
		if err != nil {
			t.Fatal(err)
		}
		inTree := func(id string) (bool, error) { return id == patchKey(bottom[0].Patches[0]), nil }
		if set, err = Stack(t.Context(), top[0], []string{place}, inTree, nil); err != nil || set.Total != 5 || strings.Contains(titles(set), "b1") {
			t.Errorf("%s: with b1 in the tree: %s, %v", what, titles(set), err)
		}
	}
	if set, err := Stack(t.Context(), top[0], nil, nil, nil); err != nil || set.Total != 1 || strings.Contains(needStates(set), "stacked") {
		t.Errorf("nowhere to look: %s; %s, %v", titles(set), needStates(set), err)
	}
	// Of a place that could not be asked nothing is claimed; patches were once said to be posted nowhere.
	set, err := Stack(t.Context(), top[0], []string{"inbox:" + filepath.Join(t.TempDir(), "gone")}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range set.Needs {
		if n.State != patchset.NeedMissing || strings.Contains(n.What, "not posted") {
			t.Errorf("no archive: %+v", n)
		}
	}
}

// TestStackSuperseded: of what is stacked a newer version is told, once it is there, by whatever line it was asked for. The old one was stacked
// without a word.
func TestStackSuperseded(t *testing.T) {
	old := filePatch("[PATCH] pond", "p1@x", "", "Text.")
	newer := filePatch("[PATCH v2] pond", "p2@x", "", "Better text.")
	newer = bytes.ReplaceAll(bytes.ReplaceAll(newer, []byte("\n+b\n"), []byte("\n+b\n+deep\n")), []byte("+1 @@"), []byte("+1,2 @@"))
	_, diff, _ := bytes.Cut(old, []byte("---\n"))
	for need, want := range map[string]string{"Depends-on: <p1@x>": "[PATCH v2] pond", "prerequisite-patch-id: " + patchIDOf(t, diff): "[PATCH v2] pond", "Depends-on: <p2@x>": ""} {
		top := filePatch("[PATCH] top", "t@x", "", "Text.\n\n"+need)
		sets, err := Read(bytes.NewReader(top), "top", nil)
		if err != nil {
			t.Fatal(err)
		}
		for place, name := range everyPlace(t, [][]byte{old, newer, top}) {
			set, err := Stack(t.Context(), sets[0], []string{name}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := set.Needs[0]; got.State != patchset.NeedStacked || (want == "") != (got.Newer == "") || !strings.Contains(got.Newer, want) {
				t.Errorf("%s, %s: %+v", place, need, got)
			}
		}
	}
}

// TestStackOfItself: a line that names the series, or a patch of it, is told as that; two lines that name one patch, by
// what it is; and the tree is not said to lack what it was not asked for.
func TestStackOfItself(t *testing.T) {
	other := filePatch("[PATCH] other", "o@x", "", "Text.")
	own := filePatch("[PATCH] own", "own@x", "", "Text.")
	id := func(m []byte) string { _, diff, _ := bytes.Cut(m, []byte("---\n")); return patchIDOf(t, diff) }
	needs := "Text.\n\nDepends-on: <own@x>\nprerequisite-patch-id: " + id(own) + "\nBased-on: <o@x>\nprerequisite-patch-id: " + id(other) +
		"\nDepends-on: <gone@x>\nprerequisite-patch-id: " + strings.Repeat("9", 40)
	own = filePatch("[PATCH] own", "own@x", "", needs)
	dir := writeInbox(t, other, own)
	sets, err := Read(bytes.NewReader(own), "own", nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := Stack(t.Context(), sets[0], []string{"inbox:" + dir}, func(string) (bool, error) { return false, nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range set.Needs {
		what, _, _ := strings.Cut(n.What, " by ")
		got = append(got, string(n.State)+" "+strings.ReplaceAll(what, dir, "DIR"))
	}
	want := []string{"own ", "own ", `stacked "[PATCH] other"`, "stacked another line asks for it too", "missing not posted in inbox:DIR", "missing not posted in inbox:DIR, and not in the tree"}
	if !slices.Equal(got, want) || titles(set) != "1/2 other, 2/2 own" {
		t.Errorf("%s: %q", titles(set), got)
	}
}

// TestNewest: a later version is found in its own thread, by title or by change-id, and no earlier or other one.
func TestNewest(t *testing.T) {
	old := patchMail(cover("[PATCH 0/1] work", "o0@x", ""))
	renamed := patchMail(mailHead{subject: "[PATCH v2 0/1] work, renamed", id: "n0@x", noDiff: true, text: "Text.\nchange-id: 20260301-work-1"})
	mails := [][]byte{
		old, filePatch("[PATCH 1/1] w", "o1@x", "o0@x", "Text."),
		patchMail(mailHead{subject: "[PATCH v9 0/1] work", id: "x0@x", noDiff: true, from: "Other <o@example.net>"}),
		patchMail(mailHead{subject: "[PATCH v9 1/1] w2", id: "x1@x", parent: "x0@x", from: "Other <o@example.net>"}),
		renamed, filePatch("[PATCH v2 1/1] w", "n1@x", "n0@x", "Text."),
		patchMail(mailHead{subject: "[PATCH v3 0/1] work", id: "m0@x", noDiff: true, text: "Text.\nchange-id: 20260301-work-1"}),
		filePatch("[PATCH v3 1/1] w", "m1@x", "m0@x", "Text."),
	}
	for what, place := range everyPlace(t, mails) {
		for _, tt := range []struct {
			from int
			want string
		}{{0, "v3 0/1"}, {4, "v3 0/1"}, {6, ""}} {
			sets, err := Read(bytes.NewReader(bytes.Join(mails[tt.from:tt.from+2], nil)), "it", nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := Newest(t.Context(), sets[0], []string{place}, nil); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			if got := sets[0].Newer; tt.want == "" && got != "" || !strings.Contains(got, tt.want) || strings.Contains(got, "Other") {
				t.Errorf("%s: newer than %d is %q", what, tt.from, got)
			}
		}
	}
	// The cover letter has another title and no change-id, and the patches are the same.
	renamedAll := [][]byte{
		old, filePatch("[PATCH 1/2] w", "p1@x", "o0@x", "Text."), filePatch("[PATCH 2/2] more", "p2@x", "o0@x", "Text."),
		patchMail(cover("[PATCH v2 0/2] other words", "q0@x", "")), filePatch("[PATCH v2 1/2] w", "q1@x", "q0@x", "Text."), filePatch("[PATCH v2 2/2] more", "q2@x", "q0@x", "Text."),
	}
	for what, place := range everyPlace(t, renamedAll) {
		sets, err := Read(bytes.NewReader(bytes.Join(renamedAll[:3], nil)), "it", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := Newest(t.Context(), sets[0], []string{place}, nil); err != nil || !strings.Contains(sets[0].Newer, "other words") {
			t.Errorf("%s: newer under other words is %q, %v", what, sets[0].Newer, err)
		}
	}
	if _, err := Find(t.Context(), piServer(t, mails), &Query{Title: "absent"}, nil); !errors.Is(err, ErrNoPatches) {
		t.Errorf("absent: %v", err)
	}
}
