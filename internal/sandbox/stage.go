// SPDX-License-Identifier: GPL-2.0-only

package sandbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const newNamespace = syscall.CLONE_NEWNS

// stageScript lets an unprivileged uid use folders whose parents it cannot enter, such as root's
// home: in a mount namespace of its own, root binds each of them to a numbered entry of a tmpfs,
// by a table of fstab(5), so that one process mounts them all, then gives up all rights. The tmpfs lies
// on /sys, which every machine has, nothing to mount lies in, and no program in the box sees.
const stageScript = `set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755,size=4m sandbox /sys
(cd /sys && mkdir $1)
for file in $2; do : >/sys/$file; done
printf %s "$3" >/sys/fstab
mount -a -T /sys/fstab
shift 3
exec "$@"
`

// A stage collects what the script has to bind. One that is not on binds nothing.
type stage struct {
	on          bool
	n           int
	dirs, files []string // names below /sys
	table       strings.Builder
}

// path returns the name under which bubblewrap finds the host's path.
func (s *stage) path(host string) string { return s.mount(Mount{Host: host}) }

func (s *stage) mount(m Mount) string {
	if !s.on {
		return m.Host
	}
	name := strconv.Itoa(s.n)
	s.n++
	if len(m.Lower) == 0 {
		if info, err := os.Stat(m.Host); err == nil && !info.IsDir() {
			s.files = append(s.files, name)
		} else {
			s.dirs = append(s.dirs, name)
		}
		s.bind(m.Host, name)
		return "/sys/" + name
	}
	layer := name + ".layer"
	s.dirs = append(s.dirs, name, layer)
	var lower []string
	for i, host := range m.Lower {
		below := name + "." + strconv.Itoa(i)
		s.dirs = append(s.dirs, below)
		s.bind(host, below)
		lower = append(lower, "/sys/"+below)
	}
	s.bind(m.Host, layer)
	fmt.Fprintf(&s.table, "sandbox /sys/%s overlay lowerdir=%s,upperdir=/sys/%s/upper,workdir=/sys/%s/work 0 0\n",
		name, strings.Join(lower, ":"), layer, layer)
	return "/sys/" + name
}

// inFstab writes white space, backslashes and "#" in octal.
var inFstab = strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`, "#", `\043`)

// bind adds a line of fstab(5).
func (s *stage) bind(host, name string) {
	fmt.Fprintf(&s.table, "%s /sys/%s none bind 0 0\n", inFstab.Replace(host), name)
}

// command returns the command line that sets the stage and goes on as uid, with groups.
func (s *stage) command(uid int, groups []string) []string {
	id := strconv.Itoa(uid)
	args := []string{"sh", "-c", stageScript, "sandbox", strings.Join(s.dirs, " "), strings.Join(s.files, " "), s.table.String(),
		"setpriv", "--reuid", id, "--regid", id}
	if len(groups) > 0 {
		args = append(args, "--groups", strings.Join(groups, ","))
	} else {
		args = append(args, "--clear-groups")
	}
	return append(args, "--inh-caps=-all", "--no-new-privs")
}

// groupsOf returns the groups whose members may use the devices.
func groupsOf(devices []string) []string {
	var groups []string
	for _, name := range devices {
		if info, err := os.Stat(name); err == nil {
			groups = append(groups, strconv.Itoa(int(info.Sys().(*syscall.Stat_t).Gid)))
		}
	}
	return groups
}

// freeUID returns a uid that nobody has. systemd's table of uids leaves 65520 to 65533 unused; it
// must stay the same from run to run, since files are left to it.
func freeUID() (int, error) {
	for uid := 65533; uid >= 65520; uid-- {
		var unknown user.UnknownUserIdError
		if _, err := user.LookupId(strconv.Itoa(uid)); errors.As(err, &unknown) && mapped(uid) {
			return uid, nil
		}
	}
	return 0, errors.New("no uid from 65520 to 65533 is free to run programs as")
}

// mapped reports whether uid exists in this process's user namespace.
func mapped(uid int) bool {
	text, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return true
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		first, _ := strconv.Atoi(fields[0])
		count, _ := strconv.Atoi(fields[2])
		if uid >= first && uid-first < count {
			return true
		}
	}
	return false
}

// Own gives dir and all below it to uid, unless dir is that uid's already.
func Own(dir string, uid int) error {
	info, err := os.Lstat(dir)
	if err != nil || int(info.Sys().(*syscall.Stat_t).Uid) == uid {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	// The folder itself comes last: its owner says that all below it is done.
	err = fs.WalkDir(root.FS(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		return root.Lchown(filepath.FromSlash(name), uid, uid)
	})
	if err != nil {
		return err
	}
	return root.Lchown(".", uid, uid)
}

// Owner returns the uid that must own what a program in the box is to change, or -1 where that is
// the caller's own.
func (b *Box) Owner() int {
	if b.free == 0 {
		return -1
	}
	return b.free
}
