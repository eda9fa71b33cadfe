// SPDX-License-Identifier: GPL-2.0-only

package schedule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// hostile is what a mail may have as its subject, for each of those who read what is written.
const hostile = "x: ${{ secrets.T }} $CI_JOB_TOKEN $(HOME) `id` '\"\n- a: *b # &c\x1b[2J\u202e"

// testJobs returns n jobs of a series with a hostile title; the second half asks for memory and KVM.
func testJobs(n int) []*fleet.Job {
	var jobs []*fleet.Job
	for i := range n {
		j := &fleet.Job{Key: fmt.Sprintf("%064x", i), Series: fleet.Series{ID: hostile, Title: hostile, Version: 2, List: "l"}, Tree: fleet.Tree{Name: "t", Branch: "b"}, Suite: "checks"}
		if i >= n/2 {
			j.Memory, j.KVM = 2048, true
		}
		jobs = append(jobs, j)
	}
	return jobs
}

func written(t *testing.T, name string, jobs []*fleet.Job, opts *Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, name, jobs, opts); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// read decodes all documents of a text.
func read[T any](t *testing.T, text string) []T {
	t.Helper()
	var all []T
	for dec := yaml.NewDecoder(strings.NewReader(text)); ; {
		var one T
		if err := dec.Decode(&one); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		all = append(all, one)
	}
}

var plain = &Options{Store: "store", Jobs: "jobs", Reports: []string{"all.html"}}

// TestOneJobTwice: a job that came by two lists is written once. GitHub takes one artifact of a name, and so the second one failed.
func TestOneJobTwice(t *testing.T) {
	jobs := append(testJobs(4), testJobs(4)...)
	n := 0
	for _, b := range batches(jobs, 3) {
		n += len(b.jobs)
	}
	if n != 4 {
		t.Errorf("%d jobs", n)
	}
}

// TestEachJobOnce: the keys of all jobs are there once, in batches that the scheduler takes, and the last job needs all of them.
func TestEachJobOnce(t *testing.T) {
	jobs := testJobs(1200)
	want := map[string]int{}
	for _, j := range jobs {
		want[j.Key] = 1
	}
	hub := read[gitHub](t, written(t, "github", jobs, plain))[0]
	got := map[string]int{}
	for name, job := range hub.Jobs {
		if name == "report" {
			continue
		}
		if !slices.Contains(hub.Jobs["report"].Needs, name) {
			t.Errorf("the report does not wait for %s", name)
		}
		if n := len(job.Strategy.Matrix.Include); n > 256 {
			t.Errorf("%s has %d jobs", name, n)
		}
		for _, e := range job.Strategy.Matrix.Include {
			got[e.Key]++
		}
	}
	if !maps.Equal(got, want) || len(hub.Jobs) != 7 {
		t.Errorf("github: %d keys in %d jobs", len(got), len(hub.Jobs))
	}
	clear(got)
	lab := read[map[string]yaml.Node](t, written(t, "gitlab", jobs, plain))[0]
	for name, node := range lab {
		var job gitLabJob
		if !strings.HasPrefix(name, "work-") {
			continue
		}
		if err := node.Decode(&job); err != nil {
			t.Fatal(err)
		}
		if n := len(job.Parallel.Matrix); n > 200 {
			t.Errorf("%s has %d jobs", name, n)
		}
		for _, e := range job.Parallel.Matrix {
			got[e["LSMPATCH_JOB"][0]]++
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("gitlab: %d keys", len(got))
	}
}

// TestTitlesAreOnlyText: what a mail says stays text, for YAML and for whoever puts values in the place of names afterwards.
func TestTitlesAreOnlyText(t *testing.T) {
	jobs := testJobs(1)
	hub := read[gitHub](t, written(t, "github", jobs, plain))[0]
	name := hub.Jobs["work-1"].Strategy.Matrix.Include[0].Name
	if strings.Count(name, "${{") != strings.Count(name, "${{ '${{' }}")*2 || !strings.Contains(name, "${{ '${{' }} secrets.T }}") || strings.ContainsAny(name, "\n\x1b\u202e") {
		t.Errorf("%q", name)
	}
	lab := written(t, "gitlab", jobs, plain)
	if !strings.Contains(lab, "$$CI_JOB_TOKEN") || strings.Contains(strings.ReplaceAll(lab, "$$", ""), "$CI_JOB_TOKEN") {
		t.Error(lab)
	}
	for _, form := range []string{"slurm", "kubernetes"} {
		opts := &Options{Store: "/store", Jobs: "/jobs", Image: "i", Claims: []string{"c=/srv"}}
		if text := written(t, form, jobs, opts); strings.Contains(text, "secrets") {
			t.Errorf("%s has a title", form)
		}
	}
}

// fakeSbatch tells what it gets, and is as quick as the real one is not.
const fakeSbatch = `#!/bin/sh
n=$(($(cat "$OUT/n" 2>/dev/null || echo 0) + 1))
echo $n >"$OUT/n"
printf '%s\n' "$@" >"$OUT/args.$n"
cat >"$OUT/script.$n"
echo $n
`

// TestSlurmScript: the script submits each batch, then the report after all of them; names come to the program as they are.
func TestSlurmScript(t *testing.T) {
	dir := t.TempDir()
	odd := `/a 'b' "c" $(touch x) \d;e`
	put := func(name, text string) { runtest.Write(t, filepath.Join(dir, name), []byte(text)) }
	put("sbatch", fakeSbatch)
	put("prog", "#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
	opts := &Options{Program: filepath.Join(dir, "prog"), Store: odd, Jobs: odd + "/jobs", Reports: []string{odd + "/r.html"}, Trees: []string{"t=" + odd}, Parallel: 3, Runner: []string{"p q"}}
	put("submit", written(t, "slurm", testJobs(2400), opts))
	call := func(name string, env ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "/bin/sh", filepath.Join(dir, name))
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), append(env, "OUT="+dir, "PATH="+dir+":"+os.Getenv("PATH"))...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	file := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if out := call("submit"); out != "job 5 writes the report\n" {
		t.Error(out)
	}
	if args := file("args.5"); !strings.Contains(args, "--dependency=afterany:1:2:3:4\n") {
		t.Error(args)
	}
	if args := file("args.4"); !strings.Contains(args, "--array=0-199%3\n") || !strings.Contains(args, "--mem=2048M\n--constraint=kvm\n") || !strings.Contains(args, "--partition=p q\n") {
		t.Error(args)
	}
	want := strings.Join([]string{"work", "--store", odd, "--tree-at", "t=" + odd, "--job", fmt.Sprintf("%064x", 2205), odd + "/jobs", ""}, "\n")
	if got := call("script.4", "SLURM_ARRAY_TASK_ID=5"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	want = strings.Join([]string{"report", "merge", "--incomplete", "--store", odd, "--jobs", odd + "/jobs", "--report", odd + "/r.html", ""}, "\n")
	if got := call("script.5"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestKubernetesScript: after Kubernetes has put in its variables, the shell sees what was written.
func TestKubernetesScript(t *testing.T) {
	opts := &Options{Program: "echo", Store: "/a $(HOME) $$ b", Jobs: "/jobs", Image: "i", Claims: []string{"c=/srv"}, Runner: []string{"kubernetes.io/arch=amd64"}}
	docs := read[kubeJob](t, written(t, "kubernetes", testJobs(4), opts))
	if len(docs) != 3 {
		t.Fatalf("%d documents", len(docs))
	}
	pod := docs[1].Spec.Template.Spec
	if docs[1].Spec.Completions != 2 || pod.NodeSelector["kubernetes.io/arch"] != "amd64" || pod.Containers[0].Resources.Requests["memory"] != "2048Mi" || pod.Containers[0].Resources.Limits[kvmResource] != "1" {
		t.Errorf("%+v", docs[1].Spec)
	}
	script := pod.Containers[0].Command[2]
	if strings.Contains(strings.ReplaceAll(script, "$$", ""), "$") {
		t.Errorf("a variable is left: %s", script)
	}
	cmd := exec.Command("/bin/sh", "-c", strings.ReplaceAll(script, "$$", "$"))
	cmd.Env = []string{"JOB_COMPLETION_INDEX=1"}
	out, err := cmd.CombinedOutput()
	if want := fmt.Sprintf("work --store /a $(HOME) $$ b --job %064x /jobs\n", 3); err != nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}

// TestRefused: what cannot be written so that it is read rightly is refused.
func TestRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		form string
		opts Options
	}{
		"line break":     {"slurm", Options{Store: "/a\nLSMPATCH_END\nid", Jobs: "/j"}},
		"relative":       {"slurm", Options{Store: "a", Jobs: "/j"}},
		"outside":        {"github", Options{Store: "../a", Jobs: "j"}},
		"absolute":       {"gitlab", Options{Store: "/a", Jobs: "j"}},
		"pattern":        {"gitlab", Options{Store: "a*", Jobs: "j"}},
		"report outside": {"gitlab", Options{Store: "a", Jobs: "j", Reports: []string{"../r"}}},
		"no image":       {"kubernetes", Options{Store: "/a", Jobs: "/j", Claims: []string{"c=/a"}}},
		"no claim":       {"kubernetes", Options{Store: "/a", Jobs: "/j", Image: "i"}},
		"no folder":      {"kubernetes", Options{Store: "/a", Jobs: "/j", Image: "i", Claims: []string{"c"}}},
		"no label":       {"kubernetes", Options{Store: "/a", Jobs: "/j", Image: "i", Claims: []string{"c=/a"}, Runner: []string{"x"}}},
		"no scheduler":   {"cron", Options{Store: "/a", Jobs: "/j"}},
	} {
		if err := Write(io.Discard, tc.form, testJobs(1), &tc.opts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := Write(io.Discard, "slurm", nil, &Options{Store: "/a", Jobs: "/j"}); err == nil {
		t.Error("no job: no error")
	}
}
