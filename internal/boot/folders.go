// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"debug/elf"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// A Folder is one of this machine whose regular files the guest gets.
type Folder struct {
	// Guest is its absolute path in the guest, such as "/tests/lsm".
	Guest, Host string
}

// Bounds on what is put into an initramfs, which the guest keeps in its memory.
const (
	maxGuestFile  = 64 << 20
	maxGuestBytes = 256 << 20
	maxGuestFiles = 4000
)

// addFolders lists the files of the folders.
func (o *orders) addFolders(folders []Folder) error {
	var sum int64
	for _, f := range folders {
		dir, err := below.Open(f.Host)
		if err != nil {
			return fmt.Errorf("folder for the guest: %w", err)
		}
		err = fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			sum += info.Size()
			o.files = append(o.files, guestFile{path.Join(f.Guest, name)[1:], filepath.Join(f.Host, name)})
			if sum > maxGuestBytes || len(o.files) > maxGuestFiles {
				return hint.Wrap(fmt.Errorf("%s is too large for a guest: more than %d MiB or %d files", f.Host, maxGuestBytes>>20, maxGuestFiles),
					"name fewer tests")
			}
			return nil
		})
		dir.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// applets are the programs of busybox that tests call, by their folder.
var applets = map[string][]string{
	"bin": {"sh", "ash", "awk", "cat", "chmod", "chown", "cp", "cut", "date", "dd", "echo", "env", "false", "grep", "head", "hostname", "id", "ip", "kill", "ln", "ls",
		"mkdir", "mknod", "mktemp", "mount", "mv", "ps", "pwd", "readlink", "rm", "rmdir", "sed", "seq", "sleep", "sort", "stat", "sync", "tail", "test", "timeout",
		"touch", "tr", "true", "umount", "uname", "uniq", "wc", "xargs", "printf", "expr", "find", "basename", "dirname", "tee", "unshare"},
	"sbin": {"ip", "ifconfig", "route", "sysctl", "modprobe", "losetup", "mkfs.ext2", "mkswap", "swapon", "swapoff", "pivot_root", "switch_root"},
}

// IsStatic reports whether a file is a program of x86-64 that needs no libraries.
func IsStatic(name string) bool {
	f, err := elf.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	return f.Machine == elf.EM_X86_64 && !slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

// addShell gives the guest a busybox under the names of its programs.
func (o *orders) addShell(busybox string) {
	if busybox == "" {
		return
	}
	const home = "bin/busybox"
	o.files = append(o.files, guestFile{home, busybox})
	for dir, names := range applets {
		for _, name := range names {
			o.links = append(o.links, guestLink{dir + "/" + name, "/" + home})
		}
	}
	slices.SortFunc(o.links, func(a, b guestLink) int { return strings.Compare(a.guest, b.guest) })
}
