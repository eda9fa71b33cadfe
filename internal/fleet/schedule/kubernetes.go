// SPDX-License-Identifier: GPL-2.0-only

package schedule

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// kubeJob is a batch/v1 Job: an Indexed one for each batch, and one that waits for their reports. A test holds these names
// against k8s.io/api, which is too much for the binary to have.
type kubeJob struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   kubeMeta `yaml:"metadata"`
	Spec       kubeSpec `yaml:"spec"`
}

type kubeMeta struct {
	Name   string            `yaml:"name"`
	Labels map[string]string `yaml:"labels"`
}

type kubeSpec struct {
	CompletionMode       string             `yaml:"completionMode,omitempty"`
	Completions          int                `yaml:"completions"`
	Parallelism          int                `yaml:"parallelism"`
	BackoffLimit         *int               `yaml:"backoffLimit,omitempty"`
	BackoffLimitPerIndex int                `yaml:"backoffLimitPerIndex,omitempty"`
	MaxFailedIndexes     int                `yaml:"maxFailedIndexes,omitempty"`
	PodFailurePolicy     *kubeFailurePolicy `yaml:"podFailurePolicy,omitempty"`
	Template             kubeTemplate       `yaml:"template"`
}

type kubeFailurePolicy struct {
	Rules []kubeFailureRule `yaml:"rules"`
}

type kubeFailureRule struct {
	Action      string        `yaml:"action"`
	OnExitCodes kubeExitCodes `yaml:"onExitCodes"`
}

type kubeExitCodes struct {
	ContainerName string `yaml:"containerName"`
	Operator      string `yaml:"operator"`
	Values        []int  `yaml:"values"`
}

type kubeTemplate struct {
	Metadata struct {
		Labels map[string]string `yaml:"labels"`
	} `yaml:"metadata"`
	Spec kubePod `yaml:"spec"`
}

type kubePod struct {
	RestartPolicy                string            `yaml:"restartPolicy"`
	AutomountServiceAccountToken bool              `yaml:"automountServiceAccountToken"`
	NodeSelector                 map[string]string `yaml:"nodeSelector,omitempty"`
	Containers                   []kubeContainer   `yaml:"containers"`
	Volumes                      []kubeVolume      `yaml:"volumes,omitempty"`
}

type kubeContainer struct {
	Name         string        `yaml:"name"`
	Image        string        `yaml:"image"`
	Command      []string      `yaml:"command"`
	Resources    kubeResources `yaml:"resources,omitempty"`
	VolumeMounts []kubeMount   `yaml:"volumeMounts,omitempty"`
}

type kubeResources struct {
	Requests map[string]string `yaml:"requests,omitempty"`
	Limits   map[string]string `yaml:"limits,omitempty"`
}

type kubeMount struct {
	Name      string `yaml:"name"`
	MountPath string `yaml:"mountPath"`
}

type kubeVolume struct {
	Name                  string `yaml:"name"`
	PersistentVolumeClaim struct {
		ClaimName string `yaml:"claimName"`
	} `yaml:"persistentVolumeClaim"`
}

// kvmResource is what KubeVirt's device plugin calls /dev/kvm.
const kvmResource = "devices.kubevirt.io/kvm"

// kubeText returns an argument as Kubernetes is to see it, which puts variables in the place of $(NAME).
func kubeText(text string) string { return strings.ReplaceAll(text, "$", "$$") }

func writeKubernetes(w io.Writer, all []batch, opts *Options) error {
	pod, err := opts.pod()
	if err != nil {
		return err
	}
	sum := sha256.New()
	for _, b := range all {
		fmt.Fprintln(sum, b.keys())
	}
	name := "lsmpatch-" + hex.EncodeToString(sum.Sum(nil))[:10]
	var documents []any
	for _, b := range all {
		job := newKubeJob(name+"-"+b.name, pod, "set -- "+strings.Join(b.keys(), " ")+"\nshift \"$JOB_COMPLETION_INDEX\"\nexec "+opts.work(`"$1"`))
		job.Spec.CompletionMode, job.Spec.Completions, job.Spec.Parallelism = "Indexed", len(b.jobs), len(b.jobs)
		if opts.Parallel > 0 {
			job.Spec.Parallelism = min(opts.Parallel, len(b.jobs))
		}
		// What breaks is tried again; a series at fault, exit code 1, is at fault the next time as well, and keeps no other from
		// being done.
		job.Spec.BackoffLimitPerIndex, job.Spec.MaxFailedIndexes = 3, len(b.jobs)
		job.Spec.PodFailurePolicy = &kubeFailurePolicy{[]kubeFailureRule{{"FailIndex", kubeExitCodes{"lsmpatch", "In", []int{1}}}}}
		job.Spec.Template.Spec.Containers[0].Resources = b.resources()
		documents = append(documents, job)
	}
	last := newKubeJob(name+"-report", pod, "exec "+opts.merge("--wait", "24h"))
	once := 0
	last.Spec.Completions, last.Spec.Parallelism, last.Spec.BackoffLimit = 1, 1, &once
	return encode(w, append(documents, last)...)
}

// resources are what the pods of b ask for.
func (b *batch) resources() kubeResources {
	var r kubeResources
	if b.memory > 0 {
		r.Requests = map[string]string{"memory": fmt.Sprintf("%dMi", b.memory)}
	}
	if b.kvm {
		r.Limits = map[string]string{kvmResource: "1"}
	}
	return r
}

// newKubeJob returns a job that runs a script in a pod.
func newKubeJob(name string, pod kubePod, script string) *kubeJob {
	labels := map[string]string{"app.kubernetes.io/name": "lsmpatch"}
	job := &kubeJob{APIVersion: "batch/v1", Kind: "Job", Metadata: kubeMeta{Name: name, Labels: labels}}
	container := pod.Containers[0]
	container.Command = []string{"/bin/sh", "-c", kubeText(script)}
	pod.Containers = []kubeContainer{container}
	job.Spec.Template.Metadata.Labels, job.Spec.Template.Spec = labels, pod
	return job
}

// pod is what all pods have. The error is that something is not named, or not as it has to be.
func (o *Options) pod() (kubePod, error) {
	container := kubeContainer{Name: "lsmpatch", Image: o.Image}
	pod := kubePod{RestartPolicy: "Never"}
	if o.Image == "" {
		return pod, hint.Wrap(errors.New("no image is named"), "--image names one that has lsmpatch and git")
	}
	if len(o.Claims) == 0 {
		return pod, hint.Wrap(errors.New("no volume is named"), "--claim NAME=DIR names a PersistentVolumeClaim, with the store, the jobs and the trees, and where it is mounted")
	}
	for i, claim := range o.Claims {
		name, dir, ok := strings.Cut(claim, "=")
		if !ok || name == "" || !filepath.IsAbs(dir) {
			return pod, hint.Wrap(fmt.Errorf("--claim %s: it names no claim and folder", claim), "--claim lsmpatch=/srv/lsmpatch")
		}
		volume := kubeVolume{Name: fmt.Sprintf("volume-%d", i+1)}
		volume.PersistentVolumeClaim.ClaimName = name
		pod.Volumes = append(pod.Volumes, volume)
		container.VolumeMounts = append(container.VolumeMounts, kubeMount{volume.Name, dir})
	}
	for _, word := range o.Runner {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			return pod, hint.Wrap(fmt.Errorf("--runner %s: it is no label of nodes", word), "--runner kubernetes.io/arch=amd64")
		}
		if pod.NodeSelector == nil {
			pod.NodeSelector = map[string]string{}
		}
		pod.NodeSelector[key] = value
	}
	pod.Containers = []kubeContainer{container}
	return pod, nil
}
