// SPDX-License-Identifier: GPL-2.0-only

package pull

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// protocols are those by which a mail's URL may be fetched. None of them runs what the URL says.
const protocols = "file:git:http:https"

// A scratch is a repository of its own that sees the objects of a tree, and gets what is fetched: the tree is
// only read.
type scratch struct {
	ctx    context.Context
	dir    string
	config []string // options of git
	env    []string
}

// newScratch makes one below the folder for what is temporary.
func newScratch(ctx context.Context, objects string) (*scratch, error) {
	dir, err := os.MkdirTemp("", "lsmpatch-pull-")
	if err != nil {
		return nil, err
	}
	s := &scratch{ctx: ctx, dir: dir, env: []string{"GIT_ALLOW_PROTOCOL=" + protocols, "GNUPGHOME=" + filepath.Join(dir, "gnupg")}}
	if objects, err = filepath.Abs(objects); err == nil {
		_, err = s.git("init", "-q", "--bare", ".")
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "objects", "info", "alternates"), []byte(objects+"\n"), 0o666)
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "gnupg"), 0o700)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *scratch) close() { os.RemoveAll(s.dir) }

// git runs git there and returns what it prints.
func (s *scratch) git(args ...string) (string, error) {
	out, err := run.Output(s.ctx, s.command(args...))
	return string(out), err
}

func (s *scratch) command(args ...string) run.Cmd {
	return run.Cmd{Args: slices.Concat([]string{"git"}, s.config, args), Dir: s.dir, Env: run.GitEnv(s.env...)}
}

// commit returns the commit that rev leads to, or "".
func (s *scratch) commit(rev string) string {
	out, err := s.git("rev-parse", "-q", "--verify", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}

const pulled = "refs/pull/head"

// fetch gets what r names into the ref pulled.
func (s *scratch) fetch(r *Request) error {
	if strings.HasPrefix(r.URL, "-") || strings.HasPrefix(r.Ref, "-") {
		return fmt.Errorf("%q %q is no place to fetch from", r.URL, r.Ref)
	}
	_, err := s.git("fetch", "-q", "--no-tags", "--no-write-fetch-head", "--end-of-options", r.URL, cmp.Or(r.Ref, "HEAD")+":"+pulled)
	if err != nil {
		return hint.Wrap(fmt.Errorf("fetching %s of %s: %w", cmp.Or(r.Ref, "HEAD"), r.URL, err), "is there a network? A local clone is named in the mail as file:///DIR")
	}
	return nil
}

// trust takes the public keys of a file: an OpenPGP keyring, or the allowed signers of ssh. Without a file it
// takes those of the user's own OpenPGP keyring.
func (s *scratch) trust(file string) error {
	if file == "" {
		return s.trustOwn()
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !bytes.Contains(raw, []byte("BEGIN PGP")) && (len(raw) == 0 || raw[0] < 0x80) {
		path, err := filepath.Abs(file)
		s.config = append(s.config, "-c", "gpg.ssh.allowedSignersFile="+path)
		return err
	}
	_, err = run.Output(s.ctx, run.Cmd{Args: []string{"gpg", "--batch", "--quiet", "--import"}, Stdin: bytes.NewReader(raw), Env: run.GitEnv(s.env...)})
	return err
}

// trustOwn copies the user's public keys: gpg writes into the folder that it reads them from.
func (s *scratch) trustOwn() error {
	home := os.Getenv("GNUPGHOME")
	if home == "" {
		user, err := os.UserHomeDir()
		if err != nil {
			return nil // then there are none
		}
		home = filepath.Join(user, ".gnupg")
	}
	for _, name := range []string{"pubring.kbx", "pubring.gpg"} {
		raw, err := os.ReadFile(filepath.Join(home, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.dir, "gnupg", name), raw, 0o600); err != nil {
			return err
		}
	}
	return nil
}
