// SPDX-License-Identifier: GPL-2.0-only

package kbuild

// chrootScript does what bubblewrap would, as root: a tmpfs as the new root, in namespaces of its
// own, with the folders of the root filesystem bound read-only, and no capability left. Its
// arguments: the root filesystem, the source or "", the output folder or "", the folder to
// start in, then the command.
const chrootScript = `set -e
root=$1 src=$2 out=$3 dir=$4
shift 4
mount --make-rprivate /
new=$root/mnt
mount -t tmpfs -o mode=755 none "$new"
for entry in "$root"/*; do
	name=${entry##*/}
	case $name in
	proc|dev|sys|tmp|run|boot|home|root|src|out|mnt|lost+found) ;;
	*)
		if [ -L "$entry" ]; then
			cp -P "$entry" "$new/"
		elif [ -d "$entry" ]; then
			mkdir "$new/$name"
			mount --bind "$entry" "$new/$name"
			mount -o remount,bind,ro "$new/$name"
		fi
	esac
done
mkdir "$new/proc" "$new/dev" "$new/tmp"
mount -t proc none "$new/proc"
mount -t tmpfs -o mode=1777 none "$new/tmp"
for node in null zero full random urandom; do
	: >"$new/dev/$node"
	mount --bind "/dev/$node" "$new/dev/$node"
done
ln -s /proc/self/fd "$new/dev/fd"
ln -s /proc/self/fd/0 "$new/dev/stdin"
ln -s /proc/self/fd/1 "$new/dev/stdout"
ln -s /proc/self/fd/2 "$new/dev/stderr"
if [ -n "$src" ]; then
	mkdir "$new/src"
	mount --bind "$src" "$new/src"
	mount -o remount,bind,ro "$new/src"
fi
if [ -n "$out" ]; then
	mkdir "$new/out"
	mount --bind "$out" "$new/out"
fi
mount -o remount,ro "$new"
exec chroot "$new" setpriv --no-new-privs --bounding-set=-all --inh-caps=-all \
	sh -c 'cd "$0" && exec "$@"' "$dir" "$@"
`

// chroot returns the command line before that of c.
func (t *Toolchain) chroot(c *Cmd) []string {
	return []string{"unshare", "--mount", "--net", "--pid", "--ipc", "--uts", "--fork", "--kill-child",
		"sh", "-c", chrootScript, "chroot", t.root, c.Source, c.Out, t.startIn(c)}
}
