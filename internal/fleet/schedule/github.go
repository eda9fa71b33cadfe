// SPDX-License-Identifier: GPL-2.0-only

package schedule

import (
	"io"
	"path"
	"strings"
)

// A gitHub is a workflow: a matrix for each batch, and a job that needs them all.
type gitHub struct {
	Name        string               `yaml:"name"`
	On          map[string]any       `yaml:"on"`
	Permissions map[string]string    `yaml:"permissions"`
	Jobs        map[string]gitHubJob `yaml:"jobs"`
}

type gitHubJob struct {
	Name      string            `yaml:"name"`
	Needs     []string          `yaml:"needs,omitempty"`
	If        string            `yaml:"if,omitempty"`
	RunsOn    []string          `yaml:"runs-on"`
	Container string            `yaml:"container,omitempty"`
	Strategy  *gitHubStrategy   `yaml:"strategy,omitempty"`
	Env       map[string]string `yaml:"env,omitempty"`
	Steps     []gitHubStep      `yaml:"steps"`
}

type gitHubStrategy struct {
	FailFast    bool `yaml:"fail-fast"`
	MaxParallel int  `yaml:"max-parallel,omitempty"`
	Matrix      struct {
		Include []gitHubEntry `yaml:"include"`
	} `yaml:"matrix"`
}

type gitHubEntry struct {
	Key  string `yaml:"key"`
	Name string `yaml:"name"`
}

type gitHubStep struct {
	Name string            `yaml:"name,omitempty"`
	If   string            `yaml:"if,omitempty"`
	Uses string            `yaml:"uses,omitempty"`
	With map[string]string `yaml:"with,omitempty"`
	Run  string            `yaml:"run,omitempty"`
}

// always is the condition of what is done also where a series was at fault.
const always = "${{ !cancelled() }}"

// gitHubText returns text as GitHub is to see it: what it would take for the beginning of an expression, and compute with the
// rights of the workflow, is one whose value is that beginning.
func gitHubText(text string) string { return strings.ReplaceAll(text, "${{", "${{ '${{' }}") }

func writeGitHub(w io.Writer, all []batch, opts *Options) error {
	checkout := gitHubStep{Uses: "actions/checkout@v5"}
	runner := []string{"ubuntu-latest"}
	if len(opts.Runner) > 0 {
		runner = nil
		for _, label := range opts.Runner {
			runner = append(runner, gitHubText(label))
		}
	}
	base := gitHubJob{RunsOn: runner, Container: gitHubText(opts.Image)}
	flow := gitHub{Name: "lsmpatch", On: map[string]any{"workflow_dispatch": map[string]any{}}, Permissions: map[string]string{"contents": "read"}, Jobs: map[string]gitHubJob{}}
	last := base
	last.Name, last.If = "report", always
	for _, b := range all {
		job := base
		job.Name, job.Env = "${{ matrix.name }}", map[string]string{"LSMPATCH_JOB": "${{ matrix.key }}"}
		job.Strategy = &gitHubStrategy{MaxParallel: opts.Parallel}
		for _, j := range b.jobs {
			job.Strategy.Matrix.Include = append(job.Strategy.Matrix.Include, gitHubEntry{j.Key, gitHubText(title(j))})
		}
		job.Steps = []gitHubStep{checkout, {Name: "work", Run: gitHubText(opts.work(`"$LSMPATCH_JOB"`))},
			{If: always, Uses: "actions/upload-artifact@v4", With: map[string]string{"name": "lsmpatch-${{ matrix.key }}",
				"path": path.Join(opts.Store, "reports") + "\n" + path.Join(opts.Store, "dead"), "if-no-files-found": "ignore"}}}
		flow.Jobs[b.name] = job
		last.Needs = append(last.Needs, b.name)
	}
	last.Steps = []gitHubStep{checkout,
		{Uses: "actions/download-artifact@v4", With: map[string]string{"pattern": "lsmpatch-*", "path": opts.Store, "merge-multiple": "true"}},
		{Name: "merge", Run: gitHubText(opts.merge())},
		{If: always, Uses: "actions/upload-artifact@v4", With: map[string]string{"name": "report", "path": strings.Join(opts.Reports, "\n")}}}
	flow.Jobs["report"] = last
	return encode(w, flow)
}
