// SPDX-License-Identifier: GPL-2.0-only

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// A Result is what a job came to. Its JSON names are a contract.
type Result struct {
	Job Job `json:"job"`
	// Verdict is passed, failed or error; error is a job that was given up.
	Verdict report.Status `json:"verdict"`
	Started time.Time     `json:"started"`
	Seconds float64       `json:"seconds"`
	// Worker is who did it, and Attempt which try it was, from 1.
	Worker  string `json:"worker"`
	Attempt int    `json:"attempt"`
	// Steps are those of the report, in short.
	Steps []StepResult `json:"steps"`
	// Lines are those that the series adds, as far as a build looked at them.
	Lines *LineCounts `json:"lines,omitempty"`
	// Texts are the titles of what the report has attached.
	Texts []string `json:"texts,omitempty"`
	// Error is why there is no report, or "".
	Error string `json:"error,omitempty"`
}

// A StepResult is a step of a report without its findings.
type StepResult struct {
	Name     string        `json:"name"`
	Status   report.Status `json:"status"`
	Summary  string        `json:"summary"`
	Errors   int           `json:"errors,omitempty"`
	Warnings int           `json:"warnings,omitempty"`
	Seconds  float64       `json:"seconds"`
}

// LineCounts are how many lines of code that a series adds compilers saw, and how many they did not.
type LineCounts struct {
	Compiled int `json:"compiled"`
	Missing  int `json:"missing"`
}

// Of is how many lines there are in all.
func (c *LineCounts) Of() int { return c.Compiled + c.Missing }

// linesOf counts marks; it returns nil where there are none.
func linesOf(marks []report.Marks) *LineCounts {
	if len(marks) == 0 {
		return nil
	}
	c := new(LineCounts)
	for _, m := range marks {
		c.Compiled += len(m.Compiled) + len(m.Macros)
		for _, missing := range m.Missing {
			c.Missing += len(missing.Lines)
		}
	}
	return c
}

// ErrNone is the error for a key that nothing is stored of.
var ErrNone = errors.New("there is nothing of that key")

// The files of a job that is done. There is no other.
const (
	ReportJSON = "report.json"
	ReportHTML = "report.html"
	LogText    = "log.txt"
	// Attachments has those of the report, such as the log of the build and the console of the boot, where there are any.
	Attachments = "attachments.json"
)

// Artefacts are the names of these files.
var artefacts = []string{ReportJSON, ReportHTML, LogText, Attachments}

// An Outcome is a Result with its files by name.
type Outcome struct {
	Result
	Files map[string][]byte
}

// A Store keeps mailboxes by their hash, and outcomes by the keys of their jobs, below one folder: mails/ab/HASH.mbox,
// reports/ab/KEY/, dead/KEY.json. Each appears whole or not at all, and nothing that is there is changed. Several
// processes may use one.
type Store struct{ dir string }

// OpenStore opens the store in dir, and makes it where there is none.
func OpenStore(dir string) (*Store, error) {
	for _, name := range []string{"mails", "reports", "dead", "work"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return nil, err
		}
	}
	s := &Store{dir: dir}
	return s, s.tidy()
}

// leftAge is how long a file of ours may be about to get its name; beyond it the process that was to do that is gone.
const leftAge = 24 * time.Hour

// tidy removes from work what killed processes left: files and reports that never got their names, by their age, and locks that
// nobody holds. The time is that of the disk, which several machines may share.
func (s *Store) tidy() error {
	work := filepath.Join(s.dir, "work")
	left, err := os.ReadDir(work)
	if err != nil || len(left) == 0 {
		return err
	}
	probe, err := os.CreateTemp(work, "file-")
	if err != nil {
		return nil // a disk that is full or may not be written to is one to read from
	}
	defer os.Remove(probe.Name())
	defer probe.Close()
	now, err := probe.Stat()
	if err != nil {
		return err
	}
	for _, entry := range left {
		name := filepath.Join(work, entry.Name())
		if strings.HasSuffix(name, lockSuffix) {
			unlock(name)
			continue
		}
		// What cannot be removed is somebody else's, or was removed meanwhile.
		if info, err := entry.Info(); err == nil && now.ModTime().Sub(info.ModTime()) > leftAge {
			_ = os.RemoveAll(name)
		}
	}
	return nil
}

// lockSuffix ends the name of the lock of a key.
const lockSuffix = ".lock"

// unlock removes a lock that nobody holds.
func unlock(name string) {
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if mine, err := git.Flock(f); err == nil && mine {
		_ = os.Remove(name)
	}
}

// PutMails keeps a mailbox and returns its hash.
func (s *Store) PutMails(box []byte) (string, error) {
	hash := hashOf(box)
	name := s.mails(hash)
	if _, err := os.Stat(name); err == nil {
		return hash, nil
	}
	return hash, s.write(name, box)
}

// Mails returns the mailbox of a hash, which it is held against.
func (s *Store) Mails(hash string) ([]byte, error) {
	if !keyRE.MatchString(hash) {
		return nil, fmt.Errorf("%.80q is no hash of mails", hash)
	}
	box, err := below.ReadFile(s.mails(hash), limit.SeriesBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint.Wrap(fmt.Errorf("the store %s does not have the mails %.12s of a job", s.dir, hash), "plan writes them into its --store: name the same one")
	}
	if err == nil && hashOf(box) != hash {
		err = fmt.Errorf("the mails %.12s in %s are not what they were", hash, s.dir)
	}
	return box, err
}

func (s *Store) mails(hash string) string {
	return filepath.Join(s.dir, "mails", hash[:2], hash+".mbox")
}

// write makes the file name whole or not at all.
func (s *Store) write(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Join(s.dir, "work"), "file-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := fill(f, text); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func (s *Store) report(key string) string { return filepath.Join(s.dir, "reports", key[:2], key) }

// Put keeps an outcome. Where there is one of the same key already, that stays, and Put reports false.
func (s *Store) Put(out *Outcome) (bool, error) {
	if err := out.Job.check(); err != nil {
		return false, err
	}
	target := s.report(out.Job.Key)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp(filepath.Join(s.dir, "work"), "report-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	text, err := json.Marshal(out.Result)
	if err != nil {
		return false, err
	}
	files := map[string][]byte{"result.json": text}
	for _, name := range artefacts {
		if out.Files[name] != nil {
			files[name] = out.Files[name]
		}
	}
	for name, text := range files {
		if err := writeSynced(filepath.Join(dir, name), text); err != nil {
			return false, err
		}
	}
	// A folder with something in it is not replaced by a rename: who came first stays.
	err = os.Rename(dir, target)
	if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.ENOTEMPTY) {
		return false, nil
	}
	return err == nil, err
}

func writeSynced(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return fill(f, text)
}

// fill writes text to f, on the disk, and closes it.
func fill(f *os.File, text []byte) error {
	_, err := f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// Result returns what the job of a key came to; the error is [ErrNone] where it is not done.
func (s *Store) Result(ctx context.Context, key string) (*Result, error) {
	text, err := s.File(ctx, key, "result.json")
	if err != nil {
		return nil, err
	}
	r := new(Result)
	return r, json.Unmarshal(text, r)
}

// File returns a file of the outcome of a key; the error is [ErrNone] where there is none.
func (s *Store) File(_ context.Context, key, name string) ([]byte, error) {
	if !keyRE.MatchString(key) {
		return nil, ErrNone
	}
	text, err := below.ReadFile(filepath.Join(s.report(key), name), below.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNone
	}
	return text, err
}

// lock waits until no other worker is at key, and returns what ends that. The file is gone then.
func (s *Store) lock(ctx context.Context, key string) (func(), error) {
	name := filepath.Join(s.dir, "work", key+lockSuffix)
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		mine, err := git.Flock(f)
		if mine {
			return func() { os.Remove(name); f.Close() }, nil
		}
		if err := errors.Join(err, f.Close(), sleep(ctx, lockPause)); err != nil {
			return nil, err
		}
	}
}

// lockPause is how long whoever waits for a job that another one is at rests between two looks.
const lockPause = 100 * time.Millisecond

// sleep waits; the error is that of a context that ended meanwhile.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Bury notes that a job was given up, and why. A later outcome of the same key counts instead.
func (s *Store) Bury(r *Result) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return s.write(s.grave(r.Job.Key), text)
}

// GivenUp returns why the job of a key was given up, and [ErrNone] where it was not.
func (s *Store) GivenUp(_ context.Context, key string) (string, error) {
	if !keyRE.MatchString(key) {
		return "", ErrNone
	}
	text, err := below.ReadFile(s.grave(key), below.MaxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNone
	}
	r := new(Result)
	if err == nil {
		err = json.Unmarshal(text, r)
	}
	return r.Error, err
}

func (s *Store) grave(key string) string { return filepath.Join(s.dir, "dead", key+".json") }
