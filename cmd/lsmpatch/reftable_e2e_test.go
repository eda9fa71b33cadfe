// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
)

// reftableScript makes a repository with reftable, applies the carried series with git am and with
// lsmpatch, into the checked-out tree and onto a branch, and compares.
const reftableScript = `set -eu
export HOME=$PWD GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b.c GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b.c
export GIT_COMMITTER_DATE='1790000000 +0000'
./lsmpatch patchset export -q -o mails rust-lsm >log
cp -r /mnt linux
cd linux
git init -q --ref-format="$1" --object-format="$2" -b main
git add -A
git commit -q -m base
git tag base
git am -q ../mails/000[1-5]*.patch
git tag by-git
git reset -q --hard base
echo local >>README
same() { [ "$(git rev-parse "$1")" = "$(git rev-parse by-git)" ] || { echo "$1 is not what git am makes"; exit 1; }; }
../lsmpatch apply -q --tree .
same main
same HEAD
[ "$(git status --porcelain)" = " M README" ] || { git status; exit 1; }
../lsmpatch apply -q --tree . --branch review --base base
same review
../lsmpatch series info --tree . base..review | grep -q '5 patches'
[ -z "$(git fsck --strict --no-dangling 2>&1)" ] || { git fsck --strict; exit 1; }
git reflog -1 --format=%gs | grep -q ^am:
`

// TestE2EReftable works with the newer git of the toolchain, which makes reftables; the machine's own
// may not.
func TestE2EReftable(t *testing.T) {
	minilinux, err := filepath.Abs("../../testdata/minilinux")
	if err != nil {
		t.Fatal(err)
	}
	bin, toolchain := binary(t), e2e.Toolchain(t)
	for _, c := range [][2]string{{"reftable", "sha1"}, {"reftable", "sha256"}, {"files", "sha1"}} {
		t.Run(c[0]+" "+c[1], func(t *testing.T) {
			cmd := exec.Command("bwrap", "--ro-bind", toolchain, "/", "--proc", "/proc", "--dev", "/dev",
				"--ro-bind", minilinux, "/mnt", "--bind", t.TempDir(), "/tmp", "--ro-bind", bin, "/tmp/lsmpatch",
				"--unshare-net", "--chdir", "/tmp", "bash", "-c", reftableScript, "bash", c[0], c[1])
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
