// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// spacedMail is a patch with each kind of wrong white space, and context with white space of its own.
const spacedMail = `From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: Au Thor <au@example.org>
Date: Sun, 13 Sep 2020 14:26:40 +0200
Subject: [PATCH] spaces

A body.
---
diff --git a/dir/new.c b/dir/new.c
new file mode 100644
--- /dev/null
+++ b/dir/new.c
@@ -0,0 +1,4 @@
+int x; ` + `
+ 	int y;
+        int z;
+
diff --git a/s.c b/s.c
--- a/s.c
+++ b/s.c
@@ -2,4 +2,6 @@
 	two
 	three
+        four	` + `
 	five
 	six
+
`

// amCases are options of git am and what they are to us.
var amCases = map[string]struct {
	args []string
	opts Options
	// setUp changes the repository before.
	setUp func(t *testing.T, dir string)
}{
	"nowarn":        {args: []string{"--whitespace=nowarn"}, opts: Options{Whitespace: "nowarn"}},
	"warn":          {args: []string{"--whitespace=warn"}, opts: Options{Whitespace: "warn"}},
	"fix":           {args: []string{"--whitespace=fix"}, opts: Options{Whitespace: "fix"}},
	"strip":         {args: []string{"--whitespace=strip"}, opts: Options{Whitespace: "strip"}},
	"error":         {args: []string{"--whitespace=error"}, opts: Options{Whitespace: "error"}},
	"error-all":     {args: []string{"--whitespace=error-all"}, opts: Options{Whitespace: "error-all"}},
	"error, merged": {args: []string{"-3", "--whitespace=error"}, opts: Options{Whitespace: "error", ThreeWay: true}},
	"context":       {setUp: respaced},
	"ignore":        {args: []string{"--ignore-whitespace"}, opts: Options{IgnoreWhitespace: true}, setUp: respaced},
	"ignore and fix": {args: []string{"--ignore-space-change", "--whitespace=fix"},
		opts: Options{IgnoreWhitespace: true, Whitespace: "fix"}, setUp: respaced},
	"ignore, another text": {args: []string{"--ignore-whitespace"}, opts: Options{IgnoreWhitespace: true},
		setUp: func(t *testing.T, dir string) { put(t, dir, "s.c", "one\n\ttwo\n\tdrei\n\tfive\n\tsix\n") }},
	"fix, the file is there": {args: []string{"--whitespace=fix"}, opts: Options{Whitespace: "fix"},
		setUp: func(t *testing.T, dir string) { put(t, dir, "dir/new.c", "int a;\n") }},
	"fix, a folder is there": {args: []string{"--whitespace=fix"}, opts: Options{Whitespace: "fix"},
		setUp: func(t *testing.T, dir string) { put(t, dir, "dir/new.c/inner", "int a;\n") }},
	"fix, a file is in the way": {args: []string{"--whitespace=fix"}, opts: Options{Whitespace: "fix"},
		setUp: func(t *testing.T, dir string) { put(t, dir, "dir", "int a;\n") }},
	"fix, through a symlink": {args: []string{"--whitespace=fix"}, opts: Options{Whitespace: "fix"},
		setUp: func(t *testing.T, dir string) {
			if err := os.Symlink("elsewhere", filepath.Join(dir, "dir")); err != nil {
				t.Fatal(err)
			}
		}},
	"apply.whitespace=fix":   {setUp: configured("apply.whitespace", "fix")},
	"apply.whitespace=error": {setUp: configured("apply.whitespace", "error")},
	"apply.whitespace=warn":  {setUp: configured("apply.whitespace", "warn")},
	"apply.whitespace, and an option": {args: []string{"--whitespace=nowarn"}, opts: Options{Whitespace: "nowarn"},
		setUp: configured("apply.whitespace", "error")},
	"apply.ignoreWhitespace": {setUp: func(t *testing.T, dir string) {
		respaced(t, dir)
		gitIn(t, dir, "config", "apply.ignoreWhitespace", "change")
	}},
	"core.whitespace": {args: []string{"--whitespace=fix"}, opts: Options{Whitespace: "fix"},
		setUp: configured("core.whitespace", "indent-with-non-tab,tabwidth=4,-blank-at-eof")},
	"attributes of the tree": {args: []string{"--whitespace=fix"}, opts: Options{Whitespace: "fix"},
		setUp: func(t *testing.T, dir string) {
			put(t, dir, ".gitattributes", "s.c -whitespace\n")
			put(t, dir, "dir/.gitattributes", "*.c whitespace=tab-in-indent,tabwidth=4\n")
		}},
	"attributes of the repository": {args: []string{"--whitespace=fix"}, opts: Options{Whitespace: "fix"},
		setUp: func(t *testing.T, dir string) { put(t, dir, ".git/info/attributes", "* -whitespace\n") }},
	"include":             {args: []string{"--include=dir/*"}, opts: Options{Filters: []Filter{{Pattern: "dir/*"}}}},
	"exclude":             {args: []string{"--exclude=dir/*"}, opts: Options{Filters: []Filter{{Pattern: "dir/*", Exclude: true}}}},
	"exclude, what fails": {args: []string{"--exclude=s.?"}, opts: Options{Filters: []Filter{{Pattern: "s.?", Exclude: true}}}, setUp: respaced},
	"include nothing":     {args: []string{"--include=nothing"}, opts: Options{Filters: []Filter{{Pattern: "nothing"}}}},
	"include and fix": {args: []string{"--whitespace=fix", "--include=s.[a-c]"},
		opts: Options{Whitespace: "fix", Filters: []Filter{{Pattern: "s.[a-c]"}}}},
	"exclude, then include": {args: []string{"--exclude=*/new.c", "--include=*"},
		opts: Options{Filters: []Filter{{Pattern: "*/new.c", Exclude: true}, {Pattern: "*"}}}},
	"fix below a folder": {args: []string{"--whitespace=fix", "--directory=sub", "-p1"},
		opts: Options{Whitespace: "fix", Directory: "sub", Strip: 1}, setUp: func(t *testing.T, dir string) { gitIn(t, dir, "mv", "s.c", "sub/s.c") }},
	"author's date": {args: []string{"--committer-date-is-author-date"}, opts: Options{CommitterDateIsAuthorDate: true}},
}

func configured(key, value string) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) { gitIn(t, dir, "config", key, value) }
}

// respaced makes the tree differ from the context in white space alone.
func respaced(t *testing.T, dir string) {
	put(t, dir, "s.c", "one\n        two\n\tthree  \n\tfive\n\t six\n")
}

// TestWhitespaceEqualsGitAm compares verdict and commit with git am, with its options about white space,
// files and dates, and with what configuration and attributes say.
func TestWhitespaceEqualsGitAm(t *testing.T) {
	mbox := filepath.Join(t.TempDir(), "mbox")
	if err := os.WriteFile(mbox, []byte(spacedMail), 0o666); err != nil {
		t.Fatal(err)
	}
	set := setOf(spacedMail[strings.Index(spacedMail, "diff --git"):])
	p := set.Patches[0]
	p.Title, p.Message = "spaces", "spaces\n\nA body.\n"
	for name, c := range amCases {
		t.Run(name, func(t *testing.T) {
			runtest.OneIn(t, 16)
			dir := t.TempDir()
			gitIn(t, dir, "init", "-q", "-b", "main")
			put(t, dir, "s.c", "one\n\ttwo\n\tthree\n\tfive\n\tsix\n")
			put(t, dir, "sub/keep", "keep\n")
			gitIn(t, dir, "add", "s.c", "sub")
			if c.setUp != nil {
				c.setUp(t, dir)
			}
			gitIn(t, dir, "add", "-A")
			gitIn(t, dir, "commit", "-q", "-m", "base")
			start := gitIn(t, dir, "rev-parse", "HEAD")
			out, amErr := tryGitIn(dir, append(append([]string{"am", "-q"}, c.args...), mbox)...)
			want := gitIn(t, dir, "rev-parse", "HEAD")
			author := gitIn(t, dir, "log", "-1", "--format=%at %cn")
			if amErr != nil {
				gitIn(t, dir, "am", "--abort")
			}
			gitIn(t, dir, "reset", "-q", "--hard", start)

			opts := c.opts
			opts.Committer = committedAt
			p.Author = committedAt
			p.Author.Name, p.Author.Email, p.Author.When = "Au Thor", "au@example.org", time.Unix(1600000000, 0).In(time.FixedZone("", 7200))
			res, err := Series(context.Background(), dir, set, &opts)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case (amErr != nil) != (len(res.Conflicts) > 0):
				t.Errorf("git am: %v %s\nwe have %+v", amErr, out, res.Conflicts)
			case amErr == nil && res.Head != want:
				t.Errorf("head %s, git am makes %s (%s)\n%s", res.Head, want, author, gitIn(t, dir, "diff", want, res.Head))
			}
			if status := gitIn(t, dir, "status", "--porcelain"); status != "" {
				t.Errorf("status: %s", status)
			}
		})
	}
}
