// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
)

// ugly are lines that rules look for, thrown between others.
var ugly = strings.Split(`	if(a==NULL)	return ;
	foo (a ,b);
#define SUM(a, b) a + b * a
#define TWO(x) foo(x); bar(x)
#define EMPTY(x)
	strcpy(a, b); strncpy(a, b, 3); strlcpy(a, b, 3);
	struct file_operations;
	static struct file_operations fops = {
	p = kmalloc(n * sizeof(*p), GFP_KERNEL);
	p = kcalloc(sizeof(*p), n, GFP_KERNEL); q = kvcalloc_node(sizeof(*q), n, GFP_KERNEL, 0);
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	rcu_read_lock_tasks_trace(); rcu_read_lock_trace();
	seq_printf(m, "%p4cc %p4cr %p4cb %pK\n", a, b, c, d);
	BUG(); DCCP_BUG("x"); SOME_BUG_ON(1);
int x __aligned(8);
	int (*fn[4])(void);
	__cacheline_group_begin(a);
	unsigned long __aligned(8) v;
	x = _Generic((y), int: 1); ETHTOOL_LINK_MODE_100baseT_Full_BIT; camelCase = 1;
	udelay(20); msleep(5); usleep_range(5, 5);
}
ALLOW_ERROR_INJECTION(foo, ERRNO);
NOKPROBE_SYMBOL(foo);
	/*
	 * A comment that starts with an empty line. */
EXTRA_CFLAGS += -O3
	compatible = "pciclass,0604"; compatible = "nobody,nothing";
/* SPDX-FileType: SOURCE */
extern struct foo bar[];
	char a[0];
};
	ethtool_sprintf(&p, "%s", name);
#define CASE(x) case x
#define ASSERT(x) static_assert(x); foo(x)
	phy-mode = "rgmii";
	if ((a == b) && (c == d))
static const struct of_device_id ids[] = { { .compatible = "x" } };
	int *p __free(kfree);
	context_unsafe(x); data_race(y);`, "\n")

// Mangled returns a sample for every third of samples that are patches, made ugly: white space that goes or comes,
// tokens that are glued or doubled, bad lines thrown in.
func Mangled(samples []Sample, seed string) []Sample {
	h := fnv.New64a()
	h.Write([]byte(seed))
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	var mangled []Sample
	for i, s := range samples {
		if s.Data == nil || i%3 != 0 {
			continue
		}
		mangled = append(mangled, Sample{Name: "mangled " + s.Name, Data: []byte(mangle(string(s.Data), rng))})
	}
	return mangled
}

// mangle changes some of the added lines of a patch. The counts of its hunks stay, so that what comes after the last line
// of a hunk is no part of it.
func mangle(patch string, rng *rand.Rand) string {
	lines := strings.SplitAfter(patch, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, "+") || strings.HasPrefix(line, "+++") || rng.IntN(3) > 0 {
			continue
		}
		text := strings.TrimSuffix(line[1:], "\n")
		switch rng.IntN(7) {
		case 0:
			text = ugly[rng.IntN(len(ugly))]
		case 1:
			text = strings.ReplaceAll(text, " ", "")
		case 2:
			text = strings.ReplaceAll(text, "\t", "        ")
		case 3:
			text += " "
		case 4:
			text = strings.ReplaceAll(text, "(", " ( ")
		case 5:
			if at := strings.IndexAny(text, "=+-*/<>&|,;{}"); at >= 0 {
				text = text[:at+1] + " " + text[at:]
			}
		case 6:
			text = "\t" + text
		}
		lines[i] = "+" + text + "\n"
	}
	return strings.Join(lines, "")
}

// Targeted returns patches for the rules in which the scripts of kernels differ, each ugly line among plain ones, in files
// for which rules differ as well.
func Targeted() []Sample {
	var samples []Sample
	for _, name := range []string{"lib/a.c", "tools/lib/a.c", "drivers/staging/a/a.c", "drivers/net/a.c", "include/linux/a.h", "lib/Makefile",
		"arch/arm64/boot/dts/a.dts", "Documentation/devicetree/bindings/a.yaml", "include/dt-bindings/a.h", "scripts/a.c"} {
		for _, line := range ugly {
			text := "// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause\n \n+int f(void)\n+{\n+" + line + "\n+\tg();\n+}\n+" + line + "\n \n"
			samples = append(samples, Sample{Name: "targeted " + name + " " + line, Data: []byte("diff --git a/" + name + " b/" + name +
				"\n--- a/" + name + "\n+++ b/" + name + "\n@@ -1,3 +1,9 @@\n " + text)})
		}
	}
	return samples
}

// noCommits stands for the history of the tree, which is one commit that nothing refers to.
func noCommits(string) (name, subject string, known bool) { return "", "", false }
