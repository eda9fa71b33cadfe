// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The README shows real output: each "$ lsmpatch …" line of its console blocks is run at the top
// of the checkout, and prints on standard output what stands below it, but for times and paths.
func TestReadmeIsTrue(t *testing.T) {
	t.Chdir("../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(string(readme), -1) {
		for _, session := range strings.Split("\n"+block[1], "\n$ lsmpatch ")[1:] {
			command, want, _ := strings.Cut(session, "\n")
			var stdout, stderr bytes.Buffer
			run(t.Context(), strings.Fields(command), strings.NewReader(""), &stdout, &stderr)
			if diff := cmp.Diff(masked(want), masked(stdout.String())); diff != "" {
				t.Errorf("lsmpatch %s (-README +now):\n%s\n%s", command, diff, stderr.String())
			}
			ran++
		}
	}
	if ran < 5 {
		t.Errorf("the README shows %d commands", ran)
	}
}

// masked hides what differs from run to run: how long it took, and where the checkout is.
func masked(output string) string {
	output = regexp.MustCompile(`(?m) +[0-9.]+ s\b`).ReplaceAllString(output, " N s")
	output = regexp.MustCompile(`(?m)^(  tree +)\S*/testdata/`).ReplaceAllString(output, "${1}testdata/")
	return strings.TrimSpace(output)
}
