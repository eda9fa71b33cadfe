// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
)

type kcidb struct {
	Version struct {
		Major int `json:"major"`
		Minor int `json:"minor"`
	} `json:"version"`
	Checkouts []kcidbCheckout `json:"checkouts"`
	Builds    []kcidbBuild    `json:"builds"`
	Tests     []kcidbTest     `json:"tests"`
}

type kcidbCheckout struct {
	ID        string `json:"id"`
	Origin    string `json:"origin"`
	Commit    string `json:"git_commit_hash,omitempty"`
	Patchset  string `json:"patchset_hash"`
	Message   string `json:"message_id,omitempty"`
	Comment   string `json:"comment,omitempty"`
	StartTime string `json:"start_time"`
	Valid     bool   `json:"valid"`
}

type kcidbBuild struct {
	ID        string     `json:"id"`
	Checkout  string     `json:"checkout_id"`
	Origin    string     `json:"origin"`
	Comment   string     `json:"comment,omitempty"`
	StartTime string     `json:"start_time"`
	Duration  float64    `json:"duration,omitempty"`
	Command   string     `json:"command,omitempty"`
	Status    string     `json:"status"`
	Misc      *kcidbMisc `json:"misc,omitempty"`
}

type kcidbTest struct {
	ID        string     `json:"id"`
	Build     string     `json:"build_id"`
	Origin    string     `json:"origin"`
	Path      string     `json:"path"`
	Comment   string     `json:"comment,omitempty"`
	StartTime string     `json:"start_time"`
	Duration  float64    `json:"duration,omitempty"`
	Status    string     `json:"status"`
	Misc      *kcidbMisc `json:"misc,omitempty"`
}

// kcidbMisc is where the form lets us say what it has no name for.
type kcidbMisc struct {
	Findings []Finding `json:"findings"`
}

// WriteKCIDB writes r in the form of KCIDB 5.3: a checkout, its build, and a test for each other step. A build is there without a
// kernel as well, skipped, since a test without one is incomplete.
func WriteKCIDB(w io.Writer, r *Report) error {
	var out kcidb
	out.Version.Major, out.Version.Minor = 5, 3
	origin := cmp.Or(r.Context.Origin, "lsmpatch")
	start := r.Started.UTC().Format(time.RFC3339)
	patchset := r.patchsetHash()
	id := fmt.Sprintf("%s:%s-%s", origin, Printable(r.Tree.Base), patchset)
	c := kcidbCheckout{ID: id, Origin: origin, Patchset: patchset, Comment: Printable(r.Series.Title), StartTime: start, Valid: true}
	switch {
	case r.Cover != nil:
		c.Message = r.Cover.MessageID
	case len(r.Patches) > 0:
		c.Message = r.Patches[0].MessageID
	}
	if c.Message = Printable(c.Message); !strings.Contains(c.Message, "@") {
		c.Message = "" // the schema wants an address: it would refuse the report for what some mailers make
	}
	if isCommit(r.Tree.Base) {
		c.Commit = r.Tree.Base
	}
	run := fmt.Sprintf("%s-%d", id, r.Started.UTC().UnixNano())
	build := kcidbBuild{ID: run, Checkout: id, Origin: origin, StartTime: start, Status: "SKIP", Comment: "no kernel was asked for", Command: Printable(strings.TrimSpace(r.Command))}
	for _, s := range r.Steps {
		switch s.Name {
		case "build":
			build.Status, build.Comment, build.Duration, build.Misc = kcidbStatus(s), Printable(s.Summary), s.Seconds, miscOf(s)
			continue
		case "apply":
			c.Valid = s.Status == Passed
		}
		out.Tests = append(out.Tests, kcidbTest{ID: run + "-" + kcidbPath(s.Name), Build: run, Origin: origin, Path: "lsmpatch." + kcidbPath(s.Name),
			Comment: Printable(s.Summary), StartTime: start, Duration: s.Seconds, Status: kcidbStatus(s), Misc: miscOf(s)})
	}
	out.Checkouts, out.Builds = []kcidbCheckout{c}, []kcidbBuild{build}
	if out.Tests == nil {
		out.Tests = []kcidbTest{}
	}
	return WriteJSON(w, out)
}

func miscOf(s Step) *kcidbMisc {
	if len(s.Findings) == 0 {
		return nil
	}
	return &kcidbMisc{s.Findings}
}

// kcidbStatus: MISS is what did not run since something of ours failed.
func kcidbStatus(s Step) string {
	return map[Status]string{Passed: "PASS", Failed: "FAIL", Broken: "MISS", Skipped: "SKIP"}[s.Status]
}

// kcidbPath has only what a path of a test may have.
func kcidbPath(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, name)
}

// patchsetHash is the sum over the sums of the mails, a line each; that of no patch is "".
func (r *Report) patchsetHash() string {
	if len(r.Patches) == 0 {
		return ""
	}
	h := sha256.New()
	for _, p := range r.Patches {
		fmt.Fprintf(h, "%s\n", p.SHA256)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func isCommit(text string) bool {
	return len(text) == 40 && strings.Trim(text, "0123456789abcdef") == ""
}
