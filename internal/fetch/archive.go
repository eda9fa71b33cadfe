// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// archiveNote, in the repository's folder, says which archives were imported: lines of the
// archive's sha256 and the commit.
const archiveNote = "lsmpatch-archives"

// importMark is in the repository's folder while an import writes files into an empty worktree.
const importMark = "lsmpatch-importing"

// fetchArchive is Fetch from an archive.
func fetchArchive(ctx context.Context, opts *Options) (*Fetched, error) {
	sum, err := hashFile(opts.Archive)
	if err != nil {
		return nil, err
	}
	note, err := verifyArchive(ctx, opts, sum)
	if err != nil {
		return nil, err
	}
	if err := clearBroken(opts.Dir); err != nil {
		return nil, err
	}
	r, err := openOrInit(ctx, opts.Dir)
	if err != nil {
		return nil, err
	}
	defer r.Store.Close()
	if note != "" {
		opts.tell(note)
	}
	out := &Fetched{Dir: opts.Dir, Source: opts.Archive, Commit: importedBefore(r, sum), Note: note}
	head, headErr := r.RefValue("HEAD")
	if out.Commit != "" && headErr == nil {
		if out.Changed = head != out.Commit; out.Changed {
			err = checkoutCommit(r, ctx, out.Commit, opts)
		}
		return out, err
	}
	out.Changed = true
	fresh := headErr != nil && r.Worktree != ""
	if fresh {
		if err := mustBeEmpty(r); err != nil {
			return nil, err
		}
	}
	if fresh {
		// A fresh worktree is filled at once; in one that is in use, git does it afterwards.
		if err := os.WriteFile(filepath.Join(r.GitDir, importMark), nil, 0o666); err != nil {
			return nil, err
		}
	}
	if out.Commit, err = importArchive(r, ctx, opts, sum, fresh); err != nil && fresh {
		err = errors.Join(err, clearBroken(opts.Dir))
	}
	if err == nil && !fresh {
		err = checkoutCommit(r, ctx, out.Commit, opts)
	}
	return out, err
}

// mustBeEmpty refuses a repository that holds anything: after a failed import all would be removed.
func mustBeEmpty(r *git.Repo) error {
	for dir, known := range map[string][]string{r.Worktree: {".git"}, filepath.Join(r.CommonDir, "objects"): {"info", "pack"}, filepath.Join(r.CommonDir, "objects", "pack"): nil} {
		list, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range list {
			if !slices.Contains(known, e.Name()) {
				return hint.Wrap(fmt.Errorf("%s has no commit checked out, but holds %s", r.Worktree, e.Name()), "name another folder")
			}
		}
	}
	return nil
}

// clearBroken empties a folder whose first import was killed or failed.
func clearBroken(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, ".git", importMark)); err != nil {
		return nil
	}
	// The mark goes last: it is in .git.
	return removeAll(dir, ".git")
}

// removeAll empties a folder; what is called last goes last.
func removeAll(dir, last string) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		if e.Name() != last {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if last == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(dir, last))
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func importedBefore(r *git.Repo, sum string) odb.Hash {
	data, err := os.ReadFile(filepath.Join(r.GitDir, archiveNote))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), sum+" "); ok && r.Store.Has(odb.Hash(id).Raw()) {
			return odb.Hash(id)
		}
	}
	return ""
}

// importArchive makes a commit of an archive, and, in a fresh repository, index and worktree.
func importArchive(r *git.Repo, ctx context.Context, opts *Options, sum string, fresh bool) (odb.Hash, error) {
	stream, err := decompress(ctx, opts.Archive)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	im, err := newImporter(r, fresh, opts.Progress)
	if err != nil {
		return "", err
	}
	if err := im.readTar(ctx, stream); err != nil {
		return "", errors.Join(fmt.Errorf("%s: %w", opts.Archive, err), im.pack.Discard())
	}
	if err := stream.Close(); err != nil {
		return "", errors.Join(fmt.Errorf("%s: %w", opts.Archive, err), im.pack.Discard())
	}
	id, err := im.commit(importDraft(im.top, im.newest))
	if err != nil {
		return "", err
	}
	r.Store.Refresh()
	if fresh {
		if err := im.writeIndex(); err != nil {
			return "", err
		}
	}
	if err := keepImport(r, ctx, id, sum, fresh); err != nil {
		return "", err
	}
	return id, nil
}

// keepImport points refs at the commit, and notes the archive.
func keepImport(r *git.Repo, ctx context.Context, id odb.Hash, sum string, fresh bool) error {
	if _, err := r.Git(ctx, "update-ref", fetchedRef, string(id)); err != nil {
		return err
	}
	if fresh {
		if _, err := r.Git(ctx, "update-ref", "--no-deref", "HEAD", string(id)); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(filepath.Join(r.GitDir, archiveNote), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s %s\n", sum, id)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	err = os.Remove(filepath.Join(r.GitDir, importMark))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// importDraft says who commits an archive, and when: what depends on its content alone, so that
// everybody who imports it has the same commit.
func importDraft(top string, newest time.Time) *git.Draft {
	sig := object.Signature{Name: "lsmpatch developers", Email: "lsmpatch@example.org", When: newest.UTC()}
	return &git.Draft{Author: sig, Committer: sig, Message: "Import " + top + "\n"}
}

// decompress opens an archive and tells its compression by its first bytes. Close returns an error
// where the compressed data was damaged.
func decompress(ctx context.Context, name string) (io.ReadCloser, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 6)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	var r io.Reader
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")):
		if _, err := exec.LookPath("xz"); err == nil {
			// Some ten times as fast as the library.
			return startFilter(ctx, f, "xz", "-d", "-c", "-q", "-T0")
		}
		r, err = xz.NewReader(f)
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		r, err = gzip.NewReader(f)
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		var z *zstd.Decoder
		z, err = zstd.NewReader(f, zstd.WithDecoderMaxMemory(1<<30))
		if err == nil {
			return &filtered{Reader: z, close: func() error { z.Close(); return f.Close() }}, nil
		}
	default:
		r = f
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	return &filtered{Reader: r, close: f.Close}, nil
}

// A filtered is a reader that is closed once.
type filtered struct {
	io.Reader
	close func() error
}

func (f *filtered) Close() error {
	if f.close == nil {
		return nil
	}
	end := f.close
	f.close = nil
	return end()
}

// startFilter pipes a file through a program.
func startFilter(ctx context.Context, in *os.File, args ...string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	cmd := run.Command(ctx, run.Cmd{Args: args, Stdin: in})
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, errors.Join(run.NewError(ctx, cmd, nil, err), in.Close())
	}
	drained := &endReader{Reader: out}
	return &filtered{Reader: drained, close: func() error {
		if !drained.ended {
			// Whoever closes early has an error of its own.
			cancel()
		}
		err := cmd.Wait()
		closeErr := in.Close()
		defer cancel()
		if err != nil && drained.ended {
			return run.NewError(ctx, cmd, stderr.Bytes(), err)
		}
		return closeErr
	}}, nil
}

// An endReader knows whether its reader was read to the end.
type endReader struct {
	io.Reader
	ended bool
}

func (e *endReader) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	e.ended = e.ended || errors.Is(err, io.EOF)
	return n, err
}

// commit makes trees and commit, and finishes the pack.
func (im *importer) commit(s *git.Draft) (odb.Hash, error) {
	root, err := im.buildTree("")
	if err != nil {
		return "", errors.Join(err, im.pack.Discard())
	}
	data, err := git.EncodeCommit(root, nil, s)
	if err != nil {
		return "", errors.Join(err, im.pack.Discard())
	}
	id, err := im.put(plumbing.CommitObject, data, im.deflater)
	if err != nil {
		return "", errors.Join(err, im.pack.Discard())
	}
	return odb.HashOf(id), im.pack.Finish()
}
