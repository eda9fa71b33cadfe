// SPDX-License-Identifier: GPL-2.0-only

package githook

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// maxSiblings is how many files of a folder are looked at for the rest of a series.
const maxSiblings = 1000

// A Sending is what git send-email tells its hook of the mails that it is about to send.
type Sending struct {
	// File is the mail of this call. Counter and Total count the calls, from 1; both are 0 where git is older than 2.41.
	File           string
	Counter, Total int
	// State is the folder for what one call leaves for the next.
	State string
}

// Counted reads the numbers from the environment.
func (s *Sending) Counted(getenv func(string) string) {
	s.Counter, _ = strconv.Atoi(getenv("GIT_SENDEMAIL_FILE_COUNTER"))
	s.Total, _ = strconv.Atoi(getenv("GIT_SENDEMAIL_FILE_TOTAL"))
}

// Sent returns the files of the series that is to be judged now: all that are sent, once git has named the last of them.
// An older git names one at a time and does not say how many come: then it is those of the same folder that say in their
// subjects that they belong to the same series. No files and no error mean that there is nothing to judge in this call.
func (s *Sending) Sent() ([]string, error) {
	if s.Total == 0 {
		return s.siblings()
	}
	list := filepath.Join(s.State, "sending")
	if s.Counter == 1 {
		if err := os.MkdirAll(s.State, 0o700); err != nil {
			return nil, err
		}
		if err := os.Remove(list); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	f, err := os.OpenFile(list, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString(s.File + "\x00")
	if err := errors.Join(err, f.Close()); err != nil || s.Counter < s.Total {
		return nil, err
	}
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, err
	}
	files := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
	if len(files) != s.Total {
		return nil, fmt.Errorf("git send-email said that it sends %d mails, and named %d", s.Total, len(files))
	}
	files = slices.DeleteFunc(files, func(file string) bool { _, ok, err := place(file); return err == nil && !ok })
	return files, os.Remove(list)
}

// A position is what the subject of a mail says of its place: "[PATCH v2 3/5]".
type position struct{ version, number, total int }

// place reads the subject of a mail; ok is false for one that is no patch, as the cover letter of --compose and the draft of a reply.
func place(file string) (p position, ok bool, err error) {
	f, err := os.Open(file)
	if err != nil {
		return p, false, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit.HeadBytes))
	if err != nil {
		return p, false, err
	}
	subject := mail.ParseSubject(string(mail.DecodeLoosely(mail.ParseHeaders(text).Get("Subject"))))
	p = position{subject.Version, 1, 1}
	if subject.Numbered {
		p.number, p.total = subject.Index, subject.Total
	}
	return p, subject.Patch && !subject.Reply || mail.HasDiff(text), nil
}

// siblings returns s.File with the mails beside it that belong to its series, in their order.
func (s *Sending) siblings() ([]string, error) {
	own, ok, err := place(s.File)
	if err != nil || !ok {
		return nil, err
	}
	if own.total == 1 {
		return []string{s.File}, nil
	}
	dir, err := os.Open(filepath.Dir(s.File))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(maxSiblings)
	if err != nil {
		return nil, err
	}
	numbers := map[int]string{own.number: s.File}
	slices.Sort(names)
	for _, name := range names {
		file := filepath.Join(filepath.Dir(s.File), name)
		info, err := os.Lstat(file)
		if err != nil || !info.Mode().IsRegular() || file == s.File {
			continue
		}
		p, ok, err := place(file)
		if err != nil || !ok || p.version != own.version || p.total != own.total {
			continue
		}
		if other, twice := numbers[p.number]; twice {
			return nil, hint.Wrap(fmt.Errorf("%s and %s both say that they are patch %d of %d", other, file, p.number, p.total),
				"keep the mails of one series in a folder of their own")
		}
		numbers[p.number] = file
	}
	var order []int
	for n := range numbers {
		order = append(order, n)
	}
	slices.SortFunc(order, cmp.Compare)
	var files []string
	for _, n := range order {
		files = append(files, numbers[n])
	}
	return files, nil
}

// A judged series is known again by what its mails hold, and what it was judged by.
func key(files []string, by string) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n", by)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%d\n%s", len(text), text)
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// Once calls judge for the mails of a series, and its verdict is remembered: git calls the hook for each mail, and each is
// the same series. By is what else the verdict depends on.
func (s *Sending) Once(files []string, by string, judge func() (bool, error)) (good bool, err error) {
	id, err := key(files, by)
	if err != nil {
		return false, err
	}
	memory := filepath.Join(s.State, "judged")
	text, err := os.ReadFile(memory)
	if known, verdict, ok := strings.Cut(string(text), " "); err == nil && ok && known == id {
		return verdict == "good\n", nil
	}
	good, err = judge()
	if err != nil {
		return false, err
	}
	verdict := map[bool]string{true: "good", false: "bad"}[good]
	if err := os.MkdirAll(s.State, 0o700); err != nil {
		return false, err
	}
	return good, os.WriteFile(memory, []byte(id+" "+verdict+"\n"), 0o600)
}
