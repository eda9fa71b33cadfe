// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	subprocess "github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// reportFiles are the files that --report names. Each is written whole or not at all, whatever the end of the run: at the
// start it says that the run has not ended, which is what a run leaves that was killed.
type reportFiles struct {
	files []*reportFile
	mover *mover
}

// A reportFile is one of them.
type reportFile struct {
	name  string
	write reportForm
	// target is the file behind name, and fresh an open file beside it that is to take its place; nil where target is no
	// regular file, and is written to as it is.
	target string
	fresh  *os.File
}

// reportForm writes a report in one form.
type reportForm func(io.Writer, *report.Report) error

// openReports makes ready to write names, each of which says its form, and writes begun to each. Where there is an error, which says
// what is wrong with some of them, the others are ready all the same: they are to say that the run was refused.
func openReports(names []string, begun *report.Report) (*reportFiles, error) {
	r := &reportFiles{}
	var failed []error
	for _, name := range names {
		form, file, err := reportWriter(name)
		if err == nil {
			f := &reportFile{name: file, write: form}
			if err = f.open(); err == nil {
				r.files = append(r.files, f)
			}
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	failed = append(failed, r.write(begun))
	var ready []*reportFile
	for _, f := range r.files {
		if err := f.open(); err != nil {
			failed = append(failed, err)
			continue
		}
		ready = append(ready, f)
	}
	r.files = ready
	r.mover = startMover(r.files)
	return r, errors.Join(failed...)
}

// open makes the fresh file.
func (f *reportFile) open() (err error) {
	f.target = f.name
	if target, err := filepath.EvalSymlinks(f.name); err == nil {
		f.target = target
	}
	mode := os.FileMode(0o666) // less the user's mask
	info, err := os.Stat(f.name)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("--report %s: is a folder", f.name)
	case err == nil && !info.Mode().IsRegular():
		return nil
	case err == nil:
		if err := writable(f.target); err != nil { // a rename would do without this right
			return err
		}
	}
	fresh := filepath.Join(filepath.Dir(f.target), "."+filepath.Base(f.target)+"."+rand.Text()[:8])
	if f.fresh, err = os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode); err != nil {
		return err
	}
	if info != nil {
		return f.fresh.Chmod(info.Mode().Perm())
	}
	return nil
}

func writable(file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// special returns the names that are no regular files: the right to write to them is needed in the end.
func (r *reportFiles) special() []string {
	if r == nil {
		return nil
	}
	var names []string
	for _, f := range r.files {
		if f.fresh == nil {
			names = append(names, f.name)
		}
	}
	return names
}

// write gives each file what rep says. One that fails does not keep the others from it.
func (r *reportFiles) write(rep *report.Report) error {
	var failed []error
	for _, f := range r.files {
		if f.fresh == nil && r.mover == nil {
			continue // a pipe or a device gets one report, at the end
		}
		err := f.fill(rep)
		if f.fresh != nil {
			err = r.place(f, err)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("writing %s: %w", f.name, err))
		}
	}
	if r.mover != nil {
		failed = append(failed, r.mover.end())
	}
	return errors.Join(failed...)
}

// fill writes rep, as far as the disk.
func (f *reportFile) fill(rep *report.Report) (err error) {
	file := f.fresh
	if file == nil {
		if file, err = os.OpenFile(f.name, os.O_WRONLY, 0); err != nil {
			return err
		}
	}
	var text bytes.Buffer // in one call to a pipe
	err = f.write(&text, rep)
	if err == nil {
		_, err = file.Write(text.Bytes())
	}
	if err == nil && f.fresh != nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// place puts a fresh file that is whole in its place, or takes it away where err says that it is not.
func (r *reportFiles) place(f *reportFile, err error) error {
	switch {
	case r.mover != nil:
		return errors.Join(err, r.mover.move(err == nil))
	case err != nil:
		return errors.Join(err, os.Remove(f.fresh.Name()))
	}
	return os.Rename(f.fresh.Name(), f.target)
}

// A mover puts fresh files in their places for a process that has no right to it any more, and takes them away
// where that process is gone before it said so.
type mover struct {
	cmd    *exec.Cmd
	input  io.WriteCloser
	stderr bytes.Buffer
}

// moving reads a word for each pair of files.
const moving = `while [ $# -gt 1 ]; do
	read -r word || word=
	if [ "$word" = whole ]; then mv -fT -- "$1" "$2" || failed=1; else rm -f -- "$1"; fi
	shift 2
done
exit ${failed-0}`

// startMover starts the mover of files, in a session of its own, so that a signal to our group leaves it alone.
func startMover(files []*reportFile) *mover {
	m := &mover{}
	args := []string{"-c", moving, "lsmpatch"}
	for _, f := range files {
		if f.fresh != nil {
			args = append(args, f.fresh.Name(), f.target)
		}
	}
	m.cmd = exec.Command("/bin/sh", args...)
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	m.cmd.Stderr = &m.stderr
	var err error
	if m.input, err = m.cmd.StdinPipe(); err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		m.cmd = nil
	}
	return m
}

// move says whether the next file is whole.
func (m *mover) move(whole bool) error {
	if m.cmd == nil {
		return errors.New("no shell to put the report in its place")
	}
	word := "whole\n"
	if !whole {
		word = "torn\n"
	}
	_, err := io.WriteString(m.input, word)
	return err
}

// end waits until all is in its place.
func (m *mover) end() error {
	if m.cmd == nil {
		return nil
	}
	err := errors.Join(m.input.Close(), m.cmd.Wait())
	if err != nil && m.stderr.Len() > 0 {
		return errors.New(strings.TrimSpace(m.stderr.String()))
	}
	return err
}

// reportsOf returns the values of a verb's flag --report.
func reportsOf(cmd *cobra.Command) []string {
	flag := cmd.Flags().Lookup("report")
	if flag == nil {
		return nil
	}
	return flag.Value.(pflag.SliceValue).GetSlice()
}

// beginReports makes ready to write the files that --report names.
func (a *app) beginReports(names []string) (err error) {
	if len(names) == 0 || a.reports != nil {
		return nil
	}
	a.reports, err = openReports(names, a.failedReport(errors.New("the run has not ended")))
	return err
}

// emptyReport is a report of nothing yet.
func (a *app) emptyReport() *report.Report {
	r := &report.Report{Tool: "lsmpatch " + version(), Started: a.started.UTC().Truncate(time.Second), Seconds: time.Since(a.started).Seconds()}
	if len(a.trees) > 0 {
		r.Tree.Path = a.trees[0]
	}
	return r
}

// showReport writes r in all forms that are asked for, and returns the error that ends the verb.
func (a *app) showReport(r *report.Report) error {
	unwritten := a.writeReports(r)
	if unwritten != nil {
		r.Steps = append(r.Steps, report.Step{Name: "report", Status: report.Broken, Summary: unwritten.Error()})
	}
	err := a.emitReport(r)
	if err := errors.Join(unwritten, err); err != nil {
		return err
	}
	return verdictError(r.Verdict())
}

// emitReport writes r to standard output.
func (a *app) emitReport(r *report.Report) error {
	if a.format == "text" {
		return a.show(func(w io.Writer, opts *report.TextOptions) error { return report.WriteText(w, r, opts) })
	}
	return reportForms()[a.format](a.stdout, r)
}

// writeReports writes r to the files of --report, unless the run was told to be at its end.
func (a *app) writeReports(r *report.Report) error {
	a.telling.Lock()
	defer a.telling.Unlock()
	if a.reports == nil || a.told {
		return nil
	}
	a.told = true
	return a.reports.write(r)
}

// again is the command line of this run for a shell, without the files of reports, and with the commit that its base was.
func (a *app) again(base string) string {
	words := []string{"lsmpatch"}
	var names []string // from "--" on, behind which there are no flags
	skip := false
	for i, arg := range a.args {
		name, _, with := strings.Cut(arg, "=")
		if arg == "--" && !skip {
			names = a.args[i:]
			break
		}
		switch {
		case skip:
			skip = false
		case name == "--report" || name == "--base" && base != "":
			skip = !with
		default:
			words = append(words, arg)
		}
	}
	if base != "" {
		words = append(words, "--base", base)
	}
	return subprocess.Quoted(append(words, names...)...) + "\n"
}
