// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Batch asks the script of a tree about many inputs at once: its start is paid once, and each input is checked in a process
// forked from there, so that none knows of another. Before the first, the script goes through [warmUp], so that its patterns,
// which Perl compiles when they are first used, are compiled once and not in each process: half of the time.
//
// The two helpers of the script that are programs of their own, spdxcheck.py and get_maintainer.pl, are left out on both
// sides, with what they read: LICENSES and the entries of MAINTAINERS.
type Batch struct {
	// Root is a folder that looks like the tree; both engines read it. It is a repository, of the tree's commit and some more.
	Root string
	// Commits are those that are on top of the tree's.
	Commits []Commit

	script string // its hash
}

// The places of the script where an input begins and ends, and where it asks git whether that is one of its files, which
// [Batch.Ask] knows.
const (
	loopStart = "for my $filename (@ARGV) {\n"
	loopAsk   = "\tmy $is_git_file = git_is_single_file($filename);\n"
	loopEnd   = "\t@rawlines = ();\n\t@lines = ();\n"
)

// forking makes of a script one that checks each input but the first in a process of its own.
func forking(script string) (string, error) {
	for _, r := range [][2]string{
		{loopStart, "use Time::HiRes;\n$| = 1;\nseed_camelcase_includes() if ($check);\nmy $warm = 1;\n" + loopStart +
			"\tprint \"\\x01$filename\\n\";\n\tif (!$warm) {\n\t\tif (my $pid = fork()) { waitpid($pid, 0); next; }\n" +
			"\t\tTime::HiRes::setitimer(Time::HiRes::ITIMER_VIRTUAL(), 120);\n\t}\n"},
		{loopAsk, "\tmy $is_git_file = 0;\n"},
		{loopEnd, "\texit(0) if (!$warm);\n\t$warm = 0;\n" + loopEnd},
	} {
		if strings.Count(script, r[0]) != 1 {
			return "", errors.New("the script does not go through its inputs as it did")
		}
		script = strings.Replace(script, r[0], r[1], 1)
	}
	return script, nil
}

// warmName is the name of the file that has it.
const warmName = "warm-up.patch"

var camelCase = regexp.MustCompile(`[a-z][A-Z]|[A-Z][a-z]`)

// warmUp is a patch that has the script try most of its patterns. What the script remembers from one patch to the next, names
// in CamelCase and that a patch was corrupt, is not in it.
func warmUp() []byte {
	var text strings.Builder
	text.WriteString("From: A <a@example.org>\nSubject: [PATCH] lib: warm up\n\nWarm up.\n\n" + signed + "\n---\n")
	for _, name := range []string{"lib/a.c", "include/linux/a.h", "arch/arm/boot/dts/a.dts", "lib/Makefile", "Documentation/a.rst"} {
		lines := 0
		var body strings.Builder
		for _, line := range ugly {
			if !camelCase.MatchString(line) {
				fmt.Fprintf(&body, "+%s\n", line)
				lines++
			}
		}
		fmt.Fprintf(&text, "diff --git a/%[1]s b/%[1]s\n--- a/%[1]s\n+++ b/%[1]s\n@@ -0,0 +1,%[2]d @@\n%[3]s", name, lines, body.String())
	}
	return []byte(text.String())
}

// NewBatch makes a folder at root that looks like the tree, with a script that forks, and with commits of the given subjects. A
// tree that is only a part of one gets what the script looks for.
func NewBatch(ctx context.Context, tree, root string, subjects []string) (*Batch, error) {
	seeds, err := camelCaseSeeds(root)
	if err == nil {
		err = os.RemoveAll(root)
	}
	if err != nil {
		return nil, err
	}
	not := []string{".git", "scripts", "LICENSES", "MAINTAINERS", "include"}
	if _, err := os.Stat(filepath.Join(tree, ".git")); err == nil {
		not = not[:4]
	} else if err := os.CopyFS(filepath.Join(root, "include"), os.DirFS(filepath.Join(tree, "include"))); err != nil && !errors.Is(err, os.ErrNotExist) {
		// Git would know a link as one file, and the script would find no headers.
		return nil, err
	}
	err = link(tree, root, not...)
	for name, text := range seeds {
		if err == nil {
			err = os.WriteFile(filepath.Join(root, name), text, 0o666)
		}
	}
	if err == nil {
		err = link(filepath.Join(tree, "scripts"), filepath.Join(root, "scripts"), "checkpatch.pl", "spdxcheck.py", "get_maintainer.pl")
	}
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"COPYING", "CREDITS", "Kbuild", "MAINTAINERS", "Makefile", "README", "Documentation", "arch",
		"include", "drivers", "fs", "init", "ipc", "kernel", "lib"} {
		name = filepath.Join(root, name)
		if _, err := os.Stat(name); errors.Is(err, os.ErrNotExist) {
			if err := os.WriteFile(name, nil, 0o666); err != nil {
				return nil, err
			}
		}
	}
	script, err := os.ReadFile(filepath.Join(tree, "scripts", "checkpatch.pl"))
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(root, "scripts", "checkpatch.pl"), script, 0o777); err != nil {
		return nil, err
	}
	commits, err := history(ctx, tree, root, subjects)
	if err != nil {
		return nil, err
	}
	text, err := forking(string(script))
	if err == nil {
		err = os.WriteFile(filepath.Join(root, warmName), warmUp(), 0o666)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", tree, err)
	}
	sum := sha256.Sum256([]byte(text))
	return &Batch{root, commits, hex.EncodeToString(sum[:])}, os.WriteFile(filepath.Join(root, "scripts", "forking.pl"), []byte(text), 0o777)
}

// camelCaseSeeds returns what the script left at root, in files that it names after the last commit of include/: to read those
// headers takes as long as a hundred inputs.
func camelCaseSeeds(root string) (map[string][]byte, error) {
	names, err := filepath.Glob(filepath.Join(root, ".checkpatch-camelcase.git.*"))
	seeds := map[string][]byte{}
	for _, name := range names {
		if err == nil {
			seeds[filepath.Base(name)], err = os.ReadFile(name)
		}
	}
	return seeds, err
}

// link makes a folder of links to what is in another, but for some.
func link(from, to string, but ...string) error {
	entries, err := os.ReadDir(from)
	if err == nil {
		err = os.MkdirAll(to, 0o777)
	}
	if err != nil {
		return err
	}
next:
	for _, e := range entries {
		for _, b := range but {
			if e.Name() == b {
				continue next
			}
		}
		if strings.HasPrefix(e.Name(), ".checkpatch-camelcase.") {
			continue
		}
		var err error
		if e.Name() == ".mailmap" { // git follows no link there, and says so where the script reads the name of a commit
			err = copyFile(from, to, e.Name())
		} else {
			err = os.Symlink(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Ask returns the script's answers to samples, on all cores: those that are patches, then those that are files.
func (b *Batch) Ask(ctx context.Context, samples []Sample, args ...string) ([][]Triple, error) {
	answers := make([][]Triple, len(samples))
	inputs, err := os.MkdirTemp(b.Root, "inputs")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(inputs)
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		for _, asFile := range []bool{false, true} {
			names, index := []string{}, map[string]int{}
			for i, s := range samples {
				if i%workers != w || (s.Data == nil) != asFile {
					continue
				}
				name := s.Path
				if s.Data != nil {
					name = filepath.Join(filepath.Base(inputs), strconv.Itoa(i)+".patch")
					if err := os.WriteFile(filepath.Join(b.Root, name), s.Data, 0o666); err != nil {
						return nil, err
					}
				}
				names, index[name] = append(names, name), i
			}
			if len(names) == 0 {
				continue
			}
			extra := args
			if asFile {
				extra = append([]string{"-f"}, args...)
			}
			group.Go(func() error {
				return b.ask(ctx, names, extra, func(name string, found []Triple) { answers[index[name]] = found })
			})
		}
	}
	return answers, group.Wait()
}

func (b *Batch) ask(ctx context.Context, names, args []string, tell func(name string, found []Triple)) error {
	call := append([]string{"perl", "scripts/forking.pl", "--terse", "--show-types", "--no-summary", "--root=."}, args...)
	call = append(call, warmName)
	cmd := run.Command(ctx, run.Cmd{Args: append(call, names...), Dir: b.Root, Env: append(run.GitEnv(), "PATH=/usr/bin:/bin")})
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 1) {
		return run.NewError(ctx, cmd, stderr.Bytes(), err)
	}
	for _, answer := range bytes.Split(stdout.Bytes(), []byte{1})[1:] {
		name, found, _ := bytes.Cut(answer, []byte("\n"))
		if string(name) == warmName {
			continue
		}
		tell(string(name), parseTerse(found))
	}
	return nil
}

func copyFile(from, to, name string) error {
	text, err := os.ReadFile(filepath.Join(from, name))
	if err != nil {
		return err
	}
	to = filepath.Join(to, name)
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o777) // the script among them is run
}
