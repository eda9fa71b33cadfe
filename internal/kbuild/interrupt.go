// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// grace is how long an interrupted make may take to remove half-made files. Without that a file
// that a killed compiler left half written would look up to date to the next build.
// The command itself ends within a second.
const grace = 600 * time.Millisecond

// interrupt ends the process pid, the leader of a process group, with all that it started.
func interrupt(pid int) error {
	told := map[int]bool{} // a second signal would end make in the midst of removing
	for deadline := time.Now().Add(grace); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		makes := descendants(pid, "make")
		if len(makes) == 0 {
			break
		}
		for _, p := range makes {
			if !told[p] {
				syscall.Kill(p, syscall.SIGTERM)
				told[p] = true
			}
		}
	}
	return syscall.Kill(-pid, syscall.SIGKILL)
}

// descendants returns the live processes below pid that run the program name.
func descendants(pid int, name string) []int {
	parent, named := map[int]int{}, []int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		// "PID (NAME) STATE PPID …", and NAME may hold anything.
		open, end := bytes.IndexByte(data, '('), bytes.LastIndex(data, []byte(") "))
		if open < 0 || end < open {
			continue
		}
		fields := strings.Fields(string(data[end+2:]))
		p, _ := strconv.Atoi(strings.TrimSpace(string(data[:open])))
		if len(fields) < 2 || fields[0] == "Z" {
			continue
		}
		parent[p], _ = strconv.Atoi(fields[1])
		if string(data[open+1:end]) == name {
			named = append(named, p)
		}
	}
	var below []int
	for _, p := range named {
		// The table is not of one moment, so a chain of parents in it might have no end.
		for q, steps := p, 0; q > 1 && steps < 100; q, steps = parent[q], steps+1 {
			if q == pid {
				below = append(below, p)
				break
			}
		}
	}
	return below
}
