// SPDX-License-Identifier: GPL-2.0-only

package run

import (
	"os/exec"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// A slow writer takes its time before it looks at what comes.
type slow struct{ n int }

func (s *slow) Write(p []byte) (int, error) {
	if s.n == 0 {
		time.Sleep(300 * time.Millisecond)
	}
	s.n += len(p)
	return len(p), nil
}

// A program that does not wait for its reader loses nothing of what fits into the backlog.
func TestStart(t *testing.T) {
	const size = 300_000
	lossy := `use Fcntl; fcntl(STDOUT, F_SETFL, O_NONBLOCK); $| = 1; syswrite(STDOUT, "x" x 1000) for 1..300`
	for backlog, whole := range map[int]bool{0: false, 1 << 20: true} {
		var s slow
		cmd := exec.Command("perl", "-e", lossy)
		cmd.Stdout = &s
		wait, err := Start(cmd, backlog)
		if err != nil {
			t.Fatal(err)
		}
		if err := wait(); err != nil {
			t.Fatal(err)
		}
		if (s.n == size) != whole {
			t.Errorf("backlog %d: %d bytes of %d", backlog, s.n, size)
		}
	}
}

// What a child that goes on holds open is not waited for.
func TestStartLeftOpen(t *testing.T) {
	runtest.Deep(t)
	var s slow
	cmd := exec.Command("sh", "-c", "sleep 8 & echo done")
	cmd.Stdout = &s
	start := time.Now()
	wait, err := Start(cmd, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if err := wait(); err != nil || s.n != len("done\n") || time.Since(start) > 7*time.Second {
		t.Errorf("%v, %d bytes after %v", err, s.n, time.Since(start))
	}
}
