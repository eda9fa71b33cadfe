// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
)

// A madeSeries is a series of made-up patches against a real tree, while it is made.
type madeSeries struct {
	maker
	tb    testing.TB
	files map[string]string // as the patches so far leave them
	names []string          // of those that may be edited
	mbox  strings.Builder
}

// madePatches writes n mails against a snapshot, of which each edits some files, and some make,
// rename or delete one. They are the same each time. It returns the name of the mbox.
func madePatches(tb testing.TB, snapshot fs.FS, n int) string {
	tb.Helper()
	s := &madeSeries{maker: newMaker(7), tb: tb, files: map[string]string{}}
	for _, dir := range []string{"kernel", "mm", "lib", "security", "fs", "fs/ext4", "drivers/char"} {
		list, err := fs.ReadDir(snapshot, dir)
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range list {
			if e.Type().IsRegular() && path.Ext(e.Name()) == ".c" {
				s.names = append(s.names, path.Join(dir, e.Name()))
			}
		}
	}
	s.Shuffle(len(s.names), func(i, j int) { s.names[i], s.names[j] = s.names[j], s.names[i] })
	s.names = s.names[:40]
	for _, name := range s.names {
		data, err := fs.ReadFile(snapshot, name)
		if err != nil {
			tb.Fatal(err)
		}
		s.files[name] = string(data)
	}
	for i := range n {
		s.mail(i, n)
	}
	mbox := filepath.Join(tb.TempDir(), fmt.Sprintf("made-%d.mbox", n))
	if err := os.WriteFile(mbox, []byte(s.mbox.String()), 0o666); err != nil {
		tb.Fatal(err)
	}
	return mbox
}

// mail writes mail number i of n.
func (s *madeSeries) mail(i, n int) {
	date := time.Unix(1600000000+int64(i)*60, 0).In(time.FixedZone("", 7200)).Format(time.RFC1123Z)
	fmt.Fprintf(&s.mbox, "From %040d Mon Sep 17 00:00:00 2001\nFrom: Au Thor <au@example.org>\nDate: %s\n"+
		"Subject: [PATCH %d/%d] made: edit number %d\nMessage-ID: <made-%d@example.org>\n\nWith a body.\n\n"+
		"Signed-off-by: Au Thor <au@example.org>\n---\n", i, date, i+1, n, i+1, i)
	for _, k := range s.Perm(len(s.names))[:1+s.IntN(3)] {
		if k == 0 && i%10 == 6 {
			continue // git renames the file as it was before the mail
		}
		name := s.names[k]
		after := s.edited(s.files[name])
		for after == s.files[name] { // what came in went out again: git am takes no empty patch
			after = s.edited(after)
		}
		s.file(name, name, after)
	}
	switch {
	case i%10 == 3:
		s.file("", fmt.Sprintf("lib/made/file%d.c", i), "int made;\n"+strings.Join(s.lines(40), ""))
	case i%10 == 6:
		old := s.names[0]
		name := fmt.Sprintf("lib/made%d/%s", i, path.Base(old))
		s.names[0] = name
		s.file(old, name, s.files[old])
	case i%10 == 9 && len(s.names) > 10:
		s.file(s.names[1], "", "")
		s.names = slices.Delete(s.names, 1, 2)
	}
	s.mbox.WriteString("-- \n2.39.5\n\n")
}

// edited returns data with some lines changed.
func (s *madeSeries) edited(data string) string {
	lines := strings.SplitAfter(data, "\n")
	for range 1 + s.IntN(3) {
		i := s.IntN(len(lines) - 1)
		switch s.IntN(3) {
		case 0:
			lines = slices.Insert(lines, i, fmt.Sprintf("/* made %d */\n", s.IntN(1000)))
		case 1:
			lines = slices.Delete(lines, i, i+1)
		case 2:
			lines[i] = fmt.Sprintf("// %d ", s.IntN(1000)) + lines[i]
		}
	}
	return strings.Join(lines, "")
}

// file writes the diff that makes newName with data out of oldName; "" is no file.
func (s *madeSeries) file(oldName, newName, data string) {
	before := s.files[oldName]
	from, to := cmpOr(oldName, newName), cmpOr(newName, oldName)
	fmt.Fprintf(&s.mbox, "diff --git a/%s b/%s\n", from, to)
	null := odb.Hash(strings.Repeat("0", 40))
	index := [2]odb.Hash{odb.BlobHash([]byte(before)), odb.BlobHash([]byte(data))}
	switch {
	case oldName == "":
		s.mbox.WriteString("new file mode 100644\n")
		index[0] = null
	case newName == "":
		s.mbox.WriteString("deleted file mode 100644\n")
		index[1] = null
	case oldName != newName:
		fmt.Fprintf(&s.mbox, "similarity index 100%%\nrename from %s\nrename to %s\n", oldName, newName)
	}
	if before != data {
		mode := ""
		left, right := "a/"+from, "b/"+to
		switch {
		case oldName == "":
			left = "/dev/null"
		case newName == "":
			right = "/dev/null"
		default:
			mode = " 100644"
		}
		fmt.Fprintf(&s.mbox, "index %s..%s%s\n--- %s\n+++ %s\n", index[0], index[1], mode, left, right)
		s.mbox.WriteString(diff(editsBetween(before, data), 3))
	}
	delete(s.files, oldName)
	if newName != "" {
		s.files[newName] = data
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// editsBetween returns the edits from one text to another: what is between their common beginning and
// their common end is replaced, except for lines that are equal in the same order.
func editsBetween(before, after string) []edit {
	left, right := splitLines(before), splitLines(after)
	start := 0
	for start < len(left) && start < len(right) && left[start] == right[start] {
		start++
	}
	endL, endR := len(left), len(right)
	for endL > start && endR > start && left[endL-1] == right[endR-1] {
		endL, endR = endL-1, endR-1
	}
	var edits []edit
	for _, l := range left[:start] {
		edits = append(edits, edit{' ', l})
	}
	edits = append(edits, lookAhead(left[start:endL], right[start:endR])...)
	for _, l := range left[endL:] {
		edits = append(edits, edit{' ', l})
	}
	return edits
}

// lookAhead compares two texts that differ in single lines.
func lookAhead(left, right []string) []edit {
	var edits []edit
	i, j := 0, 0
	for i < len(left) || j < len(right) {
		switch {
		case i < len(left) && j < len(right) && left[i] == right[j]:
			edits = append(edits, edit{' ', left[i]})
			i, j = i+1, j+1
		case i < len(left) && (j == len(right) || i+1 < len(left) && left[i+1] == right[j]):
			edits = append(edits, edit{'-', left[i]})
			i++
		case j < len(right) && (i == len(left) || j+1 < len(right) && left[i] == right[j+1]):
			edits = append(edits, edit{'+', right[j]})
			j++
		default:
			edits = append(edits, edit{'-', left[i]}, edit{'+', right[j]})
			i, j = i+1, j+1
		}
	}
	return edits
}
