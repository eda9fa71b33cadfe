// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// remoteRE finds in what ccache counts how often the remote storage had an object, and how often not.
var remoteRE = regexp.MustCompile(`(?m)^(remote_storage_(?:hit|miss|error|write|timeout))\t(\d+)$`)

// TestE2ECcache: Debian's ccache compiles C files against the cache of serve. On another machine, which has nothing of its own,
// all of them are found; without the token nothing is written; after a restart of the server all is there.
func TestE2ECcache(t *testing.T) {
	s := newSite(t, 1)
	s.more = []string{"--ccache", "1"}
	s.start("server")
	s.connect()
	s.page("/")
	const files = 12
	for i := range files {
		s.write(fmt.Sprintf("f%d.c", i), fmt.Sprintf("#include <stdio.h>\nint f%d(void) { return printf(\"%%d\\n\", %d); }\n", i, i))
	}
	token, err := os.ReadFile(filepath.Join(s.dir, "serve", "ccache-token"))
	if err != nil {
		t.Fatal(err)
	}
	// compile has a machine compile all files and returns what its ccache counted.
	compile := func(machine, more string) map[string]int {
		t.Helper()
		home := filepath.Join(s.dir, machine)
		env := append(os.Environ(), "CCACHE_DIR="+home, "CCACHE_REMOTE_STORAGE=http://"+s.pages+"/ccache"+more)
		call := func(args ...string) string {
			cmd := exec.Command("ccache", args...)
			cmd.Dir, cmd.Env = s.dir, env
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("ccache %q: %v\n%s", args, err, out)
			}
			return string(out)
		}
		for i := range files {
			call("gcc", "-O2", "-c", fmt.Sprintf("f%d.c", i), "-o", fmt.Sprintf("%s-f%d.o", machine, i))
		}
		counts := map[string]int{}
		for _, m := range remoteRE.FindAllStringSubmatch(call("--print-stats"), -1) {
			counts[m[1]], _ = strconv.Atoi(m[2])
		}
		t.Logf("%s: %v", machine, counts)
		return counts
	}
	secret := "|bearer-token=" + strings.TrimSpace(string(token))
	if n := compile("reader", ""); n["remote_storage_hit"] != 0 || n["remote_storage_write"] != 0 {
		t.Errorf("without the token: %v", n)
	}
	if n := compile("builder", secret); n["remote_storage_hit"] != 0 || n["remote_storage_write"] != 2*files || // a manifest and a result for each file
		n["remote_storage_error"] != 0 {
		t.Errorf("the first: %v", n)
	}
	if n := compile("second", "|read-only"); n["remote_storage_hit"] != files || n["remote_storage_miss"]+n["remote_storage_error"] != 0 {
		t.Errorf("the second: %v", n)
	}
	if err := s.kill("server", syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	s.start("server")
	s.page("/")
	if n := compile("third", "|read-only"); n["remote_storage_hit"] != files {
		t.Errorf("after a restart: %v", n)
	}
	for i := range files {
		same := exec.Command("cmp", fmt.Sprintf("builder-f%d.o", i), fmt.Sprintf("third-f%d.o", i))
		same.Dir = s.dir
		if out, err := same.CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, out)
		}
	}
}
