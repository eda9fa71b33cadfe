// SPDX-License-Identifier: GPL-2.0-only

package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// Limits say how much a program and all that it starts may take; a zero stands for the value that
// a build of a kernel stays well below. Sizes are in bytes.
type Limits struct {
	Processes int // at a time; 4096
	// Address is the address space of one process (64 GiB), Memory what all have in memory together
	// (nine tenths of this machine's).
	Address, Memory int64
	FileSize        int64         // of one file; 8 GiB
	Disk            int64         // of all writable mounts together, each file at least 4 KiB; 40 GiB
	Temp            int64         // of /tmp; 2 GiB
	Output          int64         // on standard output and standard error; 256 MiB
	Time            time.Duration // 6 hours
}

func (l Limits) withDefaults() Limits {
	set := func(value *int64, std int64) {
		if *value == 0 {
			*value = std
		}
	}
	if l.Processes == 0 {
		l.Processes = limit.Processes
	}
	if l.Time == 0 {
		l.Time = limit.RunTime
	}
	set(&l.Address, limit.Address)
	set(&l.Memory, memory()/10*9)
	set(&l.FileSize, limit.WrittenFile)
	set(&l.Disk, limit.Disk)
	set(&l.Temp, limit.Temporary)
	set(&l.Output, limit.Output)
	return l
}

// memory returns what this machine has, in bytes.
func memory() int64 {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return 1 << 40
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// A LimitError tells which limit a program has met. Limits that a program meets by itself, when a
// system call fails, show in its own words instead: see [Limits.Met].
type LimitError struct {
	Limit string // "time", "output", "memory", "disk", "processes", "file size", "temporary files"
	Value string // for people: "4 h", "256 MB"
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("stopped at the limit on %s of %s", e.Limit, e.Value)
}

// prlimit returns the command line that sets what the kernel watches over.
func (l *Limits) prlimit() []string {
	return []string{"prlimit", "--core=0", fmt.Sprintf("--nproc=%d", l.Processes),
		fmt.Sprintf("--fsize=%d", l.FileSize), fmt.Sprintf("--as=%d", l.Address), "--"}
}

// metBy are the words of a shell, of make or of a C library for a limit of the kernel's.
var metBy = [...]struct {
	limit string
	words []string
}{
	{"processes", []string{"Resource temporarily unavailable", "Cannot fork", "fork failed"}},
	{"file size", []string{"File size limit exceeded", "File too large"}},
	{"memory", []string{"Cannot allocate memory", "virtual memory exhausted", "ut of memory", "bad_alloc", "memory allocation of"}},
	{"temporary files", []string{"No space left on device"}},
}

// Met returns the limit that a program's own line of output speaks of, or nil. The caller must know
// that the line is no quotation, such as a compiler's of a source, and that no disk of this machine
// is full.
func (l Limits) Met(line string) *LimitError {
	l = l.withDefaults()
	values := map[string]string{"processes": strconv.Itoa(l.Processes), "file size": megabytes(l.FileSize),
		"memory": megabytes(l.Address) + " for one process", "temporary files": megabytes(l.Temp)}
	for _, m := range metBy {
		for _, words := range m.words {
			if strings.Contains(line, words) {
				return &LimitError{m.limit, values[m.limit]}
			}
		}
	}
	return nil
}

func megabytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MiB" }

// watch looks every now and then at what the kernel does not limit, and cancels at the limit.
func (l *Limits) watch(pid int, mounts []Mount, done <-chan struct{}, cancel context.CancelCauseFunc) {
	pause := 250 * time.Millisecond
	for round := 0; ; round++ {
		select {
		case <-done:
			return
		case <-time.After(pause):
		}
		if resident(pid) > l.Memory {
			cancel(&LimitError{"memory", megabytes(l.Memory) + " for all processes"})
			return
		}
		if round%8 != 0 {
			continue
		}
		start := time.Now()
		if disk(mounts) > l.Disk {
			cancel(&LimitError{"disk", megabytes(l.Disk)})
			return
		}
		// A large folder must not keep us busy.
		pause = max(250*time.Millisecond, 3*time.Since(start))
	}
}

// disk returns what the writable mounts hold.
func disk(mounts []Mount) int64 {
	var sum int64
	for _, m := range mounts {
		if !m.Write {
			continue
		}
		// What vanishes while we look is not counted.
		_ = filepath.WalkDir(m.Host, func(_ string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			if info, err := d.Info(); err == nil {
				sum += max(4096, info.Sys().(*syscall.Stat_t).Blocks*512)
			}
			return nil
		})
	}
	return sum
}

// resident returns the memory of all processes below pid.
func resident(pid int) int64 {
	type process struct{ parent, pages int }
	all := map[int]process{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		// "PID (NAME) STATE PPID …", and NAME may hold anything; the 24th is the size in pages.
		end := bytes.LastIndex(data, []byte(") "))
		if end < 0 {
			continue
		}
		fields := strings.Fields(string(data[end+2:]))
		if len(fields) < 22 {
			continue
		}
		p, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, _ := strconv.Atoi(fields[1])
		pages, _ := strconv.Atoi(fields[21])
		all[p] = process{parent, pages}
	}
	var sum int64
	for p, info := range all {
		// The table is not of one moment, so a chain of parents in it might have no end.
		for q, steps := p, 0; q > 1 && steps < 100; q, steps = all[q].parent, steps+1 {
			if q == pid {
				sum += int64(info.pages) * int64(os.Getpagesize())
				break
			}
		}
	}
	return sum
}
