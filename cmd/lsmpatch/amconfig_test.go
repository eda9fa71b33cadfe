// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// linkHook is the hook of Documentation/maintainer/configure-git.rst.
const linkHook = `#!/bin/sh
. git-sh-setup
perl -pi -e 's|^Message-I[dD]:\s*<?([^>]+)>?$|Link: https://patch.msgid.link/$1|g;' "$1"
test -x "$GIT_DIR/hooks/commit-msg" &&
	exec "$GIT_DIR/hooks/commit-msg" ${1+"$@"}
:
`

// amRepo is a small tree in git, and a mail for it, in a home of its own.
type amRepo struct {
	t               *testing.T
	home, dir, mail string
	gnupg           string // GNUPGHOME
}

// newAmRepo makes one whose mail changes the first line of init/main.c and has text above a scissors line.
func newAmRepo(t *testing.T) *amRepo {
	r := &amRepo{t: t, home: t.TempDir()}
	r.dir, r.mail = filepath.Join(r.home, "tree"), filepath.Join(r.home, "mail")
	if err := os.CopyFS(r.dir, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	r.write(".gitconfig", "[user]\n\tname = Main Tainer\n\temail = m@example.org\n")
	r.git("init", "-q")
	r.git("add", "-A", "-f")
	r.git("commit", "-q", "-m", "minilinux")
	r.write("tree/init/new.c", "int one;\nint two;\nint three;\n")
	r.git("add", "-A", "-f")
	r.git("commit", "-q", "-m", "init: new")
	r.write("tree/init/new.c", "int one;\nint 2;\nint three;\n")
	r.git("commit", "-q", "-a", "-s", "-m", "init: two is 2\n\nFor short.")
	mail := r.git("format-patch", "-1", "--stdout")
	mail = strings.Replace(mail, "Subject:", "Message-ID: <20260101-two@example.org>\nSubject:", 1)
	mail = strings.Replace(mail, "\nFor short.", "\nHello!\n\n-- >8 --\nFor short.", 1)
	r.write("mail", mail)
	r.git("reset", "-q", "--hard", "HEAD~")
	return r
}

// copy returns a copy of r, in another home.
func (r *amRepo) copy(t *testing.T) *amRepo {
	c := &amRepo{t: t, home: t.TempDir()}
	c.dir, c.mail = filepath.Join(c.home, "tree"), filepath.Join(c.home, "mail")
	if err := os.CopyFS(c.home, os.DirFS(r.home)); err != nil {
		t.Fatal(err)
	}
	return c
}

func (r *amRepo) write(name, text string) {
	r.t.Helper()
	runtest.Write(r.t, filepath.Join(r.home, name), []byte(text))
}

// run runs a command in the tree, as the user whose home it is, and returns what it prints.
func (r *amRepo) run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = r.dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool {
		return strings.HasPrefix(kv, "GIT_") || strings.HasPrefix(kv, "HOME=") || strings.HasPrefix(kv, "XDG_") || strings.HasPrefix(kv, "SSH_")
	})
	cmd.Env = append(cmd.Env, "HOME="+r.home, "GIT_COMMITTER_DATE=@1700000000 +0000", "GNUPGHOME="+r.gnupg)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r *amRepo) git(args ...string) string {
	r.t.Helper()
	out, err := r.run("git", args...)
	if err != nil {
		r.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(out)
}

// TestConfigurationOfGitAm compares the commit with that of git am, as hooks and the configuration of the user
// and the repository make it: where we read it ourselves, and where it includes a file and git is asked. Some of the
// settings are tried in one of these ways each; TestE2EConfigurationOfGitAm tries all in both.
func TestConfigurationOfGitAm(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	configurationOfGitAm(t, false)
}

func configurationOfGitAm(t *testing.T, all bool) {
	bin := "lsmpatch" // this very program; see TestMain
	hook := func(name, script string) func(r *amRepo) {
		return func(r *amRepo) { r.write(name, script) }
	}
	config := func(args ...string) func(r *amRepo) {
		return func(r *amRepo) { r.git(append([]string{"config"}, args...)...) }
	}
	moved := func(r *amRepo) {
		r.write("tree/init/new.c", "int one;\nint two;\nint drei;\n")
		r.git("commit", "-q", "-a", "-m", "init: drei")
	}
	carriage := func(r *amRepo) {
		mail, err := os.ReadFile(r.mail)
		if err != nil {
			t.Fatal(err)
		}
		r.write("mail", strings.NewReplacer("int 2;\n", "int 2;\r\n").Replace(string(mail)))
	}
	umlaut := func(r *amRepo) {
		mail, err := os.ReadFile(r.mail)
		if err != nil {
			t.Fatal(err)
		}
		r.write("mail", strings.NewReplacer("From: Main", "From: =?UTF-8?q?M=C3=A4?=", "For short.", "Für kurz.",
			"Subject:", "Content-Type: text/plain; charset=utf-8\nSubject:").Replace(string(mail)))
	}
	template := newAmRepo(t)
	const applypatch = "tree/.git/hooks/applypatch-msg"
	for name, c := range map[string]struct {
		setUp []func(r *amRepo)
		// git, its am, and lsmpatch apply get these flags.
		git, am, ours []string
	}{
		"nothing":                    {},
		"am.messageid":               {setUp: []func(*amRepo){config("am.messageid", "true")}},
		"am.messageid without value": {setUp: []func(*amRepo){hook(".gitconfig", "[user]\nname=A\nemail=a@b\n[am]\nmessageId\n")}},
		"am.messageid, not asked": {setUp: []func(*amRepo){config("--global", "am.messageId", "yes")},
			am: []string{"--no-message-id"}, ours: []string{"--message-id=false"}},
		"am.messageid, asked last": {setUp: []func(*amRepo){config("am.messageId", "yes")},
			am: []string{"--no-message-id", "--message-id"}, ours: []string{"--no-message-id", "--message-id"}},
		"mailinfo.scissors": {setUp: []func(*amRepo){config("--global", "mailinfo.scissors", "on")}},
		"mailinfo.scissors, not asked": {setUp: []func(*amRepo){config("mailinfo.scissors", "1")},
			am: []string{"--no-scissors"}, ours: []string{"--no-scissors"}},
		"am.threeWay":                {setUp: []func(*amRepo){moved, config("am.threeWay", "true")}},
		"am.threeWay, not asked":     {setUp: []func(*amRepo){moved, config("am.threeWay", "true")}, am: []string{"--no-3way"}, ours: []string{"--no-3way"}},
		"am.threeWay=false":          {setUp: []func(*amRepo){moved, config("am.threeWay", "false")}},
		"am.keepcr":                  {setUp: []func(*amRepo){carriage, config("am.keepcr", "true")}},
		"am.keepcr, not asked":       {setUp: []func(*amRepo){carriage, config("am.keepcr", "true")}, am: []string{"--no-keep-cr"}, ours: []string{"--no-keep-cr"}},
		"a setting that is empty":    {setUp: []func(*amRepo){hook(".gitconfig", "[user]\nname=A\nemail=a@b\n[am]\nmessageId =\n")}},
		"a setting that is wrong":    {setUp: []func(*amRepo){config("am.messageid", "perhaps")}},
		"carriage returns":           {setUp: []func(*amRepo){carriage}},
		"the kernel's hook":          {setUp: []func(*amRepo){config("am.messageid", "true"), hook(applypatch, linkHook)}, am: []string{"-s"}, ours: []string{"-s"}},
		"core.hooksPath":             {setUp: []func(*amRepo){config("core.hooksPath", "my/hooks"), hook("tree/my/hooks/applypatch-msg", "#!/bin/sh\npwd >/dev/null\necho 'Acked-by: x <x@y>' >>$1\n")}},
		"core.hooksPath at home":     {setUp: []func(*amRepo){config("--global", "core.hooksPath", "~/hooks"), hook("hooks/applypatch-msg", "#!/bin/sh\nprintf 'another\\n\\nmessage' >$1\n")}},
		"a hook that refuses":        {setUp: []func(*amRepo){hook(applypatch, "#!/bin/sh\necho no >&2\nexit 3\n")}},
		"a hook, not asked":          {setUp: []func(*amRepo){hook(applypatch, "#!/bin/sh\nexit 3\n")}, git: []string{"-c", "core.hooksPath=/dev/null"}, ours: []string{"-n"}},
		"a hook that leaves Latin-1": {setUp: []func(*amRepo){hook(applypatch, "#!/bin/sh\nprintf 'gr\\303\\274n, gr\\374n\\n' >>$1\n")}},
		"a hook that leaves nothing": {setUp: []func(*amRepo){hook(applypatch, "#!/bin/sh\nrm $1\n")}},
		"what a hook is told":        {setUp: []func(*amRepo){hook(applypatch, "#!/bin/sh\npwd >>$1\nenv | grep ^GIT_ | grep -v -e GIT_EXEC -e GIT_INTERNAL -e GIT_REFLOG -e GIT_PREFIX= | sort >>$1\n")}},
		"a hook that refuses what is in": {setUp: []func(*amRepo){hook(applypatch, "#!/bin/sh\nexit 3\n"), func(r *amRepo) {
			r.write("tree/init/new.c", "int one;\nint 2;\nint three;\n")
			r.git("commit", "-q", "-a", "-m", "init: two is 2 already")
		}}, am: []string{"-3"}, ours: []string{"-3"}},
		"config.worktree that is not in use": {setUp: []func(*amRepo){hook("tree/.git/config.worktree", "[am]\n\tmessageid = true\n")}},
		"config.worktree":                    {setUp: []func(*amRepo){config("extensions.worktreeConfig", "true"), hook("tree/.git/config.worktree", "[am]\n\tmessageid = true\n")}},
		"a hook that is no hook":             {setUp: []func(*amRepo){hook(applypatch, "#!/bin/sh\nexit 3\n"), func(r *amRepo) { _ = os.Chmod(filepath.Join(r.home, applypatch), 0o644) }}},
		"i18n.commitEncoding":                {setUp: []func(*amRepo){config("i18n.commitEncoding", "utf8")}},
		"i18n.commitEncoding=latin1":         {setUp: []func(*amRepo){umlaut, config("i18n.commitEncoding", "latin1")}},
		"i18n.commitEncoding, not recoded":   {setUp: []func(*amRepo){umlaut, config("i18n.commitEncoding", "latin1")}, am: []string{"-u", "--no-utf8"}, ours: []string{"-u", "--no-utf8"}},
		"i18n.commitEncoding that is unfit":  {setUp: []func(*amRepo){umlaut, config("i18n.commitEncoding", "koi8-r")}},
		"i18n.commitEncoding that is no one": {setUp: []func(*amRepo){umlaut, config("i18n.commitEncoding", "x-unknown")}},
		"apply.whitespace":                   {setUp: []func(*amRepo){carriage, config("am.keepcr", "true"), config("apply.whitespace", "fix")}},
		"a hook after the change":            {setUp: []func(*amRepo){hook("tree/.git/hooks/post-applypatch", "#!/bin/sh\nexit 3\n")}},
	} {
		ways := []bool{false, true}
		if !all && len(name)%3 != 0 {
			continue
		}
		if !all {
			ways = ways[len(name)/3%2:][:1]
		}
		for _, included := range ways {
			t.Run(name, func(t *testing.T) {
				r := template.copy(t)
				for _, setUp := range c.setUp {
					setUp(r)
				}
				if included {
					r.git("config", "include.path", "nothing")
				}
				base := r.git("rev-parse", "HEAD")
				amOut, amErr := r.run("git", slices.Concat(c.git, []string{"am", "-q"}, c.am, []string{r.mail})...)
				want := r.git("rev-parse", "HEAD")
				if amErr != nil {
					_, _ = r.run("git", "am", "--abort") // which fails where git am did not begin
				}
				r.git("reset", "-q", "--hard", base)
				out, err := r.run(bin, slices.Concat([]string{"apply", "--tree", r.dir}, c.ours, []string{r.mail})...)
				got := r.git("rev-parse", "HEAD")
				if (err != nil) != (amErr != nil) {
					t.Fatalf("git am: %v\n%s\nlsmpatch: %v\n%s", amErr, amOut, err, out)
				}
				if got != want && sameButSpelling(r.git("cat-file", "-p", got), r.git("cat-file", "-p", want)) != "" {
					t.Errorf("%s\nthe commit is\n%s\nthat of git am\n%s", out, r.git("cat-file", "-p", got), r.git("cat-file", "-p", want))
				}
				if strings.Contains(out, "post-applypatch is not run") {
					t.Error(out)
				}
			})
		}
	}
}

// sameButSpelling returns "" for commits that differ in how git spells Message-ID alone, as versions of git do.
func sameButSpelling(a, b string) string {
	if strings.EqualFold(a, b) {
		return ""
	}
	return b
}

// TestEmptyPatches holds --empty against git am's, on a commit that changes nothing between two that do, and on
// a mail that has a diffstat and no diff, which git takes for a patch, with and without a hook.
func TestEmptyPatches(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	bin := "lsmpatch" // this very program; see TestMain
	for _, hook := range []string{"", "#!/bin/sh\necho 'Acked-by: x <x@y>' >>$1\n", "#!/bin/sh\n! grep -q nothing $1\n"} {
		r := newAmRepo(t)
		base := r.git("rev-parse", "HEAD")
		r.write("tree/init/a.c", "int a;\n")
		r.git("add", "-A", "-f")
		r.git("commit", "-q", "-m", "init: a")
		r.git("commit", "-q", "--allow-empty", "-s", "-m", "init: nothing\n\nA body.")
		r.write("tree/init/b.c", "int b;\n")
		r.git("add", "-A", "-f")
		r.git("commit", "-q", "-m", "init: b")
		r.write("mails", r.git("format-patch", "--always", "--stdout", base)+"\n")
		r.write("stat", "From: A <a@example.org>\nDate: Fri, 2 Jan 2026 10:00:00 +0100\nSubject: [PATCH] init: stat\n\nA body.\n---\n init/a.c | 2 +-\n")
		if hook != "" {
			r.write("tree/.git/hooks/applypatch-msg", hook)
		}
		for _, mails := range []string{"mails", "stat"} {
			for _, flags := range [][]string{nil, {"--empty=stop"}, {"--empty=drop"}, {"--empty=keep"}, {"--empty=keep", "-s", "-3"}, {"--empty=leave"}} {
				r.git("reset", "-q", "--hard", base)
				amOut, amErr := r.run("git", slices.Concat([]string{"am", "-q"}, flags, []string{filepath.Join(r.home, mails)})...)
				want := r.git("rev-parse", "HEAD")
				if amErr != nil {
					_, _ = r.run("git", "am", "--abort")
					want = base
				}
				r.git("reset", "-q", "--hard", base)
				out, err := r.run(bin, slices.Concat([]string{"apply", "--tree", r.dir}, flags, []string{filepath.Join(r.home, mails)})...)
				if got := r.git("rev-parse", "HEAD"); got != want || (err != nil) != (amErr != nil) {
					t.Errorf("%s %v, hook %q: %s, %v\n%s\ngit am: %s, %v\n%s", mails, flags, hook, got, err, out, want, amErr, amOut)
				}
			}
		}
	}
}

// files returns every file of the tree, of its repository as well, with its mode, time and content.
func (r *amRepo) files() map[string]string {
	files := map[string]string{}
	err := filepath.WalkDir(r.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = fmt.Sprint(info.Mode(), info.ModTime(), "\n", string(data))
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return files
}

// TestHookOfACheck: --check asks the hook applypatch-msg for each message, takes its refusal for a fault of the
// series, and writes nothing, whatever the hook says.
func TestHookOfACheck(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	bin, r := "lsmpatch", newAmRepo(t)
	r.write("tree/init/new.c", "int one;\nint 2;\nint 3;\n")
	r.git("commit", "-q", "-a", "-m", "init: two and three")
	r.write("mails", r.git("format-patch", "-1", "--stdout")+"\n\n")
	r.write("tree/init/new.c", "int one;\nint 2;\nint 4;\n")
	r.git("commit", "-q", "-a", "-m", "init: three is four")
	first, err := os.ReadFile(filepath.Join(r.home, "mails"))
	if err != nil {
		t.Fatal(err)
	}
	r.write("mails", string(first)+r.git("format-patch", "-1", "--stdout")+"\n")
	r.git("reset", "-q", "--hard", "HEAD~2")
	const asked = "init: two and three\ninit: three is four\n"
	const hook = "#!/bin/sh\nhead -n 1 $1 >>$HOME/seen\necho 'Acked-by: x <x@y>' >>$1\n"
	for name, c := range map[string]struct {
		hook  string
		flags []string
		// seen are the titles that the hook gets, refused is the patch that it refuses.
		seen, refused string
	}{
		"takes all":               {hook: hook, seen: asked},
		"takes all, for a branch": {hook: hook, flags: []string{"--branch", "topic"}, seen: asked},
		"refuses the second":      {hook: hook + "if grep -q four $1; then echo 'no sign-off'; echo more; exit 1; fi\n", seen: asked, refused: "2"},
		"refuses, for a branch":   {hook: hook + "echo 'no sign-off' >&2; exit 3\n", flags: []string{"--branch", "topic"}, seen: "init: two and three\n", refused: "1"},
		"not asked":               {hook: hook + "exit 1\n", flags: []string{"--no-verify"}},
	} {
		t.Run(name, func(t *testing.T) {
			r.t = t
			r.write("tree/.git/hooks/applypatch-msg", c.hook)
			r.write("seen", "")
			before := r.files()
			out, err := r.run(bin, slices.Concat([]string{"apply", "-q", "--check", "--tree", r.dir}, c.flags, []string{filepath.Join(r.home, "mails")})...)
			if after := r.files(); !maps.Equal(after, before) {
				for path := range after {
					if before[path] != after[path] {
						t.Errorf("%s is not as it was", path)
					}
				}
				t.Error("a check wrote something")
			}
			if seen, err := os.ReadFile(filepath.Join(r.home, "seen")); err != nil || string(seen) != c.seen {
				t.Errorf("the hook got %q, want %q: %v", seen, c.seen, err)
			}
			if c.refused == "" {
				if err != nil || !strings.Contains(out, "applies: 2 patches") {
					t.Errorf("%v: %s", err, out)
				}
				return
			}
			want := "patch " + c.refused + ": error: the hook " + r.dir + "/.git/hooks/applypatch-msg refuses the commit message: no sign-off [apply/message]\n"
			var failed *exec.ExitError
			if !errors.As(err, &failed) || failed.ExitCode() != 1 || !strings.Contains(out, want) || !strings.Contains(out, "hint: `--no-verify` does not ask it") {
				t.Errorf("%v: %s\nwant %s", err, out, want)
			}
		})
	}
}
