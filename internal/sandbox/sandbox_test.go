// SPDX-License-Identifier: GPL-2.0-only

package sandbox

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

func open(t *testing.T) *Box {
	t.Helper()
	if _, err := exec.LookPath("bwrap"); err != nil {
		t.Skip("there is no bubblewrap to test with")
	}
	b, err := Open(t.Context(), nil)
	if err != nil {
		t.Fatalf("%v\nhint: %s", err, hint.Of(err))
	}
	return b
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Each script is an attack, or an ordinary need. Nothing is written to what should not be reached:
// access(2) is asked.
func TestBox(t *testing.T) {
	b := open(t)
	src, out := t.TempDir(), t.TempDir()
	write(t, filepath.Join(src, "file"), "text")
	write(t, filepath.Join(src, "sub/file"), "text")
	t.Setenv("SECRET_OF_THE_CALLER", "x")
	t.Setenv("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
	t.Setenv("HOME", "/nonexistent") // without rustup
	for script, works := range map[string]bool{
		"cat /src/file && test $PWD = /src":      true,
		"echo made >/out/made && echo x >/tmp/x": true,
		"echo x >/dev/null && head -c 1 /dev/urandom >/dev/null && cat </dev/fd/0 && ls /proc/self >/dev/null": true,
		"test $HOME = /tmp":                                          true,
		"test $(id -u) = 65534":                                      true,
		"perl -e 'exit(fork() ? 0 : 0)'":                             true,
		"test -w /src -o -w /src/sub/file":                           false,
		"echo x >/dev/shm/x && test -w /dev/null":                    true,
		"head -c 99000000 /dev/zero >/dev/shm/large":                 false,
		"test -w /dev -o -w /proc":                                   false,
		"test -w / -o -w /usr -o -w /etc":                            false,
		"test -w /proc/sys/kernel/core_pattern":                      false,
		"test -w /proc/sys/vm/drop_caches":                           false,
		"test -w /proc/sys/kernel/hostname":                          false,
		"test -w /proc/sysrq-trigger":                                false,
		"test -r /etc/shadow":                                        false,
		"test -e /root -o -e /home -o -e /run":                       false,
		"test -e /sys -o -e /var":                                    false,
		"env | grep SECRET":                                          false,
		"ls " + out:                                                  false, // the machine's own folders
		"grep -v -e lo: -e '|' /proc/net/dev":                        false,
		"kill -0 " + firstOtherPID():                                 false,
		"grep 'Cap...:.*[1-9a-f]' /proc/self/status":                 false,
		"grep 'NoNewPrivs:.*0' /proc/self/status":                    false,
		"grep 'Seccomp:.*[01]$' /proc/self/status":                   false,
		"unshare -Ur true":                                           false,
		"unshare -m true":                                            false,
		"mount -t tmpfs none /tmp":                                   false,
		"chroot / true":                                              false,
		"perl -e 'exit(syscall(321, 0, 0, 0) < 0 && $!{EPERM})'":     false, // bpf
		"perl -e 'exit(syscall(250, 0, 0, 0) < 0 && $!{EPERM})'":     false, // keyctl
		"perl -e 'exit(syscall(101, 0, 0, 0) < 0 && $!{EPERM})'":     false, // ptrace
		"perl -e 'exit(syscall(298, 0, 0, 0) < 0 && $!{EPERM})'":     false, // perf_event_open
		"perl -e 'exit(syscall(425, 1, 0, 0) < 0 && $!{ENOSYS})'":    false, // io_uring_setup
		"perl -e 'exit(syscall(272, 0x10000000) < 0)'":               false, // unshare(CLONE_NEWUSER)
		"perl -e 'exit(syscall(56, 0x10000000, 0) < 0)'":             false, // clone(CLONE_NEWUSER)
		"perl -e 'exit(syscall(41, 40, 1, 0) < 0)'":                  false, // socket(AF_VSOCK)
		"perl -e 'exit(syscall(0x40000000 + 39) < 0 && $!{ENOSYS})'": false, // the x32 getpid
		"perl -e 'exit(syscall(9999) < 0 && $!{ENOSYS})'":            false,
	} {
		text, err := b.Output(t.Context(), Cmd{Args: []string{"sh", "-c", script}, Dir: "/src", Mounts: []Mount{
			{Host: src, Inside: "/src"}, {Host: out, Inside: "/out", Write: true},
		}})
		if (err == nil) != works {
			t.Errorf("%s: %v, want it to work: %v\n%s", script, err, works, text)
		}
	}
	if got, err := os.ReadFile(filepath.Join(out, "made")); string(got) != "made\n" {
		t.Errorf("made %q, %v", got, err)
	}
}

// firstOtherPID returns the number of this process, which a process inside must not find.
func firstOtherPID() string {
	pid, _ := os.Readlink("/proc/self")
	return pid
}

// A caller who is root must not hand root on: /proc/sys is then the box's to write.
func TestBoxIsNotTheHostsRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can hand root on")
	}
	b := open(t)
	out := t.TempDir()
	if _, err := b.Output(t.Context(), Cmd{Args: []string{"touch", "/out/made"},
		Mounts: []Mount{{Host: out, Inside: "/out", Write: true}}}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(out, "made"))
	if err != nil || b.Owner() <= 0 || int(info.Sys().(*syscall.Stat_t).Uid) != b.Owner() {
		t.Errorf("%+v, %v; want it to be of %d", info, err, b.Owner())
	}
}

// A table of mounts writes the names of folders in a form of its own.
func TestFoldersOfOddNames(t *testing.T) {
	b := open(t)
	for _, name := range []string{"a b", "#a", "a\tb\nc", `a\040b`, "ä,ro"} {
		dir := filepath.Join(t.TempDir(), name)
		write(t, filepath.Join(dir, "seen"), "seen\n")
		out, err := b.Output(t.Context(), Cmd{Args: []string{"cat", "/in/seen"}, Mounts: []Mount{{Host: dir, Inside: "/in"}}})
		if err != nil || string(out) != "seen\n" {
			t.Errorf("%q: %q, %v", name, out, err)
		}
	}
}

// What a program writes over lower folders goes to the layer alone.
func TestOverlay(t *testing.T) {
	b := open(t)
	if !b.Overlays() {
		t.Skip("only root mounts overlays")
	}
	lowest, lower, layer := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(lowest, "dir/old"), "lowest\n")
	write(t, filepath.Join(lowest, "dir/other"), "other\n")
	write(t, filepath.Join(lower, "dir/old"), "old\n")
	for _, dir := range []string{lowest, lower} {
		if err := Own(dir, b.Owner()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		out, err := b.Output(t.Context(), Cmd{Args: []string{"sh", "-c", "cat /out/dir/other /out/dir/old; echo new >>/out/dir/old; echo x >/out/dir/x"},
			Mounts: []Mount{{Host: layer, Inside: "/out", Write: true, Lower: []string{lower, lowest}}}})
		if err != nil || !strings.HasPrefix(string(out), "other\nold\n") {
			t.Fatalf("%q, %v", out, err)
		}
	}
	if got, _ := os.ReadFile(filepath.Join(lower, "dir/old")); string(got) != "old\n" {
		t.Errorf("the lower file is %q", got)
	}
	if got, _ := os.ReadFile(filepath.Join(layer, "upper/dir/old")); string(got) != "old\nnew\nnew\n" {
		t.Errorf("the upper file is %q", got)
	}
}

func TestLimits(t *testing.T) {
	b := open(t)
	out := t.TempDir()
	for _, c := range []struct {
		limit, script string
		limits        Limits
	}{
		{"time", "sleep 60", Limits{Time: 300 * time.Millisecond}},
		{"output", "yes", Limits{Output: 1 << 20}},
		{"disk", "i=0; while :; do i=$((i+1)); echo x >/out/$i; done", Limits{Disk: 1 << 20}},
		{"memory", `perl -e '$x = "a" x (300 << 20); sleep 60'`, Limits{Memory: 200 << 20}},
		{"memory", `perl -e '$x = "a" x (900 << 20)'`, Limits{Address: 300 << 20}},
		{"file size", "dd if=/dev/zero of=/out/large bs=1M count=9", Limits{FileSize: 4 << 20}},
		{"temporary files", "dd if=/dev/zero of=/tmp/large bs=1M count=9", Limits{Temp: 4 << 20}},
		{"processes", "for i in 1 2 3 4 5 6 7 8 9; do sleep 1 & done; wait", Limits{Processes: 5}},
	} {
		t.Run(c.limit, func(t *testing.T) {
			runtest.OneIn(t, 6)
			start := time.Now()
			_, err := b.Output(t.Context(), Cmd{Args: []string{"sh", "-c", c.script}, Limits: c.limits,
				Mounts: []Mount{{Host: out, Inside: "/out", Write: true}}})
			var failed *run.Error
			if !errors.As(err, &failed) {
				t.Fatalf("%v is no *run.Error", err)
			}
			var met *LimitError
			if !errors.As(err, &met) {
				met = c.limits.Met(string(failed.Output))
			}
			if met == nil || met.Limit != c.limit {
				t.Errorf("limit %v of %v: %s", met, err, failed.Output)
			}
			if time.Since(start) > 10*time.Second {
				t.Errorf("took %s", time.Since(start))
			}
		})
	}
}

func TestEnded(t *testing.T) {
	b := open(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	time.AfterFunc(300*time.Millisecond, func() { cancel(why) })
	start := time.Now()
	_, err := b.Output(ctx, Cmd{Args: []string{"sh", "-c", "trap '' TERM INT; sleep 60 & sleep 60"}})
	if !errors.Is(err, why) || time.Since(start) > 2*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		opts  Options
		path  string
		words string
	}{
		"no bubblewrap":        {Options{}, "/nonexistent", "cannot be isolated here"},
		"no root file system":  {Options{Root: t.TempDir()}, os.Getenv("PATH"), "cannot be isolated here"},
		"no such root":         {Options{Root: "/nonexistent"}, os.Getenv("PATH"), "no such file"},
		"a root without a box": {Options{Root: "/usr", None: true}, os.Getenv("PATH"), "without isolation"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", c.path)
			if b, err := Open(t.Context(), &c.opts); err == nil || !strings.Contains(err.Error(), c.words) {
				t.Errorf("%v, %v", b, err)
			}
		})
	}
}

// Without isolation, paths are the machine's own, and limits hold all the same.
func TestNone(t *testing.T) {
	b, err := Open(t.Context(), &Options{None: true})
	if err != nil {
		t.Fatal(err)
	}
	m := Mount{Host: t.TempDir(), Inside: "/out", Write: true}
	if _, err := b.Output(t.Context(), Cmd{Args: []string{"sh", "-c", "echo x >made"}, Mounts: []Mount{m}, Dir: b.Path(m)}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(m.Host, "made")); err != nil || b.Isolated() {
		t.Errorf("%v, isolated %v", err, b.Isolated())
	}
	_, err = b.Output(t.Context(), Cmd{Args: []string{"sleep", "60"}, Limits: Limits{Time: 100 * time.Millisecond}})
	var met *LimitError
	if !errors.As(err, &met) {
		t.Errorf("%v", err)
	}
}

// TestTeeGetsWholeLines: what a compiler said came into the middle of a line of make's, of which the reader had half, and was not
// seen.
func TestTeeGetsWholeLines(t *testing.T) {
	b, err := Open(t.Context(), &Options{None: true})
	if err != nil {
		t.Fatal(err)
	}
	var tee, stdout bytes.Buffer
	script := "printf 'CC lo'; sleep 0.2; echo 'warning: x' >&2; sleep 0.2; echo ng.o; printf end"
	if _, err := b.Output(t.Context(), Cmd{Args: []string{"sh", "-c", script}, Tee: &tee, Stdout: &stdout}); err != nil {
		t.Fatal(err)
	}
	if tee.String() != "warning: x\nCC long.o\nend" || stdout.String() != "CC long.o\nend" {
		t.Errorf("tee %q, stdout %q", &tee, &stdout)
	}
}
