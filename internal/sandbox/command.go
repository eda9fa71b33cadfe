// SPDX-License-Identifier: GPL-2.0-only

package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Mount is a folder, or a file, of this machine that a program sees.
type Mount struct {
	// Host is its path on this machine, Inside the one in the box, such as "/src". They may be the
	// same, but for folders of the tools such as /usr.
	Host, Inside string
	// Write lets the program write to it. Where the caller is root, all of it becomes the box's uid's.
	Write bool
	// Lower are folders, the uppermost first, with Host as a layer over them: the program sees all in
	// one, and what it changes goes to the folder upper of Host. Only where [Box.Overlays].
	Lower []string
}

// A Cmd is a program to run in a box.
type Cmd struct {
	Args   []string
	Mounts []Mount
	// Dir is the folder to start in, as the program sees it; "" for /tmp.
	Dir string
	// Env is added to an environment of PATH, HOME=/tmp, and LC_ALL=C.
	Env   []string
	Stdin io.Reader
	// Tee, where it is not nil, gets the lines of standard output and standard error as they come, each whole. Stdout, where it is
	// not nil, gets standard output alone, byte by byte.
	Tee, Stdout io.Writer
	// Stderr, where it is not nil, gets what is kept of standard error when the program has ended, however it did.
	Stderr io.Writer
	Limits Limits
	// Backlog is how many bytes of standard output may wait to be read; see [run.Start].
	Backlog int
	// Devices are device files to have besides those that every program needs: /dev/kvm.
	Devices []string
	// Ptrace lets the program trace its own children, as a User Mode Linux does.
	Ptrace bool
}

// maxKept bounds what is kept of a program's output, in bytes.
const maxKept = 32 << 20

// Output runs c and returns its standard output, 32 MiB at most. Where c fails the error is a
// [*run.Error] with all it wrote, and what came on standard output is returned all the same. Where
// a limit ended c that error wraps a [*LimitError]; where ctx did, its cause.
func (b *Box) Output(ctx context.Context, c Cmd) ([]byte, error) {
	limits := c.Limits.withDefaults()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ctx, stop := context.WithTimeoutCause(ctx, limits.Time, &LimitError{"time", limits.Time.String()})
	defer stop()

	filter, err := filterPipe(c.Ptrace)
	if err != nil {
		return nil, err
	}
	defer filter.Close()
	cmd, err := b.command(ctx, &c, &limits, filter)
	if err != nil {
		return nil, err
	}
	out := &collector{room: limits.Output, full: func() {
		cancel(&LimitError{"output", megabytes(limits.Output)})
	}}
	outLines, errLines := &wholeLines{to: c.Tee}, &wholeLines{to: c.Tee}
	cmd.Stdout, cmd.Stderr = out.stream(&out.stdout, outLines, c.Stdout), out.stream(&out.stderr, errLines)
	wait, err := run.Start(cmd, c.Backlog)
	if err != nil {
		return nil, run.NewError(ctx, cmd, nil, err)
	}
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { limits.watch(cmd.Process.Pid, c.Mounts, done, cancel) })
	err = wait()
	close(done)
	watching.Wait()
	outLines.end()
	errLines.end()
	if c.Stderr != nil {
		c.Stderr.Write(out.stderr.Bytes())
	}
	if err == nil && ctx.Err() == nil {
		return out.stdout.Bytes(), nil
	}
	failed := run.NewError(ctx, cmd, out.both.Bytes(), err)
	failed.Args, failed.Stderr = c.Args, out.stderr.Bytes()
	return out.stdout.Bytes(), failed
}

// command returns c as an exec.Cmd, in a process group of its own that is killed whole when ctx ends.
// bubblewrap takes all in its process namespace with it.
func (b *Box) command(ctx context.Context, c *Cmd, limits *Limits, filter *os.File) (*exec.Cmd, error) {
	c.Mounts = append([]Mount(nil), c.Mounts...)
	for i := range c.Mounts {
		if err := b.prepare(&c.Mounts[i]); err != nil {
			return nil, err
		}
	}
	if b.none {
		dir := c.Dir
		if dir == "" {
			dir = os.TempDir()
		}
		args := append(limits.prlimit(), c.Args...)
		return run.Command(ctx, run.Cmd{Args: args, Dir: dir, Env: b.env(c.Env), Stdin: c.Stdin}), nil
	}
	s := &stage{on: b.free != 0}
	wrap := b.bwrap(c, s, limits)
	args := append(limits.prlimit(), wrap...)
	if s.on {
		args = append(s.command(b.free, groupsOf(c.Devices)), args...)
	}
	args = append(args, c.Args...)
	cmd := run.Command(ctx, run.Cmd{Args: args, Env: b.env(c.Env), Stdin: c.Stdin, Inherit: []*os.File{filter}})
	if s.on {
		cmd.SysProcAttr.Unshareflags = newNamespace
	}
	return cmd, nil
}

// prepare makes the paths of m real ones, since bubblewrap refuses a source below a symbolic link,
// and gives what is writable to the uid that will write.
func (b *Box) prepare(m *Mount) error {
	m.Lower = slices.Clone(m.Lower)
	paths := []*string{&m.Host}
	for i := range m.Lower {
		paths = append(paths, &m.Lower[i])
	}
	for _, path := range paths {
		abs, err := filepath.Abs(*path)
		if err == nil {
			abs, err = filepath.EvalSymlinks(abs)
		}
		if err != nil {
			return err
		}
		*path = abs
	}
	if len(m.Lower) > 0 {
		if !b.Overlays() {
			return fmt.Errorf("%s: no overlays here", m.Host)
		}
		for _, name := range []string{"upper", "work"} {
			if err := os.MkdirAll(filepath.Join(m.Host, name), 0o755); err != nil {
				return err
			}
		}
	}
	if m.Write && b.free != 0 {
		return Own(m.Host, b.free)
	}
	return nil
}

// env returns the whole environment of a program.
func (b *Box) env(extra []string) []string {
	path := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	if b.root == "" {
		path = os.Getenv("PATH")
	}
	env := []string{"PATH=" + path, "HOME=/tmp", "LC_ALL=C"}
	if dir := rustupHome(); b.root == "" && dir != "" {
		env = append(env, "RUSTUP_HOME="+dir) // for rustup's wrappers
	}
	return append(env, extra...)
}

// bwrap returns bubblewrap's command line. The root is a fresh tmpfs into which the folders of the
// tools are bound, since the places of mounts need not exist there.
func (b *Box) bwrap(c *Cmd, s *stage, limits *Limits) []string {
	args := []string{"bwrap", "--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534",
		"--hostname", "lsmpatch", "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--seccomp", "3"}
	args = append(args, b.more...)
	args = append(args, b.tools(s)...)
	args = append(args, "--proc", "/proc")
	for _, dir := range []string{"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi", "/proc/scsi"} {
		if _, err := os.Lstat(dir); err == nil {
			args = append(args, "--ro-bind", dir, dir)
		}
	}
	args = append(args, "--dev", "/dev")
	for _, device := range c.Devices {
		args = append(args, "--dev-bind", device, device)
	}
	args = append(args, "--size", strconv.FormatInt(limits.Temp, 10), "--tmpfs", "/tmp",
		"--size", strconv.FormatInt(min(limits.Temp, 64<<20), 10), "--tmpfs", "/dev/shm", "--remount-ro", "/dev")
	if b.root == "" {
		args = append(args, userTools(s)...) // which may lie in /tmp
	}
	for _, m := range c.Mounts {
		flag := "--ro-bind"
		if m.Write {
			flag = "--bind"
		}
		args = append(args, flag, s.mount(m), m.Inside)
	}
	dir := c.Dir
	if dir == "" {
		dir = "/tmp"
	}
	return append(args, "--remount-ro", "/", "--chdir", dir, "--")
}

// A collector keeps what a program writes on its two streams, which come from two goroutines.
type collector struct {
	mu                   sync.Mutex
	stdout, stderr, both bytes.Buffer
	room                 int64
	full                 func()
}

func (c *collector) stream(own *bytes.Buffer, tees ...io.Writer) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.room -= int64(len(p)); c.room < 0 {
			c.full()
			return len(p), nil
		}
		for _, buffer := range []*bytes.Buffer{own, &c.both} {
			buffer.Write(p[:min(len(p), max(0, maxKept-buffer.Len()))])
		}
		for _, tee := range tees {
			if tee != nil {
				tee.Write(p) // a tee that fails must not end the program
			}
		}
		return len(p), nil
	})
}

// maxPartial is how long a line is kept back until it is whole.
const maxPartial = 1 << 20

// wholeLines passes on whole lines, so that those of two streams do not come into each other: what is read of a stream at once
// ends within a line where its reader lags behind.
type wholeLines struct {
	to   io.Writer // nil: nobody
	rest []byte
}

func (l *wholeLines) Write(p []byte) (int, error) {
	if l.to == nil {
		return len(p), nil
	}
	l.rest = append(l.rest, p...)
	whole := bytes.LastIndexByte(l.rest, '\n') + 1
	if whole == 0 && len(l.rest) > maxPartial {
		whole = len(l.rest)
	}
	if whole > 0 {
		l.to.Write(l.rest[:whole])
		l.rest = append(l.rest[:0], l.rest[whole:]...)
	}
	return len(p), nil
}

// end passes on a line without an end.
func (l *wholeLines) end() {
	if len(l.rest) > 0 {
		l.to.Write(l.rest)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
