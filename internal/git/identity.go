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
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/ident"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// identity returns who commits. Where the environment and plain configuration files tell, they are
// read here; in all other cases git is asked.
func (r *Repo) identity(ctx context.Context) (object.Signature, error) {
	if sig, ok := plainIdentity(r); ok {
		return sig, nil
	}
	out, err := run.Output(ctx, run.Cmd{Args: []string{"git", "var", "GIT_COMMITTER_IDENT"}, Dir: r.Top(),
		Env: append(userGitEnv(), keep("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_DATE")...)})
	if err != nil {
		return object.Signature{}, hint.Wrap(fmt.Errorf("no committer: %w", err),
			"tell git who you are: git config --global user.name NAME; git config --global user.email ADDRESS")
	}
	return parseSignature(strings.TrimRight(string(out), "\n")), nil
}

// plainIdentity reads name and address as git does, as long as no configuration file includes others.
func plainIdentity(r *Repo) (object.Signature, bool) {
	cfg, ok := r.userConfig()
	if !ok {
		return object.Signature{}, false
	}
	value := func(env, key string) string {
		if v := strings.TrimSpace(os.Getenv(env)); v != "" {
			return v
		}
		if v := cfg.Section("committer").Option(key); v != "" {
			return v
		}
		return cfg.Section("user").Option(key)
	}
	sig := object.Signature{When: time.Now(),
		Name: ident.Committed(value("GIT_COMMITTER_NAME", "name")), Email: ident.Committed(value("GIT_COMMITTER_EMAIL", "email"))}
	if date := os.Getenv("GIT_COMMITTER_DATE"); date != "" {
		stamp, ok := strings.CutPrefix(date, "@")
		if !ok || !rawDate.MatchString(stamp) {
			return sig, false
		}
		sig.When = parseSignature("<> " + stamp).When
	}
	return sig, sig.Name != "" && sig.Email != ""
}

// rawDate is a time as git stores it: seconds and zone.
var rawDate = lazyregexp.New(`^[0-9]{1,10} [+-][0-9]{4}$`)

// userConfig is readUserConfig, once for a repository; r is nil outside of one.
func (r *Repo) userConfig() (*config.Config, bool) {
	if r == nil {
		return readUserConfig(nil)
	}
	if !r.userRead {
		r.userRead = true
		if cfg, ok := readUserConfig(r); ok {
			r.user = cfg
		}
	}
	return r.user, r.user != nil
}

// readUserConfig reads the files of the system, the user and the repository, in git's order. It returns
// false where only git can tell what they say.
func readUserConfig(r *Repo) (*config.Config, bool) {
	for _, name := range []string{"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"} {
		if _, set := os.LookupEnv(name); set {
			return nil, false
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, false
	}
	xdg := os.Getenv("XDG_CONFIG_HOME")
	if xdg == "" {
		xdg = filepath.Join(home, ".config")
	}
	files := []string{"/etc/gitconfig", filepath.Join(xdg, "git", "config"), filepath.Join(home, ".gitconfig")}
	if r != nil {
		files = append(files, r.configFiles...)
	}
	cfg := config.New()
	for _, name := range files {
		if odb.CheckPlainFile(name) != nil {
			return nil, false
		}
		data, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil || config.NewDecoder(bytes.NewReader(data)).Decode(cfg) != nil {
			return nil, false
		}
	}
	for _, s := range cfg.Sections {
		if strings.HasPrefix(strings.ToLower(s.Name), "include") {
			return nil, false
		}
	}
	return cfg, true
}

// keep returns those environment variables that are set, as they are.
func keep(names ...string) []string {
	var env []string
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// userGitEnv is the environment for what depends on the user: names, proxies, credentials, how to reach a host.
func userGitEnv() []string {
	var env []string
	for _, kv := range run.GitEnv() {
		if !strings.HasPrefix(kv, "GIT_CONFIG_NOSYSTEM=") && !strings.HasPrefix(kv, "GIT_CONFIG_GLOBAL=") {
			env = append(env, kv)
		}
	}
	return append(env, keep("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_PROXY_SSL_CAINFO",
		"GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY", "GIT_SSL_NO_VERIFY", "GIT_HTTP_USER_AGENT")...)
}
