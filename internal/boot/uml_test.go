// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// compiler returns that of C, with which tests make programs that pass for a User Mode Linux; they run in a sandbox, which has to be
// there as well.
func compiler(t *testing.T) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("needs a C compiler")
	}
	if _, err := exec.LookPath("bwrap"); err != nil {
		t.Skip("needs bubblewrap")
	}
	return cc
}

// A User Mode Linux is a program that runs in the sandbox, with an initramfs and a console, and
// neither the environment nor the files of the caller.
func TestUML(t *testing.T) {
	t.Parallel()
	cc := compiler(t)
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	src := `#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>
__attribute__((section(".uml.setup.init"), used)) static const char *setup = "mem=";
int main(int n, char **a)
{
	setvbuf(stdout, 0, _IONBF, 0);
	puts("Linux version 7.3.0");
	for (int i = 1; i < n; i++)
		printf("arg %s\n", a[i]);
	printf("home %s path %d uid %d\n", getenv("HOME"), access("` + secret + `", F_OK), getuid());
	struct statvfs room;
	statvfs(getenv("TMPDIR"), &room);
	printf("shadow %d\n", mmap(0, 1UL << 44, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED);
	printf("room %lu\n", (unsigned long)(room.f_blocks * room.f_frsize >> 20));
	FILE *f = fopen("/boot/initramfs", "r");
	char magic[7] = "";
	if (f)
		fread(magic, 1, 6, f);
	printf("initramfs %s\n", magic);
	printf("in one ");
	usleep(50000);
	fputs("\\n", stderr); // as a User Mode Linux does where it ends
	usleep(50000);
	puts("line");
	puts("Kernel panic - not syncing: Kernel mode fault at addr 0x8, ip 0x6003b0f9");
	abort();
}
`
	if err := os.WriteFile(filepath.Join(dir, "linux.c"), []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	kernel := filepath.Join(dir, "linux")
	if out, err := exec.Command(cc, "-O1", "-no-pie", "-o", kernel, filepath.Join(dir, "linux.c")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r, err := Run(t.Context(), kernel, &Options{LSM: []string{"yama"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Arch != "um" || r.Isolation != "bubblewrap" || r.KVM {
		t.Errorf("arch %s, isolation %s", r.Arch, r.Isolation)
	}
	for _, want := range []string{"arg mem=512M\n", "arg initrd=/boot/initramfs\n", "arg con0=fd:0,fd:1\n", "arg rdinit=/init\n", "arg lsm=yama\n", "home /tmp path -1 uid ", "initramfs 070701\n",
		"in one line\n", "room 576\n", // for its memory, which lay in the 64 MiB of /dev/shm
		"shadow 1\n"} { // of KASAN: such a kernel ended without a word
		if !strings.Contains(r.Console, want) {
			t.Errorf("no %q in\n%s", want, r.Console)
		}
	}
	if strings.Contains(r.Console, "uid 0\n") {
		t.Error("the guest runs as root")
	}
	if got, want := messages(r.Findings), "error kernel panic: Kernel mode fault"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A User Mode Linux was linked with the libraries of a toolchain, which this machine need not have. What the dynamic linker says
// of that was taken for a kernel that restarts, a fault of the series.
func TestUMLWithoutItsLibraries(t *testing.T) {
	t.Parallel()
	cc := compiler(t)
	dir := t.TempDir()
	for name, src := range map[string]string{
		"lib.c":   "int sample(void) { return 0; }\n",
		"linux.c": "int sample(void);\n__attribute__((section(\".uml.setup.init\"), used)) static const char *setup = \"mem=\";\nint main(void) { return sample(); }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kernel := filepath.Join(dir, "linux")
	for _, args := range [][]string{{"-shared", "-fPIC", "-o", "libsample.so", "lib.c"}, {"-o", "linux", "linux.c", "-L.", "-lsample"}} {
		cmd := exec.Command(cc, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	_, err := Run(t.Context(), kernel, nil)
	if err == nil || !strings.Contains(err.Error(), "could not be started") || !strings.Contains(err.Error(), "libsample.so") {
		t.Fatal(err)
	}
	if advice := hint.Of(err); !strings.Contains(advice, "--toolchain") {
		t.Errorf("hint %q", advice)
	}
	if _, err = Run(t.Context(), kernel, &Options{Root: dir}); err == nil || strings.Contains(err.Error(), "libsample.so") {
		t.Errorf("a root that is none: %v", err)
	}
}

// The 600 tests of KUnit that a User Mode Linux can have took half of its minute on a busy machine, and the whole would have been
// told as a hang.
func TestTimeForKUnit(t *testing.T) {
	for _, c := range []struct {
		qemu, without string
		kunit         bool
		want          time.Duration
	}{
		{"", "User Mode Linux needs none", false, fastBoot},
		{"", "User Mode Linux needs none", true, fastBoot + unitTests},
		{"qemu-system-x86_64", "", true, fastBoot + unitTests},
		{"qemu-system-x86_64", "switched off", true, slowBoot + unitTests},
	} {
		m := &machine{opts: &Options{KUnit: c.kunit}, platform: &platform{qemu: c.qemu}, orders: &orders{}}
		if got := m.timeout(c.without); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
