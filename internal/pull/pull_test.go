// SPDX-License-Identifier: GPL-2.0-only

package pull

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/land"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset/report"
	"github.com/lsmpatch/lsmpatch/series"
)

// A bench is a tree, a maintainer's clone of it, and what is needed to ask for a pull.
type bench struct {
	t              *testing.T
	dir            string
	upstream, work string
	signers, gpg   string
	date           string // of the next commits
}

const maintainersText = `Maintainers List

SECURITY SUBSYSTEM
M:	Main Tainer <main@example.org>
S:	Supported
F:	security/
`

func TestMain(m *testing.M) { os.Exit(gittest.RunTests(m)) }

// newBench makes the tree, and the clone with three good commits of an author, signed off by both.
func newBench(t *testing.T) *bench {
	t.Helper()
	return benchOn(t, "git commit -q --allow-empty -m first\n")
}

// benchOn is newBench with a script that makes what is below the first commit with files.
func benchOn(t *testing.T, below string) *bench {
	t.Helper()
	return benchIn(t, gittest.CopiedFolder(t, below, func(dir string) { benchIn(t, dir).fill(below) }))
}

func benchIn(t *testing.T, dir string) *bench {
	return &bench{t: t, dir: dir, upstream: filepath.Join(dir, "upstream"), work: filepath.Join(dir, "work"),
		signers: filepath.Join(dir, "signers"), date: "2026-03-01T10:00:00Z"}
}

// fill makes what newBench promises; the clone knows the tree by a relative name, as both are copied.
func (b *bench) fill(below string) {
	b.t.Helper()
	b.sh(b.dir, "git init -q -b master upstream; cd upstream\n"+below+`
mkdir -p security/foo lib; printf '%s' "$MAINTAINERS" > MAINTAINERS; echo 7 > Makefile
seq 20 > security/foo/a.c; seq 5 > lib/x.c; git add -A; git commit -q -m base; git tag v7.3
cd ..; git clone -q upstream work; git -C work remote set-url origin ../upstream
ssh-keygen -q -t ed25519 -N "" -C main -f key; (printf 'main@example.org '; cat key.pub) > signers`)
	for i := range 3 {
		b.commit(fmt.Sprintf("security: foo: change %d", i+1), fmt.Sprintf("sed -i 's/^%d$/changed %d/' security/foo/a.c", 3*i+2, i), "")
	}
}

// sh runs a script in dir.
func (b *bench) sh(dir, script string) string {
	b.t.Helper()
	cmd := exec.Command("sh", "-e", "-c", script)
	cmd.Dir = dir
	cmd.Env = run.GitEnv("HOME="+b.dir, "MAINTAINERS="+maintainersText, "GNUPGHOME="+b.gpg,
		"GIT_AUTHOR_NAME=A U Thor", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=Main Tainer", "GIT_COMMITTER_EMAIL=main@example.org",
		"GIT_AUTHOR_DATE="+b.date, "GIT_COMMITTER_DATE="+b.date)
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

// commit makes a commit by a script; trailers are those of the author and the maintainer where there are none.
func (b *bench) commit(title, script, trailers string) {
	b.t.Helper()
	if trailers == "" {
		trailers = "Signed-off-by: A U Thor <a@example.org>\nSigned-off-by: Main Tainer <main@example.org>"
	}
	message := filepath.Join(b.dir, "message")
	if err := os.WriteFile(message, []byte(title+"\n\nIt is better so, since it was worse.\n\n"+trailers+"\n"), 0o666); err != nil {
		b.t.Fatal(err)
	}
	b.sh(b.work, script+"\ngit add -A; git commit -q -F "+message)
}

const sign = "git -c gpg.format=ssh -c user.signingKey=../key tag -s pr -m 'Changes for 7.4'"

// request makes the mail: tag is a script that makes the tag or branch pr.
func (b *bench) request(tag, ref string) string {
	b.t.Helper()
	b.sh(b.work, tag)
	text := b.sh(b.work, "git request-pull v7.3 file://$PWD "+ref)
	return "From main Mon Sep 17 00:00:00 2001\nFrom: Main Tainer <main@example.org>\nDate: Wed, 11 Mar 2026 10:00:00 +0000\nSubject: [GIT PULL] security for 7.4\nMessage-ID: <pull@example.org>\n\nHello,\n\nplease pull.\n\n" + text
}

// run examines a mail and returns what was found, as IDs in order.
func (b *bench) run(mbox string, opts Options) (*report.Report, []string) {
	b.t.Helper()
	sets, err := series.Read(strings.NewReader(mbox), "pull.mbox", nil)
	if err != nil || !sets[0].Pull {
		b.t.Fatalf("no request to pull: %v", err)
	}
	tree, err := land.Open(b.upstream)
	if err != nil {
		b.t.Fatal(err)
	}
	defer tree.Close()
	if opts.Signers == "" {
		opts.Signers = b.signers
	}
	before := b.sh(b.upstream, "git for-each-ref; git status --porcelain; ls .git; git count-objects")
	r, err := Run(b.t.Context(), tree, sets[0], &opts)
	if err != nil {
		b.t.Fatal(err)
	}
	if after := b.sh(b.upstream, "git for-each-ref; git status --porcelain; ls .git; git count-objects"); after != before {
		b.t.Errorf("the tree changed:\n%s\n%s", before, after)
	}
	var ids []string
	for _, s := range r.Steps {
		if s.Status == report.Broken {
			ids = append(ids, "broken: "+s.Summary)
		}
		for _, f := range s.Findings {
			if s.Name != "checkpatch" {
				ids = append(ids, f.Check)
			}
		}
	}
	slices.Sort(ids)
	return r, slices.Compact(ids)
}

// TestPull makes requests as maintainers make them, and wants exactly what is wrong with each.
func TestPull(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		work   func(b *bench)
		tag    string
		ref    string
		mail   func(b *bench, text string) string
		opts   func(b *bench) Options
		want   string
		failed bool
	}{
		{name: "good", want: "pull/signature-valid"},
		{name: "gpg", want: "pull/signature-valid", work: func(b *bench) {
			b.gpg = filepath.Join(b.dir, "gnupg")
			b.sh(b.dir, "mkdir -m 700 gnupg; gpg -q --batch --passphrase '' --quick-generate-key 'Main Tainer <main@example.org>' ed25519 sign never; gpg --armor --export > keys.asc")
		}, tag: "git -c gpg.program=gpg tag -s -u main@example.org pr -m x; gpgconf --kill gpg-agent || :", opts: func(b *bench) Options { return Options{Signers: filepath.Join(b.dir, "keys.asc")} }},
		{name: "unsigned", tag: "git tag -a pr -m x", want: "pull/unsigned", failed: true},
		{name: "branch", tag: "git branch pr", ref: "pr", want: "pull/no-tag"},
		{name: "stranger", want: "pull/signature-unknown", opts: func(b *bench) Options {
			b.sh(b.dir, "ssh-keygen -q -t ed25519 -N '' -f other; (printf 'o@x '; cat other.pub) > others")
			return Options{Signers: filepath.Join(b.dir, "others")}
		}},
		{name: "tampered", tag: sign + "; new=$(git cat-file tag pr | sed 's/for 7\\.4/for 7.5/' | git hash-object -t tag -w --stdin); git update-ref refs/tags/pr $new", want: "pull/signature-bad", failed: true},
		{name: "a signature that is none", tag: sign + "; new=$(git cat-file tag pr | sed 's/^U1NIU0/U1NIUx/' | git hash-object -t tag -w --stdin); git update-ref refs/tags/pr $new", want: "pull/signature-bad", failed: true},
		{name: "moved", want: "pull/diffstat pull/head-differs pull/shortlog pull/signature-valid", failed: true, mail: func(b *bench, text string) string {
			b.commit("security: foo: sneak in", "echo more >> security/foo/a.c", "")
			b.sh(b.work, "git tag -d pr;"+sign)
			return text
		}},
		{name: "announced otherwise", want: "pull/diffstat pull/shortlog pull/signature-valid", failed: true, mail: func(_ *bench, text string) string {
			return strings.NewReplacer("change 2", "change of two", "a.c | 6", "a.c | 8").Replace(text)
		}},
		{name: "an older shortlog above", want: "pull/signature-valid", mail: func(_ *bench, text string) string {
			head, body, _ := strings.Cut(text, "\n\n")
			return head + "\n\nOther (1):\n      of last time\n\n" + body
		}},
		{name: "nobody signed", want: "pull/committer-signoff pull/signature-valid series/missing-signoff", failed: true, work: func(b *bench) {
			b.commit("security: foo: unsigned", "echo u >> security/foo/a.c", "Link: https://example.org/1")
		}},
		{name: "committer did not sign", want: "pull/committer-signoff pull/signature-valid", failed: true, work: func(b *bench) {
			b.commit("security: foo: handed on", "echo u >> security/foo/a.c", "Signed-off-by: A U Thor <a@example.org>")
		}},
		{name: "fixes nothing", want: "pull/signature-valid series/fixes-unknown", failed: true, work: func(b *bench) {
			b.commit("security: foo: mend", "echo u >> security/foo/a.c", "Fixes: 0123456789ab (\"security: never was\")\nSigned-off-by: A U Thor <a@example.org>\nSigned-off-by: Main Tainer <main@example.org>")
		}},
		{name: "fixes its own", want: "pull/signature-valid", work: func(b *bench) {
			id := strings.TrimSpace(b.sh(b.work, "git rev-parse --short=12 HEAD"))
			b.commit("security: foo: mend", "echo u >> security/foo/a.c", "Fixes: "+id+" (\"security: foo: change 3\")\nSigned-off-by: A U Thor <a@example.org>\nSigned-off-by: Main Tainer <main@example.org>")
		}},
		{name: "elsewhere", want: "pull/outside-entries pull/signature-valid", work: func(b *bench) { b.commit("lib: x: help out", "echo u >> lib/x.c", "") }},
		{name: "back-merge", want: "pull/back-merge pull/bare-merge pull/base-differs pull/signature-valid", work: func(b *bench) {
			b.sh(b.upstream, "echo 8 > Makefile; git commit -qam next")
			b.sh(b.work, "git fetch -q; git merge -q --no-edit origin/master")
		}},
		{name: "conflict", want: "pull/conflict pull/signature-valid", work: func(b *bench) {
			b.sh(b.upstream, "sed -i 's/^5$/otherwise/' security/foo/a.c; git commit -qam other")
		}},
		{name: "rebased", want: "pull/late-rebase pull/signature-valid", work: func(b *bench) {
			b.date = "2026-03-11T08:00:00Z"
			b.sh(b.work, "git rebase -q --force-rebase v7.3")
		}},
		{name: "posted", want: "pull/not-posted pull/signature-valid", opts: func(b *bench) Options {
			b.sh(b.work, "mkdir -p ../list/cur ../list/new; git format-patch -q -o ../list/cur --add-header='Message-ID: <p@example.org>' -1 HEAD~1")
			return Options{Inboxes: []string{"inbox:" + filepath.Join(b.dir, "list")}}
		}},
		{name: "in linux-next", want: "pull/not-in-next pull/short-in-next pull/signature-valid", opts: func(b *bench) Options {
			b.sh(b.dir, "git clone -q work next; cd next; git tag next-20260302 HEAD~2; git tag next-20260310 HEAD~1; git update-ref -d refs/remotes/origin/HEAD; git checkout -q --detach HEAD~1; git branch -D master; git update-ref -d refs/remotes/origin/master; git tag -d pr; git reflog expire --expire=now --all; git gc -q --prune=now")
			return Options{Next: filepath.Join(b.dir, "next")}
		}},
		{name: "gone", want: "broken: fetching", failed: true, mail: func(_ *bench, text string) string { return strings.ReplaceAll(text, "tags/pr", "tags/none") }},
		{name: "hostile", want: "broken: fetching", failed: true, mail: func(b *bench, text string) string {
			return strings.ReplaceAll(text, "file://"+b.work, "ext::touch% "+filepath.Join(b.dir, "owned"))
		}},
		{name: "no request", want: "pull/unreadable", failed: true, mail: func(_ *bench, text string) string { return text[:strings.Index(text, "The following")] }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			runtest.OneIn(t, 8)
			t.Parallel()
			b := newBench(t)
			if tt.work != nil {
				tt.work(b)
			}
			tag, ref := sign, "tags/pr"
			if tt.tag != "" {
				tag = tt.tag
			}
			if tt.ref != "" {
				ref = tt.ref
			}
			text := b.request(tag, ref)
			if tt.mail != nil {
				text = tt.mail(b, text)
			}
			var opts Options
			if tt.opts != nil {
				opts = tt.opts(b)
			}
			r, got := b.run(text, opts)
			if len(got) == 1 && strings.HasPrefix(tt.want, "broken: ") && strings.HasPrefix(got[0], tt.want) {
				got[0] = tt.want
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("found %q, want %s", got, tt.want)
			}
			if failed := r.Verdict() != report.Passed; failed != tt.failed {
				t.Errorf("the verdict is %v", r.Verdict())
			}
			if _, err := os.Stat(filepath.Join(b.dir, "owned")); err == nil {
				t.Error("what the URL says was run")
			}
		})
	}
}

// TestImported: of a tree that was imported from an archive nobody knows which commits came before. They were once told as unknown.
func TestImported(t *testing.T) {
	t.Parallel()
	b := benchOn(t, "")
	b.commit("security: foo: mend", "echo u >> security/foo/a.c", "Fixes: 0123456789ab (\"security: long ago\")\nSigned-off-by: A U Thor <a@example.org>\nSigned-off-by: Main Tainer <main@example.org>")
	r, got := b.run(b.request(sign, "tags/pr"), Options{})
	if want := []string{"pull/signature-valid", "series/not-checked"}; !slices.Equal(got, want) || r.Verdict() != report.Passed {
		t.Errorf("found %q, want %q; the verdict is %v", got, want, r.Verdict())
	}
}

// TestCommitsTellWhere: what the archives know of each commit is in the result.
func TestCommitsTellWhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	text := b.request(sign, "tags/pr")
	b.sh(b.work, "mkdir -p ../list/cur ../list/new; git format-patch -q -o ../list/cur --add-header='Message-ID: <p@example.org>' -1; git tag next-20260305")
	r, got := b.run(text, Options{Inboxes: []string{"inbox:" + filepath.Join(b.dir, "list")}, Next: b.work})
	commits, ok := r.Steps[1].Result.([]*Commit)
	if !ok || len(commits) != 3 || commits[2].Posted != "p@example.org" || commits[0].Posted != "" || commits[1].Next != "next-20260305" || commits[1].Days != 6 {
		t.Errorf("%+v; %q", commits, got)
	}
}

// TestSameChangeTwice: of commits that make the same change, each counts. The last of them once stood for all.
func TestSameChangeTwice(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.commit("security: foo: take it back", "git revert --no-commit HEAD", "")
	b.commit("security: foo: change 3 again", "git cherry-pick --no-commit HEAD~1", "")
	text := b.request(sign, "tags/pr")
	b.sh(b.work, "mkdir -p ../list/cur ../list/new; git format-patch -q -o ../list/cur --add-header='Message-ID: <p@example.org>' -1")
	r, got := b.run(text, Options{Inboxes: []string{"inbox:" + filepath.Join(b.dir, "list")}})
	commits, ok := r.Steps[1].Result.([]*Commit)
	if !ok || len(commits) != 5 || commits[2].Posted != "p@example.org" || commits[4].Posted != "p@example.org" || commits[3].Posted != "" {
		t.Errorf("%+v; %q", commits, got)
	}
	var told []int
	for _, f := range r.Steps[1].Findings {
		if f.Check == "pull/not-posted" {
			told = append(told, f.Patch)
		}
	}
	if want := []int{1, 2, 4}; !slices.Equal(told, want) {
		t.Errorf("not posted: %v, want %v", told, want)
	}
}

// TestChecks wants each entry of the table complete, and one for whatever is told.
func TestChecks(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(src), `p.tell("`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			told[id] = true
		}
	}
	for _, c := range Checks() {
		if c.What == "" || c.Why == "" || !told[c.ID] {
			t.Errorf("%+v: incomplete, or never told", c)
		}
		delete(told, c.ID)
	}
	delete(told, "") // of this test
	for id := range told {
		if strings.HasPrefix(id, "pull/") {
			t.Errorf("%s is not in the table", id)
		}
	}
}
