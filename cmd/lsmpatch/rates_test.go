// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/series/mail"
)

// How many findings of a severity are drawn. Each kind is among them.
const (
	ratedErrors   = 150
	ratedWarnings = 250
)

// A rated finding is one that somebody judges by hand.
type rated struct {
	severity, check, id, message string
}

// TestRates draws findings to judge from the newest $MAILS mails of a list archive, $INBOX (make rates INBOX=DIR), by the seed $SEED, and
// writes them to $OUT, a finding a line with a "?" in front, which the judge makes "true" or "false", a reason behind it. With $JUDGED, such a
// file, it prints how many of each kind are false. Without either it does both with a small archive of our own.
func TestRates(t *testing.T) {
	inbox, out, judged := os.Getenv("INBOX"), os.Getenv("OUT"), os.Getenv("JUDGED")
	if judged != "" {
		text, err := os.ReadFile(judged)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Print(rateTable(string(text)))
		return
	}
	if inbox != "" {
		text, err := drawRates(t, inbox)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(cmp.Or(out, "rates.txt"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	inbox = t.TempDir()
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.org", "-C", inbox}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "-q")
	for i := range 9 {
		m := strings.Replace(patchMail("", "Text. "+strings.Repeat("word ", 20), someDiff), "<m@", fmt.Sprintf("<m%d@", i), 1)
		m = strings.Replace(m, "security: x", fmt.Sprintf("%s%d", []string{"fixup! a: x", "x"}[i%2], i), 1)
		if err := os.WriteFile(filepath.Join(inbox, "m"), []byte(m), 0o644); err != nil {
			t.Fatal(err)
		}
		git("add", "m")
		git("commit", "-qm", "x")
	}
	t.Setenv("MAILS", "8") // the oldest is left out
	first, err := drawRates(t, inbox)
	if err != nil {
		t.Fatal(err)
	}
	again, err := drawRates(t, inbox)
	if err != nil || again != first {
		t.Errorf("drawn twice:\n%s\n%s %v", first, again, err)
	}
	for _, want := range []string{"?\terror\tseries/fixup\t<m2@example.org>\t", "?\twarning\tseries/long-line\t<m8@", "# 4 error series/fixup\n", "# 8 warning series/long-line\n"} {
		if !strings.Contains(first, want) {
			t.Errorf("no %q in\n%s", want, first)
		}
	}
	if strings.Contains(first, "<m0@") {
		t.Errorf("more mails than were asked for:\n%s", first)
	}
	verdicts := strings.Replace(strings.ReplaceAll(strings.ReplaceAll(first, "?\terror", "true\terror"), "?\twarning", "true a reason\twarning"), "true\terror", "false as we say\terror", 1)
	if table := rateTable(verdicts); !strings.Contains(table, "| `series/fixup` | error | 4 | 3 | 1 |\n") || !strings.Contains(table, "error: 4 findings, 4 judged, 25.0 % false\n") {
		t.Errorf("table:\n%s", table)
	}
}

// drawRates checks the series of an archive and returns the sample as text.
func drawRates(t *testing.T, inbox string) (string, error) {
	mails, _ := strconv.Atoi(cmp.Or(os.Getenv("MAILS"), "8000"))
	seed, _ := strconv.ParseUint(cmp.Or(os.Getenv("SEED"), "1"), 10, 64)
	dir := t.TempDir()
	margin := mails / 8
	oldest, err := newestMails(inbox, mails+margin, margin, filepath.Join(dir, "cur"))
	if err != nil {
		return "", err
	}
	args := []string{"series", "check", "-q", "--all", "--format", "json", "inbox:" + dir}
	if tree := os.Getenv("TREE"); tree != "" {
		args = slices.Insert(args, 2, "--tree", tree)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code == exitBroken {
		return "", fmt.Errorf("lsmpatch %v: %s", args, stderr.String())
	}
	found, series, err := readRated(&stdout, oldest)
	if err != nil {
		return "", err
	}
	r := rand.New(rand.NewPCG(seed, 0))
	text := fmt.Sprintf("# %d series of %d mails, seed %d\n", series, mails, seed)
	for _, of := range []struct {
		severity string
		n        int
	}{{"error", ratedErrors}, {"warning", ratedWarnings}} {
		kinds := map[string][]rated{}
		for _, f := range found {
			if f.severity == of.severity {
				kinds[f.check] = append(kinds[f.check], f)
			}
		}
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			text += fmt.Sprintf("# %d %s %s\n", len(kinds[kind]), of.severity, kind)
		}
		for _, f := range drawEach(r, kinds, of.n) {
			text += fmt.Sprintf("?\t%s\t%s\t<%s>\t%s\n", f.severity, f.check, f.id, f.message)
		}
	}
	return text, nil
}

// newestMails writes the newest n mails of a public-inbox, a git repository, into a folder of a maildir. It returns the Message-IDs of the
// oldest of them, a margin: what has one of these may have more in front of it.
func newestMails(inbox string, n, margin int, cur string) (map[string]bool, error) {
	if err := os.MkdirAll(cur, 0o755); err != nil {
		return nil, err
	}
	oldest := map[string]bool{}
	revs, err := exec.Command("git", "-C", inbox, "log", "--format=%H:m", "-n", strconv.Itoa(n)).Output()
	if err != nil {
		return nil, fmt.Errorf("git log in %s: %w", inbox, err)
	}
	cmd := exec.Command("git", "-C", inbox, "cat-file", "--batch")
	cmd.Stdin = bytes.NewReader(revs)
	batch, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git cat-file in %s: %w", inbox, err)
	}
	for i := 0; len(batch) > 0; i++ {
		head, rest, _ := bytes.Cut(batch, []byte("\n"))
		words := strings.Fields(string(head))
		if batch = rest; len(words) != 3 {
			continue // the mail was taken away
		}
		size, err := strconv.Atoi(words[2])
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(cur, fmt.Sprintf("%07d:2,", n-i)), batch[:size], 0o644); err != nil {
			return nil, err
		}
		if i >= n-margin {
			oldest[mail.FirstID(mail.ParseHeaders(batch[:size]).Get("Message-ID"))] = true
		}
		batch = batch[size+1:]
	}
	return oldest, nil
}

// readRated reads the findings of series check --all --format json, but of series that have one of the oldest mails.
func readRated(r io.Reader, oldest map[string]bool) (found []rated, series int, err error) {
	var result struct {
		Series []struct {
			Cover *struct {
				MessageID string `json:"message_id"`
			}
			Patches []struct {
				Index     int
				MessageID string `json:"message_id"`
			}
			Findings []struct {
				Check, Severity, File, Message, Detail string
				Patch, Line                            int
			}
		}
	}
	if err := json.NewDecoder(r).Decode(&result); err != nil {
		return nil, 0, err
	}
	for _, s := range result.Series {
		old := s.Cover != nil && oldest[s.Cover.MessageID]
		for _, p := range s.Patches {
			old = old || oldest[p.MessageID]
		}
		if old {
			continue
		}
		series++
		for _, f := range s.Findings {
			one := rated{severity: f.Severity, check: f.Check, message: strings.Join(strings.Fields(f.Message+" | "+f.Detail), " ")}
			for _, p := range s.Patches {
				if one.id == "" || p.Index == f.Patch {
					one.id = p.MessageID
				}
			}
			if s.Cover != nil && f.Patch == 0 && s.Cover.MessageID != "" {
				one.id = s.Cover.MessageID
			}
			found = append(found, one)
		}
	}
	return found, series, nil
}

// drawEach draws n of all kinds, one of each kind after another while it has any.
func drawEach(r *rand.Rand, kinds map[string][]rated, n int) []rated {
	names := slices.Sorted(maps.Keys(kinds))
	taken := map[string]int{}
	for _, kind := range names {
		r.Shuffle(len(kinds[kind]), func(i, j int) { kinds[kind][i], kinds[kind][j] = kinds[kind][j], kinds[kind][i] })
	}
	for more := true; more && n > 0; {
		more = false
		for _, kind := range names {
			if taken[kind] < len(kinds[kind]) && n > 0 {
				taken[kind]++
				n--
				more = true
			}
		}
	}
	var drawn []rated
	for _, kind := range names {
		drawn = append(drawn, kinds[kind][:taken[kind]]...)
	}
	return drawn
}

var ratedCount = regexp.MustCompile(`(?m)^# (\d+) (error|warning) (\S+)$`)

// rateTable reads a judged sample and returns a row a kind. The rate of a severity weighs each kind by how many findings it has in all: the
// sample has more of what is seldom.
func rateTable(text string) string {
	out := "| kind | severity | found | true | false |\n|---|---|---|---|---|\n"
	type sum struct {
		found, judged int
		wrong         float64
	}
	sums := map[string]*sum{"error": {}, "warning": {}}
	for _, m := range ratedCount.FindAllStringSubmatch(text, -1) {
		found, _ := strconv.Atoi(m[1])
		right := regexp.MustCompile(`(?m)^true[^\t]*\t`+m[2]+`\t`+regexp.QuoteMeta(m[3])+`\t`).FindAllString(text, -1)
		wrong := regexp.MustCompile(`(?m)^false[^\t]*\t`+m[2]+`\t`+regexp.QuoteMeta(m[3])+`\t`).FindAllString(text, -1)
		out += fmt.Sprintf("| `%s` | %s | %d | %d | %d |\n", m[3], m[2], found, len(right), len(wrong))
		s := sums[m[2]]
		if n := len(right) + len(wrong); n > 0 {
			s.found += found
			s.judged += n
			s.wrong += float64(found) * float64(len(wrong)) / float64(n)
		}
	}
	for _, severity := range []string{"error", "warning"} {
		if s := sums[severity]; s.found > 0 {
			out += fmt.Sprintf("%s: %d findings, %d judged, %.1f %% false\n", severity, s.found, s.judged, 100*s.wrong/float64(s.found))
		}
	}
	return out
}
