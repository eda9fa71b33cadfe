// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cutDiff is the command "cut FILE PATH".
func cutDiff(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.MkAbs(args[0])
	mail, err := os.ReadFile(file)
	ts.Check(err)
	head := "diff --git a/" + args[1] + " b/" + args[1] + "\n"
	before, rest, found := strings.Cut(string(mail), head)
	if !found {
		ts.Fatalf("%s has no diff of %s", args[0], args[1])
	}
	// What follows is the next file, or the signature.
	next := strings.Index(rest, "\ndiff --git ")
	if next < 0 {
		next = strings.Index(rest, "\n-- \n")
	}
	ts.Check(os.WriteFile(file, []byte(before+rest[next+1:]), 0o644))
}

// substitute is the command "sub FILE OLD NEW"; it understands \n and \t.
func substitute(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.MkAbs(args[0])
	text, err := os.ReadFile(file)
	ts.Check(err)
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t")
	old := unescape.Replace(args[1])
	if !strings.Contains(string(text), old) {
		ts.Fatalf("%s does not contain %q", args[0], old)
	}
	ts.Check(os.WriteFile(file, []byte(strings.ReplaceAll(string(text), old, unescape.Replace(args[2]))), 0o644))
}
