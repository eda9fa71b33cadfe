// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package fetch

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
	"github.com/lsmpatch/lsmpatch/internal/tree"
)

// TestE2EArchive imports a real kernel archive; its tree is then the one that git made when the files
// were provisioned. The repository is bare, since to write and compare 96,000 files takes minutes on a
// slow disk, and a part of them tells as much.
func TestE2EArchive(t *testing.T) {
	archive := e2e.Tarball(t, "7.3")
	want := gittest.Git(t, e2e.Tree(t, "7.3"), "rev-parse", "HEAD^{tree}")
	dir := filepath.Join(t.TempDir(), "tree.git")
	gittest.Git(t, ".", "init", "-q", "--bare", dir)
	start, cpu := time.Now(), runtest.CPUTime()
	got, err := Fetch(context.Background(), &Options{Dir: dir, Archive: archive})
	gittest.Must(t, err)
	t.Logf("imported in %.1f s, %.1f s of processor time without xz, as %s", time.Since(start).Seconds(), (runtest.CPUTime() - cpu).Seconds(), got.Commit)
	if tree := gittest.Git(t, dir, "rev-parse", string(got.Commit)+"^{tree}"); tree != want {
		t.Errorf("tree %s, want %s", tree, want)
	}
}

// TestE2EArchivePart imports thousands of files of a real tree, symlinks and scripts among them, and lays them
// out again: git finds them unchanged, reads each object of the pack, and compares each file.
func TestE2EArchivePart(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "linux-7.3.tar")
	gittest.Git(t, e2e.Tree(t, "7.3"), "archive", "--prefix=linux-7.3/", "-o", archive, "HEAD",
		"Makefile", "arch/arm64", "include/dt-bindings", "rust", "scripts", "security")
	dir := filepath.Join(t.TempDir(), "tree")
	_, err := Fetch(context.Background(), &Options{Dir: dir, Archive: archive})
	gittest.Must(t, err)
	if out := gittest.Git(t, dir, "status", "--porcelain"); out != "" {
		t.Errorf("git status: %.500s", out)
	}
	if out := gittest.Git(t, dir, "verify-pack", strings.TrimSuffix(packOf(t, dir), ".pack")+".idx"); out != "" {
		t.Errorf("git verify-pack: %s", out)
	}
	build := filepath.Join(t.TempDir(), "build")
	snapshot, err := fetched(t, dir).Snapshot("HEAD")
	gittest.Must(t, err)
	for _, round := range []string{"first", "second"} {
		start, cpu := time.Now(), runtest.CPUTime()
		gittest.Must(t, tree.Materialize(context.Background(), snapshot, build, nil))
		t.Logf("laid out the %s time in %.1f s, %.1f s of processor time", round, time.Since(start).Seconds(), (runtest.CPUTime() - cpu).Seconds())
	}
	gittest.Git(t, ".", "--git-dir="+filepath.Join(dir, ".git"), "--work-tree="+build, "diff", "--quiet", "HEAD")
}

func packOf(t *testing.T, dir string) string {
	t.Helper()
	packs, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/*.pack"))
	gittest.Must(t, err)
	if len(packs) != 1 {
		t.Fatalf("packs: %v", packs)
	}
	return packs[0]
}

// TestE2EGPG takes signatures that GnuPG made with keys of several kinds.
func TestE2EGPG(t *testing.T) {
	home, err := os.MkdirTemp("", "gpg") // the path of the agent's socket must be short
	gittest.Must(t, err)
	defer os.RemoveAll(home)
	gpg := func(args ...string) {
		t.Helper()
		cmd := exec.Command("gpg", append([]string{"--homedir", home, "--batch", "--yes", "-q", "--passphrase", "", "--pinentry-mode", "loopback"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("gpg %v: %v\n%s", args, err, out)
		}
	}
	defer exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run()
	raw := compressed(t, makeTar(t, smallLinux))
	keyring, signature := filepath.Join(home, "keyring"), filepath.Join(home, "linux-7.3.tar.sign")
	for _, kind := range []string{"ed25519", "rsa2048", "nistp256"} {
		address := kind + "@example.org"
		gpg("--quick-gen-key", address, kind, "sign", "1d")
		gpg("-o", keyring, "--export", address)
		for _, form := range []string{"--armor", "--no-armor"} {
			gpg("-u", address, form, "-o", signature, "--detach-sign", raw[""])
			for _, suffix := range []string{"", ".xz"} {
				_, err := Fetch(context.Background(), &Options{Dir: t.TempDir(), Archive: raw[suffix], Signature: signature, Keyring: keyring})
				if err != nil {
					t.Errorf("%s %s .tar%s: %v", kind, form, suffix, err)
				}
			}
		}
		gpg("-u", address, "-o", signature, "--detach-sign", keyring)
		_, err := Fetch(context.Background(), &Options{Dir: t.TempDir(), Archive: raw[".gz"], Signature: signature, Keyring: keyring})
		if !errors.Is(err, ErrSignature) {
			t.Errorf("%s, of something else: %v", kind, err)
		}
	}
	sum, err := hashFile(raw[".gz"])
	gittest.Must(t, err)
	list := filepath.Join(home, "sums")
	gittest.Must(t, os.WriteFile(list, []byte(sum+"  linux-7.3.tar.gz\n"), 0o666))
	for digest, want := range map[string]bool{"SHA256": true, "SHA512": true, "SHA1": false} {
		sums := filepath.Join(home, "sha256sums.asc")
		gpg("-u", "rsa2048@example.org", "--digest-algo", digest, "-o", signature, "--detach-sign", raw[""])
		gpg("-u", "rsa2048@example.org", "--digest-algo", digest, "-o", sums, "--clear-sign", list)
		gpg("-o", keyring, "--export", "rsa2048@example.org")
		for _, opts := range []Options{{Signature: signature}, {SHA256: sums}} {
			opts.Dir, opts.Archive, opts.Keyring = t.TempDir(), raw[".gz"], keyring
			_, err := Fetch(context.Background(), &opts)
			if want && err != nil || !want && (!errors.Is(err, ErrSignature) || !strings.Contains(err.Error(), "can be forged")) {
				t.Errorf("%s, signature %q, sums %q: %v", digest, opts.Signature, opts.SHA256, err)
			}
		}
	}
}

// TestE2EFetchCut cuts the connection anywhere, and every so many bytes.
func TestE2EFetchCut(t *testing.T) {
	fetchCut(t, map[int64]int64{1: 1, 50: 1, 800: 1, 1200: 2, 3000 + rand.Int64N(100_000): 3, 100_000: 1000})
}
