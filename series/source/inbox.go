// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// inboxPrefix begins the name of a local archive: "inbox:DIR", before the Message-ID of a mail in it.
const inboxPrefix = "inbox:"

// Inbox takes "inbox:DIR", or "inbox:DIR MESSAGE-ID", apart. Of a folder whose own name has blanks the last word alone may be a Message-ID.
func Inbox(name string) (dir, id string, ok bool) {
	dir, ok = strings.CutPrefix(name, inboxPrefix)
	dir = strings.TrimRight(dir, " \t\n")
	if i := strings.LastIndexAny(dir, " \t"); ok && i > 0 {
		if id = mailOf(dir[i+1:]); id != "" {
			dir = strings.TrimRight(dir[:i], " \t")
		}
	}
	return dir, id, ok
}

// inboxInputs reads the mails that belong to the mail id out of a local archive: its thread, and the
// threads of other versions. Without an id it reads the whole archive. It is a public-inbox, whose
// epochs are git repositories with a commit for each mail, or a maildir such as lei keeps.
func inboxInputs(ctx context.Context, dir, id string, opts *Options) ([]*Input, error) {
	if !isFolder(dir) {
		return nil, hint.Wrap(fmt.Errorf("%s: no such folder", dir), "inbox:DIR MESSAGE-ID, with the Message-ID of one mail behind the folder")
	}
	if isFolder(filepath.Join(dir, "cur")) {
		inputs, err := maildirInputs(dir, "")
		if err == nil && len(inputs) > 0 {
			inputs[0].Wanted = id
		}
		return inputs, err
	}
	if opts.Progress != nil {
		fmt.Fprintf(opts.Progress, "reading %s\n", dir)
	}
	in, err := readThread(ctx, dir, id, opts)
	if err != nil {
		return nil, err
	}
	in.Name, in.Wanted = inboxPrefix+dir, id
	in.mbox, in.Mboxrd, in.Archive = true, true, true
	return []*Input{in}, nil
}

// readThread reads the mails of a public-inbox that belong to the mail id, or, where that is "", all that came since the time of opts.
func readThread(ctx context.Context, dir, id string, opts *Options) (*Input, error) {
	epochs, err := inboxEpochs(dir)
	if err != nil {
		return nil, err
	}
	mails := 0
	var in *Input
	if id == "" { // in one go: nothing has to be known of them before
		in, err = mailbox(func(write func(hash string, raw []byte) error) error {
			return eachMail(ctx, epochs, opts.Since, func(epoch, hash string, raw []byte) error {
				mails++
				switch {
				case raw != nil:
					return write(hash, raw)
				case opts.PassOver != nil:
					opts.PassOver(fmt.Errorf("%s: the mail of the object %.12s has more than %d MB", epoch, hash, mail.MaxMail>>20))
				}
				return nil
			})
		})
	} else {
		var box *inbox
		if box, err = readInbox(ctx, dir, opts.Since, nil); err != nil {
			return nil, err
		}
		if mails = len(box.letters); mails > 0 {
			wanted := box.related(id)
			if wanted == nil {
				return nil, hint.Wrap(fmt.Errorf("%w: %s does not have the mail <%s>", ErrNoPatches, dir, id), staleInbox)
			}
			in, err = box.mailbox(ctx, wanted)
		}
	}
	if err == nil && mails == 0 && !endsWithMail(ctx, epochs[len(epochs)-1]) { // else nothing came since
		if in != nil {
			in.close()
		}
		err = hint.Wrap(fmt.Errorf("%s has no mail in a commit's file m", dir), "public-inbox-convert makes a public-inbox of version 2 of one of version 1")
	}
	return in, err
}

// endsWithMail reports whether the last commit of an epoch adds a mail, or takes one away, as each of them does.
func endsWithMail(ctx context.Context, epoch string) bool {
	files, err := run.Output(ctx, run.Cmd{Args: []string{"git", "ls-tree", "--name-only", "HEAD", "m", "d"}, Dir: epoch, Env: epochEnv(epoch)})
	return err == nil && len(files) > 0
}

// staleInbox is the hint where a local archive lacks a mail.
const staleInbox = "is the copy up to date? public-inbox-fetch, or git fetch in its last epoch, gets what is new"

// readInbox reads the headers of all mails of a public-inbox that came since a time, or ever where that is zero. Where fits is not nil it marks those that fit.
func readInbox(ctx context.Context, dir string, since time.Time, fits func(*letter, []byte) bool) (*inbox, error) {
	epochs, err := inboxEpochs(dir)
	if err != nil {
		return nil, err
	}
	box := &inbox{fits: fits}
	err = eachMail(ctx, epochs, since, func(epoch, hash string, raw []byte) error {
		if raw != nil {
			box.add(epoch, hash, raw)
		}
		return nil
	})
	return box, err
}

// inboxEpochs returns the git repositories of a public-inbox, the oldest first: DIR/git/N.git, DIR/N.git,
// or DIR itself where it is one of them.
func inboxEpochs(dir string) ([]string, error) {
	var epochs []string
	for _, pattern := range []string{"git/[0-9]*.git", "[0-9]*.git"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		epochs = append(epochs, found...)
	}
	slices.SortFunc(epochs, compareNames)
	if len(epochs) == 0 {
		if _, err := os.Stat(filepath.Join(dir, "HEAD")); err == nil || isFolder(filepath.Join(dir, ".git")) {
			return []string{dir}, nil
		}
		return nil, hint.Wrap(fmt.Errorf("%s: no public-inbox and no maildir", dir), "a public-inbox has git repositories in it: git/0.git, git/1.git …")
	}
	return epochs, nil
}

// InboxHeads returns a text that changes where a mail comes to a public-inbox: the heads of its epochs.
func InboxHeads(ctx context.Context, dir string) (string, error) {
	epochs, err := inboxEpochs(dir)
	if err != nil {
		return "", err
	}
	var heads strings.Builder
	for _, epoch := range epochs {
		head, err := run.Output(ctx, run.Cmd{Args: []string{"git", "rev-parse", "HEAD"}, Dir: epoch, Env: epochEnv(epoch)})
		if err != nil {
			return "", err
		}
		heads.Write(head)
	}
	return heads.String(), nil
}

// FetchInbox gets what is new in the last epoch of a public-inbox.
func FetchInbox(ctx context.Context, dir string) error {
	epochs, err := inboxEpochs(dir)
	if err != nil {
		return err
	}
	last := epochs[len(epochs)-1]
	_, err = run.Output(ctx, run.Cmd{Args: []string{"git", "fetch", "-q"}, Dir: last, Env: epochEnv(last)})
	return err
}

// eachMail calls visit with each mail of the epochs that came since a time, the oldest first, but those that were taken
// away later. Of a mail that is too large raw is nil.
func eachMail(ctx context.Context, epochs []string, since time.Time, visit func(epoch, hash string, raw []byte) error) error {
	added := make([]string, len(epochs))
	gone := map[string]int{} // a mail may have been added again
	for i, epoch := range epochs {
		var err error
		if added[i], err = changes(ctx, epoch, since, gone); err != nil {
			return fmt.Errorf("%s: %w", epoch, err)
		}
	}
	for i, epoch := range epochs {
		if err := catFiles(ctx, epoch, added[i], func(hash string, raw []byte) error {
			if gone[hash] > 0 {
				gone[hash]--
				return nil
			}
			return visit(epoch, hash, raw)
		}); err != nil {
			return fmt.Errorf("%s: %w", epoch, err)
		}
	}
	return nil
}

// changes returns the mails that the commits of an epoch since a time add, by a file m, a line each, and counts in gone those
// that they take away, by a file d.
func changes(ctx context.Context, epoch string, since time.Time, gone map[string]int) (string, error) {
	args := []string{"git", "rev-list", "--reverse"}
	if !since.IsZero() {
		args = append(args, "--since="+since.UTC().Format(time.RFC3339))
	}
	revs, err := run.Output(ctx, run.Cmd{Args: append(args, "HEAD"), Dir: epoch, Env: epochEnv(epoch)})
	if err != nil {
		return "", err
	}
	var added strings.Builder
	err = answers(ctx, epoch, string(revs), []string{"git", "diff-tree", "--stdin", "--root", "-r", "--no-commit-id", "--no-renames"}, func(r *bufio.Reader) error {
		for {
			line, err := r.ReadString('\n')
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			// ":000000 100644 OLD NEW A\tm"
			fields := strings.Fields(line)
			if len(fields) != 6 || fields[4] == "D" {
				continue
			}
			switch fields[5] {
			case "m":
				added.WriteString(fields[3] + "\n")
			case "d":
				gone[fields[3]]++
			}
		}
	})
	return added.String(), err
}

// epochEnv is the environment of git in an epoch. The folder is not looked for above it, and is named by
// no variable, so that git's own rule about other people's repositories holds.
func epochEnv(epoch string) []string {
	return run.GitEnv("GIT_CEILING_DIRECTORIES=" + filepath.Dir(epoch))
}

// catFiles calls visit with each of the objects that names lists, a line each.
func catFiles(ctx context.Context, epoch, names string, visit func(hash string, raw []byte) error) error {
	return answers(ctx, epoch, names, []string{"git", "cat-file", "--batch", "--buffer"}, func(r *bufio.Reader) error { return readBatch(r, visit) })
}

// answers runs git in an epoch with the lines asked on its standard input, and has read look at what it answers.
func answers(ctx context.Context, epoch, asked string, args []string, read func(*bufio.Reader) error) error {
	cmd := run.Command(ctx, run.Cmd{Args: args, Dir: epoch, Env: epochEnv(epoch), Stdin: strings.NewReader(asked)})
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := read(bufio.NewReaderSize(out, 1<<16))
	if readErr != nil {
		io.Copy(io.Discard, out)
	}
	return errors.Join(readErr, cmd.Wait())
}

// readBatch reads what git cat-file --batch prints: a line "HASH blob SIZE", the object and a line end,
// or "NAME missing". Of an object that is too large raw is nil.
func readBatch(r *bufio.Reader, visit func(hash string, raw []byte) error) error {
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		words := strings.Fields(line)
		if len(words) == 2 {
			continue
		}
		if len(words) != 3 {
			return fmt.Errorf("git cat-file answers %q", line)
		}
		size, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			return err
		}
		if size > mail.MaxMail {
			if _, err := io.CopyN(io.Discard, r, size+1); err != nil {
				return err
			}
			if err := visit(words[0], nil); err != nil {
				return err
			}
			continue
		}
		raw := make([]byte, size)
		if _, err := io.ReadFull(r, raw); err != nil {
			return err
		}
		if _, err := r.ReadByte(); err != nil {
			return err
		}
		if words[1] == "blob" {
			if err := visit(words[0], raw); err != nil {
				return err
			}
		}
	}
}

// An inbox is what is kept of the mails of a local archive while those that are wanted are looked for.
type inbox struct {
	letters []letter
	byID    map[string]int
	fits    func(l *letter, raw []byte) bool // may be nil
}

// A letter is one mail by its headers, and where it is.
type letter struct {
	id, title, author string
	refs              []string // what it answers
	patch             bool     // its subject says PATCH, and it is no reply
	found             bool     // it fits what is looked for
	epoch, hash       string
}

func (b *inbox) add(epoch, hash string, raw []byte) {
	if b.byID == nil {
		b.byID = map[string]int{}
	}
	head := raw
	if i := bytes.Index(raw, []byte("\n\n")); i >= 0 {
		head = raw[:i+1]
	}
	h := mail.ParseHeaders(mail.Unmail(head, false, false))
	subject := mail.ParseSubject(string(mail.DecodeLoosely(h.Get("Subject"))))
	_, author := mail.ParseFrom(h.Get("From"))
	l := letter{id: mail.FirstID(h.Get("Message-ID")), title: subject.Title, author: strings.ToLower(author), patch: subject.Patch && !subject.Reply,
		refs: append(mail.MessageIDs(h.Get("In-Reply-To")), mail.MessageIDs(h.Get("References"))...), epoch: epoch, hash: hash}
	l.found = b.fits != nil && b.fits(&l, raw)
	if _, ok := b.byID[l.id]; !ok {
		b.byID[l.id] = len(b.letters)
	}
	b.letters = append(b.letters, l)
}

// related returns the mails of the thread of id, and of the threads in which the same sender posted a
// patch or a cover letter of the same title; nil where there is no such mail.
func (b *inbox) related(id string) map[int]bool {
	first, ok := b.byID[id]
	if !ok {
		return nil
	}
	threads := b.threads()
	roots := map[int]bool{threads[first]: true}
	type post struct{ title, author string }
	posts := map[post]bool{}
	for i, l := range b.letters {
		if threads[i] == threads[first] && l.patch {
			posts[post{l.title, l.author}] = true
		}
	}
	for i, l := range b.letters {
		if l.patch && posts[post{l.title, l.author}] {
			roots[threads[i]] = true
		}
	}
	wanted := map[int]bool{}
	for i := range b.letters {
		if roots[threads[i]] {
			wanted[i] = true
		}
	}
	return wanted
}

// threads returns for each mail a number that all of its thread share. A mail joins the threads of all
// that it answers, here or not.
func (b *inbox) threads() []int {
	up := make([]int, len(b.letters))
	for i := range up {
		up[i] = i
	}
	root := func(i int) int {
		for up[i] != i {
			up[i] = up[up[i]]
			i = up[i]
		}
		return i
	}
	absent := map[string]int{} // who else answers a mail that is not here
	for i, l := range b.letters {
		if l.id != "" {
			up[root(i)] = root(b.byID[l.id]) // another mail of its Message-ID
		}
		for _, ref := range l.refs {
			to, ok := b.byID[ref]
			if !ok {
				if to, ok = absent[ref]; !ok {
					absent[ref] = i
					continue
				}
			}
			up[root(i)] = root(to)
		}
	}
	out := make([]int, len(up))
	for i := range out {
		out[i] = root(i)
	}
	return out
}

// mailbox reads the wanted mails into one mailbox.
func (b *inbox) mailbox(ctx context.Context, wanted map[int]bool) (*Input, error) {
	names := map[string]*strings.Builder{}
	var epochs []string
	for i, l := range b.letters {
		if !wanted[i] {
			continue
		}
		if names[l.epoch] == nil {
			names[l.epoch] = new(strings.Builder)
			epochs = append(epochs, l.epoch)
		}
		names[l.epoch].WriteString(l.hash + "\n")
	}
	return mailbox(func(write func(hash string, raw []byte) error) error {
		for _, epoch := range epochs {
			if err := catFiles(ctx, epoch, names[epoch].String(), write); err != nil {
				return err
			}
		}
		return nil
	})
}

// mailbox makes a mailbox of the mails that each gives to write.
func mailbox(each func(write func(hash string, raw []byte) error) error) (*Input, error) {
	r, w := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.CloseWithError(each(func(_ string, raw []byte) error {
			_, err := w.Write(mail.Mboxrd(mail.Unmail(raw, false, false)))
			return err
		}))
	}()
	in, err := newInput("", r)
	r.CloseWithError(io.ErrClosedPipe)
	<-ended
	return in, err
}
