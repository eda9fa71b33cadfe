// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// A family is a kind of input that can be made as long as one likes. The input of size n is to cost no more than
// n log n.
type family struct {
	name string
	mail func(n int) string
	// tree, where there is one, gives files that stand in the tree.
	tree func(n int) map[string]string
	// git has the tree lie in a repository, whose history is asked.
	git bool
}

// patchMail returns a patch mail with further headers, a body and a diff.
func patchMail(headers, body, diff string) string {
	return "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001\nFrom: A U Thor <a@example.org>\n" +
		"Date: Tue, 24 Nov 2026 00:00:00 +0000\nSubject: [PATCH] security: x\nMessage-ID: <m@example.org>\n" + headers + "\n" +
		body + "\n\nSigned-off-by: A U Thor <a@example.org>\n---\n" + diff + "-- \n2.40\n\n"
}

// newFile returns the diff of a new file with the lines of text.
func newFile(name, text string) string {
	lines := strings.Count(text, "\n")
	return fmt.Sprintf("diff --git a/%s b/%s\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/%s\n@@ -0,0 +1,%d @@\n%s", name, name, name, lines,
		"+"+strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n+")+"\n")
}

// each joins what f gives for 0 to n-1.
func each(n int, f func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(f(i))
	}
	return b.String()
}

const someDiff = "diff --git a/security/a.c b/security/a.c\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/security/a.c\n@@ -0,0 +1 @@\n+int a;\n"

// bodyOf, codeOf and headerOf make families of a piece of text that is repeated in the body of a mail, a line of a new
// file, or a header.
func bodyOf(name, piece string) family {
	return family{name: "body " + name, mail: func(n int) string { return patchMail("", strings.Repeat(piece, n), someDiff) }}
}

func codeOf(ext, name, piece string) family {
	return family{name: "code " + ext + " " + name, mail: func(n int) string {
		return patchMail("", "Text.", newFile("security/a"+ext, strings.Repeat(piece, n)+"\n"))
	}}
}

func headerOf(name, header, piece string) family {
	return family{name: "header " + header + " " + name, mail: func(n int) string {
		return patchMail(header+": "+strings.Repeat(piece, n)+"\n", "Text.", someDiff)
	}}
}

func families() []family {
	list := []family{
		{name: "files", mail: func(n int) string {
			return patchMail("", "Text.", each(n, func(i int) string { return newFile(fmt.Sprintf("security/d%d/f%d.c", i%7, i), "int a;\n") }))
		}},
		{name: "code .c tables of lists", mail: func(n int) string {
			text := "#include <linux/lsm_hooks.h>\n" + each(n, func(i int) string {
				return fmt.Sprintf("static struct security_hook_list l%d[] = { LSM_HOOK_INIT(file_open, f) };\n", i)
			}) + "static struct security_hook_list *all[] = {\n" + each(n, func(i int) string { return fmt.Sprintf("\tl%d,\n", i) }) +
				"};\nstatic int go(void)\n{\n\tfor (int i = 0; i < ARRAY_SIZE(all); i++)\n\t\tsecurity_add_hooks(all[i], 1, &id);\n\treturn 0;\n}\nDEFINE_LSM(a) = { .init = go };\n"
			return patchMail("", "Text.", newFile("security/a.c", text))
		}},
		{name: "code .c lists that are not known", mail: func(n int) string {
			calls := each(n, func(i int) string { return fmt.Sprintf("\tsecurity_add_hooks(list%d, 1, &id);\n", i) })
			return patchMail("", "Text.", newFile("security/a.c", "#include <linux/lsm_hooks.h>\nstatic int go(void)\n{\n"+calls+"\treturn 0;\n}\nDEFINE_LSM(a) = { .init = go };\n"))
		}},
		{name: "code .c what a later patch brings", mail: func(n int) string {
			first := patchMail("", "Text.", newFile("security/a.c", each(n, func(i int) string { return fmt.Sprintf("int lsm%d = LSM_ID_N%d;\n", i, i%100) })))
			second := patchMail("", "Text.", newFile("include/uapi/linux/lsm.h", each(100, func(i int) string { return fmt.Sprintf("#define LSM_ID_N%d %d\n", i, i+200) })))
			return strings.Replace(first, "[PATCH]", "[PATCH 1/2]", 1) + strings.NewReplacer("[PATCH]", "[PATCH 2/2]", "<m@", "<m2@").Replace(second)
		}},
		{name: "code .c a line of what a later patch brings", mail: func(n int) string {
			first := patchMail("", "Text.", newFile("security/a.c", "int lsm = 0"+each(n, func(i int) string { return fmt.Sprintf(" + LSM_ID_N%d", i) })+";\n"))
			second := patchMail("", "Text.", newFile("include/uapi/linux/lsm.h", each(n, func(i int) string { return fmt.Sprintf("#define LSM_ID_N%d %d\n", i, i+200) })))
			return strings.Replace(first, "[PATCH]", "[PATCH 1/2]", 1) + strings.NewReplacer("[PATCH]", "[PATCH 2/2]", "<m@", "<m2@").Replace(second)
		}},
		{name: "code .rs shims by let", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/lsm.rs", "fn f() {\n"+each(n, func(i int) string {
				return fmt.Sprintf("    let put%d = bindings::lsm_hook_init_x;\n    put%d(e, Some(g));\n", i, i)
			})+"}\n"))
		}},
		{name: "deep files", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/"+strings.Repeat("d/", n)+"f.c", "int a;\n"))
		}},
		{name: "missing files", git: true, mail: func(n int) string {
			gone := each(n, func(i int) string {
				return fmt.Sprintf("diff --git a/kernel/g%d.c b/kernel/g%d.c\nindex 1234567..7654321 100644\n--- a/kernel/g%d.c\n+++ b/kernel/g%d.c\n@@ -1 +1 @@\n-a\n+b\n", i, i, i, i)
			})
			first := strings.Replace(patchMail("", "Text.", gone), "[PATCH]", "[PATCH 1/2]", 1)
			return first + strings.NewReplacer("[PATCH]", "[PATCH 2/2]", "<m@", "<m2@").Replace(patchMail("", "Text.", strings.ReplaceAll(gone, "/g", "/h")))
		}},
		{name: "hunks", mail: func(n int) string {
			return patchMail("", "Text.", "diff --git a/kernel/fork.c b/kernel/fork.c\nindex 0..1 100644\n--- a/kernel/fork.c\n+++ b/kernel/fork.c\n"+
				each(n, func(i int) string { return fmt.Sprintf("@@ -%d,1 +%d,2 @@\n x%d\n+y\n", i*9+1, i*10+1, i) }))
		}},
		{name: "renames", mail: func(n int) string {
			return patchMail("", "Text.", each(n, func(i int) string {
				return fmt.Sprintf("diff --git a/a%d b/b%d\nsimilarity index 100%%\nrename from a%d\nrename to b%d\n", i, i, i, i)
			}))
		}},
		{name: "binary lines", mail: func(n int) string {
			return patchMail("", "Text.", "diff --git a/a.bin b/a.bin\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..1111111111111111111111111111111111111111\nGIT binary patch\nliteral 5\n"+strings.Repeat("Mc-muNWdH\n", n)+"\n")
		}},
		{name: "long conflict", mail: func(n int) string {
			return patchMail("", "Text.", fmt.Sprintf("diff --git a/kernel/long.c b/kernel/long.c\nindex 0..1 100644\n--- a/kernel/long.c\n+++ b/kernel/long.c\n@@ -1,%d +1,%d @@\n", n+1, n+1)+
				strings.Repeat(" \tx;\n", n)+"-y\n+z\n")
		}, tree: func(n int) map[string]string {
			return map[string]string{"kernel/long.c": strings.Repeat("\tx;\n", 2*n)}
		}},
		{name: "many conflicts", mail: func(n int) string {
			return patchMail("", "Text.", "diff --git a/kernel/long.c b/kernel/long.c\nindex 0..1 100644\n--- a/kernel/long.c\n+++ b/kernel/long.c\n"+
				each(n, func(i int) string { return fmt.Sprintf("@@ -%d,3 +%d,3 @@\n \tx;\n-y%d\n+z\n \tx;\n", i*3+1, i*3+1, i) }))
		}, tree: func(n int) map[string]string {
			return map[string]string{"kernel/long.c": strings.Repeat("\tx;\n", 4*n)}
		}},
		{name: "patches", mail: func(n int) string {
			return each(n, func(i int) string {
				m := strings.Replace(patchMail("", "Text.", newFile(fmt.Sprintf("security/f%d.c", i), "int a;\n")), "[PATCH]", fmt.Sprintf("[PATCH %d/%d]", i+1, n), 1)
				return strings.Replace(m, "<m@", fmt.Sprintf("<m%d@", i), 1)
			})
		}},
		{name: "versions", mail: func(n int) string {
			return each(n, func(i int) string {
				m := strings.Replace(patchMail("", "Text.", someDiff), "[PATCH]", fmt.Sprintf("[PATCH v%d]", i+1), 1)
				return strings.Replace(m, "<m@", fmt.Sprintf("<m%d@", i), 1)
			})
		}},
		{name: "same mail", mail: func(n int) string { return strings.Repeat(patchMail("", "Text.", someDiff), n) }},
		{name: "same subject", mail: func(n int) string {
			return each(n, func(i int) string {
				return strings.Replace(patchMail("", "Text.", someDiff), "<m@", fmt.Sprintf("<m%d@", i), 1)
			})
		}},
		{name: "chain of replies", mail: func(n int) string {
			return patchMail("", "Text.", someDiff) + each(n, func(i int) string {
				to := "m"
				if i > 0 {
					to = fmt.Sprintf("r%d", i-1)
				}
				return fmt.Sprintf("From x Mon Sep 17 00:00:00 2001\nFrom: R <r%d@example.org>\nDate: Tue, 24 Nov 2026 01:00:00 +0000\nSubject: Re: [PATCH] security: x\n"+
					"Message-ID: <r%d@example.org>\nIn-Reply-To: <%s@example.org>\n\nReviewed-by: R <r%d@example.org>\n\n", i, i, to, i)
			})
		}},
		{name: "reviewed versions", mail: func(n int) string {
			return each(n/4, func(i int) string {
				m := strings.Replace(patchMail("", "Text.", someDiff), "[PATCH]", fmt.Sprintf("[PATCH v%d]", i+1), 1)
				return strings.Replace(m, "<m@", fmt.Sprintf("<m%d@", i), 1) +
					fmt.Sprintf("From x Mon Sep 17 00:00:00 2001\nFrom: R <r%d@example.org>\nDate: Tue, 24 Nov 2026 01:00:00 +0000\nSubject: Re: [PATCH] security: x\n"+
						"Message-ID: <r%d@example.org>\nIn-Reply-To: <m%d@example.org>\n\nReviewed-by: R <r%d@example.org>\n\n", i, i, i, i)
			})
		}},
		{name: "trailers of a reply", mail: func(n int) string {
			return patchMail("", "Text.", someDiff) + "From x Mon Sep 17 00:00:00 2001\nFrom: R <r@example.org>\nDate: Tue, 24 Nov 2026 01:00:00 +0000\n" +
				"Subject: Re: [PATCH] security: x\nMessage-ID: <r@example.org>\nIn-Reply-To: <m@example.org>\n\n" +
				each(n, func(i int) string { return fmt.Sprintf("Reviewed-by: R%d <r%d@example.org>\n", i, i) })
		}},
		{name: "endless quoted-printable", mail: func(n int) string {
			return patchMail("Content-Transfer-Encoding: quoted-printable\n", strings.Repeat("=41=\n", 20*n), someDiff)
		}},
		{name: "endless base64", mail: func(n int) string {
			return patchMail("Content-Transfer-Encoding: base64\n", strings.Repeat("QUFB\n", 20*n), someDiff)
		}},
		{name: "references", mail: func(n int) string {
			return patchMail("References:"+each(n, func(i int) string { return fmt.Sprintf(" <r%d@example.org>", i) })+"\n", "Text.", someDiff)
		}},
		{name: "recipients", mail: func(n int) string {
			return patchMail("To: "+each(n, func(i int) string { return fmt.Sprintf("N%d <n%d@example.org>,\n ", i, i) })+"z@example.org\n", "Text.", someDiff)
		}},
		{name: "headers", mail: func(n int) string {
			return patchMail(each(n, func(i int) string { return fmt.Sprintf("X-%d: x\n", i) }), "Text.", someDiff)
		}},
		{name: "same header", mail: func(n int) string { return patchMail(strings.Repeat("Received: x\n", n), "Text.", someDiff) }},
		{name: "signatures", mail: func(n int) string {
			return patchMail(strings.Repeat("DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=from:subject; bh=x; b=x\n", n), "Text.", someDiff)
		}},
		{name: "parts", mail: func(n int) string {
			return patchMail("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n", strings.Repeat("--b\nContent-Type: text/plain\n\nx\n", n), someDiff)
		}},
		{name: "nested parts", mail: func(n int) string {
			return patchMail("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b0\n", each(n, func(i int) string {
				return fmt.Sprintf("--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n", i, i+1)
			}), someDiff)
		}},
		{name: "trailers", mail: func(n int) string {
			return patchMail("", "Text.\n\n"+each(n, func(i int) string { return fmt.Sprintf("Reviewed-by: N%d <n%d@example.org>\n", i, i) }), someDiff)
		}},
		{name: "prerequisites", mail: func(n int) string {
			return patchMail("", "Text.", someDiff+each(n, func(i int) string { return fmt.Sprintf("prerequisite-patch-id: %040x\n", i) }))
		}},
		{name: "diffstat", mail: func(n int) string {
			return patchMail("", "Text.", each(n, func(i int) string { return fmt.Sprintf(" security/f%d.c | 1 +\n", i) })+someDiff)
		}},
		{name: "links", mail: func(n int) string {
			return patchMail("", each(n, func(i int) string { return fmt.Sprintf("See [%d].\n[%d] https://example.org/%d\n", i, i, i) }), someDiff)
		}},
		{name: "maintainers", mail: func(n int) string { return patchMail("", "Text.", someDiff) }, tree: func(n int) map[string]string {
			return map[string]string{"MAINTAINERS": each(n, func(i int) string {
				return fmt.Sprintf("\nENTRY %d\nM:\tN%d <n%d@example.org>\nL:\tl%d@example.org\nS:\tMaintained\nF:\tsecurity/\nF:\tdrivers/*/x%d*\nN:\tfoo%d\nK:\tbar%d\n", i, i, i, i, i, i, i)
			})}
		}},
		{name: "maintainers of many files", mail: func(n int) string {
			return patchMail("", "Text.", each(n, func(i int) string { return newFile(fmt.Sprintf("security/f%d.c", i), "int a;\n") }))
		}, tree: func(n int) map[string]string {
			return map[string]string{"MAINTAINERS": each(n, func(i int) string {
				return fmt.Sprintf("\nENTRY %d\nM:\tN%d <n%d@example.org>\nS:\tMaintained\nF:\tsecurity/f%d.c\n", i, i, i, i)
			})}
		}},
		{name: "mailmap", mail: func(n int) string { return patchMail("", "Text.", someDiff) }, tree: func(n int) map[string]string {
			return map[string]string{".mailmap": each(n, func(i int) string { return fmt.Sprintf("N%d <n%d@example.org> <o%d@example.org>\n", i, i, i) })}
		}},
		{name: "hooks", mail: func(n int) string { return patchMail("", "Text.", someDiff) }, tree: func(n int) map[string]string {
			return map[string]string{"include/linux/lsm_hook_defs.h": each(n, func(i int) string { return fmt.Sprintf("LSM_HOOK(int, 0, h%d, int a)\n", i) })}
		}},
		{name: "hook conditions", mail: func(n int) string { return patchMail("", "Text.", someDiff) }, tree: func(n int) map[string]string {
			return map[string]string{"include/linux/lsm_hook_defs.h": each(n, func(i int) string { return fmt.Sprintf("#ifdef CONFIG_X%d\n", i) }) +
				"LSM_HOOK(int, 0, h, int a)\n" + strings.Repeat("#endif\n", n)}
		}},
		{name: "conditions in a header", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/a.c", "#include <linux/lsm_hooks.h>\nstatic struct security_hook_list h[] = { LSM_HOOK_INIT(file_open, somewhere) };\n"))
		}, tree: func(n int) map[string]string {
			return map[string]string{"include/linux/lsm_hooks.h": each(n, func(i int) string { return fmt.Sprintf("#ifdef CONFIG_X%d\n#include <linux/types.h>\n", i) }) +
				strings.Repeat("#endif\n", n)}
		}},
		{name: "registrations", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/a.c", each(n, func(i int) string {
				return fmt.Sprintf("static int f%d(struct file *file)\n{\n\treturn 0;\n}\n", i)
			})+"static struct security_hook_list h[] __ro_after_init = {\n"+each(n, func(i int) string { return fmt.Sprintf("\tLSM_HOOK_INIT(file_open, f%d),\n", i) })+"};\n"))
		}},
		{name: "registrations of what nobody declares", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/a.c", "static struct security_hook_list h[] __ro_after_init = {\n"+
				each(n, func(i int) string { return fmt.Sprintf("\tLSM_HOOK_INIT(file_open, f%d),\n", i) })+"};\n"))
		}},
		{name: "lists of hooks", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/a.c", each(n, func(i int) string {
				return fmt.Sprintf("static int f%d(struct file *file)\n{\n\treturn 0;\n}\n\nstatic struct security_hook_list l%d[] __ro_after_init = {\n\tLSM_HOOK_INIT(file_open, f%d),\n};\n\n"+
					"void add%d(void)\n{\n\tsecurity_add_hooks(l%d, ARRAY_SIZE(l%d), &id);\n}\n\n", i, i, i, i, i, i)
			})+"static int init(void)\n{\n"+each(n, func(i int) string { return fmt.Sprintf("\tadd%d();\n", i) })+"\treturn 0;\n}\n"))
		}},
		{name: "LSMs", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/a.c", each(n, func(i int) string {
				return fmt.Sprintf("static int __init init%d(void)\n{\n\treturn 0;\n}\n\nstatic const struct lsm_id id%d = {\n\t.name = \"l%d\",\n\t.id = %d,\n};\n\n"+
					"DEFINE_LSM(l%d) = {\n\t.id = &id%d,\n\t.init = init%d,\n};\n\n", i, i, i, 1000+i, i, i, i)
			})))
		}},
		{name: "files of an LSM", mail: func(n int) string {
			return patchMail("", "Text.", each(n/10, func(i int) string {
				return newFile(fmt.Sprintf("security/x/f%d.c", i), fmt.Sprintf("int f%d(struct file *file)\n{\n\treturn f%d(file);\n}\n\nstruct security_hook_list l%d[] __ro_after_init = {\n\tLSM_HOOK_INIT(file_open, f%d),\n};\n", i, i+1, i, i+1))
			}))
		}},
		{name: "hooks in Rust", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/a.rs", "use kernel::lsm;\n"+each(n, func(i int) string {
				return fmt.Sprintf("unsafe extern \"C\" fn f%d(file: *mut bindings::file) -> c_int {\n    0\n}\n\nstatic H%d: lsm::Hook = lsm::hook(Some(f%d));\n\nimpl lsm::Lsm for L%d {\n    const NAME: &'static CStr = c\"l%d\";\n    fn file_open(file: &File) -> Result {\n        Ok(())\n    }\n}\n\n", i, i, i, i, i)
			})))
		}},
		{name: "BPF programs", mail: func(n int) string {
			return patchMail("", "Text.", newFile("tools/testing/selftests/bpf/progs/a.c", each(n, func(i int) string {
				return fmt.Sprintf("#if X%d\nSEC(\"lsm/file_open\")\nint BPF_PROG(f%d, struct file *file)\n#else\nSEC(\"lsm/file_open\")\nint BPF_PROG(f%d, struct file *file, int ret)\n#endif\n{\n\treturn 0;\n}\n\n", i, i, i)
			})))
		}},
		{name: "callers of wrappers", mail: func(n int) string {
			return patchMail("", "Text.", newFile("fs/a.c", each(n, func(i int) string {
				return fmt.Sprintf("int f%d(struct file *file)\n{\n\treturn security_file_open(file) + security_gone%d(file);\n}\n\n", i, i)
			})))
		}},
		{name: "guards", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/a.c", each(n, func(i int) string { return fmt.Sprintf("#ifndef X%d\n#define X%d\n", i, i) })+"LSM_HOOK_INIT(file_open, f)\n"))
		}},
		{name: "places of a list", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/a.c", "static struct security_hook_list h[] __ro_after_init = {\n"+
				each(n/100, func(i int) string { return fmt.Sprintf("\t[0 ... 9999] = LSM_HOOK_INIT(file_open, f%d),\n", i) })+"};\n"))
		}},
		{name: "kconfig", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/Kconfig", each(n, func(i int) string { return fmt.Sprintf("config X%d\n\tbool \"x\"\n\tdepends on X%d\n", i, i+1) })))
		}},
		{name: "macros", mail: func(n int) string {
			return patchMail("", "Text.", newFile("security/a.c", each(n, func(i int) string { return fmt.Sprintf("#define M%d M%d M%d\n", i, i+1, i+1) })+"LSM_HOOK_INIT(M0, x)\n"))
		}},
		{name: "subject", mail: func(n int) string {
			return strings.Replace(patchMail("", "Text.", someDiff), "security: x", strings.Repeat("[x] ", n)+"security: x", 1)
		}},
		{name: "encoded subject", mail: func(n int) string {
			return strings.Replace(patchMail("", "Text.", someDiff), "security: x", strings.Repeat("=?utf-8?q?x=20?=\n ", n), 1)
		}},
	}
	for name, piece := range map[string]string{
		"letters": "a", "spaces": " ", "lines": "x\n", "empty lines": "\n", "quotes": "> ", "quoted lines": "> x\n", "dashes": "-", "cuts": "---\n",
		"scissors": "-- >8 --\n", "colons": "a: ", "tags": "Fixes: 123456789abc (\"x\")\n", "brackets": "[", "angles": "<", "at": "a@", "words": "word ",
		"urls": "https://a.b/c ", "same tag": "Acked-by: a <a@b>\n", "co": "Co-developed-by: a <a@b>\n", "commit": "commit 123456789abc (\"x\") ", "commits": "commit 123456789abc\n",
		"encoded": "=?utf-8?q?=20?=", "diffs": "diff --git a/x b/x\n", "minus": "--- a/x\n+++ b/x\n", "index": "Index: x\n", "from": "From: a <a@b>\n", "from lines": "From x Mon Sep 17 00:00:00 2001\n\n",
		"invisible": "\u200b", "mixed": "аa ", "bytes": "\xff", "parens": "(", "backticks": "`", "cve": "CVE-2026-1234 ", "changes": "Changes in v2:\n", "lists": "- x\n",
	} {
		list = append(list, bodyOf(name, piece))
	}
	for name, piece := range map[string]string{
		"letters": "a", "spaces": " ", "tabs": "\t", "parens": "(", "closed parens": "()", "braces": "{", "brackets": "[", "stars": "*", "quotes": "\"", "escapes": "\\", "slashes": "/", "comments": "/*", "commas": "a, ",
		"semicolons": ";", "ops": "a+", "ifs": "if (a) ", "lines of if": "if (a) {\n", "casts": "(int)", "angles": "<", "lines": "int a;\n", "continued": "a \\\n", "defines": "#define A(x) x\n", "asm": "__asm__ volatile ",
		"calls": "f(", "structs": "struct a { ", "struct lines": "struct a {\n", "inits": "{ .a = ", "strings": "\"a\" ", "printk": "printk(\"%s\\n\", a);\n", "hashes": "#", "ternary": "a ? b : ", "unlikely": "unlikely(",
		"attributes": "__attribute__((packed)) ", "gotos": "goto a;\n", "labels": "a:\n", "pointers": "int **a, ", "types": "unsigned long ", "sizeof": "sizeof(", "dots": ".", "macros call": "A(B(", "colons": "a::", "ampersand": "&",
		"camel": "aB", "numbers": "0x1", "dollars": "$a", "bars": "|", "statics": "static ", "lsm": "LSM_HOOK_INIT(", "hook": "LSM_HOOK(int, 0, x, int a)\n", "ifdefs": "#ifdef A\n", "if expr": "#if A && (B || \n", "else": "else if (a) {\n} ",
	} {
		list = append(list, codeOf(".c", name, piece), codeOf(".rs", name, piece))
	}
	for ext, pieces := range map[string][]string{
		".rs":   {"fn a<T: ", "/* ", "r#\"", "'a ", "|a| ", "match a { ", "#[a]\n", "impl A for B {\n", "a!{ ", "&mut ", "-> ", "mod a {\n", "unsafe { ", "use a::{", "static A: B = B { ", "Some(", "vec![", "macro_rules! a { ($a:tt) => { "},
		".h":    {"#include <a>\n", "#define A \\\n", "enum {\n", "typedef struct ", "extern int a(", "struct lsm_id a = {\n"},
		".yaml": {"a: ", "- ", "compatible: \"a,b\"\n", "  maintainers:\n    - a <a@b>\n"}, ".dts": {"a {\n", "compatible = \"a,b\";\n", "<"}, ".S": {"mov a, b\n", "("},
		".sh": {"$(", "a | "}, ".py": {"(", "if a:\n"}, "/Kconfig": {"config A\n", "if A\n", "depends on (", "help\n", "menu \"a\"\n", "depends on A && "}, "/Makefile": {"obj-y += a/\n", "$(", "ifeq (a,b)\n", "a := $(a)\n", "obj-$(CONFIG_A) += a.o\n"},
	} {
		for i, piece := range pieces {
			f := codeOf(ext, fmt.Sprintf("%d %q", i, piece), piece)
			list = append(list, f)
		}
	}
	for _, h := range []string{"To", "From", "Subject", "Date", "In-Reply-To", "References", "Content-Type", "List-Id", "DKIM-Signature", "X-Developer-Signature", "Content-Transfer-Encoding"} {
		for _, piece := range []string{"a", " ", "\"", "<", "a@b, ", "(", "=?utf-8?q?a?= ", ";a=b", "[", "\n ", "1 ", "\\"} {
			list = append(list, headerOf(fmt.Sprintf("%q", piece), h, piece))
		}
	}
	slices.SortStableFunc(list, func(a, b family) int { return strings.Compare(a.name, b.name) })
	return list
}

// cost returns what a verb takes for the input of size n.
func (f *family) cost(t *testing.T, n int, verb []string) time.Duration {
	t.Helper()
	dir := t.TempDir()
	tree := "../../testdata/minilinux"
	if f.tree != nil || f.git {
		tree = filepath.Join(dir, "tree")
		if err := os.CopyFS(tree, os.DirFS("../../testdata/minilinux")); err != nil {
			t.Fatal(err)
		}
	}
	if f.tree != nil {
		for name, text := range f.tree(n) {
			if err := os.WriteFile(filepath.Join(tree, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if f.git {
		gittest.Git(t, tree, "init", "-q")
		gittest.Git(t, tree, "add", "-A")
		gittest.Git(t, tree, "commit", "-q", "-m", "all")
	}
	file := filepath.Join(dir, "x.mbox")
	if err := os.WriteFile(file, []byte(f.mail(n)), 0o644); err != nil {
		t.Fatal(err)
	}
	args := slices.Clone(verb)
	for i := range args {
		args[i] = strings.NewReplacer("TREE", tree, "MAIL", file).Replace(args[i])
	}
	var stdout, stderr bytes.Buffer
	start := runtest.CPUTime()
	run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return runtest.CPUTime() - start
}
