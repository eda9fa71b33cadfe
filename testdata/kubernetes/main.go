// SPDX-License-Identifier: GPL-2.0-only

// Command kubernetes reads Jobs in YAML from its standard input as Kubernetes does that takes no field which it does not know, and
// writes a line of each: its name, its mode, its completions. It is a module of its own, so that ours needs nothing of
// Kubernetes.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	batchv1 "k8s.io/api/batch/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		job, err := strict(document)
		if err != nil {
			return err
		}
		mode := batchv1.NonIndexedCompletion
		if job.Spec.CompletionMode != nil {
			mode = *job.Spec.CompletionMode
		}
		fmt.Println(job.APIVersion, job.Kind, job.Name, mode, *job.Spec.Completions, job.Spec.Template.Spec.Containers[0].Resources.Requests.Memory())
	}
	return nil
}

// strict decodes a Job as the API server does: each name once, as it is written in the API.
func strict(document []byte) (*batchv1.Job, error) {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, err
	}
	job := new(batchv1.Job)
	unknown, err := json.UnmarshalStrict(text, job)
	return job, errors.Join(append(unknown, err)...)
}
