// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Where our files are in the guest.
const (
	initPath  = "/init"
	specPath  = "/spec"
	childPath = "/child"
)

// IsInit reports whether this process is the /init of a kernel that [Run] booted. A program that
// calls Run asks this first in main, and calls [Init] if so.
func IsInit() bool { return os.Getpid() == 1 && os.Args[0] == initPath }

// Init is the life of /init: it mounts the kernel's file systems, does what makes LSM hooks fire,
// tells the facts on the console and restarts the machine. It does not return.
func Init() {
	guest := &guest{facts: &Facts{}}
	guest.run()
	// Restart, since the end of process 1 is a panic.
	unix.Sync()
	err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	fmt.Println("lsmpatch: restart:", err)
	for {
		time.Sleep(time.Hour)
	}
}

type guest struct{ facts *Facts }

func (g *guest) problem(what string, err error) {
	if err != nil {
		g.facts.Problems = append(g.facts.Problems, fmt.Sprintf("%s: %v", what, err))
	}
}

func (g *guest) run() {
	for _, m := range []struct{ fs, dir string }{
		{"proc", "/proc"}, {"sysfs", "/sys"}, {"securityfs", "/sys/kernel/security"}, {"devtmpfs", "/dev"},
	} {
		g.problem("mount "+m.fs, unix.Mount("none", m.dir, m.fs, 0, ""))
	}
	var s spec
	g.problem(specPath, s.read())
	g.work(s.Children)
	g.look()
	g.tell(s.Nonce)
}

func (s *spec) read() error {
	data, err := os.ReadFile(specPath)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, s)
}

// work starts processes and opens files, for the task and file hooks.
func (g *guest) work(children int) {
	for range children {
		if err := exec.Command(childPath).Run(); err != nil {
			g.problem("child", err)
			continue
		}
		g.facts.Children++
	}
	for _, name := range []string{specPath, "/proc/version", "/proc/self/status"} {
		if _, err := os.ReadFile(name); err != nil {
			g.problem("open", err)
			continue
		}
		g.facts.Opened++
	}
}

// look gathers the facts.
func (g *guest) look() {
	lsm, err := os.ReadFile("/sys/kernel/security/lsm")
	g.problem("LSM list", err)
	g.facts.LSM = strings.TrimSpace(string(lsm))
	if tainted, err := os.ReadFile("/proc/sys/kernel/tainted"); err == nil {
		g.facts.Tainted = strings.TrimSpace(string(tainted))
	}
	var name unix.Utsname
	g.problem("uname", unix.Uname(&name))
	g.facts.Release = unix.ByteSliceToString(name.Release[:])
	g.facts.Version = unix.ByteSliceToString(name.Version[:])
}

// tell writes the facts on the console, with the kernel's own messages held back, then all of
// them again: one that comes all the same costs a frame of one round only.
func (g *guest) tell(nonce string) {
	lines, err := encodeFacts(nonce, g.facts)
	if err != nil {
		fmt.Println("lsmpatch: facts:", err)
		return
	}
	unix.Klogctl(unix.SYSLOG_ACTION_CONSOLE_OFF, nil)
	for range frameTimes {
		// The first newline ends whatever line the kernel was writing.
		fmt.Print("\n" + strings.Join(lines, "\n") + "\n")
		unix.IoctlSetInt(1, unix.TCSBRK, 1) // tcdrain: wait until all is sent
	}
	unix.Klogctl(unix.SYSLOG_ACTION_CONSOLE_ON, nil)
}
