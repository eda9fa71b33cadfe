// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// nonceOf returns the nonce of the frames in a captured console, or one that it cannot have.
func nonceOf(log []byte) string {
	if m := regexp.MustCompile(`lsmpatch:([A-Z2-7]+):1/`).FindSubmatch(log); m != nil {
		return string(m[1])
	}
	return "NONE"
}

// judgeLog returns the verdict on a captured console.
func judgeLog(t testing.TB, log []byte, hung bool) *Result {
	m := &machine{opts: &Options{}, limit: 30 * time.Second, nonce: nonceOf(log), base: &baseline{}}
	var err error
	if m.expect, err = m.opts.expect(); err != nil {
		t.Fatal(err)
	}
	c := newConsole(m, func() {})
	// In pieces, as a pipe gives it.
	for len(log) > 0 {
		n := min(len(log), 700)
		c.Write(log[:n])
		log = log[n:]
	}
	c.end()
	b := &booting{&Result{Console: c.text()}, c, hung}
	once, _ := json.Marshal(m.judge(b))
	r := m.judge(b) // as after another boot of the base
	if twice, _ := json.Marshal(r); !bytes.Equal(once, twice) {
		t.Errorf("judged again it is\n%s\nand was\n%s", twice, once)
	}
	return r
}

// TestConsoles holds the verdicts on consoles of real boots of Linux 7.3 against golden files.
func TestConsoles(t *testing.T) {
	logs, err := filepath.Glob("testdata/console/*.log")
	if err != nil || len(logs) == 0 {
		t.Fatal("no consoles", err)
	}
	for _, name := range logs {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".log"), func(t *testing.T) {
			log, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r := judgeLog(t, log, true)
			got := struct {
				Booted    bool
				Active    []string
				HookLines int
				Findings  []report.Finding
			}{r.Booted, r.Active, len(r.HookLines), r.Findings}
			data, err := json.MarshalIndent(got, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(name, ".log")+".json", string(data)+"\n")
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// A kernel whose log holds a frame with another nonce, or the right one with a wrong sum, does not
// make us believe it.
func TestForgedFacts(t *testing.T) {
	log, err := os.ReadFile("testdata/console/init-sleeps.log")
	if err != nil {
		t.Fatal(err)
	}
	forged, err := encodeFacts("GUESSED", &Facts{LSM: "capability,rust_lsm_sample", Children: 3, Opened: 3})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(forged, "\n") + "\n"
	log = append(log, text...)
	log = append(log, strings.ReplaceAll(text, "GUESSED", "NONE")...)
	m := &machine{opts: &Options{}, nonce: "NONE", base: &baseline{}}
	c := newConsole(m, nil)
	c.Write(log)
	r := m.judge(&booting{&Result{}, c, true})
	if r.Booted {
		t.Errorf("forged facts were believed: %+v", r.Facts)
	}
}

// A line of the kernel that comes in the middle of a frame costs that frame, not the facts.
func TestBrokenFrames(t *testing.T) {
	want := &Facts{Release: "7.3.4", LSM: strings.Repeat("capability,", 40), Children: 3, Problems: []string{"ü"}}
	lines, err := encodeFacts("N", want)
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) < 3 {
		t.Fatalf("%d frames; the test wants several", len(lines))
	}
	for broken := range lines {
		c := newCollector("N")
		for round := range frameTimes {
			for i, line := range lines {
				if i == (broken+round)%len(lines) && round < 2 {
					line = line[:20] + "[    1.0] random: crng init done" + line[20:]
				}
				c.line(line)
			}
		}
		if diff := cmp.Diff(want, c.facts); diff != "" {
			t.Errorf("frame %d broken (-want +got):\n%s", broken, diff)
		}
	}
}

func TestConsoleIsBounded(t *testing.T) {
	runtest.Deep(t)
	m := &machine{opts: &Options{LSM: []string{}}, nonce: "N", base: &baseline{}}
	c := newConsole(m, nil)
	chunk := []byte(strings.Repeat("BUG: flood ", 600) + "\n" + strings.Repeat("x\n", 1000))
	for range 1200 {
		c.Write(chunk)
	}
	for range 10 {
		c.Write([]byte(strings.Repeat("a line without an end", 10000)))
	}
	c.end()
	if n := len(c.text()); n > maxHead+2*maxTail+maxLine+100 {
		t.Errorf("%d bytes kept", n)
	}
	if !strings.Contains(c.text(), "bytes left out") {
		t.Error("nothing says that something was left out")
	}
	if n := len(c.log.Crashes(nil)); n > 100 {
		t.Errorf("%d findings", n)
	}
}

func FuzzConsole(f *testing.F) {
	logs, _ := filepath.Glob("testdata/console/*.log")
	for _, name := range logs {
		log, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(log[max(0, len(log)-3000):])
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		r := judgeLog(t, log, true)
		if r.Booted != (r.Facts != nil) {
			t.Error("booted without facts, or facts without a boot")
		}
		if !r.Booted && !report.AnyError(r.Findings) {
			t.Error("a boot without facts is no error")
		}
	})
}
