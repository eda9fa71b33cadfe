// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/ident"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Signer signs commits as git commit --gpg-sign does: by the program, in the format and with the key that
// the configuration names (gpg-interface.c of git).
type Signer struct {
	format, program, key string
	dir                  string // where it runs
}

// Signer returns what signs commits of t. The key is that of the configuration where it is "", and where that
// names none, the one of the committer.
func (r *Repo) Signer(ctx context.Context, key string, committer *object.Signature) (*Signer, error) {
	am, err := r.AmConfig(ctx)
	if err != nil {
		return nil, err
	}
	s := &Signer{format: cmp.Or(am.signing["gpg.format"], "openpgp"), dir: r.Top()}
	s.program = am.signing["gpg."+s.format+".program"]
	switch s.format {
	case "openpgp":
		s.program = cmp.Or(s.program, am.signing["gpg.program"], "gpg")
	case "x509":
		s.program = cmp.Or(s.program, "gpgsm")
	case "ssh":
		s.program = cmp.Or(s.program, "ssh-keygen")
	default:
		return nil, hint.Wrap(fmt.Errorf("gpg.format is %q", s.format), "git knows openpgp, x509 and ssh")
	}
	s.key = cmp.Or(key, am.signing["user.signingkey"])
	switch command := am.signing["gpg.ssh.defaultkeycommand"]; {
	case s.key != "":
	case s.format != "ssh":
		s.key = fmt.Sprintf("%s <%s>", ident.Committed(committer.Name), ident.Committed(committer.Email))
	case command != "":
		out, err := run.Output(ctx, run.Cmd{Args: []string{"sh", "-c", command}, Dir: s.dir})
		if err != nil {
			return nil, fmt.Errorf("gpg.ssh.defaultKeyCommand: %w", err)
		}
		s.key, _, _ = strings.Cut(string(out), "\n")
	}
	if s.key == "" {
		return nil, hint.Wrap(errors.New("user.signingKey names no SSH key to sign commits with"), "set it, or give --no-gpg-sign")
	}
	return s, nil
}

// Sign returns the signature of a commit without one.
func (s *Signer) Sign(ctx context.Context, commit []byte) ([]byte, error) {
	sign := s.byGPG
	if s.format == "ssh" {
		sign = s.bySSH
	}
	sig, err := sign(ctx, commit)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("signing a commit: %w", err), "--no-gpg-sign leaves commits without a signature")
	}
	return bytes.ReplaceAll(sig, []byte("\r\n"), []byte("\n")), nil
}

func (s *Signer) byGPG(ctx context.Context, commit []byte) ([]byte, error) {
	var said bytes.Buffer
	sig, err := run.Output(ctx, run.Cmd{
		Args: []string{s.program, "--status-fd=2", "-bsau", s.key}, Stdin: bytes.NewReader(commit), Said: &said, Dir: s.dir,
	})
	if err == nil && !strings.Contains(said.String(), "[GNUPG:] SIG_CREATED ") {
		err = fmt.Errorf("%s made no signature", s.program)
	}
	return sig, err
}

func (s *Signer) bySSH(ctx context.Context, commit []byte) (_ []byte, err error) {
	dir, err := os.MkdirTemp("", "lsmpatch-sign-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	args := []string{s.program, "-Y", "sign", "-n", "git", "-f"}
	file := filepath.Join(dir, "commit")
	literal, isLiteral := strings.CutPrefix(s.key, "key::")
	if isLiteral || strings.HasPrefix(s.key, "ssh-") {
		key := filepath.Join(dir, "key")
		if err := os.WriteFile(key, []byte(literal), 0o600); err != nil {
			return nil, err
		}
		args = append(args, key, "-U")
	} else {
		args = append(args, s.key)
	}
	if err := os.WriteFile(file, commit, 0o600); err != nil {
		return nil, err
	}
	if _, err := run.Output(ctx, run.Cmd{Args: append(args, file), Dir: s.dir}); err != nil {
		return nil, err
	}
	return os.ReadFile(file + ".sig")
}

// AddSignature puts a signature at the end of a commit's headers.
func AddSignature(commit, sig []byte, format odb.Format) []byte {
	header := "gpgsig"
	if format.Size > 20 {
		header = "gpgsig-sha256"
	}
	head, message, _ := bytes.Cut(commit, []byte("\n\n"))
	lines := strings.ReplaceAll(strings.TrimSuffix(string(sig), "\n"), "\n", "\n ")
	return fmt.Appendf(nil, "%s\n%s %s\n\n%s", head, header, lines, message)
}
