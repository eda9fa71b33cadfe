// SPDX-License-Identifier: GPL-2.0-only

package apply

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// scaleEnv makes the test binary run its arguments as a command, and print the peak memory, in KiB.
const scaleEnv = "LSMPATCH_SCALE"

func TestMain(m *testing.M) {
	if os.Getenv(scaleEnv) == "" {
		os.Exit(gittest.RunTests(m))
	}
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		os.Exit(1)
	}
	fmt.Print(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	os.Exit(0)
}
