// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the output that the README shows")

var consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)```")

// The README shows real output: each "$ lsmpatch …" line of its console blocks is run at the top
// of the checkout, and prints on standard output what stands below it, but for times.
func TestReadmeIsTrue(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	now := consoleBlock.ReplaceAllStringFunc(string(readme), func(block string) string {
		var fresh strings.Builder
		fresh.WriteString("```console")
		sessions := strings.Split(strings.TrimSuffix(block, "```"), "\n$ lsmpatch ")
		for _, session := range sessions[1:] {
			command, want, _ := strings.Cut(session, "\n")
			var stdout, stderr bytes.Buffer
			run(t.Context(), strings.Fields(command), strings.NewReader(""), &stdout, &stderr)
			if diff := cmp.Diff(masked(want), masked(stdout.String())); diff != "" && !*update {
				t.Errorf("lsmpatch %s (-README +now):\n%s\n%s", command, diff, stderr.String())
			}
			fresh.WriteString("\n$ lsmpatch " + command + "\n" + strings.TrimSpace(stdout.String()))
			ran++
		}
		return fresh.String() + "\n```"
	})
	if ran < 5 {
		t.Errorf("the README shows %d commands", ran)
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// masked hides what differs from run to run: how long it took.
func masked(output string) string {
	output = regexp.MustCompile(`(?m) +[0-9.]+ s\b`).ReplaceAllString(output, " N s")
	return strings.TrimSpace(output)
}
