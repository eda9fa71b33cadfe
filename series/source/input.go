// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/ulikunitz/xz"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/limit"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

const (
	// maxInput is how much one input may hold once it is decompressed.
	maxInput = limit.InputBytes
	// maxInMemory is how much of a stream is kept in memory; a longer one goes to a file.
	maxInMemory = 8 << 20
	// maxRatio is how many times its size compressed mail may unpack to, beyond freeUnpacked; mailing lists unpack
	// to 4 to 8 times theirs.
	maxRatio     = limit.UnpackTimes
	freeUnpacked = 1 << 20
	// maxPackedFiles is how much the compressed files of one folder may unpack to; they are kept in memory.
	maxPackedFiles = limit.FolderBytes
)

// ErrNoPatches is the error for mails that hold no patch.
var ErrNoPatches = errors.New("no patches")

// Options says where mails come from.
type Options struct {
	Stdin       io.Reader // read for the name "-"
	Commits     func(ctx context.Context, spec string) ([]byte, error)
	Archive     string // the URL of a public-inbox server
	Client      *http.Client
	RetryPause  time.Duration // before a failed request is made again, one second if 0
	Progress    io.Writer     // may be nil
	PatchFormat string        // one of PatchFormats, or ""
	PassOver    func(error)   // is told of a mail that is too large; may be nil
	Since       time.Time     // leaves out what came into a local archive in git before, where it is set
}

var errTooLarge = errors.New("more than the limit")

// An Input is one mailbox that can be read at any place, more than once.
type Input struct {
	Name  string // as the user named it
	Batch int    // inputs of one argument, or of one list of files, share it

	Single    bool // one mail, as in a maildir
	Files     bool // one of several files that make a series
	Ordered   bool // the inputs of the batch are a series in this order, whatever they say
	Mboxrd    bool
	Pipermail bool
	// Archive is set where the mails are what a list's archive holds: a thread from a server, a
	// public-inbox mailbox, a maildir. Wanted is then the Message-ID that the user named, or "".
	Archive bool
	Wanted  string
	mbox    bool // may hold several mails, so that a position needs the line

	format string // one of PatchFormats, or "" for a mailbox that is no file

	// Turn is what the list that names the input says of its diff.
	Turn mail.Turn

	path string // read from this file
	mem  []byte // or from memory
	file *os.File
}

// A ReadAtCloser is a mailbox that is read at places, and closed.
type ReadAtCloser interface {
	io.ReaderAt
	io.Closer
}

type nopCloser struct{ io.ReaderAt }

func (nopCloser) Close() error { return nil }

// Open returns the mails of the input.
func (in *Input) Open() (ReadAtCloser, error) {
	if !in.IsForeign() {
		return in.openRaw()
	}
	mail, err := in.mail()
	if err != nil {
		return nil, err
	}
	return nopCloser{bytes.NewReader(mail)}, nil
}

// openRaw returns the bytes of the input.
func (in *Input) openRaw() (ReadAtCloser, error) {
	switch {
	case in.path != "":
		return os.Open(in.path)
	case in.file != nil:
		return nopCloser{in.file}, nil
	}
	return nopCloser{bytes.NewReader(in.mem)}, nil
}

// isEmpty reports whether the input has nothing but white space at its start.
func (in *Input) isEmpty() (bool, error) {
	r, err := in.Open()
	if err != nil {
		return false, err
	}
	defer r.Close()
	head := make([]byte, 4096)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return false, err
	}
	return len(bytes.TrimLeft(head[:n], mail.GitSpace)) == 0, nil
}

func (in *Input) close() {
	if in.file != nil {
		in.file.Close()
	}
}

// Source returns where a mail of this input that starts at line comes from.
func (in *Input) Source(line int) string {
	if line <= 1 && !in.mbox {
		return in.Name
	}
	return fmt.Sprintf("%s:%d", in.Name, line)
}

// newInput reads r, decompressed where it is gzip or xz, into memory or a temporary file.
func newInput(name string, r io.Reader) (*Input, error) { return limitedInput(name, r, maxInput) }

// limitedInput is newInput with another limit than maxInput.
func limitedInput(name string, r io.Reader, limit int64) (*Input, error) {
	in := &Input{Name: name}
	r, err := unpack(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var head bytes.Buffer
	_, err = io.CopyN(&head, r, maxInMemory)
	if errors.Is(err, io.EOF) {
		in.mem = head.Bytes()
		return in, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if in.file, err = spool(&head, r, limit); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return in, nil
}

// spool copies head and rest, at most limit bytes, into a temporary file without a name.
func spool(head, rest io.Reader, limit int64) (*os.File, error) {
	f, err := os.CreateTemp("", "lsmpatch-mbox-")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name())
	n, err := io.Copy(f, io.LimitReader(io.MultiReader(head, rest), limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("%w of %d MB", errTooLarge, limit>>20)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// unpack is decompress with a bound on how much a little may become.
func unpack(r io.Reader) (io.Reader, error) {
	packed := &counter{r: r}
	br := bufio.NewReader(packed)
	unpacked, err := decompress(br)
	if err != nil || isPlain(unpacked) {
		return unpacked, err
	}
	return &counter{r: unpacked, check: func(n int64) error {
		if n > freeUnpacked && n > maxRatio*packed.n {
			return fmt.Errorf("%w: it unpacks to over %d times its size", errTooLarge, maxRatio)
		}
		return nil
	}}, nil
}

// A counter counts what is read through it, and may end that.
type counter struct {
	r     io.Reader
	n     int64
	check func(n int64) error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.check != nil && err == nil {
		err = c.check(c.n)
	}
	return n, err
}

// decompress returns what r holds, decompressed where it is gzip or xz.
func decompress(r *bufio.Reader) (io.Reader, error) {
	magic, _ := r.Peek(6)
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("reading gzip data: %w", err)
		}
		return z, nil
	case bytes.HasPrefix(magic, []byte("\xfd7zXZ\x00")):
		z, err := xz.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("reading xz data: %w", err)
		}
		return z, nil
	}
	return r, nil
}

// namedInput makes an input of a file that the user named, and that may be a FIFO or a device, too.
func namedInput(path string) (*Input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return fileInput(path, f)
}

// foundInput makes an input of a file that was found in a folder, or in a list.
func foundInput(path string) (*Input, error) {
	f, err := below.OpenFile(path)
	if err != nil {
		return nil, err
	}
	return fileInput(path, f)
}

// fileInput makes an input of a file, which it closes: read in place, or once for all where it is compressed or
// no regular file.
func fileInput(path string, f *os.File) (*Input, error) {
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var magic [6]byte
	if info.Mode().IsRegular() {
		n, err := f.ReadAt(magic[:], 0)
		if err != nil && err != io.EOF {
			return nil, err
		}
		if r, err := decompress(bufio.NewReader(bytes.NewReader(magic[:n]))); err == nil && isPlain(r) {
			return &Input{Name: path, path: path}, nil
		}
	}
	return newInput(path, f)
}

func isPlain(r io.Reader) bool {
	_, ok := r.(*bufio.Reader)
	return ok
}

// CloseAll closes what inputs hold open.
func CloseAll(inputs []*Input) {
	for _, in := range inputs {
		in.close()
	}
}
