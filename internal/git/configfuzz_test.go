// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// FuzzConfig reads a configuration of a repository as we do and by git: where both can, they agree on what decides how the
// repository is read.
func FuzzConfig(f *testing.F) {
	f.Add("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
	f.Add("[core]\nrepositoryFormatVersion=1 ; x\n[extensions]\n\tpartialClone = \"ori\\\"gin\" # x\n\tobjectformat = sha256\n")
	f.Add("[remote \"a \\\" ] b\"]\n\tpromisor\n\tpromisor = \\\n true\n[Extensions] worktreeconfig = true\n")
	f.Add("[include]\n\tpath = /dev/zero\n[user]\nname = x\n")
	dir := f.TempDir()
	gittest.Git(f, dir, "init", "-q")
	name := filepath.Join(dir, ".git", "config")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Open(filepath.Join(dir, ".git"), dir)
		if err != nil {
			return
		}
		ask := func(key string) (string, bool) {
			cmd := exec.Command("git", "config", "--no-includes", "--file", name, "--null", "--get", key)
			cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
			out, err := cmd.Output()
			return strings.TrimSuffix(string(out), "\x00"), err == nil
		}
		if _, ok := ask("core.repositoryformatversion"); !ok {
			return // git cannot read it, or there is nothing
		}
		if partial, ok := ask("extensions.partialclone"); ok && partial != "" && !r.IsPartial() {
			t.Errorf("git has a partial clone of %q, we have none: %q", partial, text)
		}
	})
}
