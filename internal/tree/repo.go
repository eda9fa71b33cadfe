// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/config"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A repo is a git repository, seen from one of its worktrees or from none.
type repo struct {
	worktree  string // "" for a bare repository
	gitDir    string // of this worktree: HEAD, index
	commonDir string // of all worktrees: objects, refs, config
	config    *config.Config
	// configFiles are those that config is read from, there or not.
	configFiles []string
	format      objectFormat
	refFormat   string // "files" or "reftable"
	store       *store
	am          *AmConfig // once it was read
	// user is the configuration with the user's; see userConfig.
	user     *config.Config
	userRead bool
	// step, which only tests set, is called before each write that a kill could come between.
	step func(name string)
}

// findRepo finds the repository of dir, there or above; nil where dir is in none.
func findRepo(dir string) (*repo, error) {
	for at := dir; ; at = filepath.Dir(at) {
		if r, err := repoAt(at); r != nil || err != nil || at == filepath.Dir(at) {
			return r, err
		}
	}
}

// repoAt returns the repository whose worktree's top, or whose own folder, is dir; nil where none is.
func repoAt(dir string) (*repo, error) {
	dotGit := filepath.Join(dir, ".git")
	info, err := os.Stat(dotGit)
	switch {
	case err == nil && info.IsDir():
		if !isGitDir(dotGit) {
			return nil, nil
		}
		return openRepo(dotGit, dir)
	case err == nil:
		gitDir, err := readPointer(dotGit, "gitdir: ")
		if err != nil {
			return nil, err
		}
		if !isGitDir(gitDir) {
			return nil, fmt.Errorf("%s leads to %s, which is no git repository", dotGit, gitDir)
		}
		return openRepo(gitDir, dir)
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
		return nil, err
	}
	if isGitDir(dir) {
		return openRepo(dir, "")
	}
	return nil, nil
}

func isGitDir(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return false
	}
	common := commonDirOf(dir)
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(common, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// readPointer reads a file whose one line is prefix and a path, relative to the file's folder.
func readPointer(name, prefix string) (string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	target, ok := strings.CutPrefix(strings.TrimRight(string(data), "\r\n"), prefix)
	if !ok || target == "" {
		return "", fmt.Errorf("%s is no pointer of git's", name)
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(name), target)
	}
	return filepath.Clean(target), nil
}

func commonDirOf(gitDir string) string {
	common, err := readPointer(filepath.Join(gitDir, "commondir"), "")
	if err != nil {
		return gitDir
	}
	return common
}

func openRepo(gitDir, worktree string) (*repo, error) {
	r := &repo{gitDir: gitDir, worktree: worktree, commonDir: commonDirOf(gitDir), config: config.New()}
	if err := r.readConfig(); err != nil {
		return nil, err
	}
	core, ext := r.config.Section("core"), r.config.Section("extensions")
	if gitDir == r.commonDir {
		if dir := core.Option("worktree"); dir != "" {
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(gitDir, dir)
			}
			r.worktree = filepath.Clean(dir)
		} else if isTrue(core.Option("bare")) {
			r.worktree = ""
		}
	}
	var err error
	if r.format, err = formatNamed(strings.ToLower(ext.Option("objectFormat"))); err != nil {
		return nil, fmt.Errorf("%s: %w", gitDir, err)
	}
	r.refFormat = "files"
	if ext.HasOption("refStorage") {
		r.refFormat = strings.ToLower(ext.Option("refStorage"))
	}
	if r.store, err = openStore(filepath.Join(r.commonDir, "objects"), r.format); err != nil {
		return nil, err
	}
	if r.isPartial() {
		r.store.missing = r.promised
	}
	return r, nil
}

// readConfig reads the repository's own configuration. The user's is left to git.
func (r *repo) readConfig() error {
	files := []string{filepath.Join(r.commonDir, "config"), filepath.Join(r.gitDir, "config.worktree")}
	for i, name := range files {
		if i > 0 && !isTrue(r.config.Section("extensions").Option("worktreeConfig")) {
			break
		}
		r.configFiles = append(r.configFiles, name)
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := config.NewDecoder(bytes.NewReader(data)).Decode(r.config); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

func (r *repo) isPartial() bool {
	if r.config.Section("extensions").HasOption("partialClone") {
		return true
	}
	for _, remote := range r.config.Section("remote").Subsections {
		if isTrue(remote.Option("promisor")) {
			return true
		}
	}
	return false
}

// IsShallow tells whether the repository's history ends early.
func (r *repo) IsShallow() bool {
	if r == nil {
		return false
	}
	info, err := os.Stat(filepath.Join(r.commonDir, "shallow"))
	return err == nil && info.Size() > 0
}

// git runs git on the repository and returns its standard output.
func (r *repo) git(ctx context.Context, args ...string) ([]byte, error) {
	return r.gitWith(ctx, run.Cmd{Args: args})
}

// gitWith is git with an environment and an input; c.Args begin after "git", and c.Env is added.
func (r *repo) gitWith(ctx context.Context, c run.Cmd) ([]byte, error) {
	c.Env = run.GitEnv(append(c.Env, "GIT_DIR="+r.gitDir)...)
	c.Dir = r.gitDir
	args := []string{"git"}
	if r.worktree != "" {
		c.Dir = r.worktree
		args = append(args, "--work-tree="+r.worktree)
	}
	c.Args = append(args, c.Args...)
	return run.Output(ctx, c)
}

// BlobName returns the name that content has as a blob in the repository; in a plain directory, in a
// SHA-1 one.
func (r *repo) BlobName(content []byte) Hash {
	if r == nil {
		return BlobHash(content)
	}
	return hashOf(r.format.sum(plumbing.BlobObject, content))
}

func (r *repo) indexPath() string { return filepath.Join(r.gitDir, "index") }

func (r *repo) commonSide() string { return filepath.Join(r.commonDir, "lsmpatch") }

// side returns the path of a file of ours in the worktree's part of the repository.
func (r *repo) side(name string) string { return filepath.Join(r.gitDir, "lsmpatch", name) }

func exited(err error, code int) bool {
	var failed *run.Error
	return errors.As(err, &failed) && failed.ExitCode == code
}

func splitZero(data []byte) []string {
	s := strings.TrimSuffix(string(data), "\x00")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\x00")
}

// lockNamed returns the lock file that git found in its way, or "".
func lockNamed(err error) string {
	var failed *run.Error
	if !errors.As(err, &failed) {
		return ""
	}
	_, rest, ok := strings.Cut(string(failed.Output), "Unable to create '")
	name, why, _ := strings.Cut(rest, "'")
	if !ok || !strings.Contains(why, "File exists") {
		return ""
	}
	return name
}

func (r *repo) at(name string) {
	if r.step != nil {
		r.step(name)
	}
}

// configOf returns what the configuration of the repository and its user says of the keys that pattern
// matches, such as merge.conflictStyle, as options of git.
func (r *repo) configOf(ctx context.Context, pattern string) ([]string, error) {
	out, err := r.gitAsUser(ctx, run.Cmd{Args: []string{"config", "-z", "--get-regexp", pattern}})
	var failed *run.Error
	if err != nil && !(errors.As(err, &failed) && failed.ExitCode == 1) { // 1: there is none
		return nil, err
	}
	var options []string
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		key, value, ok := strings.Cut(entry, "\n")
		switch {
		case ok:
			options = append(options, "-c", key+"="+value)
		case key != "":
			options = append(options, "-c", key) // true, without a value
		}
	}
	return options, nil
}

// gitAsUser runs git with the user's configuration; c.Args begin after "git".
func (r *repo) gitAsUser(ctx context.Context, c run.Cmd) ([]byte, error) {
	return run.Output(ctx, r.asUser(c))
}

func (r *repo) asUser(c run.Cmd) run.Cmd {
	args := []string{"git", "--git-dir=" + r.gitDir}
	c.Dir, c.Env = r.gitDir, userGitEnv()
	if r.worktree != "" {
		c.Dir = r.worktree
		args = append(args, "--work-tree="+r.worktree)
	}
	c.Args = append(args, c.Args...)
	return c
}
