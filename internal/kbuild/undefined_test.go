// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/tree"
)

func TestUndefinedSymbols(t *testing.T) {
	base := t.TempDir()
	write(t, base+"/Kconfig", "config GOOD\n\tbool \"g\"\n")
	write(t, base+"/arch/arm64/Kconfig", "config ARM_ONLY\n\tbool\n")
	write(t, base+"/a.c", "#ifdef CONFIG_OLD_AND_GONE\n#endif\n")
	for text, want := range map[string]string{
		"a.c|#ifdef CONFIG_OLD_AND_GONE\n#if IS_ENABLED(CONFIG_GOOD)\n#endif\n#endif\n":                                         "",
		"a.c|int x = IS_ENABLED(CONFIG_GOODD);\n":                                                                               "a.c:1 GOODD",
		"b.c|#ifdef CONFIG_GOOD_MODULE\n#ifdef CONFIG_ARM_ONLY\n":                                                               "",
		"b.c|/* CONFIG_BAD\n CONFIG_BAD */ char *s = \"CONFIG_BAD\"; // CONFIG_BAD\n":                                           "",
		"b.c|/* x */ int y = CONFIG_BAD /* z */;\n":                                                                             "b.c:1 BAD",
		"b.h|#define CONFIG_MINE 1\n#if CONFIG_MINE\n#define P(x) CONFIG_##x CONFIG_A_##x\n":                                    "",
		"b.rs|#[cfg(CONFIG_BAD)]\n":                                                                                             "b.rs:1 BAD",
		"sub/Makefile|obj-$(CONFIG_BAD) += x.o # CONFIG_WORSE\n":                                                                "sub/Makefile:1 BAD",
		"sub/Kconfig|config NEW\n\tbool \"BAD\"\n\tdepends on GOOD && !BAD\n\tselect WORSE if NEW\n\thelp\n\t  if ONLY WORDS\n": "sub/Kconfig:3 BAD, sub/Kconfig:4 WORSE",
		"sub/Kconfig|config NEW\n\tdef_bool $(cc-option,-mBAD)\n\tdefault y if GOOD\n":                                          "",
		"tools/x.c|#ifdef CONFIG_BAD\n":                                                                                         "",
		"arch/x86/configs/x_defconfig|CONFIG_GOOD=y\nCONFIG_BAD=y\n# CONFIG_WORSE is not set\n# CONFIG_GONE was here\n":         "arch/x86/configs/x_defconfig:2 BAD, arch/x86/configs/x_defconfig:3 WORSE",
		"Documentation/x.rst|CONFIG_BAD\n":                                                                                      "",
	} {
		name, data, _ := strings.Cut(text, "|")
		if got := symbolsTold(t, base, map[string]string{name: data}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// symbolsTold returns the findings of a series that writes files: place, symbol and what else is listed.
func symbolsTold(t *testing.T, base string, files map[string]string) string {
	t.Helper()
	after := tree.NewOverlay(tree.NewDirFS(base))
	for name, text := range files {
		if err := after.Write(tree.Change{Path: name, Mode: filemode.Regular, Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	findings, err := UndefinedSymbols(t.Context(), after.Base(), after)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, f := range findings {
		_, symbol, _ := strings.Cut(f.Message, "CONFIG_")
		symbol, _, _ = strings.Cut(symbol, " ")
		told = append(told, strings.TrimSpace(fmt.Sprintf("%s:%d %s %s", f.File, f.Line, symbol, strings.TrimPrefix(f.Detail, "named as well at:\n"))))
	}
	return strings.Join(told, ", ")
}

// TestSymbolsLeftBehind: what a series takes out of Kconfig is named nowhere any more.
func TestSymbolsLeftBehind(t *testing.T) {
	base := t.TempDir()
	kconfig := "config GONE\n\ttristate \"g\"\n\nconfig STAYS\n\tbool \"s\"\n"
	write(t, base+"/Kconfig", kconfig)
	write(t, base+"/sub/Kconfig", "config USER\n\tbool \"u\"\n\tselect GONE\n\thelp\n\t  GONE is good.\n")
	write(t, base+"/sub/a.c", "/* CONFIG_GONE */\n#ifdef CONFIG_GONE_MODULE\n#endif\n#ifdef CONFIG_STAYS\n#endif\nint CONFIG_GONER;\n")
	write(t, base+"/Documentation/a.rst", "CONFIG_GONE\n")
	for name, tt := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"gone":            {map[string]string{"Kconfig": kconfig[strings.Index(kconfig, "config STAYS"):]}, "sub/Kconfig:3 GONE sub/a.c:2"},
		"moved":           {map[string]string{"Kconfig": "config STAYS\n\tbool\n", "sub/Kconfig": "config GONE\n\ttristate\n"}, ""},
		"gone with all":   {map[string]string{"Kconfig": "config STAYS\n\tbool\n", "sub/Kconfig": "config USER\n\tbool\n", "sub/a.c": "int a;\n"}, ""},
		"nothing is gone": {map[string]string{"Kconfig": kconfig + "# x\n"}, ""},
	} {
		if got := symbolsTold(t, base, tt.changes); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
