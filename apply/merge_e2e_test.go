// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

var merges = flag.Int("merges", 30, "how many merges TestE2EMergesEqualGitAm compares with git am -3")

// A mergeCase is a series that was made on base and is applied to ours.
type mergeCase struct {
	seed uint64
	what string // which of mergeScenes
	base files
	// theirs is base after each patch of the series.
	theirs []files
	ours   files
	// format are options of git format-patch, config "key=value" of the repository.
	format, config []string
	// attributes is what info/attributes says.
	attributes string
	opts       Options
	am         []string // the options of git am that opts are
}

// mergeCase makes a merge of real changes: the series has some of the differences between two
// releases of Linux, and the tree it goes to is another release, or has some of those differences, or
// has random edits. The scenes add what else can happen to a file.
func (m maker) mergeCase(seed uint64, all []*history) *mergeCase {
	c := &mergeCase{seed: seed, base: files{"keep": text("keep\n")}, ours: files{"keep": text("keep\n")}}
	var steps []func(theirs files)
	for range 1 + m.IntN(3) {
		h := all[m.IntN(len(all))]
		if c.base[h.name].mode != 0 {
			continue
		}
		from, to := 0, 2
		switch m.IntN(3) {
		case 0:
			from = 1
		case 1:
			to = 1
		}
		edits := h.edits(from, to, m.some(len(h.blocks[from][to]), 1+m.IntN(5)))
		mode := filemode.Regular
		if m.IntN(8) == 0 {
			mode = filemode.Executable
		}
		c.base[h.name] = entry{mode, strings.Join(h.lines[from], "")}
		steps = append(steps, func(theirs files) { theirs.write(h.name, after(edits)) })
		ours := h.lines[from]
		switch m.IntN(4) {
		case 0:
			ours = h.lines[1]
		case 1:
			ours = after(h.edits(from, 2, m.some(len(h.blocks[from][2]), 1+m.IntN(5))))
		case 2:
			ours = m.drift(h.lines[from])
		case 3:
			ours = m.drift(after(edits))
		}
		c.ours[h.name] = entry{mode, strings.Join(ours, "")}
	}
	theirs := maps.Clone(c.base)
	for i, step := range steps {
		if step(theirs); i == len(steps)-1 || m.IntN(2) == 0 {
			c.theirs = append(c.theirs, maps.Clone(theirs))
		}
	}
	excluded := c.victim(m)
	scene := mergeScenes[m.IntN(len(mergeScenes))]
	c.what = scene.what
	scene.set(m, c)
	c.format = [][]string{nil, {"--full-index"}, {"-M"}, {"--no-renames"}, {"-U1"}, {"-U8"}, {"--patience"}, {"-M40%", "--binary"}, {"--no-prefix"}}[m.IntN(9)]
	if slices.Contains(c.format, "--no-prefix") {
		c.opts.Strip, c.am = -1, append(c.am, "-p0")
	}
	if m.IntN(2) == 0 {
		c.config = append(c.config, mergeConfigs[m.IntN(len(mergeConfigs))]...)
	}
	switch m.IntN(8) {
	case 0:
		c.opts.Whitespace, c.am = "fix", append(c.am, "--whitespace=fix")
	case 1:
		c.opts.IgnoreWhitespace, c.am = true, append(c.am, "--ignore-whitespace")
	case 2:
		c.opts.Context, c.am = 1, append(c.am, "-C1")
	case 3:
		c.opts.Filters, c.am = []Filter{{Pattern: excluded, Exclude: true}}, append(c.am, "--exclude="+excluded)
	}
	return c
}

var mergeConfigs = [][]string{
	{"merge.conflictStyle=diff3"}, {"merge.conflictStyle=zdiff3"}, {"merge.conflictStyle=merge"},
	{"merge.renames=false"}, {"diff.renames=false"}, {"diff.renames=copies"}, {"merge.renames=true", "diff.renames=false"},
	{"merge.directoryRenames=true"}, {"merge.renameLimit=1"}, {"diff.algorithm=histogram"}, {"merge.renormalize=true"},
}

// A mergeScene changes a case of plain edits into one of its kind.
type mergeScene struct {
	what string
	set  func(m maker, c *mergeCase)
}

// victim returns a file of the series, always the same for the same seed.
func (c *mergeCase) victim(m maker) string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(c.base)), func(name string) bool { return name == "keep" })
	return names[m.IntN(len(names))]
}

// last returns the tree after the last patch.
func (c *mergeCase) last() files { return c.theirs[len(c.theirs)-1] }

func (f files) move(from, to string) {
	f[to] = f[from]
	delete(f, from)
}

func (f files) chmod(name string) {
	e := f[name]
	e.mode = filemode.Regular ^ filemode.Executable ^ e.mode
	f[name] = e
}

func (f files) write(name string, lines []string) {
	f[name] = entry{f[name].mode, strings.Join(lines, "")}
}

var mergeScenes = []mergeScene{
	{"edits", func(maker, *mergeCase) {}},
	{"edits", func(maker, *mergeCase) {}},
	{"edits", func(maker, *mergeCase) {}},
	{"we rename", func(m maker, c *mergeCase) { c.ours.move(c.victim(m), "moved/to.c") }},
	{"they rename", func(m maker, c *mergeCase) { c.last().move(c.victim(m), "moved/to.c") }},
	{"both rename", func(m maker, c *mergeCase) {
		v := c.victim(m)
		c.ours.move(v, "moved/ours.c")
		c.last().move(v, []string{"moved/ours.c", "moved/theirs.c"}[m.IntN(2)])
	}},
	{"we delete", func(m maker, c *mergeCase) { delete(c.ours, c.victim(m)) }},
	{"they delete", func(m maker, c *mergeCase) { delete(c.last(), c.victim(m)) }},
	{"they rename, we delete", func(m maker, c *mergeCase) {
		v := c.victim(m)
		c.last().move(v, "moved/to.c")
		delete(c.ours, v)
	}},
	{"we rename, they delete", func(m maker, c *mergeCase) {
		v := c.victim(m)
		c.ours.move(v, "moved/to.c")
		delete(c.last(), v)
	}},
	{"mode changes", func(m maker, c *mergeCase) {
		v := c.victim(m)
		if m.IntN(2) == 0 {
			c.ours.chmod(v)
		}
		c.last().chmod(v)
	}},
	{"both add", func(m maker, c *mergeCase) {
		v := c.victim(m)
		if c.theirs = c.theirs[len(c.theirs)-1:]; m.IntN(2) == 0 {
			c.ours.write(v, m.drift(splitLines(c.last()[v].data)))
		}
		delete(c.base, v)
	}},
	{"they rename over what we add", func(m maker, c *mergeCase) {
		c.last().move(c.victim(m), "moved/to.c")
		c.ours["moved/to.c"] = text("int ours;\n")
	}},
	{"we have a folder there", func(m maker, c *mergeCase) {
		v := c.victim(m)
		c.ours.move(v, v+"/inner.c")
	}},
	{"they have a folder there", func(m maker, c *mergeCase) {
		v := c.victim(m)
		c.last().move(v, v+"/inner.c")
	}},
	{"folder renamed", func(m maker, c *mergeCase) {
		v := c.victim(m)
		c.ours.move(v, "moved/"+path.Base(v))
		c.last()[path.Dir(v)+"/new.c"] = text("int added;\n")
	}},
	{"a symlink", func(m maker, c *mergeCase) {
		c.base["link"] = entry{filemode.Symlink, "old"}
		c.ours["link"] = entry{filemode.Symlink, []string{"old", "ours"}[m.IntN(2)]}
		for _, f := range c.theirs {
			f["link"] = entry{filemode.Symlink, "old"}
		}
		c.last()["link"] = entry{filemode.Symlink, "theirs"}
	}},
	{"a symlink of ours", func(m maker, c *mergeCase) { c.ours[c.victim(m)] = entry{filemode.Symlink, "keep"} }},
	{"a binary file", func(m maker, c *mergeCase) {
		data := func(s string) entry { return text("\x00\x01" + strings.Repeat(s, 30)) }
		c.base["image"] = data("base")
		c.ours["image"] = data([]string{"base", "ours"}[m.IntN(2)])
		for _, f := range c.theirs {
			f["image"] = data("base")
		}
		c.last()["image"] = data("theirs")
	}},
	{"no newline at the end", func(m maker, c *mergeCase) {
		v := c.victim(m)
		c.last()[v] = entry{c.last()[v].mode, strings.TrimSuffix(c.last()[v].data, "\n")}
		if m.IntN(2) == 0 {
			c.ours[v] = entry{c.ours[v].mode, strings.TrimSuffix(c.ours[v].data, "\n")}
		}
	}},
	{"attributes", func(m maker, c *mergeCase) {
		c.attributes = []string{"* merge=union\n", "*.c merge=binary\n", "* conflict-marker-size=11\n", "* -merge\n", "* merge=swap\n"}[m.IntN(5)]
		if m.IntN(2) == 0 {
			for _, f := range append([]files{c.base, c.ours}, c.theirs...) {
				f[".gitattributes"] = text(c.attributes)
			}
			c.attributes = ""
		}
		c.config = append(c.config, "merge.swap.driver=cat %B >%A")
	}},
	{"in a folder", func(m maker, c *mergeCase) {
		below := files{}
		for name, e := range c.ours {
			below["sub/dir/"+name] = e
		}
		c.ours = below
		c.opts.Directory, c.am = "sub/dir", append(c.am, "--directory=sub/dir")
	}},
}

// stream is the input of git fast-import that makes the commits of c.
func (c *mergeCase) stream(b *strings.Builder) {
	commit := func(ref, from string, f files, n int) {
		fmt.Fprintf(b, "commit refs/heads/%s\nauthor Au Thor <au@example.org> %d +0200\ncommitter a <a@example.org> 0 +0000\n", ref, 1600000000+n)
		message := fmt.Sprintf("patch %d: %s\n\nA body.\n", n, c.what)
		fmt.Fprintf(b, "data %d\n%s\n%sdeleteall\n", len(message), message, from)
		for _, name := range slices.Sorted(maps.Keys(f)) {
			e := f[name]
			fmt.Fprintf(b, "M %06o inline %s\ndata %d\n%s\n", uint32(e.mode), quotePath(name), len(e.data), e.data)
		}
		b.WriteString("\n")
	}
	commit(c.ref("base"), "", c.base, 0)
	from := fmt.Sprintf("from refs/heads/%s\n", c.ref("base"))
	for i, f := range c.theirs {
		commit(c.ref("theirs"), from, f, i+1)
		from = ""
	}
	commit(c.ref("ours"), "", c.ours, 0)
}

func (c *mergeCase) ref(side string) string { return fmt.Sprintf("%s-%d", side, c.seed) }

// An amResult is what git am left.
type amResult struct {
	head, out string
	ok        bool
	// next is the patch that does not go in, from 1; unmerged has what is in conflict by path, with
	// its content where that is not as before.
	next     int
	unmerged map[string]string
}

// am runs git am on the commit rev, and cleans up.
func am(tb testing.TB, dir, rev, mbox string, args ...string) *amResult {
	tb.Helper()
	gitIn(tb, dir, "checkout", "-q", "-f", "--detach", rev)
	out, err := tryGitIn(dir, slices.Concat([]string{"am", "-q"}, args, []string{mbox})...)
	res := &amResult{head: gitIn(tb, dir, "rev-parse", "HEAD"), out: out, ok: err == nil, unmerged: map[string]string{}}
	if res.ok {
		return res
	}
	if data, err := os.ReadFile(filepath.Join(dir, ".git/rebase-apply/next")); err == nil {
		fmt.Sscan(string(data), &res.next)
	}
	var own []string // "HASH PATH"
	for stage := range strings.SplitSeq(gitIn(tb, dir, "ls-files", "-u", "-z"), "\x00") {
		if meta, name, ok := strings.Cut(stage, "\t"); ok {
			if fields := strings.Fields(meta); fields[2] == "2" {
				own = append(own, fields[1]+" "+name)
			}
			res.unmerged[name] = ""
		}
	}
	for name := range res.unmerged {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		data := get(tb, dir, name)
		if !slices.Contains(own, string(odb.BlobHash([]byte(data)))+" "+name) {
			res.unmerged[name] = data
		}
	}
	os.RemoveAll(filepath.Join(dir, ".git/rebase-apply"))
	gitIn(tb, dir, "reset", "-q", "--hard")
	gitIn(tb, dir, "clean", "-q", "-f", "-d", "-x")
	return res
}

// prepare makes a repository with the commits of cases.
func prepareMerges(tb testing.TB, cases []*mergeCase) string {
	dir := tb.TempDir()
	gitIn(tb, dir, "init", "-q", "-b", "main")
	var stream strings.Builder
	for _, c := range cases {
		c.stream(&stream)
	}
	stream.WriteString("done\n")
	o := &oracle{tb: tb, dir: dir}
	o.git(stream.String(), "fast-import", "--quiet", "--done")
	return dir
}

// A tally counts what came of the cases, by kind.
type tally map[string]int

// TestE2EMergesEqualGitAm merges series with trees that went on, as git am -3 does: the verdict, the
// commits, and the files in conflict with their markers must be the same.
func TestE2EMergesEqualGitAm(t *testing.T) {
	all := linuxHistory(t, min(40+*merges/3, 1500))
	counts := tally{}
	for first := 0; first < *merges; first += 20 {
		var cases []*mergeCase
		for seed := uint64(first); seed < uint64(min(first+20, *merges)); seed++ {
			cases = append(cases, newMaker(seed).mergeCase(seed, all))
		}
		dir := prepareMerges(t, cases)
		for _, c := range cases {
			counts[c.compare(t, dir)]++
		}
	}
	t.Logf("%d merges, all as git am -3 makes them: %v", *merges, counts)
	if counts["conflict"] < *merges/10 || counts["merged"] < *merges/10 {
		t.Error("too few of a kind to tell")
	}
}

// compare applies the series with git am -3 and with Series, and says what came of it.
func (c *mergeCase) compare(tb testing.TB, dir string) (verdict string) {
	tb.Helper()
	mbox := filepath.Join(tb.TempDir(), "mbox")
	mails := gitIn(tb, dir, slices.Concat([]string{"format-patch", "--stdout"}, c.format, []string{c.ref("base") + ".." + c.ref("theirs")})...)
	if mails == "" {
		return "no patch"
	}
	if err := os.WriteFile(mbox, []byte(mails+"\n\n"), 0o666); err != nil {
		tb.Fatal(err)
	}
	for _, config := range c.config {
		key, value, _ := strings.Cut(config, "=")
		gitIn(tb, dir, "config", key, value)
		defer gitIn(tb, dir, "config", "--unset", key)
	}
	put(tb, dir, ".git/info/attributes", c.attributes)
	want := am(tb, dir, c.ref("ours"), mbox, append([]string{"-3"}, c.am...)...)

	opts := c.opts
	opts.ThreeWay, opts.Committer, opts.Base, opts.Branch = true, committedAt, c.ref("ours"), c.ref("applied")
	set := openSeries(tb, mbox)
	res, err := Series(context.Background(), dir, set, &opts)
	describe := func() string {
		return fmt.Sprintf("seed %d: %s, format-patch %v, config %v, attributes %q, am %v\ngit am: %s", c.seed, c.what, c.format, c.config, c.attributes, c.am, want.out)
	}
	if err != nil {
		tb.Errorf("%v\n%s", err, describe())
		return "error"
	}
	if want.ok {
		if res.Head != want.head {
			tb.Errorf("head %s, git am makes %s: %.1000s\n%s", res.Head, want.head, fmt.Sprintf("%+v", res.Conflicts), describe())
		}
		return merged(res)
	}
	if len(res.Conflicts) == 0 || res.Conflicts[0].Patch != want.next {
		tb.Errorf("git am stops at patch %d; we have %.1000s\n%s", want.next, fmt.Sprintf("%+v", res.Conflicts), describe())
		return "error"
	}
	got := map[string]string{}
	for _, bad := range res.Conflicts {
		if bad.Kind == KindMerge {
			got[bad.File] = bad.Merged
		}
	}
	for name := range want.unmerged {
		if have, ok := got[name]; !ok || have != want.unmerged[name] {
			tb.Errorf("%s: got %v %.700q\nwant %.700q\n%s", name, ok, have, want.unmerged[name], describe())
		}
	}
	if len(got) > len(want.unmerged) {
		tb.Errorf("conflicts: got %q\nwant %q\n%s", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want.unmerged)), describe())
	}
	if len(got) == 0 {
		return "refused"
	}
	return "conflict"
}

// merged says whether res took a merge.
func merged(res *Result) string {
	for _, p := range res.Patches {
		if p.Merged {
			return "merged"
		}
	}
	return "applied"
}
