// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// identity asks git, with the user's configuration and environment, who commits.
func identity(ctx context.Context, dir string) (object.Signature, error) {
	out, err := run.Output(ctx, run.Cmd{Args: []string{"git", "var", "GIT_COMMITTER_IDENT"}, Dir: dir,
		Env: append(userGitEnv(), keep("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_DATE")...)})
	if err != nil {
		return object.Signature{}, hint.Wrap(fmt.Errorf("no committer: %w", err),
			"tell git who you are: git config --global user.name NAME; git config --global user.email ADDRESS")
	}
	return parseSignature(strings.TrimRight(string(out), "\n")), nil
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

// userGitEnv is the environment for what depends on the user: names, proxies, credentials.
func userGitEnv() []string {
	var env []string
	for _, kv := range run.GitEnv() {
		if !strings.HasPrefix(kv, "GIT_CONFIG_NOSYSTEM=") && !strings.HasPrefix(kv, "GIT_CONFIG_GLOBAL=") {
			env = append(env, kv)
		}
	}
	return env
}
