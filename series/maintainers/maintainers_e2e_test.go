// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package maintainers

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
	"github.com/lsmpatch/lsmpatch/series/thread"
)

// TestE2EMaintainersAsScript compares with the tree's own get_maintainer.pl: over files from all over
// the tree, and over patches, whose text the K: lines look at.
func TestE2EMaintainersAsScript(t *testing.T) {
	tree := e2e.Tree(t, "7.3")
	m, err := Read(os.DirFS(tree))
	if err != nil {
		t.Fatal(err)
	}
	type question struct {
		name  string
		args  []string
		files []string
		text  string
	}
	var questions []question
	for _, file := range spreadFiles(t, tree, 300) {
		questions = append(questions, question{file, []string{"-f", file}, []string{file}, ""})
	}
	for _, file := range mailFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		questions = append(questions, question{filepath.Base(file), []string{file}, filesInPatch(string(text)), string(text)})
	}
	answers := make([]string, len(questions))
	var g errgroup.Group
	g.SetLimit(2)
	for i, q := range questions {
		g.Go(func() error {
			cmd := exec.Command("scripts/get_maintainer.pl", append([]string{
				"--no-git", "--no-git-fallback", "--no-fixes", "--no-substatus"}, q.args...)...)
			cmd.Dir = tree
			out, err := cmd.Output()
			answers[i] = string(out)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	wrong, people := 0, 0
	for i, q := range questions {
		got, err := m.Recipients(q.files, q.text)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Split(strings.TrimSpace(answers[i]), "\n")
		people += len(want)
		if diff := compareRecipients(want, got); diff != "" {
			wrong++
			t.Errorf("%s:\n%s", q.name, diff)
		}
	}
	t.Logf("%d of %d files and patches agree with get_maintainer.pl, %d lines of it", len(questions)-wrong, len(questions), people)
}

// spreadFiles returns about n files of the tree: some device tree bindings, whose text names people,
// and every so many of all.
func spreadFiles(t *testing.T, tree string, n int) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files")
	cmd.Dir = tree
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(strings.TrimSpace(string(out)), "\n")
	bindings := slices.DeleteFunc(slices.Clone(all), func(f string) bool { return !strings.HasSuffix(f, ".yaml") })
	var files []string
	for i := 0; i < n; i++ {
		files = append(files, all[i*len(all)/n])
	}
	for i := 0; i < n/10; i++ {
		files = append(files, bindings[i*len(bindings)*10/n])
	}
	return append(files, "security/security.c", "rust/kernel/lib.rs", "MAINTAINERS", "kernel/bpf/core.c")
}

// mailFiles returns patches as files: the embedded series and some of Debian's kernel patches.
func mailFiles(t *testing.T) []string {
	t.Helper()
	mails, err := filepath.Glob("../../patchset/rustlsm/000[1-9]-*.patch")
	if err != nil || len(mails) == 0 {
		t.Fatal("no embedded series", err)
	}
	debian, err := filepath.Glob(filepath.Join(e2e.Source(t, "linux-debian"), "debian/patches-rt/*.patch"))
	if err != nil || len(debian) == 0 {
		t.Fatal("no patches of Debian", err)
	}
	for i := range mails {
		if mails[i], err = filepath.Abs(mails[i]); err != nil {
			t.Fatal(err)
		}
	}
	return append(mails, debian[:min(len(debian), 15)]...)
}

// filesInPatch returns the files of a patch under their old and new names.
func filesInPatch(text string) []string {
	set, err := thread.Read(strings.NewReader(text), "patch", thread.Options{})
	if err != nil {
		return nil
	}
	var files []string
	for _, f := range set[0].Patches[0].Files {
		files = append(files, patchset.Path(f))
		if f.OldName != "" {
			files = append(files, f.OldName)
		}
		if f.IsNew || f.IsDelete {
			files = append(files, "dev/null") // which the script reads as a file
		}
	}
	return files
}

var reScriptLine = regexp.MustCompile(`^(.*?) \(((?:maintainer|reviewer|open list|moderated list|in file)\b.*)\)$`)

// compareRecipients says where the lines of the script and our answer differ, or "". Where several
// entries fit a file equally well, the script names one of them at random.
func compareRecipients(want []string, got []Recipient) string {
	ours := map[string]Recipient{}
	for _, r := range got {
		r.Roles = append(r.Roles, ours[r.String()].Roles...) // a list that a binding names, too
		ours[r.String()] = r
	}
	// The script drops who has the same name as somebody before, and goes by random order where
	// two entries fit equally well.
	other := map[string]string{}
	for _, r := range got {
		for _, address := range r.Also {
			other[mail.Person{Name: r.Name, Email: address}.String()] = r.String()
		}
	}
	var diff strings.Builder
	for _, line := range want {
		match := reScriptLine.FindStringSubmatch(line)
		if match == nil {
			diff.WriteString("not understood: " + line + "\n")
			continue
		}
		who := strings.ReplaceAll(match[1], `"`, "")
		if other[who] != "" {
			who = other[who]
		}
		for key, r := range ours {
			// Entries spell one person's name in two ways.
			if strings.HasSuffix(who, "<"+r.Email+">") && len(r.Roles) > 1 {
				who = key
			}
		}
		r, ok := ours[who]
		if !ok {
			diff.WriteString("-" + line + "\n")
			continue
		}
		delete(ours, who)
		if !slices.Contains(scriptRoles(r), match[2]) {
			diff.WriteString("-" + line + "\n+" + who + " (" + strings.Join(scriptRoles(r), " or ") + ")\n")
		}
	}
	for who, r := range ours {
		diff.WriteString("+" + who + " (" + strings.Join(scriptRoles(r), " or ") + ")\n")
	}
	return diff.String()
}

// scriptRoles writes the most precise roles of r as the script does.
func scriptRoles(r Recipient) []string {
	var roles []string
	inFile := false
	for _, role := range r.Roles {
		inFile = inFile || role.Kind == "in file"
		if role.Kind == "in file" || role.Depth < r.Roles[0].Depth && r.Roles[0].Kind != "in file" {
			continue
		}
		section := role.Section
		if len(section) > 50 {
			section = strings.TrimRight(section[:47], " ") + "..."
		}
		text := role.Kind + ":" + section
		if r.List && role.Section == TheRest {
			text = role.Kind
		}
		if role.Keyword != "" {
			text += ":Keyword:" + role.Keyword
		}
		roles = append(roles, text)
	}
	if !inFile {
		return roles
	}
	for i := range roles {
		roles[i] += ",in file"
	}
	return append(roles, "in file")
}
