// SPDX-License-Identifier: GPL-2.0-only

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
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// hostile are texts that a terminal obeys, or does not show. Each tells where it stands by its digits.
var hostile = []string{
	"a\x1b]0;owned\x07b", "a\x1b[2J\x1b[31mb", "\x9b31mb", "a\u009b31mb", "a\u202egnp.exe", "a\u2066b\u061cc", "a\u2028b\u2029c\u0085d",
	"a\U000e0041b\u200bc\u200dd\u3164e\ufe0ff", "a\rb\vc\fd\x08e\x7f", "a\xff\xfe\xc3", "é=?utf-8?q?=1B]0;x=07?=b",
}

// forged is a line that no text from outside may make.
const forged = "verdict: passed by forgery"

var colorRE = regexp.MustCompile(`\x1b\[(0|1|2|31|32|33|34|36)m`)

// seemly complains about what a terminal would obey in out.
func seemly(t *testing.T, what, out string) {
	t.Helper()
	if !strings.HasSuffix(what, "ml") && (strings.Contains(out, "\n"+forged) || strings.HasPrefix(out, forged)) {
		t.Errorf("%s: a line is forged:\n%s", what, out)
	}
	out = colorRE.ReplaceAllString(out, "")
	for i, r := range out {
		_, size := utf8.DecodeRuneInString(out[i:])
		bad := r == utf8.RuneError && size == 1 || unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r) || r == 0x2028 || r == 0x2029
		if bad {
			t.Errorf("%s: %q", what, out[max(0, i-60):min(len(out), i+20)])
			return
		}
	}
}

// hostileMail is a mail that has text in every place.
func hostileMail(version int, text string) string {
	// A header goes on in the next line where that begins with a space; a newline is forged there.
	folded := strings.ReplaceAll(text, "\n", "\n ") + "\n " + forged
	encoded := "=?utf-8?q?" + strings.NewReplacer(" ", "_", "\n", "=0A", "\x1b", "=1B", "\x9b", "=9B", "\r", "=0D", "=?", "", "?=", "").Replace(text+"\n"+forged) + "?="
	name := strings.NewReplacer("\n", "", "/", "").Replace(text)
	quoted := strings.NewReplacer("\x1b", `\033`, "\x07", `\007`, "\xff", `\377`, "\r", `\r`, "\v", `\v`, "\f", `\f`, "\x08", `\b`).Replace(name) + `\n` + forged
	return fmt.Sprintf(`From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: %[1]s <a@example.org>
Date: Tue, 24 Nov 2026 00:00:00 +0000
Subject: [PATCH v%[2]d 1/1] security: %[1]s %[3]s
Message-ID: <%[2]d-%[4]s@example.org>
To: %[1]s <list@example.org>
List-Id: %[4]s

%[1]s

Fixes: 123456789abc ("%[4]s")
Link: https://example.org/%[4]s
Reported-by: %[4]s <b@example.org>
Signed-off-by: %[4]s <b@example.org>
%[4]s: %[4]s
---
 security/%[4]s | 2 +-
diff --git a/security/%[4]s b/security/%[4]s
new file mode 100644
index 0000000..1111111
--- /dev/null
+++ b/security/%[4]s
@@ -0,0 +1,3 @@ %[4]s
+int %[4]s;  
+	if(%[4]s) return %[2]d;
+LSM_HOOK_INIT(%[4]s, x)
diff --git "a/security/%[5]s" "b/security/%[5]s"
new file mode 100644
index 0000000..1111111
--- /dev/null
+++ "b/security/%[5]s"
@@ -0,0 +1 @@
+%[4]s
diff --git a/kernel/fork.c b/kernel/fork.c
index 0000000..1111111 100644
--- a/kernel/fork.c
+++ b/kernel/fork.c
@@ -1,3 +1,3 @@ %[4]s
 %[4]s
-%[4]s
+%[4]s%[2]d
 x
base-commit: %[4]s
-- 
2.40

From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: %[1]s <r@example.org>
Date: Tue, 24 Nov 2026 01:00:00 +0000
Subject: Re: [PATCH v%[2]d 1/1] security: %[1]s
Message-ID: <r%[2]d@example.org>
In-Reply-To: <%[2]d-%[4]s@example.org>

Reviewed-by: %[4]s <r@example.org>

`, folded, version, encoded, name, quoted)
}

// hostileTree copies the small tree, with text in what is read of it.
func hostileTree(t *testing.T, text string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tree")
	if err := os.CopyFS(dir, os.DirFS("../../testdata/minilinux")); err != nil {
		t.Fatal(err)
	}
	line := strings.ReplaceAll(text, "\n", "")
	for file, more := range map[string]string{
		"include/linux/lsm_hook_defs.h": "\n#ifdef CONFIG_" + line + "\nLSM_HOOK(int, 0, x" + line + ", struct " + line + " *p)\n#endif\n",
		"MAINTAINERS":                   "\n" + line + "\nM:\t" + line + " <m@example.org>\nL:\t" + line + "@example.org (" + line + ")\nS:\t" + line + "\nF:\tsecurity/\n",
		"Makefile":                      "\nEXTRAVERSION = " + line + "\n",
	} {
		f, err := os.OpenFile(filepath.Join(dir, file), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(more); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return dir
}

// someHostile are a few texts of different kinds, for `make test`; TestE2EHostile takes all.
var someHostile = []string{hostile[0], hostile[4], hostile[9]}

// TestHostileText runs every verb on texts that would do things to a terminal, and looks at each byte. Differences of
// versions, the script's forms of checkpatch, errors, and what QEMU and the guest said, went past the escapes.
func TestHostileText(t *testing.T) { hostileText(t, runtest.Short(someHostile[:1], someHostile)) }

func hostileText(t *testing.T, texts []string) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for i, text := range texts {
		files := hostileFiles(t, text)
		for name, v := range verbs {
			for _, line := range v.hostile {
				args := commandLine(name, line, files)
				forms := [][]string{nil, {"--color", "always"}, {"--format", "json"}}
				if strings.Contains(line, "--format") || v.confined == "" {
					forms = forms[:1]
				}
				for _, more := range forms {
					var stdout, stderr bytes.Buffer
					run(t.Context(), append(args[:len(args):len(args)], more...), strings.NewReader(""), &stdout, &stderr)
					what := fmt.Sprintf("text %d, %s %s", i, name, line)
					seemly(t, what+" stdout", stdout.String())
					seemly(t, what+" stderr", stderr.String())
				}
			}
		}
		for _, name := range files["REPORTS"] {
			if name == "--report" {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			seemly(t, name, string(data))
		}
	}
}

// gitFolder returns a repository with one empty commit.
func gitFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "--allow-empty", "-m", "a"}} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return dir
}

// hostileFiles writes text into all that a verb may read, and returns what stands for it on a command line: two versions
// of a series, both in one mailbox, a mail and a source whose names have the text, a configuration, trees, a folder, reports.
func hostileFiles(t *testing.T, text string) map[string][]string {
	t.Helper()
	dir := t.TempDir()
	put := func(name, text string) []string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return []string{file}
	}
	name := strings.NewReplacer("/", "", "\n", "").Replace(text)
	files := map[string][]string{
		"TEXT": {text}, "DIR": {dir}, "TREE": {hostileTree(t, text)}, "COPY": {hostileTree(t, text)}, "CLEAN": {"../../testdata/minilinux"},
		"V1": put("v1.mbox", hostileMail(1, text)), "V2": put("v2.mbox", hostileMail(2, text)), "BOTH": put("both.mbox", hostileMail(1, text)+hostileMail(2, text)),
		"NAMED": put("x"+name+".patch", hostileMail(1, text)), "SOURCE": put("source"+name+".c", "// "+text+"\nint "+text+";  \nCONFIG_A="+text+"\n"),
		"BPF":  put("prog"+name+".bpf.c", "SEC(\"lsm/"+text+"\")\nint BPF_PROG("+text+", struct "+text+" *p)\n{ return 0; }\nSEC(\"lsm/file_open\")\nint BPF_PROG(x, int "+text+")\n{}\n"),
		"CONF": put("conf.toml", "[checks]\n\"series/x\" = \"note\"\n[[waive]]\ncheck = \"**\"\nreason = "+tomlString(text)+"\n"),
	}
	files["MATRIX"] = put("matrix.toml", "[[tree]]\nname = \"t\"\ndir = "+tomlString(gitFolder(t))+"\n")
	for _, ending := range []string{".txt", ".json", ".html", ".xml", ".sarif"} {
		files["REPORTS"] = append(files["REPORTS"], "--report", filepath.Join(dir, "report"+ending))
	}
	return files
}

// tomlString quotes text for a configuration.
func tomlString(text string) string {
	var b strings.Builder
	for _, r := range text {
		fmt.Fprintf(&b, `\U%08x`, r)
	}
	return `"` + b.String() + `"`
}

// TestHostileGuest: a guest's console, its list of LSMs, and what QEMU itself says.
func TestHostileGuest(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	hostileGuest(t, someHostile)
}

func hostileGuest(t *testing.T, texts []string) {
	image := make([]byte, 1024)
	copy(image[0x1fe:], "\x55\xaa")
	copy(image[0x202:], "HdrS")
	dir := t.TempDir()
	kernel := filepath.Join(dir, "bzImage")
	if err := os.WriteFile(kernel, image, 0o644); err != nil {
		t.Fatal(err)
	}
	bin := "lsmpatch" // this very program; see TestMain
	for i, text := range texts {
		log := filepath.Join(dir, "log")
		if err := os.WriteFile(log, []byte("Linux version 7.3\n[    1.0] rust_lsm_sample: task_alloc "+text+"\nKernel panic - not syncing: "+text+"\n"+text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, script := range []string{"cat " + log, "cat " + log + " >&2; exit 1"} {
			qemu := filepath.Join(dir, "qemu")
			runtest.Write(t, qemu, []byte("#!/bin/sh\n"+script+"\n"))
			var stdout, stderr bytes.Buffer
			cmd := exec.CommandContext(t.Context(), bin, "boot", "--kernel", kernel, "--qemu", qemu, "--kvm", "off", "--timeout", "10s")
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			_ = cmd.Run() // the verdict is not what is looked at
			if i == 0 && strings.Contains(script, ">&2") && !strings.Contains(stderr.String(), "owned") {
				t.Errorf("QEMU did not speak: %s", stderr.String())
			}
			seemly(t, "boot stdout", stdout.String())
			seemly(t, "boot stderr", stderr.String())
		}
	}
}

// TestHostileBuild: what compilers say, with names of files that the tree brings.
func TestHostileBuild(t *testing.T) { hostileBuild(t, runtest.Short(someHostile[:1], someHostile)) }

func hostileBuild(t *testing.T, texts []string) {
	archive, err := txtar.ParseFile("../../internal/kbuild/testdata/tree.txtar")
	if err != nil {
		t.Fatal(err)
	}
	tools := t.TempDir()
	for name, says := range map[string]string{
		"flex": "flex 2.6.4", "bison": "bison 3.8.2", "bc": "bc 1.07.1", "clang-99": "clang version 99.1.7", "ld.lld-99": "LLD 99.1.7",
		"llvm-nm-99": "LLVM version 99.1.7", "llvm-ar-99": "LLVM 99", "llvm-objcopy-99": "LLVM 99", "llvm-readelf-99": "LLVM 99", "llvm-strip-99": "LLVM 99",
		"bindgen": "bindgen 0.71.1", "rustc": "rustc 1.85.1",
	} {
		core := filepath.Join(tools, "lib/rustlib/src/rust/library/core/src")
		if err := os.MkdirAll(core, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(core, "lib.rs"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		script := fmt.Sprintf("#!/bin/sh\n[ \"$*\" = '--print sysroot' ] && echo %s || echo '%s'\n", tools, says)
		runtest.Write(t, filepath.Join(tools, name), []byte(script))
	}
	t.Setenv("PATH", tools+":"+os.Getenv("PATH"))
	for _, text := range texts {
		src := filepath.Join(t.TempDir(), "linux")
		if err := txtar.Write(archive, src); err != nil {
			t.Fatal(err)
		}
		says := "security/" + text + ".c:1:2: error: " + text + "\n  " + text + "\n" + text + "\nmake: *** [" + text + "] Error 1\n"
		if err := os.WriteFile(filepath.Join(src, "says"), []byte(says), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(src, "scripts/compile.sh"), []byte("cat says >&2\nexit 1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{"text", "json"} {
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{"build", "--tree", src, "--out", t.TempDir(), "--no-sandbox", "--format", form}, strings.NewReader(""), &stdout, &stderr)
			if code != exitFault {
				t.Errorf("build of %q: %d\n%s\n%s", text, code, stdout.String(), stderr.String())
			}
			seemly(t, "build stdout", stdout.String())
			seemly(t, "build stderr", stderr.String())
		}
	}
}
