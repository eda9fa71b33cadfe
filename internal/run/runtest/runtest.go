// SPDX-License-Identifier: GPL-2.0-only

// Package runtest writes programs that tests run, by [Write], says how much a test tries, by [Short], [OneIn] and [Deep], and what it took, by [CPUTime].
package runtest

import (
	"hash/fnv"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Write writes a program, and the folders above it. While it is open for writing nothing is started by another test, whose child would
// have it open as well until its own program begins: to run it then would be "text file busy".
func Write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.RLock()
	err := os.WriteFile(name, data, 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
}

// Short returns some under -short, as make test has it, and all without, as make deep: for a test that tries the same with many
// seeds, at many points or in many ways.
func Short[T any](some, all T) T {
	if testing.Short() {
		return some
	}
	return all
}

// Deep leaves a test that takes long to make deep.
func Deep(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("make deep runs it")
	}
}

// OneIn leaves all but one in n of the cases of a table, chosen by their names, to make deep.
func OneIn(t testing.TB, n uint32) {
	t.Helper()
	h := fnv.New32a()
	h.Write([]byte(t.Name()))
	if h.Sum32()%n != 0 {
		Deep(t)
	}
}

// CPUTime returns what this process has used of all processors: other work on the machine does not change it.
func CPUTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
