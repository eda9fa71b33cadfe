// SPDX-License-Identifier: GPL-2.0-only

package schedule

import (
	"io"
	"path"
	"strings"
)

// gitLabJob is a job of a pipeline, of GitLab. A batch is one with a matrix; the last one is in a stage of its own, since GitLab
// has a limit on how many a job may need.
type gitLabJob struct {
	Stage     string           `yaml:"stage"`
	Image     string           `yaml:"image,omitempty"`
	Tags      []string         `yaml:"tags,omitempty"`
	When      string           `yaml:"when,omitempty"`
	Parallel  *gitLabMatrix    `yaml:"parallel,omitempty"`
	Retry     *gitLabRetry     `yaml:"retry,omitempty"`
	Script    []string         `yaml:"script"`
	Artifacts *gitLabArtifacts `yaml:"artifacts"`
}

type gitLabMatrix struct {
	Matrix []map[string][]string `yaml:"matrix"`
}

type gitLabRetry struct {
	Max  int      `yaml:"max"`
	When []string `yaml:"when"`
}

type gitLabArtifacts struct {
	When  string   `yaml:"when"`
	Paths []string `yaml:"paths"`
}

// gitLabText returns text as the value of a variable: GitLab puts other variables, secret ones too, in the place of $NAME.
func gitLabText(text string) string { return strings.ReplaceAll(text, "$", "$$") }

func writeGitLab(w io.Writer, all []batch, opts *Options) error {
	base := gitLabJob{Image: gitLabText(opts.Image)}
	for _, tag := range opts.Runner {
		base.Tags = append(base.Tags, gitLabText(tag))
	}
	pipeline := map[string]any{"stages": []string{"work", "report"}}
	for _, b := range all {
		job := base
		job.Stage, job.Parallel = "work", new(gitLabMatrix)
		for _, j := range b.jobs {
			job.Parallel.Matrix = append(job.Parallel.Matrix, map[string][]string{"LSMPATCH_JOB": {j.Key}, "LSMPATCH_TITLE": {gitLabText(title(j))}})
		}
		job.Retry = &gitLabRetry{2, []string{"runner_system_failure", "stuck_or_timeout_failure"}}
		job.Script = []string{opts.work(`"$LSMPATCH_JOB"`)}
		job.Artifacts = &gitLabArtifacts{"always", []string{path.Join(opts.Store, "reports"), path.Join(opts.Store, "dead")}}
		pipeline[b.name] = job
	}
	last := base
	last.Stage, last.When = "report", "always"
	last.Script, last.Artifacts = []string{opts.merge()}, &gitLabArtifacts{"always", opts.Reports}
	pipeline["report"] = last
	return encode(w, pipeline)
}
