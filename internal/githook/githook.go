// SPDX-License-Identifier: GPL-2.0-only

// Package githook puts hooks into a git repository that have lsmpatch judge what leaves it, and says what that is.
//
// For most uses, call [Install] and [Uninstall]; what a hook is given is read by [Pushed] and [Sending.Sent]. A hook of the
// user's is never overwritten: it is moved aside and called first where the user asks for that, and comes back when
// ours goes.
package githook

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// The hooks that there are.
const (
	PrePush           = "pre-push"
	SendemailValidate = "sendemail-validate"
)

// Names are the hooks that Install knows.
var Names = []string{PrePush, SendemailValidate}

// mark is in the second line of each hook of ours.
const mark = "# Made by lsmpatch hook install; lsmpatch hook uninstall takes it away."

// before ends the name of a hook of the user's that ours calls first.
const before = ".before-lsmpatch"

// Install writes the hook name to dir, which calls program. Where the user has such a hook already it is an error with
// a hint or, with chain, called first, and ours only where it allows it. A hook of ours is written anew.
func Install(dir, name, program string, chain bool) error {
	file := filepath.Join(dir, name)
	if dir == os.DevNull {
		return hint.Wrap(fmt.Errorf("core.hooksPath is %s, which turns hooks off", dir), "git config --unset core.hooksPath, or set it for this repository")
	}
	ours, err := isOurs(file)
	if link, e := os.Readlink(file); e == nil && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is a hook already: %s, which leads to %s, where nothing is", file, link)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !ours && !chain:
		return hint.Wrap(fmt.Errorf("there is a hook already: %s", file), "--chain keeps it, and calls it first")
	case !ours:
		if _, err := os.Lstat(file + before); err == nil {
			return fmt.Errorf("%s%s is there already", file, before)
		}
		if err := os.Rename(file, file+before); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return write(file, script(name, program))
}

// write writes a program whole or not at all, and never through a link.
func write(file, text string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".lsmpatch-hook-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Chmod(0o755), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// Uninstall removes the hook name from dir where it is ours, and puts the user's back. It reports whether it was there.
func Uninstall(dir, name string) (bool, error) {
	file := filepath.Join(dir, name)
	ours, err := isOurs(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !ours {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := os.Rename(file+before, file); !errors.Is(err, fs.ErrNotExist) {
		return err == nil, err
	}
	return true, os.Remove(file)
}

func isOurs(file string) (bool, error) {
	text, err := os.ReadFile(file)
	return bytes.Contains(text, []byte(mark)), err
}

// script returns the text of a hook. Standard input can be read once, so that the user's hook gets a copy.
func script(name, program string) string {
	call := fmt.Sprintf("exec %s hook run %s -- \"$@\"\n", quote(program), name)
	head := "#!/bin/sh\n" + mark + "\n"
	if name != PrePush {
		return head + fmt.Sprintf(`if [ -x "$0%s" ]; then "$0%[1]s" "$@" || exit; fi`+"\n", before) + call
	}
	return head + fmt.Sprintf(`if [ -x "$0%s" ]; then
	refs=$(cat; echo .)
	refs=${refs%%.}
	printf %%s "$refs" | "$0%[1]s" "$@" || exit
	printf %%s "$refs" | %s
	exit
fi
`, before, strings.TrimPrefix(strings.TrimSuffix(call, "\n"), "exec ")) + call
}

// quote returns s as one word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
