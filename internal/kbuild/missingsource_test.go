// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/tree"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// missingAfter returns what is told of a small tree, with the files of lib besides lib/other.c, after a change.
func missingAfter(t *testing.T, lib map[string]string, change tree.Change) []report.Finding {
	t.Helper()
	base := t.TempDir()
	write(t, base+"/Kconfig", "config KNOWN\n\tbool \"k\"\n")
	write(t, base+"/Makefile", "core-y := lib/\n")
	write(t, base+"/lib/other.c", "int other;\n")
	for name, text := range lib {
		write(t, base+"/lib/"+name, text)
	}
	after := tree.NewOverlay(tree.NewDirFS(base))
	if err := after.Write(change); err != nil {
		t.Fatal(err)
	}
	findings, err := MissingSources(t.Context(), after.Base(), after, "")
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

func TestRemovedSources(t *testing.T) {
	for text, want := range map[string]string{
		"obj-$(CONFIG_KNOWN) += gone.o":                              "lib/gone.o, where KNOWN is configured",
		"obj-y += gone.o":                                            "lib/gone.o, where any configuration is built",
		"obj-$(CONFIG_KNOWN) += all.o\nall-y := gone.o other.o":      "lib/gone.o, where KNOWN is configured",
		"obj-$(CONFIG_KNOWN) += other.o":                             "",
		"obj-$(CONFIG_UNKNOWN) += gone.o":                            "",
		"obj-$(CONFIG_KNOWN) += gone.o\ngone-y := other.o":           "",
		"obj-y += gone.o\n$(obj)/gone.c: $(src)/table\n\tcp $< $@":   "",
		"obj-y += gone.o\n$(obj)/%.o: $(src)/%.x\n\tcp $< $@":        "",
		"obj-y += gone.o\nifeq ($(CONFIG_UNKNOWN),y)\nX := 1\nendif": "lib/gone.o, where any configuration is built",
	} {
		var got []string
		for _, f := range missingAfter(t, map[string]string{"Makefile": text + "\n", "gone.c": "int gone;\n"}, tree.Change{Path: "lib/gone.c"}) {
			_, what, _ := strings.Cut(f.Message, "asks for ")
			got = append(got, fmt.Sprintf("%s %s", f.File, what))
		}
		if said := strings.Join(got, ", "); said != strings.TrimSpace("lib/gone.c "+want) && (want != "" || said != "") {
			t.Errorf("%q: %q, want %q", text, said, want)
		}
	}
}

// An object that a list gains needs a source, or another way to come to be.
func TestListedSources(t *testing.T) {
	for text, want := range map[string]string{
		"obj-$(CONFIG_KNOWN) += new.o":                                                   "lib/Makefile:2 lib/new.o, where KNOWN is configured",
		"obj-y += other.o new.o # more.o":                                                "lib/Makefile:2 lib/new.o, where any configuration is built",
		"obj-$(CONFIG_KNOWN) += all.o\nall-y := new.o other.o":                           "lib/Makefile:3 lib/new.o, where KNOWN is configured",
		"obj-$(CONFIG_KNOWN) += all.o\nall-y := other.o\nall-$(CONFIG_UNKNOWN) += new.o": "",
		"obj-$(CONFIG_UNKNOWN) += new.o":                                                 "",
		"obj-y += old.o":                                                                 "",
		"obj-y += rust.o shipped.o key.asn1.o tree.dtb.o asm.o":                          "",
		"obj-y += new.o\nnew-y := other.o":                                               "",
		"obj-y += new.o\n$(obj)/new.c: $(src)/table\n\tcp $< $@":                         "",
		"obj-y += ../../../etc/new.o":                                                    "",
		"hostprogs := tool\ntool-objs := new.o":                                          "",
	} {
		const old = "obj-$(CONFIG_KNOWN) += old.o\n"
		lib := map[string]string{"Makefile": old, "rust.rs": "", "shipped.c_shipped": "", "key.asn1": "", "tree.dts": "", "asm.S": ""}
		var got []string
		for _, f := range missingAfter(t, lib, tree.Change{Path: "lib/Makefile", Mode: filemode.Regular, Data: []byte(old + text + "\n")}) {
			what, _, _ := strings.Cut(strings.TrimPrefix(f.Message, "it asks for "), ", and")
			got = append(got, fmt.Sprintf("%s:%d %s", f.File, f.Line, what))
		}
		if said := strings.Join(got, ", "); said != want {
			t.Errorf("%q: %q, want %q", text, said, want)
		}
	}
}
