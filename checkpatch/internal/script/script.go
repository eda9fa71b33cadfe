// SPDX-License-Identifier: GPL-2.0-only

// Package script runs the scripts/checkpatch.pl of a tree, the authority, and reads what it writes.
//
// Call [Open] with a [Job], then Check of the [Runner] for each input, and Close. The script is a program of whoever made
// the tree, and it runs in a sandbox: it sees copies of, or links to, what it reads of the tree, the tree's history, and
// nothing else of this machine.
package script

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/sandbox"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Job says which script is run, and on what.
type Job struct {
	// Root is a checked-out kernel tree on disk, or ""; Tree has its files.
	Root string
	Tree fs.FS
	// GitDir is the repository with the history of the tree, or "".
	GitDir string
	// Args are options of the script.
	Args []string
	// Lists are files that the script reads besides, by the option that names them, with its sign "=".
	Lists map[string]string
	// NoTree is for a project that is not Linux: the script is not told where its tree is, and some rules do nothing.
	NoTree bool
	// NoSandbox runs the script with the caller's rights.
	NoSandbox bool
}

// An Input is a patch, or a file of the tree.
type Input struct {
	// Name is that of the file in the tree; of a patch it does not matter.
	Name string
	Data []byte
	File bool
}

// Found is one finding of the script.
type Found struct {
	// Type is "" where the script names none: old forks do not.
	Type     string
	Severity report.Severity
	Message  string
	// Line is the line of the input, from 1; 0 for none.
	Line int
	// File is the file of the tree, and FileLine the line in it, 0 for none.
	File     string
	FileLine int
	// Excerpt is the line in question, and what the script shows below it.
	Excerpt string
}

// Output is what the script says of an input.
type Output struct {
	Found []Found
	// Lines is how many lines it looked at.
	Lines int
	// Stderr is what it complains of, such as a helper that does not run.
	Stderr string

	whole bool // the line of totals was there
}

// errNoAnswer is for a script that ends as if it had found something, and tells nothing: it does not know an option.
var errNoAnswer = errors.New("scripts/checkpatch.pl gave no answer")

// A Runner runs the script in a folder made for it. Its methods may be called from several goroutines.
type Runner struct {
	job   *Job
	box   *sandbox.Box
	place *place
	text  string // of the script
	plain bool   // it knows no --show-types
}

// maxTime is how long the script may take for one input. It takes a second for most, and some for very long files.
const maxTime = limit.ScriptTime

// Open prepares a place for the script, with what it will read for the inputs. The errors that a person can mend have a hint:
// no script in the tree, no perl, no sandbox.
func Open(ctx context.Context, job *Job, inputs []Input) (*Runner, error) {
	box, err := sandbox.Open(ctx, &sandbox.Options{None: job.NoSandbox})
	if err != nil {
		return nil, fmt.Errorf("running scripts/checkpatch.pl: %w", err)
	}
	text, err := job.script()
	if err != nil {
		return nil, err
	}
	p, err := job.layOut(inputs)
	if err != nil {
		return nil, err
	}
	r := &Runner{job: job, box: box, place: p, text: string(text), plain: !strings.Contains(string(text), "'show-types!'")}
	if _, err := r.output(ctx, "perl", "-e", "1"); err != nil {
		r.Close()
		return nil, hint.Wrap(fmt.Errorf("running scripts/checkpatch.pl: %w", err), "install perl, or use --engine native")
	}
	return r, nil
}

// script returns the text of the tree's script.
func (job *Job) script() ([]byte, error) {
	const help = "name a kernel tree with --tree, or use --engine native"
	if job.Tree == nil {
		return nil, hint.Wrap(errors.New("no tree to take scripts/checkpatch.pl from"), help)
	}
	text, err := fs.ReadFile(job.Tree, "scripts/checkpatch.pl")
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("looking for the tree's checkpatch: %w", err), help)
	}
	return text, nil
}

// known returns the options of the job that are worth giving to the script: older ones have nothing that --no-fixes-tag could
// switch off, and do not know the option.
func (job *Job) known(text string) []string {
	var args []string
	for _, arg := range job.Args {
		if arg != "--no-fixes-tag" || strings.Contains(text, "'fixes-tag!'") {
			args = append(args, arg)
		}
	}
	return args
}

// Close removes the place.
func (r *Runner) Close() { r.place.remove() }

// Check runs the script on an input, with more options than those of the job. An error tells that it could not judge: that it
// died, or took too long.
func (r *Runner) Check(ctx context.Context, in *Input, more ...string) (*Output, error) {
	name, done, err := r.place.put(in)
	if err != nil {
		return nil, err
	}
	defer done()
	args := []string{"perl", "scripts/checkpatch.pl", "--emacs"}
	if !r.plain {
		args = append(args, "--show-types", "--no-color")
	}
	if !r.plain && !r.job.NoTree {
		args = append(args, "--root=.")
	}
	args = append(append(append(args, r.job.known(r.text)...), r.place.lists(r.box, r.job)...), more...)
	if in.File {
		args = append(args, "-f")
	}
	stdout, stderr, err := r.run(ctx, append(args, name)...)
	var exit *run.Error
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode != 1) {
		return nil, err
	}
	out := parse(stdout, name)
	if err != nil && !out.whole && len(out.Found) == 0 {
		return nil, fmt.Errorf("%w: %s", errNoAnswer, strings.TrimSpace(stderr))
	}
	out.Stderr = strings.TrimSpace(strings.ReplaceAll(stderr, name, "the patch"))
	return out, nil
}

// run runs a program in the box. This is the only place where anything of the tree is started.
func (r *Runner) run(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	var said strings.Builder
	out, err := r.box.Output(ctx, sandbox.Cmd{
		Args: args, Mounts: r.place.mounts(r.box, r.job), Dir: r.box.Path(r.place.work()), Env: r.place.env(),
		Stderr: &said, Limits: sandbox.Limits{Time: maxTime, Processes: 256, Disk: 1 << 30},
	})
	return string(out), said.String(), err
}

func (r *Runner) output(ctx context.Context, args ...string) (string, error) {
	out, _, err := r.run(ctx, args...)
	return out, err
}

var (
	scriptHead  = lazyregexp.New(`^(?:(.+):(\d+): )?(ERROR|WARNING|CHECK):(?:([A-Z0-9_]+):)? (.*)$`)
	scriptPlace = lazyregexp.New(`^#\d+: (?:FILE: (.*?)(?::(\d+):)?)?$`)
	scriptTotal = lazyregexp.New(`^total: \d+ errors, \d+ warnings, (?:\d+ checks, )?(\d+) lines checked$`)
)

var severities = map[string]report.Severity{
	"ERROR": report.Error, "WARNING": report.Warning, "CHECK": report.Note,
}

// parse reads what the script writes under --emacs on the input that it calls name. A finding is a head line, then perhaps
// its place and an excerpt, up to an empty line.
func parse(output, name string) *Output {
	out := &Output{}
	var current *Found
	for line := range strings.Lines(output) {
		line = strings.TrimSuffix(line, "\n")
		if m := scriptHead.FindStringSubmatch(line); m != nil && (m[1] == name || m[1] == "") {
			nr, _ := strconv.Atoi(m[2])
			out.Found = append(out.Found, Found{Type: m[4], Severity: severities[m[3]], Message: m[5], Line: nr})
			current = &out.Found[len(out.Found)-1]
			continue
		}
		if m := scriptTotal.FindStringSubmatch(line); m != nil {
			out.Lines, _ = strconv.Atoi(m[1])
			out.whole = true
			continue
		}
		switch m := scriptPlace.FindStringSubmatch(line); {
		case line == "" || current == nil:
			current = nil
		case m != nil && current.Excerpt == "":
			current.File = m[1]
			current.FileLine, _ = strconv.Atoi(m[2])
		default:
			current.Excerpt += line + "\n"
		}
	}
	return out
}

var missingModule = lazyregexp.New(`No module named '(\w+)'`)

// Complaint turns what the script wrote on standard error into a note: it tells what could not be checked on this machine.
func (o *Output) Complaint() (report.Finding, bool) {
	if o.Stderr == "" {
		return report.Finding{}, false
	}
	f := report.Finding{
		Check: "checkpatch/script-stderr", Severity: report.Note, Detail: o.Stderr + "\n",
		Message: "scripts/checkpatch.pl complained on standard error"}
	if m := missingModule.FindStringSubmatch(o.Stderr); m != nil {
		f.Check = "checkpatch/spdxcheck-unavailable"
		f.Message = fmt.Sprintf("licence expressions went unchecked: scripts/spdxcheck.py needs Python's module %s", m[1])
		f.Hint = "install the Debian packages python3-ply and python3-git"
	}
	return f, true
}
