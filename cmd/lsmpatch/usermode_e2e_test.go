// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// sample is the file of the carried series' LSM.
const sample = "security/rust_lsm/rust_lsm.rs"

// TestLongUserMode builds and boots the carried series as a User Mode Linux, with its doctests and the selftests that its files
// suggest, and then what version 2 of it mends. The base is built once for all, and is too long for each run of CI:
// `make e2e-usermode` runs this. What the last two do not need and what has most of the kernel compiled anew is left out of their mails.
func TestLongUserMode(t *testing.T) {
	m := newMission(t)
	flags := []string{"--arch", "um", "--build", "--boot"}

	t.Run("carried", func(t *testing.T) {
		r, exit := m.premerge(t, mails(t, all, same), flags...)
		if exit != exitClean || r.Verdict() != report.Passed {
			t.Errorf("exit %d, verdict %s", exit, r.Verdict())
		}
		if s := step(t, r, "boot"); !regexp.MustCompile(`^capability,rust_lsm_sample; .*; [34]\d\d tests, [34]\d\d passed; User Mode Linux$`).MatchString(s.Summary) {
			t.Errorf("boot: %s", s.Summary)
		}
	})
	flags = append(flags, "--each=false", "--lens", "none")

	// Safe code that puts the file which file_open gives it into a descriptor table, and denies its opening.
	t.Run("unsound", func(t *testing.T) {
		opener := filepath.Join(t.TempDir(), "open")
		if out, err := exec.Command("gcc", "-static", "-Os", "-o", opener, "testdata/unsound/open.c").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		r, exit := m.premerge(t, withSample(t, "rust-lsm-v1", "unsound/v1.rs"), append(flags, "--run", opener)...)
		if s := step(t, r, "build"); exit != exitFault || s.Status != report.Passed {
			t.Errorf("version 1: exit %d, build %s: %s", exit, s.Status, s.Summary)
		}
		finds(t, r, "boot", "boot/oops", "Kernel mode fault", "security_inode_getattr")

		r, exit = m.premerge(t, withSample(t, "rust-lsm", "unsound/v2.rs"), flags...)
		if exit != exitFault {
			t.Errorf("version 2: exit %d", exit)
		}
		finds(t, r, "build", "build/rustc", sample, "ARef<kernel::fs::File>", "&OpeningFile")
	})

	// Two LSMs of one file name and one type name, in two folders.
	t.Run("twice", func(t *testing.T) {
		twice := append(flags, "--lsm", "rust_lsm_sample,rust_lsm_other",
			"--expect", "rust_lsm_sample: task_alloc: ", "--expect", "rust_lsm_other: file_open: ")
		r, _ := m.premerge(t, withOther(t), twice...)                       // the numbers of changed lines in the mails are no longer right
		for _, name := range []string{"apply", "build", "kernel", "boot"} { // hooks tells that COUNT_ARGS() was left out
			if s := step(t, r, name); s.Status != report.Passed {
				t.Errorf("%s %s: %s", name, s.Status, s.Summary)
			}
		}
		if s := step(t, r, "boot"); !strings.HasPrefix(s.Summary, "capability,rust_lsm_sample,rust_lsm_other;") {
			t.Errorf("boot: %s", s.Summary)
		}
	})
}

// withSample writes the mails of a builtin series, with a file of testdata in place of the sample.
func withSample(t *testing.T, name, file string) string {
	t.Helper()
	code := testFile(t, file)
	return builtin(t, name, all, func(_, mail string) string {
		if name == "rust-lsm" {
			mail = without(mail, "include/linux/args.h", "security/lsm_init.c", "include/linux/lsm_count.h", "include/uapi/linux/lsm.h")
		}
		return withFile(mail, sample, code)
	})
}

// withOther writes the mails of the carried series, in which patch 4 brings a second LSM, of the same file name.
func withOther(t *testing.T) string {
	t.Helper()
	code := testFile(t, "twice/rust_lsm.rs")
	const folder = "security/rust_other/"
	return mails(t, all, func(file, mail string) string {
		if !strings.HasPrefix(file, "0004") {
			return mail
		}
		for old, now := range map[string]string{
			"+obj-$(CONFIG_SECURITY_RUST_LSM)\t\t+= rust_lsm/\n": "+obj-$(CONFIG_SECURITY_RUST_LSM)\t\t+= rust_lsm/ rust_other/\n",
			"+#define RUST_LSM_ENABLED 1,\n":                     "+#define RUST_LSM_ENABLED 1, 1,\n",
			"@@ -65,6 +65,7 @@ struct lsm_ctx {\n":               "@@ -65,6 +65,8 @@ struct lsm_ctx {\n",
			"+#define LSM_ID_RUST_LSM_SAMPLE\t114\n":             "+#define LSM_ID_RUST_LSM_SAMPLE\t114\n+#define LSM_ID_RUST_LSM_OTHER\t115\n",
			"@@ -131,6 +131,9 @@ TEST(correct_lsm_list_modules)": "@@ -131,6 +131,12 @@ TEST(correct_lsm_list_modules)",
			"+\t\t\tname = \"rust_lsm_sample\";\n+\t\t\tbreak;\n": "+\t\t\tname = \"rust_lsm_sample\";\n+\t\t\tbreak;\n" +
				"+\t\tcase LSM_ID_RUST_LSM_OTHER:\n+\t\t\tname = \"rust_lsm_other\";\n+\t\t\tbreak;\n",
		} {
			if !strings.Contains(mail, old) {
				t.Fatalf("patch 4 has no %q", old)
			}
			mail = strings.Replace(mail, old, now, 1)
		}
		mail = without(mail, "include/linux/args.h", "security/lsm_init.c")
		mail = withFile(mail, folder+"Makefile", "# SPDX-License-Identifier: GPL-2.0-only\nobj-$(CONFIG_SECURITY_RUST_LSM) += rust_lsm.o\n")
		return withFile(mail, folder+"rust_lsm.rs", code)
	})
}

// without leaves changes of files out of a patch.
func without(mail string, names ...string) string {
	for _, name := range names {
		before, rest, ok := strings.Cut(mail, fmt.Sprintf("diff --git a/%s b/%[1]s\n", name))
		if !ok {
			continue
		}
		_, after, more := strings.Cut(rest, "\ndiff --git ")
		if !more {
			panic(name + " is the last in its patch")
		}
		mail = before + "diff --git " + after
	}
	return mail
}

func testFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withFile has the patch with the sample make a file of that text as well, in the place of what it has of that name. Other
// patches stay as they are.
func withFile(mail, name, text string) string {
	before, rest, ok := strings.Cut(mail, fmt.Sprintf("diff --git a/%s b/%[1]s\n", sample))
	if !ok {
		return mail
	}
	after := "diff --git a/" + sample + " b/" + sample + "\n" + rest
	if name == sample {
		_, after, _ = strings.Cut(rest, "\ndiff --git ")
		if after == "" {
			_, after, _ = strings.Cut(rest, "\n-- \n")
			after = "-- \n" + after
		} else {
			after = "diff --git " + after
		}
	}
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	var diff bytes.Buffer
	fmt.Fprintf(&diff, "diff --git a/%s b/%[1]s\nnew file mode 100644\n--- /dev/null\n+++ b/%[1]s\n@@ -0,0 +1,%d @@\n", name, len(lines))
	fmt.Fprintf(&diff, "+%s\n", strings.Join(lines, "+"))
	return before + diff.String() + after
}
