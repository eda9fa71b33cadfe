// SPDX-License-Identifier: GPL-2.0-only

package symbols

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const dump = `S MODULES bool
d "y"
p "y"
S USB tristate
d (& PCI (! S390))
s (& HID (= KIND "fast one"))
p PCI
v "m" | (>= GCC "90")
S KIND string
d "y"
v "a \"quoted\" text" | "y"
r (.. "1" "7") | "y"
S USB tristate
d "n"
C bool 0
d "y"
p "y"
M FAST
M SLOW
S FAST bool
d "y"
p "y"
S SLOW bool
d "y"
p "y"
`

func TestParseADump(t *testing.T) {
	m, err := Parse(strings.NewReader(dump))
	if err != nil {
		t.Fatal(err)
	}
	usb := m.Symbols["USB"]
	if usb.Type != Tristate || usb.Depends.Op != "&" || usb.Depends.Kids[1].Kids[0].Name != "S390" {
		t.Errorf("USB is %+v", usb)
	}
	if c := usb.Selected.Kids[1].Kids[1]; !c.Const || c.Name != "fast one" {
		t.Errorf("constant is %+v", c)
	}
	if got := m.Symbols["KIND"].Defaults[0].Value.Name; got != `a "quoted" text` {
		t.Errorf("default is %q", got)
	}
	if m.Symbols["FAST"].Choice == nil || len(m.Choices) != 1 || len(m.Choices[0].Members) != 2 || len(m.Choices[0].Prompts) != 1 {
		t.Errorf("choices are %+v", m.Choices)
	}
	if r := m.Symbols["KIND"].Ranges; len(r) != 1 || r[0].Min.Name != "1" || r[0].Max.Name != "7" || r[0].If.Name != "y" {
		t.Errorf("ranges are %+v", r)
	}
	if len(m.Order) != 5 {
		t.Errorf("order is %v", m.Order)
	}
}

func TestParseRefusesWhatIsNoDump(t *testing.T) {
	for _, text := range []string{"S A", "M A", "S A bool\nd (& A", "S A bool\nd (& A)", "S A bool\nd \"open", "S A bool\nd ()", "S A bool\nx A",
		"S A bool\nd " + strings.Repeat("(! ", 200_000)} {
		if _, err := Parse(strings.NewReader(text)); err == nil {
			t.Errorf("%.40q parses", text)
		}
	}
}

func TestTheFilesOfAConfiguration(t *testing.T) {
	tree := fstest.MapFS{
		"Kconfig":              {Data: []byte("source \"arch/$(SRCARCH)/Kconfig\"\nsource \"a/Kconfig\"\nsource \"../../etc/passwd\"\n")},
		"arch/x86/Kconfig":     {Data: []byte("config X86\n\tdef_bool y\n")},
		"a/Kconfig":            {Data: []byte("source \"a/b/Kconfig.more\"\nsource \"Kconfig\"\n")},
		"a/b/Kconfig.more":     {Data: []byte("config B\n")},
		"c/Kconfig":            {Data: []byte("config LOST\n")},
		"Makefile":             {Data: []byte("all:\n")},
		"scripts/check.sh":     {Data: []byte("#!/bin/sh\n"), Mode: 0o755},
		"arch/x86/Makefile":    {Data: []byte("x\n")},
		"arch/x86/kernel/a.c":  {Data: []byte("x\n")},
		"arch/arm64/Makefile":  {Data: []byte("x\n")},
		"kernel/configs/x.cfg": {Data: []byte("x\n")},
	}
	s, err := collect(tree, "x86")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.kconfig) != 4 || s.kconfig["a/b/Kconfig.more"] == nil {
		t.Errorf("Kconfig files are %d", len(s.kconfig))
	}
	dir := t.TempDir()
	if err := s.layOut(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "scripts/check.sh")); err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Errorf("a script is not laid out to be run: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "arch/x86/kernel/a.c")); err == nil {
		t.Error("sources are laid out")
	}
}

// The program must stay C that a compiler takes; its interface to the tree is proved end to end.
func TestTheProgramIsC(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler")
	}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "lkc.h"), []byte(stubs), 0o644)
	if out, err := exec.Command(cc, "-Werror", "-Wall", "-fsyntax-only", "-I", dir, "program/dump.c").CombinedOutput(); err != nil {
		t.Errorf("%s", out)
	}
}

// stubs declare what dump.c takes of scripts/kconfig.
const stubs = `
enum { E_OR, E_AND, E_NOT, E_EQUAL, E_UNEQUAL, E_LTH, E_LEQ, E_GTH, E_GEQ, E_RANGE, E_SYMBOL, E_NONE };
enum { P_DEFAULT, P_RANGE, P_OTHER };
enum { S_UNKNOWN, S_BOOLEAN, S_TRISTATE, S_INT, S_HEX, S_STRING };
#define SYMBOL_CONST 1
struct expr { int type; union { struct expr *expr; struct symbol *sym; } left, right; };
struct dep { struct expr *expr; };
struct property { struct property *next; int type; const char *text; struct dep visible; struct expr *expr; };
struct symbol { char *name; int type, flags; struct dep dir_dep, rev_dep, implied; struct property *prop; };
struct menu { struct menu *next, *parent, *list; struct symbol *sym; };
extern struct menu rootmenu;
bool sym_is_choice(struct symbol *), sym_is_choice_value(struct symbol *);
void conf_parse(const char *);
`
