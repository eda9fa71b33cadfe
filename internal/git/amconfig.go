// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// An AmConfig is what the configuration of a repository and its user says of git am; zero values where it
// says nothing.
type AmConfig struct {
	// Whitespace is apply.whitespace, IgnoreWhitespace apply.ignoreWhitespace.
	Whitespace, IgnoreWhitespace string
	// ThreeWay, KeepCR and MessageID are am.threeWay, am.keepcr and am.messageid.
	ThreeWay, KeepCR, MessageID bool
	// Scissors and QuotedCR are mailinfo.scissors and mailinfo.quotedCr.
	Scissors bool
	QuotedCR string
	// Sign is commit.gpgSign.
	Sign bool
	// Encoding is i18n.commitEncoding, "" for UTF-8.
	Encoding string

	hooksPath string // core.hooksPath
	fsync     string // core.fsync
	// fsyncObjectFiles is what core.fsyncObjectFiles says.
	fsyncObjectFiles bool
	signing          map[string]string
}

// amKeys are the settings in an AmConfig.
const amKeys = `^(apply\.(whitespace|ignorewhitespace)|am\.(threeway|keepcr|messageid)|mailinfo\.(scissors|quotedcr)|` +
	`commit\.gpgsign|i18n\.commitencoding|core\.(hookspath|fsync|fsyncobjectfiles)|user\.signingkey|gpg\.(.*\.)?[a-z]+)$`

// AmConfig reads the configuration once. In a plain directory it is empty.
func (r *Repo) AmConfig(ctx context.Context) (*AmConfig, error) {
	if r == nil {
		return &AmConfig{}, nil
	}
	if r.am != nil {
		return r.am, nil
	}
	get, err := r.lookUp(ctx, amKeys)
	if err != nil {
		return nil, err
	}
	var wrong error
	// typed has git read a value.
	typed := func(kind, key string) string {
		cmd := r.AsUser(run.Cmd{Args: []string{"config", "--type=" + kind, "--get", key}})
		cmd.Env = ownGitEnv()
		out, err := run.Output(ctx, cmd)
		if err != nil {
			wrong = hint.Wrap(fmt.Errorf("reading %s: %w", key, err), "correct it with git config "+key+" VALUE")
		}
		return strings.TrimSpace(string(out))
	}
	text := func(key string) string { value, _ := get(key); return value }
	path := func(key string) string {
		value, _ := get(key)
		if strings.HasPrefix(value, "~") || strings.HasPrefix(value, "%(") {
			return typed("path", key)
		}
		return value
	}
	yes := func(key string) bool {
		value, set := get(key)
		switch strings.ToLower(value) {
		case "true", "yes", "on", "1":
			return true
		case "false", "no", "off", "0":
			return false
		}
		if !set {
			return false
		}
		// Only git tells a key without a value, which is true, from an empty one, and knows all numbers.
		return typed("bool", key) == "true"
	}
	conf := &AmConfig{
		Whitespace: text("apply.whitespace"), IgnoreWhitespace: text("apply.ignorewhitespace"),
		ThreeWay: yes("am.threeway"), KeepCR: yes("am.keepcr"), MessageID: yes("am.messageid"),
		Scissors: yes("mailinfo.scissors"), QuotedCR: text("mailinfo.quotedcr"),
		Sign: yes("commit.gpgsign"), Encoding: encodingName(text("i18n.commitencoding")),
		hooksPath: path("core.hookspath"), fsync: text("core.fsync"), fsyncObjectFiles: yes("core.fsyncobjectfiles"), signing: map[string]string{},
	}
	for _, key := range []string{"gpg.format", "gpg.program", "gpg.openpgp.program", "gpg.x509.program", "gpg.ssh.program", "gpg.ssh.defaultkeycommand"} {
		conf.signing[key] = text(key)
	}
	if conf.signing["gpg.format"] == "ssh" {
		conf.signing["user.signingkey"] = path("user.signingkey")
	} else {
		conf.signing["user.signingkey"] = text("user.signingkey")
	}
	if value, set := get("i18n.commitencoding"); set && value == "" {
		wrong = hint.Wrap(errors.New("i18n.commitEncoding names no encoding"), "correct it with git config i18n.commitEncoding VALUE")
	}
	if wrong != nil {
		return nil, wrong
	}
	r.am = conf
	return r.am, nil
}

// lookUp returns a function that looks settings up by their names in lower case, those that pattern matches. The
// value of one that is there without a value is "".
func (r *Repo) lookUp(ctx context.Context, pattern string) (func(key string) (value string, set bool), error) {
	if cfg, ok := r.userConfig(); ok {
		return func(key string) (string, bool) {
			section, key, _ := strings.Cut(key, ".")
			if !cfg.HasSection(section) {
				return "", false
			}
			s := cfg.Section(section)
			if sub, last, ok := strings.Cut(key, "."); ok {
				return s.Subsection(sub).Option(last), s.Subsection(sub).HasOption(last)
			}
			return s.Option(key), s.HasOption(key)
		}, nil
	}
	cmd := r.AsUser(run.Cmd{Args: []string{"config", "-z", "--get-regexp", pattern}})
	cmd.Env = ownGitEnv()
	out, err := run.Output(ctx, cmd)
	if err != nil && !Exited(err, 1) { // 1: there is none
		return nil, err
	}
	values := map[string]string{}
	for _, entry := range SplitZero(out) {
		key, value, _ := strings.Cut(entry, "\n")
		values[key] = value
	}
	return func(key string) (string, bool) { value, set := values[key]; return value, set }, nil
}

// HooksDir returns the folder in which git looks for hooks, and whether it is the one of the repository itself.
func (r *Repo) HooksDir(ctx context.Context) (dir string, own bool, err error) {
	am, err := r.AmConfig(ctx)
	if err != nil {
		return "", false, err
	}
	switch dir = am.hooksPath; {
	case dir == "":
		return filepath.Join(r.CommonDir, "hooks"), true, nil
	case !filepath.IsAbs(dir):
		dir = filepath.Join(r.Top(), dir)
	}
	return dir, false, nil
}

// Hook returns the path of a hook that git would run, "" where there is none.
func (r *Repo) Hook(ctx context.Context, name string) (string, error) {
	if r == nil {
		return "", nil
	}
	dir, _, err := r.HooksDir(ctx)
	if err != nil {
		return "", err
	}
	hook := filepath.Join(dir, name)
	if unix.Access(hook, unix.X_OK) != nil {
		return "", nil
	}
	return hook, nil
}

// RunHook has git run a hook, in the user's environment. What it says goes to out, which may be nil. Where it
// fails the error is a [*run.Error].
func (r *Repo) RunHook(ctx context.Context, name string, out io.Writer, args ...string) error {
	return r.runByUser(ctx, out, append([]string{"hook", "run", "--ignore-missing", name, "--"}, args...))
}

// Am has git am itself take a mailbox, in the user's environment, hooks and all. What it says goes to out. Where it
// stops at a conflict the error is a [*run.Error], and git am --continue goes on from there.
func (r *Repo) Am(ctx context.Context, out io.Writer, args ...string) error {
	return r.runByUser(ctx, out, append([]string{"am"}, args...))
}

// runByUser runs git as if the user had called it in the worktree.
func (r *Repo) runByUser(ctx context.Context, out io.Writer, args []string) error {
	cmd := run.Cmd{Args: args, Tee: out}
	if _, err := os.Lstat(filepath.Join(r.Top(), ".git")); err == nil {
		// Git finds the repository by itself: variables that name it would be new to a hook.
		cmd.Dir, cmd.Args = r.Top(), append([]string{"git"}, cmd.Args...)
	} else {
		cmd = r.AsUser(cmd)
	}
	cmd.Env = ownGitEnv()
	_, err := run.Output(ctx, cmd)
	return err
}

// ownGitEnv is the environment as the user has it for git, hooks and all.
func ownGitEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return slices.Contains(repositoryVars, key)
	})
}

// repositoryVars are the variables that lead git to another repository: git rev-parse --local-env-vars.
var repositoryVars = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_PREFIX", "GIT_NAMESPACE", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_NO_REPLACE_OBJECTS",
	"GIT_IMPLICIT_WORK_TREE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_CONFIG",
}

// Top returns the folder that git runs hooks in.
func (r *Repo) Top() string {
	if r == nil {
		return ""
	}
	if r.Worktree == "" {
		return r.GitDir
	}
	return r.Worktree
}

// encodingName returns "" for names that git takes for UTF-8, and others as they are.
func encodingName(name string) string {
	if lower := strings.ToLower(name); lower == "utf-8" || lower == "utf8" {
		return ""
	}
	return name
}
