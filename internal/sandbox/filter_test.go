// SPDX-License-Identifier: GPL-2.0-only

package sandbox

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/elastic/go-seccomp-bpf/arch"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// A call that was misspelt in the table was simply not to be had.
func TestAllowedCallsExist(t *testing.T) {
	for _, name := range allowed {
		if _, ok := arch.X86_64.SyscallNames[name]; ok {
			continue
		}
		if _, ok := arch.AARCH64.SyscallNames[name]; !ok {
			t.Errorf("there is no system call %s", name)
		}
	}
	if sorted := slices.Sorted(slices.Values(allowed[:])); len(slices.Compact(sorted)) != len(allowed) {
		t.Error("a call stands twice in the table")
	}
}

// Every call that is not allowed is made in the box, with arguments that are none. What the kernel would answer to these
// itself is mostly EINVAL, EBADF or EFAULT. Calls beyond any table are among them.
func TestOtherCallsFail(t *testing.T) {
	b := open(t)
	info, err := arch.GetInfo("")
	if err != nil {
		t.Fatal(err)
	}
	want := map[int]syscall.Errno{}
	for name, number := range info.SyscallNames {
		if slices.Contains(allowed[:], name) || name == "clone" || name == "uretprobe" {
			continue // the kernel asks no filter about uretprobe, and kills who makes it himself
		}
		want[number] = syscall.EPERM
		if number >= firstNew || slices.Contains(inspected[:], name) {
			want[number] = syscall.ENOSYS
		}
	}
	for _, beyond := range []int{info.SyscallNames["clone3"], 480, 511, 512, 547, 600, 9999} {
		want[beyond] = syscall.ENOSYS
	}
	args := []string{"perl", "-e", `for (@ARGV) { $! = 0; my $r = syscall(0 + $_, -1, -1, -1, -1, -1, -1); print "$_ $r ", $! + 0, "\n" }`}
	for _, number := range slices.Sorted(maps.Keys(want)) {
		args = append(args, strconv.Itoa(number))
	}
	out, err := b.Output(t.Context(), Cmd{Args: args})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(out), "\n"); got != len(want) || got < 90 {
		t.Errorf("%d of %d calls were made", got, len(want))
	}
	for line := range strings.Lines(string(out)) {
		var number, result, errno int
		if _, err := fmt.Sscan(line, &number, &result, &errno); err != nil {
			t.Fatal(err)
		}
		if result != -1 || syscall.Errno(errno) != want[number] {
			t.Errorf("call %d (%s): %d, %v; want %v", number, info.SyscallNumbers[number], result, syscall.Errno(errno), want[number])
		}
	}
}

// What real tools of a build do, each at its work: a filter that forbids too much shows here.
func TestToolsWorkInBox(t *testing.T) {
	runtest.Deep(t)
	b := open(t)
	t.Setenv("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
	t.Setenv("HOME", "/nonexistent") // without rustup and the like
	for tool, script := range map[string]string{
		"sh":      "mkfifo /tmp/f && (echo x >/tmp/f &) && read x </tmp/f && test $x = x && sleep 0.01 && cp -a /usr/bin/env /out/ && touch -d @0 /out/env && chmod 700 /out/env && ln -s env /out/l && mv /out/l /out/m && rm /out/m",
		"bash":    "exec 3<>/tmp/b; cat <(echo x) | (read x; [[ $x = x ]]) && wait && ulimit -n 512 && trap : USR1 && kill -USR1 $$",
		"perl":    `perl -MPOSIX -MIO::Socket -MTime::HiRes -e '$p = fork // die; exit 0 unless $p; waitpid $p, 0; my ($a, $b) = IO::Socket->socketpair(AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die; alarm 9; Time::HiRes::usleep(9); open(my $f, "+>", "/tmp/p") or die; flock($f, 2) or die; utime(1, 1, "/tmp/p") or die; print for glob("/usr/*"); POSIX::nice(1); POSIX::uname()'`,
		"python3": `python3 -c 'import subprocess, threading, tempfile, shutil, os, select; subprocess.run(["true"], check=True); t = threading.Thread(target=print); t.start(); t.join(); f = tempfile.NamedTemporaryFile(); f.write(b"x" * 99999); f.flush(); shutil.copyfile(f.name, "/out/py"); os.sched_getaffinity(0); select.epoll(); os.pipe2(0)'`,
		"make":    `printf 'all: a b\na b:\n\t@sleep 0.01; echo $@ >/out/$@\n' >/out/Makefile && make -s -j2 -C /out -Otarget && test -s /out/a -a -s /out/b`,
		"gcc":     `printf 'int main(void) { return 0; }\n' >/out/a.c && gcc -O2 -pipe -o /out/a.out /out/a.c && /out/a.out`,
		"clang":   `printf 'int main(void) { return 0; }\n' >/out/b.c && clang -c -O2 -o /out/b.o /out/b.c`,
		"rustc":   `printf 'pub fn f() -> u32 { 1 }\n' >/out/a.rs && rustc --crate-type lib -C codegen-units=4 --out-dir /out /out/a.rs`,
		"git":     "git init -q /out/r && cd /out/r && echo x >f && git add f && git -c user.name=x -c user.email=x@example.org commit -qm x && git gc -q",
		"tar":     "cd /out && echo x >f && tar cJf /tmp/x.tar.xz f && mkdir x && tar xJf /tmp/x.tar.xz -C x",
		"xz":      "xz -T2 </usr/bin/env | xz -d | cmp - /usr/bin/env",
	} {
		t.Run(tool, func(t *testing.T) {
			shell, m := "sh", Mount{Host: t.TempDir(), Inside: "/out", Write: true}
			if tool == "bash" {
				shell = tool
			}
			if _, err := os.Stat("/usr/bin/" + tool); err != nil {
				t.Skip("it is not there")
			}
			text, err := b.Output(t.Context(), Cmd{Args: []string{shell, "-ec", script}, Mounts: []Mount{m}})
			if err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}
