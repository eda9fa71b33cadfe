// SPDX-License-Identifier: GPL-2.0-only

package schedule

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// heredocEnd ends a script within the script. No line of one can be it: words from elsewhere have no line breaks.
const heredocEnd = "LSMPATCH_END"

// writeSlurm writes a script for sh, which submits an array job for each batch, and one that begins when they have ended,
// however they end. A job whose node dies is queued again.
func writeSlurm(w io.Writer, all []batch, opts *Options) error {
	var out bytes.Buffer
	out.WriteString("#!/bin/sh\n# Submits the jobs of lsmpatch plan to Slurm, and one that puts their reports together.\nset -eu\nids=\n")
	out.WriteString("submit() {\n\tid=$(sbatch --parsable \"$@\")\n\tids=$ids:${id%%;*}\n}\n")
	common := []string{}
	if len(opts.Runner) > 0 {
		common = append(common, "--partition="+strings.Join(opts.Runner, ","))
	}
	for _, b := range all {
		array := fmt.Sprintf("--array=0-%d", len(b.jobs)-1)
		if opts.Parallel > 0 {
			array += fmt.Sprintf("%%%d", opts.Parallel)
		}
		args := append([]string{"--job-name=lsmpatch-" + b.name, array, "--requeue"}, common...)
		if b.memory > 0 {
			args = append(args, fmt.Sprintf("--mem=%dM", b.memory))
		}
		if b.kvm {
			args = append(args, "--constraint=kvm")
		}
		script := "set -- " + strings.Join(b.keys(), " ") + "\nshift \"$SLURM_ARRAY_TASK_ID\"\nexec " + opts.work(`"$1"`)
		fmt.Fprintf(&out, "submit %s <<'%s'\n#!/bin/sh\n%s\n%s\n", run.Quoted(args...), heredocEnd, script, heredocEnd)
	}
	last := append([]string{"--job-name=lsmpatch-report"}, common...)
	fmt.Fprintf(&out, "last=$(sbatch --parsable --dependency=\"afterany$ids\" %s <<'%s'\n#!/bin/sh\nexec %s\n%s\n)\n", run.Quoted(last...), heredocEnd, opts.merge(), heredocEnd)
	fmt.Fprintf(&out, "echo \"job ${last%%%%;*} writes the report\"\n")
	_, err := w.Write(out.Bytes())
	return err
}
