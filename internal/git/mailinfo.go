// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// Mailinfo has git mailinfo take mail apart, with args of its, for commits in encoding. It returns what that
// prints, the message and the patch. Where git refuses the mail the error is a [*run.Error].
func Mailinfo(ctx context.Context, mail []byte, encoding string, args []string) (info, message, patch []byte, err error) {
	dir, err := os.MkdirTemp("", "lsmpatch-mailinfo-")
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	// Git has a flag for the encoding, and makes nothing of it.
	cmd := []string{"git", "-c", "i18n.commitEncoding=" + cmp.Or(encoding, "UTF-8"), "mailinfo"}
	info, err = run.Output(ctx, run.Cmd{
		Args: append(append(cmd, args...), "message", "patch"), Dir: dir, Env: run.GitEnv(), Stdin: bytes.NewReader(mail),
	})
	if err != nil {
		return nil, nil, nil, err
	}
	if message, err = os.ReadFile(filepath.Join(dir, "message")); err != nil {
		return nil, nil, nil, err
	}
	patch, err = os.ReadFile(filepath.Join(dir, "patch"))
	return info, message, patch, err
}
