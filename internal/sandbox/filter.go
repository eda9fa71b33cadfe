// SPDX-License-Identifier: GPL-2.0-only

package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"syscall"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
)

// allowed are the system calls that shells, make, compilers, linkers, perl, python and QEMU make, by what they are for. Each
// other call fails: with EPERM where it is an old one, with ENOSYS from [firstNew] on and on other ABIs of the processor.
var allowed = [...]string{
	// Files, by their descriptors.
	"read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2", "lseek", "close", "close_range",
	"dup", "dup2", "dup3", "fcntl", "flock", "ioctl", "fsync", "fdatasync", "sync_file_range", "ftruncate", "fallocate", "fadvise64", "readahead",
	"sendfile", "splice", "copy_file_range", "pipe", "pipe2", "memfd_create", "getdents", "getdents64", "fstat", "fstatfs", "fchmod", "fchown", "fchdir",
	"fgetxattr", "flistxattr", "fsetxattr", "fremovexattr",
	// Files, by their names.
	"open", "openat", "openat2", "creat", "stat", "lstat", "newfstatat", "fstatat", "statx", "statfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
	"mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "mknod", "mknodat",
	"truncate", "chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "utime", "utimes", "futimesat", "utimensat", "chdir", "getcwd", "umask",
	"getxattr", "lgetxattr", "listxattr", "llistxattr", "setxattr", "lsetxattr", "removexattr", "lremovexattr",
	// Memory.
	"brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "msync", "mincore", "mlock", "mlock2", "munlock", "get_mempolicy",
	// Processes and threads. clone is looked at, clone3 cannot be.
	"fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "kill", "tkill", "tgkill", "pidfd_open", "pidfd_send_signal", "prctl",
	"arch_prctl", "set_tid_address", "set_robust_list", "get_robust_list", "rseq", "membarrier", "futex", "restart_syscall", "seccomp",
	"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
	"getpid", "getppid", "gettid", "getpgid", "getpgrp", "setpgid", "getsid", "setsid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid",
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", // make sets its own in a child, to be sure
	"getgroups", "capget", "getrlimit", "setrlimit", "prlimit64", "getrusage", "getpriority", "setpriority", "times",
	"sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler", "sched_getattr", "sched_get_priority_max",
	"sched_get_priority_min", "sched_rr_get_interval", "getcpu", "uname", "sysinfo", "getrandom",
	// Signals and time.
	"rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "rt_sigreturn", "sigaltstack",
	"signalfd", "signalfd4", "pause", "alarm", "getitimer", "setitimer", "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time",
	"timer_create", "timer_settime", "timer_gettime", "timer_getoverrun", "timer_delete", "timerfd_create", "timerfd_settime", "timerfd_gettime",
	// Waiting for several things, and sockets. socket is looked at.
	"select", "pselect6", "poll", "ppoll", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2",
	"socketpair", "bind", "listen", "accept", "accept4", "connect", "shutdown", "getsockname", "getpeername", "getsockopt", "setsockopt",
	"sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg",
}

// inspected are the calls that some arguments make harmful; with these they get ENOSYS.
var inspected = [...]string{"clone", "socket", "personality"}

// firstNew is the number of the first call that came in 2019 or later, when all processors began to number alike. Who makes
// one does without it where it is not known, as glibc does without clone3, but takes EPERM for an answer.
const firstNew = 424

// personalities are those to be had: the usual one, what asks for the present one, and fixed addresses.
var personalities = [...]uint64{0, 0xffffffff, 0x40000}

// namespaces are the flags of clone that make one: CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS,
// CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET.
const namespaces = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000

// families are the kinds of sockets to be had. Others, such as AF_VSOCK, are not kept apart by a
// network namespace.
var families = [...]uint64{syscall.AF_UNIX, syscall.AF_INET, syscall.AF_INET6, syscall.AF_NETLINK}

// filter returns the program for seccomp, as struct sock_filter has it.
func filter(ptrace bool) ([]byte, error) {
	info, err := arch.GetInfo("")
	if err != nil {
		return nil, err
	}
	var allow, deny []string
	for name, number := range info.SyscallNames {
		switch {
		case slices.Contains(allowed[:], name) || ptrace && name == "ptrace":
			allow = append(allow, name)
		case number < firstNew && !slices.Contains(inspected[:], name):
			deny = append(deny, name)
		}
	}
	slices.Sort(allow)
	slices.Sort(deny)
	conditional := []seccomp.NameWithConditions{{Name: "clone",
		Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.BitsNotSet, Value: namespaces}}}}
	first := func(name string, values []uint64) {
		for _, value := range values {
			conditional = append(conditional, seccomp.NameWithConditions{Name: name,
				Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: value}}})
		}
	}
	first("socket", families[:])
	first("personality", personalities[:])
	policy := seccomp.Policy{DefaultAction: seccomp.ActionErrno, Syscalls: []seccomp.SyscallGroup{
		{Action: seccomp.ActionAllow, Names: allow},
		{Action: seccomp.ActionAllow, NamesWithCondtions: conditional},
		{Action: seccomp.ActionErrno, Names: deny},
	}}
	program, err := policy.Assemble()
	if err != nil {
		return nil, fmt.Errorf("assembling the filter of system calls: %w", err)
	}
	// The default is the last instruction.
	program[len(program)-1] = bpf.RetConstant{Val: uint32(seccomp.ActionErrno) | uint32(syscall.ENOSYS)}
	raw, err := bpf.Assemble(program)
	if err != nil {
		return nil, fmt.Errorf("assembling the filter of system calls: %w", err)
	}
	var out bytes.Buffer
	for _, i := range raw {
		binary.Write(&out, binary.NativeEndian, i) // no error: the buffer takes it
	}
	return out.Bytes(), nil
}

// filterPipe returns a file from which bubblewrap reads the program.
func filterPipe(ptrace bool) (*os.File, error) {
	program, err := filter(ptrace)
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	// A pipe holds 64 KiB, more than any program for seccomp may have.
	if _, err := w.Write(program); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}
