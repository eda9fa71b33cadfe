// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package series

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset/check"
)

// benchMails is how many mails the corpus has.
const benchMails = 2400

// corpus returns an mbox of benchMails mails: the differences between two kernels, file by
// file, as patches in series of one to fourteen with cover letters. It is kept in the cache.
func corpus(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(e2e.Cache(tb, "bench"), fmt.Sprintf("corpus-%d.mbox", benchMails))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	diffs := treeDiffs(tb, benchMails)
	var mbox bytes.Buffer
	for n, size := 0, 1; n < benchMails; size = size%14 + 1 {
		n += writeSeries(&mbox, diffs, n, min(size, benchMails-n-1))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, mbox.Bytes(), 0o666); err != nil {
		tb.Fatal(err)
	}
	return path
}

// writeSeries writes a series with the diffs from n on, size of them, and returns how many
// mails it has.
func writeSeries(mbox *bytes.Buffer, diffs []string, n, size int) int {
	if size < 1 {
		size = 1
	}
	head := func(i int, subject string) {
		fmt.Fprintf(mbox, "From %040x Mon Sep 17 00:00:00 2001\nFrom: A U Thor %d <author%d@example.org>\nTo: linux-kernel@vger.kernel.org\n"+
			"Cc: somebody@example.org, \"Else, Some One\" <else@example.org>\nDate: Wed, 11 Mar 2026 05:%02d:%02d +0100\n"+
			"Subject: [PATCH v3 %d/%d] %s\nMessage-ID: <20260311.%d-%d@example.org>\nX-Mailer: git-send-email 2.39.5\nMIME-Version: 1.0\n"+
			"Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n", n+i, n%50, n%50, i/60%60, i%60, i, size, subject, n, i)
		if i > 0 {
			fmt.Fprintf(mbox, "In-Reply-To: <20260311.%d-0@example.org>\nReferences: <20260311.%d-0@example.org>\n", n, n)
		}
	}
	head(0, fmt.Sprintf("a series of %d patches", size))
	fmt.Fprintf(mbox, "\nWhat this series does, and why.\n\nA U Thor %d (%d):\n", n%50, size)
	for i := 1; i <= size; i++ {
		fmt.Fprintf(mbox, "  subsystem: change file number %d\n", n+i)
	}
	mbox.WriteString("\n-- \n2.39.5\n\n")
	for i := 1; i <= size; i++ {
		head(i, fmt.Sprintf("subsystem: change file number %d", n+i))
		fmt.Fprintf(mbox, "\nWhat was wrong with this file, told in a sentence or two, and what\nthis patch does about it.\n\n"+
			"Fixes: 0123456789ab (\"subsystem: a commit\")\nSigned-off-by: A U Thor %d <author%d@example.org>\n---\n%s-- \n2.39.5\n\n", n%50, n%50, diffs[(n+i)%len(diffs)])
	}
	return size + 1
}

// treeDiffs returns n diffs between two kernels, one file each, of a size that mails have.
func treeDiffs(tb testing.TB, n int) []string {
	tb.Helper()
	cmd := exec.Command("git", "diff", "--no-index", "--no-color", "--no-renames",
		filepath.Join(e2e.Tree(tb, "7.2"), "drivers"), filepath.Join(e2e.Tree(tb, "7.3"), "drivers"))
	out, err := cmd.Output()
	if len(out) == 0 {
		tb.Fatal(err)
	}
	var diffs []string
	for _, d := range strings.Split(string(out), "\ndiff --git ") {
		if len(d) < 40<<10 && strings.Contains(d, "\n@@ ") {
			diffs = append(diffs, "diff --git "+strings.TrimPrefix(strings.TrimSuffix(d, "\n"), "diff --git ")+"\n")
		}
		if len(diffs) == n {
			break
		}
	}
	return diffs
}

// TestMain runs the reader alone where a benchmark asks for it, to measure its memory.
func TestMain(m *testing.M) {
	if path := os.Getenv("SERIES_BENCH_MBOX"); path != "" {
		os.Exit(readAll(path))
	}
	os.Exit(m.Run())
}

// readAll reads and checks all series of an mbox.
func readAll(path string) int {
	mails := 0
	for set, err := range All(context.Background(), []string{path}, nil) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		mails += len(set.Patches)
		if set.Cover != nil {
			mails++
		}
		if _, err := Check(&check.View{Set: set}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
	}
	// The parent's own peak counts in what the kernel tells of a child, so the child tells.
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	_, peak, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Println(mails, strings.Fields(peak)[0])
	return 0
}

// BenchmarkCheck reads and checks all series of a large mbox, each run in a process of its own,
// and compares with git mailsplit and git mailinfo on the same. It reports mails a second of
// both, their ratio, and the peak memory for the mbox and for one four times as large.
func BenchmarkCheck(b *testing.B) {
	path := corpus(b)
	four := filepath.Join(b.TempDir(), "four.mbox")
	raw, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	var all []byte
	for i := range 4 {
		all = append(all, bytes.ReplaceAll(raw, []byte("<20260311."), fmt.Appendf(nil, "<2026031%d.", i))...)
	}
	if err := os.WriteFile(four, all, 0o666); err != nil {
		b.Fatal(err)
	}
	gitTime := timeGit(b, path)
	b.ResetTimer()
	var elapsed time.Duration
	var peak, peakFour int64
	for b.Loop() {
		d, rss := child(b, path, benchMails)
		elapsed += d
		peak = max(peak, rss)
	}
	_, peakFour = child(b, four, 4*benchMails)
	ours := float64(benchMails*b.N) / elapsed.Seconds()
	gits := benchMails / gitTime.Seconds()
	b.ReportMetric(ours, "mails/s")
	b.ReportMetric(gits, "git-mails/s")
	b.ReportMetric(ours/gits, "times-git")
	b.ReportMetric(float64(peak)/1024, "peak-MB")
	b.ReportMetric(float64(peakFour)/1024, "peak-MB-of-4x")
}

// child runs readAll in a process of its own and returns its time and its peak memory in KB.
func child(tb testing.TB, path string, want int) (time.Duration, int64) {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SERIES_BENCH_MBOX="+path)
	start := time.Now()
	out, err := cmd.Output()
	elapsed := time.Since(start)
	var mails int
	var peak int64
	if _, scanErr := fmt.Sscan(string(out), &mails, &peak); err != nil || scanErr != nil || mails != want {
		tb.Fatalf("read %d mails, not %d: %v, %v", mails, want, err, scanErr)
	}
	return elapsed, peak
}

// timeGit splits the mbox and takes each mail apart with git.
func timeGit(tb testing.TB, path string) time.Duration {
	tb.Helper()
	dir := tb.TempDir()
	script := `git mailsplit -o"$1" "$2" >/dev/null && for m in "$1"/*; do git mailinfo "$1.msg" "$1.patch" <"$m" >/dev/null || exit 1; done`
	start := time.Now()
	if out, err := exec.Command("sh", "-c", script, "sh", dir, path).CombinedOutput(); err != nil {
		tb.Fatalf("%v: %s", err, out)
	}
	return time.Since(start)
}
