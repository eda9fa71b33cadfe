// SPDX-License-Identifier: GPL-2.0-only

package run

import (
	"io"
	"sync"
)

// lockedWriter lets standard output and standard error, which os/exec copies from two
// goroutines, share one writer.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
