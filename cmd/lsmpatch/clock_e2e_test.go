// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/boot"
	"github.com/lsmpatch/lsmpatch/internal/boot/ktap"
	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// clockScript runs in a guest, whose clock is nobody else's: a server, two workers that the queue takes for dead after 20 seconds of
// silence, and a clock that jumps by years, both ways, while they work. Each job is done, once; a server that starts anew in
// another year has the reports still; and nothing is waited for that the clock says is over, or far away.
const clockScript = `
cd /site
export HOME=/site XDG_CACHE_HOME=/site/cache
queue="--nats nats://127.0.0.1:4222 --token-file /site/serve/token --silence 20s"
serve() { ./lsmpatch serve --dir serve --queue-listen 127.0.0.1:4222 --silence 20s --workers 0 --listen 127.0.0.1:8080 2>>server.log & }
jump() { busybox date -u -s "$1" >/dev/null || exit 1; }
fail() { echo "$1"; tail -n 20 *.log; exit 1; }
serve
server=$!
for i in $(seq 100); do
	./lsmpatch plan --matrix site.toml $queue builtin:rust-lsm builtin:rust-lsm-v1 >jobs 2>plan.log && break
	sleep 1
done
test -s jobs || fail "nothing was planned"
./lsmpatch work $queue 2>worker1.log &
workers=$!
./lsmpatch work $queue 2>worker2.log &
workers="$workers $!"
(
	while :; do
		for year in 2031 2001 2037 2026; do
			jump "$year-06-15 10:00"
			sleep 4
		done
	done
) &
jumps=$!
./lsmpatch report merge --jobs jobs $queue --wait 8m >merged.log 2>&1
code=$?
test $code -le 1 || fail "report merge ended with $code"
kill $server
wait $server
serve
for i in $(seq 60); do
	./lsmpatch report merge --jobs jobs $queue >again.log 2>&1
	test $? -le 1 && break
	sleep 1
done
kill $jumps $workers $!
grep -q '^verdict: ' again.log || fail "the reports are gone"
asked=$(grep -c '"key"' jobs)
done=$(grep -hoE '(passed|failed) [0-9a-f]{12} ' worker1.log worker2.log | sort | wc -l)
twice=$(grep -hoE '(passed|failed) [0-9a-f]{12} ' worker1.log worker2.log | sort | uniq -d | wc -l)
echo "$asked jobs, $done done, $twice of them twice"
test "$asked" = "$done" && test "$twice" = 0 || fail "lost, or done twice"
`

// TestLongClock lets the clock of a machine jump under a server and its workers. A namespace of time has a monotonic clock of its own and no
// other, so the machine is a guest with Debian's kernel.
func TestLongClock(t *testing.T) {
	s := newSite(t, 3)
	for i := range 3 { // the guest has no git, which HEAD~1 asks for
		s.git("branch", fmt.Sprint("base", i), fmt.Sprint("HEAD~", i))
	}
	s.write("site.toml", "[[tree]]\nname = \"mini\"\ndir = \"linux\"\nbranches = [\"base0\", \"base1\", \"base2\"]\n")
	s.write("run.sh", clockScript)
	data, err := os.ReadFile(binary(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "lsmpatch"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	var console bytes.Buffer
	r, err := boot.Run(t.Context(), e2e.Kernel(t, "amd64"), &boot.Options{
		LSM: []string{"landlock"}, Expect: []string{"landlock: Up"}, Memory: 3072, Console: &console, Timeout: 3 * time.Minute,
		Shell:    filepath.Join(e2e.Toolchain(t), "usr/bin/busybox"),
		Folders:  []boot.Folder{{Guest: "/site", Host: s.dir}},
		Programs: []boot.Program{{Name: "clock", Args: []string{"/bin/sh", "/site/run.sh"}, Timeout: 10 * time.Minute}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Booted || len(r.Tests) != 1 || r.Tests[0].Status != ktap.Passed {
		t.Fatalf("booted %v, %+v, %+v\n%s", r.Booted, r.Tests, r.Findings, console.Bytes())
	}
	for _, line := range bytes.Split(console.Bytes(), []byte("\n")) {
		if bytes.Contains(line, []byte("done,")) {
			t.Logf("%s, in %.0f s", bytes.TrimSpace(line), r.Seconds)
		}
	}
}
