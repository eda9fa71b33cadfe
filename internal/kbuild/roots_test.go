// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// fakeMmdebstrap makes a root filesystem of a shell and what the tests call.
const fakeMmdebstrap = `#!/bin/sh
echo "$@" >>"$CALLS"
for last; do case $last in /*) dir=$last; break ;; esac; done
mkdir -p "$dir/usr/bin" "$dir/usr/lib" && ln -s usr/bin "$dir/bin" && ln -s usr/lib "$dir/lib" && ln -s usr/lib64 "$dir/lib64"
for program in sh env true; do
	cp "/bin/$program" "$dir/usr/bin/"
	ldd "/bin/$program" | grep -o '/lib[^ ]*' | while read -r lib; do
		mkdir -p "$dir/usr$(dirname "$lib")" && cp -L "$lib" "$dir/usr$lib"
	done
done
for program in make clang-19; do
	printf '#!/bin/sh\necho 19\n' >"$dir/usr/bin/$program" && chmod 755 "$dir/usr/bin/$program"
done
[ -z "$BREAK" ] || rm "$dir/usr/bin/clang-19"
`

func TestRoots(t *testing.T) {
	runtest.Deep(t)
	if _, err := exec.LookPath("bwrap"); err != nil {
		t.Skip("a root filesystem needs bubblewrap")
	}
	bin := t.TempDir()
	write(t, filepath.Join(bin, "mmdebstrap"), fakeMmdebstrap)
	calls := filepath.Join(bin, "calls")
	t.Setenv("CALLS", calls)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	roots, err := OpenRoots(filepath.Join(t.TempDir(), "toolchains"))
	if err != nil {
		t.Fatal(err)
	}

	t.Setenv("BREAK", "1")
	if _, err := roots.Create(t.Context(), &RootOptions{}); err == nil || !strings.Contains(err.Error(), "clang-19") {
		t.Errorf("a compiler that does not run: %v", err)
	}
	t.Setenv("BREAK", "")
	if list, err := roots.List(); err != nil || len(list) != 0 {
		t.Errorf("what was not finished is listed: %+v, %v", list, err)
	}
	auto, err := roots.Resolve(t.Context(), "auto", nil)
	if err != nil || auto != filepath.Join(roots.Dir, DefaultRoot) {
		t.Fatalf("%s, %v", auto, err)
	}
	if again, err := roots.Resolve(t.Context(), "auto", nil); err != nil || again != auto {
		t.Errorf("%s, %v", again, err)
	}
	if n := strings.Count(read(t, calls), "--variant=minbase"); n != 2 {
		t.Errorf("mmdebstrap ran %d times, want 2", n)
	}
	if _, err := roots.Create(t.Context(), &RootOptions{}); err == nil || !strings.Contains(hint.Of(err), "toolchain remove default") {
		t.Errorf("twice the same name: %v", err)
	}
	if _, err := roots.Resolve(t.Context(), "nosuch", nil); err == nil || !strings.Contains(hint.Of(err), "toolchain create nosuch") {
		t.Errorf("%v", err)
	}
	t.Setenv("PATH", t.TempDir()) // a machine without compilers takes what was made
	if got, err := roots.Resolve(t.Context(), "", nil); err != nil || got != auto {
		t.Errorf("%q, %v", got, err)
	}
	if err := roots.Remove(DefaultRoot); err != nil {
		t.Error(err)
	}
	if got, err := roots.Resolve(t.Context(), "", nil); err != nil || got != "" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := roots.Get(DefaultRoot); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	for _, name := range []string{"..", "a/b", "", "-x"} {
		if err := roots.Remove(name); err == nil {
			t.Errorf("removed %q", name)
		}
	}
}

// A series in C alone needs no Rust.
func TestPackagesFor(t *testing.T) {
	if got := PackagesFor(fstest.MapFS{"Makefile": {}}); slices.Contains(got, "rustc") || !slices.Contains(got, "clang-19") {
		t.Errorf("%q", got)
	}
	if got := PackagesFor(fstest.MapFS{"rust/Makefile": {}}); !slices.Contains(got, "bindgen") {
		t.Errorf("%q", got)
	}
}

func TestOwnMirror(t *testing.T) {
	for text, want := range map[string]string{
		"Types: deb\nURIs: http://mirror.example.org/debian\nSuites: x\n":                                      "http://mirror.example.org/debian",
		"# deb http://no.example.org/debian x\ndeb [signed-by=/k] https://mirror.example.org/debian/ x main\n": "https://mirror.example.org/debian",
		"deb http://mirror.example.org/debian-security x main\n":                                               "",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "sources.list"), text)
		if got := ownMirror(dir); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
