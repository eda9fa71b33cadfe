// SPDX-License-Identifier: GPL-2.0-only

// Package e2e gives the end-to-end tests what they need of the outside world: kernel trees, the
// toolchain, the sources that hold other projects' test data.
//
// The script provision, beside this file, downloads each once into a cache folder outside the
// checkout. A test that needs one of them fails where it cannot be had; it never skips.
package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Tree returns a git repository, checked out, with the Linux tree of version: "7.3", "7.2", "6.12".
// It is shared: read it, and clone it (git clone --shared) where a test changes anything.
func Tree(tb testing.TB, version string) string { return provision(tb, "tree", version) }

// Part returns a plain folder with what LSM hooks are read from in the Linux tree of version, such as
// "6.1": include, security, rust, scripts and the headers of x86. It is shared; only read it.
func Part(tb testing.TB, version string) string { return provision(tb, "part", version) }

// Tarball returns the path of linux-source-VERSION.tar.xz.
func Tarball(tb testing.TB, version string) string { return provision(tb, "tarball", version) }

// Toolchain returns a root filesystem with rustc, bindgen and LLVM, for lsmpatch build --toolchain.
func Toolchain(tb testing.TB) string { return provision(tb, "toolchain") }

// Root returns a root filesystem of Debian 12 in which our own package can be installed, and read with man. It is
// shared: lay a copy or an overlay of it.
func Root(tb testing.TB) string { return provision(tb, "root") }

// B4 returns a root filesystem of Debian's newest suite with b4, whose `b4 review` is in no older one.
func B4(tb testing.TB) string { return provision(tb, "b4") }

// Source returns the unpacked source of a Debian source package: "git" for git's own tests,
// "linux-debian" for the debian folder of the kernel package of 6.12, with its patches, "linux-debian-7.3" for that of
// another version.
func Source(tb testing.TB, name string) string { return provision(tb, "source", name) }

// Package returns an unpacked Debian package, such as "quilt": what is in usr/bin of it runs with its own folders named.
func Package(tb testing.TB, name string) string { return provision(tb, "package", name) }

// NPM returns an unpacked package of npm's, as "axe-core@4.14.1", with what it needs.
func NPM(tb testing.TB, pkg string) string { return provision(tb, "npm", pkg) }

// Kernel returns Debian's kernel for an architecture: "amd64", "arm64", "riscv64".
func Kernel(tb testing.TB, arch string) string { return provision(tb, "kernel", arch) }

// Cache returns the folder for what is made once and kept, below the cache of provision.
func Cache(tb testing.TB, name string) string {
	tb.Helper()
	dir := os.Getenv("LSMPATCH_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			tb.Fatal(err)
		}
		dir = filepath.Join(user, "lsmpatch")
	}
	return filepath.Join(dir, name)
}

// Scratch returns a new folder below the cache, on the same file system as the trees, that is
// removed when the test ends. Builds go there: the system's temporary folder may be small.
func Scratch(tb testing.TB) string {
	tb.Helper()
	parent := Cache(tb, "scratch")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		tb.Fatal(err)
	}
	dir, err := os.MkdirTemp(parent, "test")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func provision(tb testing.TB, args ...string) string {
	tb.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		tb.Fatal("no caller information: build without -trimpath")
	}
	cmd := exec.Command(filepath.Join(filepath.Dir(file), "provision"), args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("provision %s: %v", strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}
