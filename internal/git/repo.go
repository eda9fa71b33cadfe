// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/config"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Repo is a git repository, seen from one of its worktrees or from none.
type Repo struct {
	Worktree  string // "" for a bare repository
	GitDir    string // of this worktree: HEAD, index
	CommonDir string // of all worktrees: objects, refs, config
	Config    *config.Config
	// configFiles are those that config is read from, there or not.
	configFiles []string
	Format      odb.Format
	RefFormat   string // "files" or "reftable"
	Store       *odb.Store
	am          *AmConfig // once it was read
	// user is the configuration with the user's; see userConfig.
	user     *config.Config
	userRead bool
	// step, which only tests set, is called before each write that a kill could come between.
	Step func(name string)
}

// Find finds the repository of dir, there or above; nil where dir is in none. The errors are those of [At].
func Find(dir string) (*Repo, error) {
	for at := dir; ; at = filepath.Dir(at) {
		if r, err := find(at, at == dir); r != nil || err != nil || at == filepath.Dir(at) {
			return r, err
		}
	}
}

// At returns the repository whose worktree's top, or whose own folder, is dir; nil where none is. The error of one
// that git would not open, since it belongs to somebody else, matches [ErrOwner]; [ErrBare] is that of an embedded
// one. Of these nothing is read.
func At(dir string) (*Repo, error) { return find(dir, true) }

// find is At; named says that dir is what the user named.
func find(dir string, named bool) (*Repo, error) {
	dotGit := filepath.Join(dir, ".git")
	info, err := os.Stat(dotGit)
	switch {
	case err == nil && info.IsDir():
		if !isGitDir(dotGit) {
			return nil, nil
		}
		if err := checkOwner(dir, "", dotGit); err != nil {
			return nil, err
		}
		return Open(dotGit, dir)
	case err == nil:
		gitDir, err := readPointer(dotGit, "gitdir: ")
		if err != nil {
			return nil, err
		}
		if !isGitDir(gitDir) {
			return nil, fmt.Errorf("%s leads to %s, which is no git repository", dotGit, gitDir)
		}
		if err := checkOwner(dir, dotGit, gitDir); err != nil {
			return nil, err
		}
		return Open(gitDir, dir)
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
		return nil, err
	}
	if !isGitDir(dir) {
		return nil, nil
	}
	if err := errors.Join(checkOwner("", "", dir), checkBare(dir, named)); err != nil {
		return nil, err
	}
	return Open(dir, "")
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

// maxPointer bounds the files that hold a path.
const maxPointer = 1 << 20

// readPointer reads a file whose one line is prefix and a path, relative to the file's folder.
func readPointer(name, prefix string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxPointer {
		return "", fmt.Errorf("%s is no pointer of git's", name)
	}
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

// Open opens the repository whose folder is gitDir, seen from a worktree, "" for none.
func Open(gitDir, worktree string) (*Repo, error) {
	r := &Repo{GitDir: gitDir, Worktree: worktree, CommonDir: commonDirOf(gitDir), Config: config.New()}
	if err := r.checkPlain(); err != nil {
		return nil, err
	}
	if err := r.readConfig(); err != nil {
		return nil, err
	}
	core, ext := r.Config.Section("core"), r.Config.Section("extensions")
	if err := checkExtensions(gitDir, core.Option("repositoryformatversion"), ext); err != nil {
		return nil, err
	}
	if gitDir == r.CommonDir {
		if dir := core.Option("worktree"); dir != "" {
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(gitDir, dir)
			}
			r.Worktree = filepath.Clean(dir)
		} else if IsTrue(core.Option("bare")) {
			r.Worktree = ""
		}
	}
	var err error
	if r.Format, err = odb.FormatNamed(strings.ToLower(ext.Option("objectFormat"))); err != nil {
		return nil, fmt.Errorf("%s: %w", gitDir, err)
	}
	r.RefFormat = "files"
	if ext.HasOption("refStorage") {
		if r.RefFormat = strings.ToLower(ext.Option("refStorage")); r.RefFormat != "files" {
			if err := r.checkRefFormat(); err != nil {
				return nil, err
			}
		}
	}
	if r.Store, err = odb.OpenStore(filepath.Join(r.CommonDir, "objects"), r.Format); err != nil {
		return nil, err
	}
	r.Store.Replaced = r.replaced()
	if r.IsPartial() {
		r.Store.Missing = r.promised
	}
	return r, nil
}

// checkPlain refuses what we, or git, would wait for, as a FIFO for HEAD: nobody but a hostile hand makes one there.
func (r *Repo) checkPlain() error {
	for _, dir := range slices.Compact([]string{r.GitDir, r.CommonDir}) {
		if err := odb.CheckPlain(dir, false); err != nil {
			return err
		}
		for _, below := range []string{"info", "refs", "logs", "worktrees"} {
			if err := odb.CheckPlain(filepath.Join(dir, below), true); err != nil {
				return err
			}
		}
	}
	return nil
}

// extensions are those that do not change what we write, or that we know how to write (Documentation/technical/repository-version.txt).
var extensions = []string{"noop", "noop-v1", "preciousobjects", "partialclone", "worktreeconfig", "objectformat", "compatobjectformat", "refstorage", "relativeworktrees"}

// checkExtensions refuses a repository of a format that is not known here, as git does: what we would write may spoil it.
func checkExtensions(gitDir, version string, ext *config.Section) error {
	unknown := func(what string) error {
		return hint.Wrap(fmt.Errorf("%s: %s, which is not known here", gitDir, what), "git refuses such a repository as well, unless it is newer")
	}
	switch version {
	case "", "0": // extensions do not count
		return nil
	case "1":
	default:
		return unknown("repository format " + version)
	}
	for _, option := range ext.Options {
		if !slices.Contains(extensions, strings.ToLower(option.Key)) {
			return unknown("extension " + option.Key)
		}
	}
	return nil
}

// checkRefFormat returns an error with a hint where the installed git does not know how the repository keeps its refs: it
// alone reads them.
func (r *Repo) checkRefFormat() error {
	_, err := run.Output(context.Background(), run.Cmd{
		Args: []string{"git", "--git-dir=" + r.GitDir, "rev-parse", "--git-dir"}, Dir: r.GitDir, Env: run.GitEnv(),
	})
	var failed *run.Error
	if errors.As(err, &failed) && strings.Contains(strings.ToLower(string(failed.Output)+string(failed.Stderr)), "refstorage") {
		return hint.Wrap(fmt.Errorf("%s keeps its refs in the format %q, which the installed git does not know", r.GitDir, r.RefFormat),
			"install git 2.45 or newer, which knows reftable")
	}
	return nil // what else is wrong, the question that is put to it will tell
}

// readConfig reads the repository's own configuration. The user's is left to git.
func (r *Repo) readConfig() error {
	files := []string{filepath.Join(r.CommonDir, "config"), filepath.Join(r.GitDir, "config.worktree")}
	for i, name := range files {
		if i > 0 && !IsTrue(r.Config.Section("extensions").Option("worktreeConfig")) {
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
		if err := config.NewDecoder(bytes.NewReader(data)).Decode(r.Config); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// IsTrue tells whether a value of the configuration says yes.
func IsTrue(value string) bool {
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

// IsPartial tells whether the repository leaves objects at a remote until they are asked for.
func (r *Repo) IsPartial() bool {
	if r.Config.Section("extensions").HasOption("partialClone") {
		return true
	}
	for _, remote := range r.Config.Section("remote").Subsections {
		if IsTrue(remote.Option("promisor")) {
			return true
		}
	}
	return false
}

// IsShallow tells whether the repository's history ends early.
func (r *Repo) IsShallow() bool {
	if r == nil {
		return false
	}
	info, err := os.Stat(filepath.Join(r.CommonDir, "shallow"))
	return err == nil && info.Size() > 0
}

// Git runs git on the repository and returns its standard output.
func (r *Repo) Git(ctx context.Context, args ...string) ([]byte, error) {
	return r.GitWith(ctx, run.Cmd{Args: args})
}

// GitWith is git with an environment and an input; c.Args begin after "git", and c.Env is added.
func (r *Repo) GitWith(ctx context.Context, c run.Cmd) ([]byte, error) {
	return run.Output(ctx, r.command(c))
}

// command makes c, whose arguments begin after "git", a git on this repository.
func (r *Repo) command(c run.Cmd) run.Cmd {
	c.Env = run.GitEnv(append(c.Env, "GIT_DIR="+r.GitDir)...)
	c.Dir = r.GitDir
	args := []string{"git"}
	if r.Worktree != "" {
		c.Dir = r.Worktree
		args = append(args, "--work-tree="+r.Worktree)
	}
	c.Args = append(args, c.Args...)
	return c
}

// BlobName returns the name that content has as a blob in the repository; in a plain directory, in a
// SHA-1 one.
func (r *Repo) BlobName(content []byte) odb.Hash {
	if r == nil {
		return odb.BlobHash(content)
	}
	return odb.HashOf(r.Format.Sum(plumbing.BlobObject, content))
}

// IndexPath returns the file of the index.
func (r *Repo) IndexPath() string { return filepath.Join(r.GitDir, "index") }

// CommonSide returns the folder of files of ours that belong to all worktrees.
func (r *Repo) CommonSide() string { return filepath.Join(r.CommonDir, "lsmpatch") }

// Side returns the path of a file of ours in the worktree's part of the repository.
func (r *Repo) Side(name string) string { return filepath.Join(r.GitDir, "lsmpatch", name) }

// Exited tells whether err is that of a command that ended with the exit code.
func Exited(err error, code int) bool {
	var failed *run.Error
	return errors.As(err, &failed) && failed.ExitCode == code
}

// SplitZero parts what git prints with -z; nothing is no part.
func SplitZero(data []byte) []string {
	s := strings.TrimSuffix(string(data), "\x00")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\x00")
}

// LockNamed returns the lock file that git found in its way, or "".
func LockNamed(err error) string {
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

// At tells tests that a write is about to come, which a kill could come before.
func (r *Repo) At(name string) {
	if r.Step != nil {
		r.Step(name)
	}
}

// ConfigOf returns what the configuration of the repository and its user says of the keys that pattern
// matches, such as merge.conflictStyle, as options of git.
func (r *Repo) ConfigOf(ctx context.Context, pattern string) ([]string, error) {
	out, err := r.GitAsUser(ctx, run.Cmd{Args: []string{"config", "-z", "--get-regexp", pattern}})
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

// GitAsUser runs git with the user's configuration; c.Args begin after "git".
func (r *Repo) GitAsUser(ctx context.Context, c run.Cmd) ([]byte, error) {
	return run.Output(ctx, r.AsUser(c))
}

// AsUser makes c, whose arguments begin after "git", a git on this repository with the user's configuration.
func (r *Repo) AsUser(c run.Cmd) run.Cmd {
	args := []string{"git", "--git-dir=" + r.GitDir}
	c.Dir, c.Env = r.GitDir, userGitEnv()
	if r.Worktree != "" {
		c.Dir = r.Worktree
		args = append(args, "--work-tree="+r.Worktree)
	}
	c.Args = append(args, c.Args...)
	return c
}
