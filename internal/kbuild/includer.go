// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/kconfig/evidence"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// samples are objects whose command includes headers as any source of the kernel does.
var samples = [...]string{"init/main.o", "init/init_task.o", "kernel/panic.o", "lib/string.o", "security/commoncap.o", "mm/util.o"}

// include has the compiler look at a header that no object of the build includes, as if a source
// included it alone. Where it does not compile, why says so for its lines; where it does without the
// series, that is a finding.
func (c *coverer) include(name string, s *source) error {
	command := firstCommand(c.dir, append(samples[:], c.anyObject))
	check, see, ok := evidence.Include(command, c.source+"/"+name)
	if !ok {
		return nil // no object tells how headers are included
	}
	after := c.src
	said, err := c.sh(check, after)
	if err != nil {
		return err
	}
	if said != "" {
		s.why = "nothing in this build includes it, and included alone it does not compile: " + said
		if s.old == "" {
			return nil
		}
		base := Folder{Dir: c.series.source.path("tree")}
		if before, err := c.sh(check, base); err != nil || before != "" {
			return err
		}
		c.found = append(c.found, report.Finding{Check: "build/header", Severity: report.Error, File: name,
			Message: "included alone, it compiles without the series, and with it does not: " + said})
		return nil
	}
	s.objects = []string{"alone"}
	return c.see(see, "an includer of "+name)
}

// sh runs a compiler's command in the output folder, over a source, and returns the first error that it
// tells; "" where it is content.
func (c *coverer) sh(script string, src Folder) (said string, err error) {
	tc := c.series.tc
	var both bytes.Buffer
	_, err = tc.Output(c.ctx, Cmd{Args: []string{"sh", "-c", `cd "$0" && ` + script, tc.OutPath(c.out)},
		Source: src, Out: c.out, Tee: &both, Limits: c.series.opts.Limits})
	var failed *run.Error
	switch {
	case err == nil:
		return "", nil
	case c.ctx.Err() != nil:
		return "", context.Cause(c.ctx)
	case !errors.As(err, &failed):
		return "", err
	}
	for line := range strings.Lines(both.String()) {
		if _, message, ok := strings.Cut(line, "error: "); ok {
			return strings.TrimSpace(message), nil
		}
	}
	return fmt.Sprintf("exit status %d", failed.ExitCode), nil
}

// publicHeader reports whether sources all over the tree include a header by its path from include/.
func publicHeader(name, src string) bool {
	return path.Ext(name) == ".h" && (strings.HasPrefix(name, "include/") || strings.HasPrefix(name, "arch/"+src+"/include/"))
}

// see runs a preprocessor, and notes the lines that it kept.
func (c *coverer) see(script, what string) error {
	tc := c.series.tc
	out, err := tc.Output(c.ctx, Cmd{Args: []string{"sh", "-c", `cd "$0" && ` + script, tc.OutPath(c.out)},
		Source: c.src, Out: c.out, Limits: c.series.opts.Limits})
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	// What a preprocessor wrote before it failed is proved all the same.
	if err != nil {
		c.failed = fmt.Sprintf("the preprocessor of %s did not end well: %v", what, err)
	}
	for name, lines := range evidence.Live(out, c.source, c.want) {
		if c.live[name] == nil {
			c.live[name] = map[int]bool{}
		}
		for n := range lines {
			c.live[name][n] = true
		}
	}
	return nil
}

// all reports whether all the lines of a file were seen.
func (c *coverer) all(name string, lines []int) bool {
	return !slices.ContainsFunc(lines, func(n int) bool { return !c.live[name][n] })
}
