// SPDX-License-Identifier: GPL-2.0-only

package sandbox

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"slices"
	"syscall"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
)

// denied are the system calls that no compiler, script or emulator needs, and that reach what the
// namespaces do not cover or have been the way out of sandboxes. A program gets EPERM. What is
// newer than the library's table, and other ABIs of the processor, get ENOSYS.
var denied = [...]string{
	// The file system's shape.
	"mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "open_tree_attr", "fsopen", "fsconfig", "fsmount",
	"fspick", "mount_setattr", "statmount", "listmount", "swapon", "swapoff", "quotactl", "quotactl_fd", "acct",
	"name_to_handle_at", "open_by_handle_at", "fanotify_init", "fanotify_mark", "lookup_dcookie", "nfsservctl",
	// Namespaces. clone is looked at, clone3 cannot be.
	"unshare", "setns",
	// The kernel's own code, clock, log and keys.
	"bpf", "init_module", "finit_module", "delete_module", "create_module", "query_module", "get_kernel_syms",
	"kexec_load", "kexec_file_load", "reboot", "syslog", "_sysctl", "uselib", "ustat", "sysfs", "vhangup",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname",
	"keyctl", "add_key", "request_key", "lsm_set_self_attr",
	// Other processes, and the hardware.
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp", "perf_event_open",
	"userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "iopl", "ioperm", "modify_ldt",
	"migrate_pages", "move_pages",
}

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
	var deny, allow []string
	for _, name := range slices.Sorted(maps.Keys(info.SyscallNames)) {
		switch {
		case name == "clone" || name == "clone3" || name == "socket":
		case slices.Contains(denied[:], name) && (name != "ptrace" || !ptrace):
			deny = append(deny, name)
		default:
			allow = append(allow, name)
		}
	}
	var sockets []seccomp.NameWithConditions
	for _, family := range families {
		sockets = append(sockets, seccomp.NameWithConditions{Name: "socket",
			Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: family}}})
	}
	policy := seccomp.Policy{DefaultAction: seccomp.ActionErrno, Syscalls: []seccomp.SyscallGroup{
		{Action: seccomp.ActionAllow, Names: allow},
		{Action: seccomp.ActionAllow, NamesWithCondtions: append(sockets, seccomp.NameWithConditions{Name: "clone",
			Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.BitsNotSet, Value: namespaces}}})},
		{Action: seccomp.ActionErrno, Names: append(deny, "clone", "socket")},
	}}
	program, err := policy.Assemble()
	if err != nil {
		return nil, fmt.Errorf("assembling the filter of system calls: %w", err)
	}
	// The default is the last instruction. glibc goes on without clone3 where that is not known, and
	// takes EPERM for an answer.
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
