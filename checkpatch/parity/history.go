// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Commit is one of those that messages refer to.
type Commit struct{ Name, Subject string }

// history makes a repository of root, which looks like tree: its commit, where it has one, and a commit for each subject on top,
// none of which changes a file. The objects of the tree are used where they are. The names of the commits are the same each
// time.
func history(ctx context.Context, tree, root string, subjects []string) ([]Commit, error) {
	git := func(stdin string, args ...string) (string, error) {
		env := run.GitEnv("GIT_AUTHOR_DATE=1700000000 +0000", "GIT_COMMITTER_DATE=1700000000 +0000")
		out, err := run.Output(ctx, run.Cmd{Args: append([]string{"git", "-C", root, "-c", "user.name=A", "-c", "user.email=a@example.org"}, args...),
			Env: env, Stdin: strings.NewReader(stdin)})
		return strings.TrimSpace(string(out)), err
	}
	if _, err := git("", "init", "-q", "-b", "master"); err != nil {
		return nil, err
	}
	base, err := objectsOf(ctx, tree, root)
	switch {
	case err != nil:
		return nil, err
	case base != "":
		_, err = git("", "read-tree", base)
	default:
		if _, err = git("", "add", "-A", "-f"); err == nil {
			_, err = git("", "commit", "-q", "-m", "A part of a tree")
		}
		if err == nil {
			base, err = git("", "rev-parse", "HEAD")
		}
	}
	if err != nil {
		return nil, err
	}
	var stream bytes.Buffer
	from := "from " + base + "\n"
	for _, s := range subjects {
		fmt.Fprintf(&stream, "commit refs/heads/master\ncommitter A <a@example.org> 1700000000 +0000\ndata %d\n%s\n%s\n", len(s), s, from)
		from = ""
	}
	if _, err := git(stream.String(), "fast-import", "--quiet", "--force"); err != nil {
		return nil, err
	}
	log, err := git("", "log", "--format=%H %s", base+"..master")
	var commits []Commit
	for line := range strings.Lines(log) {
		name, subject, _ := strings.Cut(strings.TrimSpace(line), " ")
		commits = append(commits, Commit{name, subject})
	}
	return commits, err
}

// objectsOf lets the repository at root find the objects of the tree, and returns the tree's commit; "" where it has none.
func objectsOf(ctx context.Context, tree, root string) (string, error) {
	objects := filepath.Join(tree, ".git", "objects")
	if _, err := os.Stat(objects); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err := os.WriteFile(filepath.Join(root, ".git/objects/info/alternates"), []byte(objects+"\n"), 0o666); err != nil {
		return "", err
	}
	base, err := run.Output(ctx, run.Cmd{Args: []string{"git", "-C", tree, "rev-parse", "HEAD"}, Env: run.GitEnv()})
	return strings.TrimSpace(string(base)), err
}

// references are messages that refer to a commit: {N} is its name in full, {N12} its first twelve
// digits, {X12} those of one that is not there, {S} its subject.
var references = []string{
	"Say hello.\n\nFixes: {N12} (\"{S}\")\n" + signed,
	"Say hello.\n\nFixes: {N} (\"{S}\")\n" + signed,
	"Say hello.\n\nFixes: {N8} (\"{S}\")\n" + signed,
	"Say hello.\n\nFixes: {N12} (\"{S}, or so\")\n" + signed,
	"Say hello.\n\nFixes: {N12} {S}\n" + signed,
	"Say hello.\n\nFixes: commit {N12} (\"{S}\")\n" + signed,
	"Say hello.\n\nFixes: {N12}\n" + signed,
	"Say hello.\n\nfixes: {N12} (\"{S}\")\nCc: stable@vger.kernel.org\n" + signed,
	"As commit {N12} (\"{S}\") says.\n\n" + signed,
	"As commit {N12} (\"{S}, or so\") says.\n\n" + signed,
	"As commit {N} says, and as {N12} (\"{S}\") does.\n\n" + signed,
	"As commit\n{N12} (\"{S}\") says.\n\n" + signed,
	"This reverts commit {N}.\n\nFixes: {N14} (\"{S}\")\n" + signed,
	"As commit {X12} (\"{S}\") says.\n\nFixes: {X12} (\"{S}\")\n" + signed,
	"commit {N} upstream.\n\nSay hello, as Commit {N10} (\"{S}\") does.\n\n" + signed,
}

// Referring returns n mails whose messages refer to commits that are there, and to some that are not.
func Referring(commits []Commit, n int) []Sample {
	var samples []Sample
	for i := range n {
		c := commits[i%len(commits)]
		absent := "f" + strings.Repeat("0", 3) + c.Name[4:]
		message := strings.NewReplacer("{N}", c.Name, "{N14}", c.Name[:14], "{N12}", c.Name[:12], "{N10}", c.Name[:10], "{N8}", c.Name[:8],
			"{X12}", absent[:12], "{S}", c.Subject).Replace(references[i%len(references)])
		samples = append(samples, synthetic("history", i, "H:Subject: [PATCH] init: say hello to all\n"+message))
	}
	return samples
}
