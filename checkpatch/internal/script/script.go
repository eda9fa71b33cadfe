// SPDX-License-Identifier: GPL-2.0-only

// Package script runs the scripts/checkpatch.pl of a tree, the authority, and reads what it writes.
//
// Fill in a [Job] and call its Check. The script runs in a temporary folder that holds links to, or copies of, what it
// reads of the tree, so that nothing that it leaves behind comes into the tree.
package script

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Job is a run of a tree's own script.
type Job struct {
	// Root is a checked-out kernel tree on disk, or ""; Tree has its files.
	Root string
	Tree fs.FS
	// Args are options of the script.
	Args []string
	// Strict tells that --strict is among them.
	Strict bool
}

// Check runs the tree's own scripts/checkpatch.pl over each patch of set.
func (job *Job) Check(ctx context.Context, set *patchset.Set) ([]report.Finding, error) {
	perl, err := exec.LookPath("perl")
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("running scripts/checkpatch.pl: %w", err),
			"install perl, or use --engine native")
	}
	tmp, err := os.MkdirTemp("", "lsmpatch-checkpatch-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	root := filepath.Join(tmp, "tree")
	if err := job.layOut(root, set); err != nil {
		return nil, err
	}
	script := scriptRun{perl: perl, root: root, mails: tmp, args: job.Args}
	results := make([][]report.Finding, len(set.Patches))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range set.Patches {
		check := func() (err error) {
			results[i], err = script.patch(ctx, i, p)
			return err
		}
		if i > 0 {
			group.Go(check)
		} else if err := check(); err != nil {
			// The first runs alone, since it writes the list of CamelCase names for the others.
			return nil, err
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var findings []report.Finding
	for _, r := range results {
		findings = append(findings, r...)
	}
	return mergeNotes(findings), nil
}

// A scriptRun is how the script is called.
type scriptRun struct {
	perl, root, mails string
	args              []string
}

// patch checks p, the i-th patch of its set.
func (s scriptRun) patch(ctx context.Context, i int, p *patchset.Patch) ([]report.Finding, error) {
	name := filepath.Join(s.mails, fmt.Sprintf("%04d.patch", i+1))
	if err := os.WriteFile(name, PlainMail(p), 0o600); err != nil {
		return nil, err
	}
	args := append([]string{s.perl, filepath.Join("scripts", "checkpatch.pl"),
		"--emacs", "--show-types", "--no-color", "--no-summary", "--root=."}, s.args...)
	cmd := run.Command(ctx, run.Cmd{Args: append(args, name), Dir: s.root, Env: run.GitEnv("PWD=" + s.root)})
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, fmt.Errorf("checking patch %d: %w", p.Index, run.NewError(ctx, cmd, stderr.Bytes(), err))
	}
	findings := parseScript(stdout.String(), name, p.Index)
	return append(findings, complaints(stderr.String(), name)...), nil
}

var (
	scriptHead  = lazyregexp.New(`^(?:(.+):(\d+): )?(ERROR|WARNING|CHECK):([A-Z0-9_]+): (.*)$`)
	scriptPlace = lazyregexp.New(`^#\d+: (?:FILE: (.*?)(?::(\d+):)?)?$`)
)

var scriptSeverities = map[string]report.Severity{
	"ERROR": report.Error, "WARNING": report.Warning, "CHECK": report.Note,
}

// parseScript reads what the script writes under --emacs --show-types on the patch in file name.
// A finding is a head line, then perhaps its place and an excerpt, up to an empty line.
func parseScript(output, name string, index int) []report.Finding {
	var findings []report.Finding
	var current *report.Finding
	for line := range strings.Lines(output) {
		line = strings.TrimSuffix(line, "\n")
		if m := scriptHead.FindStringSubmatch(line); m != nil && (m[1] == name || m[1] == "") {
			findings = append(findings, report.Finding{
				Check: "checkpatch/" + m[4], Severity: scriptSeverities[m[3]], Patch: index, Message: m[5]})
			current = &findings[len(findings)-1]
			continue
		}
		switch m := scriptPlace.FindStringSubmatch(line); {
		case line == "" || current == nil:
			current = nil
		case m != nil && current.Detail == "":
			current.File = m[1]
			current.Line, _ = strconv.Atoi(m[2])
		default:
			current.Detail += line + "\n"
		}
	}
	return findings
}

// complaints turns what the script wrote on standard error into notes: they tell what it could
// not check on this machine.
func complaints(stderr, name string) []report.Finding {
	stderr = strings.TrimSpace(strings.ReplaceAll(stderr, name, "the patch"))
	if stderr == "" {
		return nil
	}
	f := report.Finding{
		Check: "checkpatch/script-stderr", Severity: report.Note, Detail: stderr + "\n",
		Message: "scripts/checkpatch.pl complained on standard error"}
	if m := missingModule.FindStringSubmatch(stderr); m != nil {
		f.Check = "checkpatch/spdxcheck-unavailable"
		f.Message = fmt.Sprintf("licence expressions went unchecked: scripts/spdxcheck.py needs Python's module %s", m[1])
		f.Hint = "install the Debian packages python3-ply and python3-git"
	}
	return []report.Finding{f}
}

var missingModule = lazyregexp.New(`No module named '(\w+)'`)

// mergeNotes keeps one of the equal notes about the machine that each patch brings.
func mergeNotes(findings []report.Finding) []report.Finding {
	seen := map[string]bool{}
	kept := findings[:0]
	for _, f := range findings {
		if f.Patch == 0 {
			if key := f.Check + f.Detail; seen[key] {
				continue
			} else {
				seen[key] = true
			}
		}
		kept = append(kept, f)
	}
	return kept
}
