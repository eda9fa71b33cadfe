// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package apply

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// TestLongGitSuite runs git's own tests of git apply, t4100 to t4139, with a git in front of the real
// one that records each call, and replays the calls with the engine: verdict and files must be
// the same. Calls with options that the engine does not have are left out.
func TestLongGitSuite(t *testing.T) {
	records, work := recordSuite(t, "RECORD", "t41[0-3]*.sh", 30)
	replayed, skipped := 0, map[string]int{}
	for _, dir := range records {
		opts, why := replayable(t, dir)
		if why != "" {
			skipped[why]++
			continue
		}
		replayed++
		replay(t, dir, work, opts)
	}
	t.Logf("%d calls of git apply replayed; left out: %v", replayed, skipped)
	if replayed < 120 {
		t.Errorf("only %d of %d calls could be replayed", replayed, len(records))
	}
}

// recordSuite runs git's scripts that match pattern, least of them, and returns the folders of the recorded calls, which
// variable asks for, and the folder in which the scripts left their repositories.
func recordSuite(t *testing.T, variable, pattern string, least int) (records []string, work string) {
	source := filepath.Join(e2e.Source(t, "git"), "t")
	work = t.TempDir()
	record := t.TempDir()
	here, err := filepath.Abs(filepath.Join("testdata", "gitsuite"))
	if err != nil {
		t.Fatal(err)
	}
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	copyAll := exec.Command("sh", "-c", `cp -r "$1"/t41* "$1"/t425* "$1"/t3901* "$1"/lib-terminal.sh "$1"/test-lib-functions.sh "$2"/test-lib.sh "$3"`, "sh", source, here, work)
	if out, err := copyAll.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	scripts, err := filepath.Glob(filepath.Join(work, pattern))
	if err != nil || len(scripts) < least {
		t.Fatalf("%d scripts: %v", len(scripts), err)
	}
	for _, script := range scripts {
		if strings.Contains(script, "t4137") {
			continue // submodules checked out, by a library of its own: nothing about patches
		}
		cmd := exec.Command("sh", script)
		cmd.Dir = work
		cmd.Env = append(slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, "GIT_") }),
			"PATH="+here+":"+os.Getenv("PATH"), "REAL_GIT="+real, variable+"="+record)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%.2000s", filepath.Base(script), err, out)
		}
	}
	records, err = filepath.Glob(filepath.Join(record, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return records, work
}

// replayable returns the options that a call amounts to, or why the engine cannot do it.
func replayable(tb testing.TB, dir string) (*Options, string) {
	opts := &Options{}
	if get(tb, dir, "config") != "" {
		return nil, "configuration"
	}
	if strings.TrimSpace(get(tb, dir, "prefix")) != "" {
		return nil, "in a subdirectory"
	}
	if list, err := os.ReadDir(filepath.Join(dir, "before")); err == nil && len(list) == 0 && strings.Contains(get(tb, dir, "args"), "--cached") {
		if index, err := os.Stat(filepath.Join(dir, "before.index")); err == nil && index.Size() > 0 {
			return nil, "without a worktree to record"
		}
	}
	for arg := range strings.FieldsSeq(get(tb, dir, "args")) {
		switch {
		case arg == "-R" || arg == "--reverse":
			opts.Reverse = true
		case arg == "--unidiff-zero":
			opts.UnidiffZero = true
		case strings.HasPrefix(arg, "-C"):
			n, err := strconv.Atoi(arg[2:])
			if err != nil {
				return nil, arg
			}
			if opts.Context = n; n == 0 {
				opts.Context = -1
			}
		case strings.HasPrefix(arg, "--whitespace="):
			opts.Whitespace = arg[len("--whitespace="):]
		case arg == "--ignore-whitespace" || arg == "--ignore-space-change":
			opts.IgnoreWhitespace = true
		case strings.HasPrefix(arg, "--directory=") && strings.Contains(arg, "./"):
			return nil, "--directory with dots, which old versions of git do not take"
		case strings.HasPrefix(arg, "--directory="):
			opts.Directory = arg[len("--directory="):]
		case strings.HasPrefix(arg, "-p") && len(arg) > 2:
			n, err := strconv.Atoi(arg[2:])
			if err != nil {
				return nil, arg
			}
			if opts.Strip = n; n == 0 {
				opts.Strip = -1
			}
		case arg == "--index" || arg == "--cached" || arg == "--apply" || arg == "-v" ||
			arg == "--verbose" || arg == "--binary" || arg == "--allow-binary-replacement" || arg == "--check":
		default:
			name, _, _ := strings.Cut(arg, "=")
			return nil, name
		}
	}
	return opts, ""
}

// replay applies a recorded patch to the recorded files, in memory, and where the repository's objects
// are not needed in place as well.
func replay(tb testing.TB, dir, work string, opts *Options) {
	tb.Helper()
	want := strings.TrimSpace(get(tb, dir, "code")) == "0"
	patch := get(tb, dir, "patch")
	trash := filepath.Join(work, strings.TrimSuffix(filepath.Base(dir), filepath.Ext(dir)))
	before := filepath.Join(dir, "before")
	s := newSession(os.DirFS(before), opts)
	if !strings.Contains(get(tb, dir, "out"), "missing binary patch data") { // they are there by now
		s.blobs = &oracle{tb: tb, dir: trash}
	}
	var err error
	if s.white, err = whitespaceOf(context.Background(), nil, opts); err == nil {
		err = s.patches(context.Background(), setOf(patch))
	}
	if err != nil {
		tb.Errorf("%s: %v", filepath.Base(dir), err)
		return
	}
	describe := func() string {
		return fmt.Sprintf("%s %v\ngit: %s\n%.1500s", filepath.Base(dir), strings.Fields(get(tb, dir, "args")), get(tb, dir, "out"), patch)
	}
	if want != (len(s.result.Conflicts) == 0) {
		tb.Errorf("git says %v, we %+v\n%s", want, s.result.Conflicts, describe())
		return
	}
	if !want || strings.Contains(get(tb, dir, "args"), "--check") || strings.Contains(patch, "\nBinary files ") {
		return
	}
	if _, err := os.Lstat(filepath.Join(before, "HEAD")); err == nil {
		return // run inside a git folder, whose copy is a repository
	}
	res, err := Series(context.Background(), before, setOf(patch), opts)
	if err != nil || len(res.Conflicts) > 0 {
		tb.Errorf("in place: %+v %v\n%s", res, err, describe())
		return
	}
	if got, want := contents(tb, before), contents(tb, filepath.Join(dir, "after")); !maps.Equal(got, want) {
		tb.Errorf("got %q\nwant %q\n%s", got, want, describe())
	}
}

// contents returns mode and content of all files below dir.
func contents(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(name)
			all[name[len(dir):]] = "link " + target
			return err
		}
		data, err := os.ReadFile(name)
		all[name[len(dir):]] = fmt.Sprint(info.Mode()&0o100, " ", string(data))
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}
