// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// TestIdentity compares with what git commits as.
func TestIdentity(t *testing.T) {
	dir := gittest.BaseRepo(t)
	for _, test := range []struct {
		name, home, repo string
		env              map[string]string
		native           bool
	}{
		{"user", "[user]\n\tname = Jane Doe\n\temail = jane@example.org\n", "", nil, true},
		{"repository over user", "[user]\nname = Jane Doe\nemail = jane@example.org\n", "[user]\n\temail = jane@work.example\n", nil, true},
		{"committer over user", "[user]\nname = Jane\nemail = j@example.org\n[committer]\nname = \"Jane D.\"\n", "", nil, true},
		{"environment over all", "[user]\nname = Jane\nemail = j@example.org\n", "", map[string]string{"GIT_COMMITTER_NAME": "Env", "GIT_COMMITTER_DATE": "@1700000000 -0330"}, true},
		{"included", "[include]\npath = other\n", "", nil, false},
		{"date in words", "[user]\nname = Jane\nemail = j@example.org\n", "", map[string]string{"GIT_COMMITTER_DATE": "2020-02-02 02:02:02 +0200"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			home := t.TempDir()
			gittest.Write(t, filepath.Join(home, ".gitconfig"), test.home)
			gittest.Write(t, filepath.Join(home, "other"), "[user]\nname = Other\nemail = other@example.org\n")
			config := filepath.Join(dir, ".git", "config")
			before, err := os.ReadFile(config)
			gittest.Must(t, err)
			defer os.WriteFile(config, before, 0o666)
			gittest.Must(t, os.WriteFile(config, append(before, test.repo...), 0o666))
			t.Setenv("HOME", home)
			t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "none"))
			for _, name := range []string{"NAME", "EMAIL", "DATE"} {
				t.Setenv("GIT_COMMITTER_"+name, test.env["GIT_COMMITTER_"+name])
				if test.env["GIT_COMMITTER_"+name] == "" {
					os.Unsetenv("GIT_COMMITTER_" + name)
				}
			}
			for _, name := range []string{"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_COUNT"} {
				t.Setenv(name, "")
				os.Unsetenv(name)
			}
			tr := repoOf(t, dir)
			sig, native := plainIdentity(tr)
			if native != test.native {
				t.Errorf("read natively: %v", native)
			}
			asked, err := tr.identity(context.Background())
			gittest.Must(t, err)
			t.Setenv("GIT_CONFIG_COUNT", "0")
			oracle, err := tr.identity(context.Background())
			gittest.Must(t, err)
			if asked.Name != oracle.Name || asked.Email != oracle.Email || native && (sig.Name != oracle.Name || sig.Email != oracle.Email) {
				t.Errorf("got %v, natively %v, git says %v", asked, sig, oracle)
			}
			if test.env["GIT_COMMITTER_DATE"] != "" && (!asked.When.Equal(oracle.When) || asked.When.Format("-0700") != oracle.When.Format("-0700")) {
				t.Errorf("date %v, git says %v", asked.When, oracle.When)
			}
		})
	}
}

func repoOf(t testing.TB, dir string) *Repo {
	t.Helper()
	r, err := At(dir)
	gittest.Must(t, err)
	t.Cleanup(func() { r.Store.Close() })
	return r
}
