// SPDX-License-Identifier: GPL-2.0-only

package kbuildfile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// tree makes a file system of lines "== name" each followed by a file's text.
func tree(text string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, file := range strings.Split(text, "== ")[1:] {
		name, body, _ := strings.Cut(file, "\n")
		fsys[name] = &fstest.MapFile{Data: []byte(body)}
	}
	return fsys
}

// idioms is a kernel in small, with one way of naming a file in a kbuild file beside the other.
const idioms = `
== Kbuild
obj-y += drivers/ kernel/
obj-y += arch/$(SRCARCH)/
obj-y += $(ARCH_CORE) $(ARCH_DRIVERS)
obj-$(CONFIG_RUST) += rust/
== arch/x86/Makefile
drivers-$(CONFIG_MATH) += arch/x86/math/
== arch/x86/Kbuild
obj-y += kernel/
obj-$(subst m,y,$(CONFIG_HYPERV)) += hyperv/
== arch/x86/kernel/Makefile
obj-y += process_$(BITS).o
obj-$(CONFIG_X86_64) += long.o
== arch/x86/kernel/process_64.c
== arch/x86/hyperv/Makefile
obj-y := hv.o
== arch/x86/math/Makefile
obj-y := fpu.o
== drivers/Makefile
obj-$(CONFIG_USB) += usb/
obj-y += gpu/
obj-$(CONFIG_PLATFORM) += platform/
== drivers/usb/Makefile
usb-storage-y := scsi.o
usb-storage-$(CONFIG_USB_DEBUG) += debug.o
obj-$(CONFIG_USB_STORAGE) += usb-storage.o
ums-alauda-objs := alauda.o
obj-$(CONFIG_ALAUDA)	+= ums-alauda.o
core-y := core-main.o
net-objs := net-main.o
obj-$(CONFIG_WHOLE) += core.o net.o
whole-y := whole-core.o
sometimes-$(CONFIG_PARTS) := sometimes-core.o
obj-$(CONFIG_WHOLE) += whole.o sometimes.o
ifneq ($(CONFIG_HOST)$(CONFIG_DUAL),)
	usb-storage-y += host.o
else
	usb-storage-y += gadget.o
endif
ifeq ($(CONFIG_KIND),"fast")
usb-storage-y += fast.o
else ifdef CONFIG_SLOW
usb-storage-y += slow.o
endif
ifneq ($(filter y,$(CONFIG_A) $(CONFIG_B)),)
obj-y += either.o
endif
ifeq ($(shell uname),Linux)
obj-y += asked.o
endif
== drivers/usb/ehci.c
#include "debug-part.c"
#  include "notes.h"
== drivers/usb/debug.c
#include "debug-part.c"
== drivers/gpu/Makefile
obj-$(CONFIG_AMD) += amd/core/
== drivers/gpu/amd/core/Makefile
AMD_PATH = ../$(FOLDER)
FOLDER = display
include $(src)/$(AMD_PATH)/Makefile
amd-y := main.o ../kfd/kfd.o
amd-$(CONFIG_AMD_DC) += $(AMD_DISPLAY_FILES)
obj-$(CONFIG_AMD) += amd.o
== drivers/gpu/amd/display/Makefile
DC = dc.o \
	dce.o # the older one
AMD_DISPLAY_FILES += $(addprefix $(AMD_PATH)/dc/,$(DC))
== drivers/platform/Makefile
target-$(CONFIG_PMC) += pmc.o
define OBJ_TARGET
obj-$(2) += vendor-$(1).o
vendor-$(1)-y := $(1).o
endef
$(foreach t, $(basename $(target-y)), $(eval $(call OBJ_TARGET,$(t),y)))
$(foreach t, $(basename $(target-m)), $(eval $(call OBJ_TARGET,$(t),m)))
hostprogs := gen
gen-objs := gen-main.o
all: gen
	obj-y += recipe.o
== kernel/Makefile
obj-y += sched/ $(patsubst %.c,%.o,timer.c)
obj-y += absent.o
obj-y := $(filter-out absent.o,$(obj-y))
== kernel/sched/Makefile
obj-y += build.o
== kernel/sched/build.c
#include "fair.c"
== rust/Makefile
ifdef CONFIG_RUST
obj-$(CONFIG_RUST) += kernel.o helpers/helpers.o
$(obj)/kernel.o: $(src)/kernel/lib.rs FORCE
$(obj)/$(libmacros_name): $(src)/macros/lib.rs FORCE
endif
== rust/helpers/helpers.c
#include "lsm.c"
== rust/kernel/lib.rs
pub mod fs;
#[cfg(all(CONFIG_NET, not(CONFIG_TINY = "y")))]
pub mod net;
// mod comment;
const S: &str = "mod string;";
== rust/kernel/fs.rs
pub mod file;
== rust/kernel/fs/file.rs
== rust/kernel/net.rs
== rust/kernel/comment.rs
== rust/kernel/string.rs
== rust/macros/lib.rs
mod quote;
== rust/macros/quote.rs
`

func TestFilesAndTheirConditions(t *testing.T) {
	r := NewReader(tree(idioms), "x86")
	for _, tt := range []struct{ file, when, object string }{
		{"drivers/usb/alauda.c", "", "drivers/usb/alauda.o"},
		{"arch/x86/kernel/process_64.c", "64BIT", "arch/x86/kernel/process_64.o"},
		{"arch/x86/kernel/process_32.c", "!64BIT", "arch/x86/kernel/process_32.o"},
		{"arch/x86/hyperv/hv.c", "HYPERV", "arch/x86/hyperv/hv.o"},
		{"arch/x86/math/fpu.c", "MATH=y", "arch/x86/math/fpu.o"},
		{"drivers/usb/whole-core.c", "", "drivers/usb/whole-core.o"},
		{"drivers/usb/whole.c", "n", ""},                                                                 // what is linked of parts is not compiled
		{"drivers/usb/core-main.c", "(WHOLE=m && USB) || (WHOLE=y && USB=y)", "drivers/usb/core-main.o"}, // core-y is no list of its own here
		{"drivers/usb/net-main.c", "", "drivers/usb/net-main.o"},
		{"drivers/usb/net.c", "n", ""},
		{"drivers/usb/either.c", "(A=y || B=y) && USB=y", ""},
		{"drivers/usb/asked.c", "[$(shell uname) = Linux] && USB=y", ""},
		{"kernel/timer.c", "y", "kernel/timer.o"},
		{"kernel/absent.c", "n", ""},
		{"kernel/sched/fair.c", "y", "kernel/sched/build.o"},
		{"drivers/platform/recipe.c", "n", ""},
		{"rust/helpers/lsm.c", "RUST", "rust/helpers/helpers.o"},
		{"rust/kernel/lib.rs", "RUST", "rust/kernel.o"},
		{"rust/kernel/fs/file.rs", "RUST", "rust/kernel.o"},
		{"rust/kernel/net.rs", "RUST && NET && TINY!=y", "rust/kernel.o"},
		{"rust/kernel/comment.rs", "n", ""},
		{"rust/kernel/string.rs", "n", ""},
	} {
		w := r.File(tt.file)
		if tt.when != "" && w.When.String() != tt.when {
			t.Errorf("%s: when %s, want %s", tt.file, w.When, tt.when)
		}
		if tt.object != "" && w.Object != tt.object {
			t.Errorf("%s: object %s, want %s", tt.file, w.Object, tt.object)
		}
	}
}

// Each configuration here builds the file, or does not, as make does.
func TestFilesUnderConfigurations(t *testing.T) {
	r := NewReader(tree(idioms), "x86")
	for _, tt := range []struct {
		file, config string
		built        bool
	}{
		{"drivers/usb/scsi.c", "USB=y USB_STORAGE=y", true},
		{"drivers/usb/scsi.c", "USB=y USB_STORAGE=m", true},
		{"drivers/usb/scsi.c", "USB=m USB_STORAGE=m", true},
		{"drivers/usb/scsi.c", "USB=m USB_STORAGE=y", false}, // obj-y in a folder of modules is not linked
		{"drivers/usb/sometimes.c", "USB=y WHOLE=y", true},
		{"drivers/usb/sometimes.c", "USB=y WHOLE=y PARTS=y", false},
		{"drivers/usb/debug.c", "USB=y USB_STORAGE=y USB_DEBUG=y", true},
		{"drivers/usb/debug.c", "USB=y USB_STORAGE=y", false},
		{"drivers/usb/debug.c", "USB=y USB_STORAGE=m USB_DEBUG=m", true},
		{"drivers/usb/debug.c", "USB=y USB_STORAGE=y USB_DEBUG=m", false},
		{"drivers/usb/debug-part.c", "USB=y USB_STORAGE=y USB_DEBUG=y", true},
		{"drivers/usb/debug-part.c", "USB=y USB_STORAGE=y", false},
		{"drivers/usb/host.c", "USB=y USB_STORAGE=y DUAL=y", true},
		{"drivers/usb/host.c", "USB=y USB_STORAGE=y", false},
		{"drivers/usb/gadget.c", "USB=y USB_STORAGE=y", true},
		{"drivers/usb/gadget.c", "USB=y USB_STORAGE=y HOST=y", false},
		{"drivers/usb/fast.c", `USB=y USB_STORAGE=y KIND="fast"`, true},
		{"drivers/usb/fast.c", `USB=y USB_STORAGE=y KIND="other" SLOW=y`, false},
		{"drivers/usb/slow.c", `USB=y USB_STORAGE=y KIND="other" SLOW=y`, true},
		{"drivers/usb/slow.c", `USB=y USB_STORAGE=y KIND="fast" SLOW=y`, false},
		{"drivers/gpu/amd/core/main.c", "AMD=m", true},
		{"drivers/gpu/amd/kfd/kfd.c", "AMD=y", true},
		{"drivers/gpu/amd/display/dc/dce.c", "AMD=y AMD_DC=y", true},
		{"drivers/gpu/amd/display/dc/dce.c", "AMD=y", false},
		{"drivers/platform/pmc.c", "PLATFORM=y PMC=m", true},
		{"drivers/platform/pmc.c", "PLATFORM=y", false},
	} {
		config := map[string]string{}
		for _, s := range strings.Fields(tt.config) {
			name, value, _ := strings.Cut(s, "=")
			config[name] = value
		}
		if w := r.File(tt.file); w.When.Holds(config) != tt.built {
			t.Errorf("%s with %s: built is %v; when %s", tt.file, tt.config, !tt.built, w.When)
		}
	}
}

func TestProgramsOfTheBuild(t *testing.T) {
	r := NewReader(tree(idioms), "x86")
	for _, file := range []string{"drivers/platform/gen-main.c", "rust/macros/quote.rs"} {
		if w := r.File(file); !w.Host || !w.Built() {
			t.Errorf("%s: host %v, built %v", file, w.Host, w.Built())
		}
	}
}

func TestWhatIsMissing(t *testing.T) {
	r := NewReader(tree(idioms+"== drivers/lost/Makefile\nobj-y += lost.o\n"), "x86")
	for _, tt := range []struct{ file, makefile, missing string }{
		{"kernel/new.c", "kernel/Makefile", "new.o"},
		{"drivers/fresh/a.c", "drivers/fresh/Makefile", "a.o"},
		{"drivers/lost/lost.c", "drivers/Makefile", "lost/"},
	} {
		if w := r.File(tt.file); w.Built() || w.Makefile != tt.makefile || w.Missing != tt.missing {
			t.Errorf("%s: %s lacks %s; when %s", tt.file, w.Makefile, w.Missing, w.When)
		}
	}
}

// A tree without its top, as a series' own folder, is taken to be reached.
func TestFragmentOfATree(t *testing.T) {
	w := NewReader(tree("== security/Makefile\nobj-$(CONFIG_YAMA) += yama/\n== security/yama/Makefile\nobj-y := yama.o\n"), "x86").File("security/yama/yama.c")
	if got := w.When.Needs(); !slices.Equal(got, []string{"YAMA"}) {
		t.Errorf("needs %v", got)
	}
}

// Hostile files end in time, and say that they were too much.
func TestHostileKbuildFiles(t *testing.T) {
	double := "A0 := x y\n"
	for i := range 60 {
		double += "A" + string(rune('0'+(i+1)/10)) + string(rune('0'+(i+1)%10)) + " = $(A" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + ") $(A" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + ")\n"
	}
	wide := ""
	for i := range 3000 {
		wide += "X += $(CONFIG_A" + strings.Repeat("B", i%50) + ")\n"
	}
	for _, text := range map[string]string{
		"self":     "A = $(A) $(A)\nobj-y += $(A)\n",
		"double":   "A00 = x y\n" + double + "obj-y += $(A60)\n",
		"wide":     wide + "ifeq ($(X),y)\nobj-y += a.o\nendif\n",
		"open":     strings.Repeat("ifdef CONFIG_A\n", 100000),
		"nested":   "obj-y += " + strings.Repeat("$(sort ", 100000),
		"include":  "include $(src)/Makefile\nobj-y += a.o\n",
		"loop":     "define F\n$(eval $(call F))\nendef\n$(call F)\nobj-y += a.o\n",
		"else":     "else\nelse\nendif\nendif\nobj-y += a.o\n",
		"truncate": "obj-y += $(patsubst a\ndefine X\n",
		"foreach":  "$(foreach a,$(foreach b,$(foreach c,1 2 3 4 5 6 7 8 9,1 2 3 4 5 6 7 8 9),1 2 3 4 5 6 7 8 9),$(eval obj-y += $(a).o))\n",
		"same":     strings.Repeat("ifdef CONFIG_A\nobj-y := a.o\nelse\nobj-y := b.o\nendif\n", 2000),
		"many":     strings.Repeat("ifeq ($(CONFIG_A)$(CONFIG_B)$(CONFIG_C)$(CONFIG_D)$(CONFIG_E),y)\nX += $(CONFIG_F)\nendif\n", 500),
	} {
		NewReader(tree("== Makefile\n== drivers/Makefile\n"+text), "x86").File("drivers/a.c") // it comes back
	}
}

// TestCompositesOfEachOther: where each composite is a part of all others, the ways outwards are more than can be gone. What could
// not be followed is told.
func TestCompositesOfEachOther(t *testing.T) {
	var text, all strings.Builder
	for i := range 40 {
		fmt.Fprintf(&all, " n%d.o", i)
	}
	for i := range 40 {
		fmt.Fprintf(&text, "n%d-y :=%s\n", i, all.String())
	}
	text.WriteString("obj-$(CONFIG_A) += n39.o\n")
	r := NewReader(fstest.MapFS{"drivers/Makefile": {Data: []byte(text.String())}, "drivers/n0.c": {Data: []byte("int a;\n")}}, "x86")
	if w := r.File("drivers/n0.c"); w.Overrun != "drivers/Makefile" {
		t.Errorf("%+v", w)
	}
}

func FuzzKbuildFile(f *testing.F) {
	for _, file := range strings.Split(idioms, "== ") {
		_, body, _ := strings.Cut(file, "\n")
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		fsys := fstest.MapFS{"drivers/Makefile": {Data: []byte(text)}, "drivers/b.rs": {Data: []byte(text)}, "drivers/c.c": {Data: []byte(text)}}
		r := NewReader(fsys, "x86")
		for _, name := range []string{"drivers/a.c", "drivers/b/c.rs", "drivers/c.S"} {
			if w := r.File(name); w.Built() != (w.Missing == "") {
				t.Errorf("%s: built %v, missing %q", name, w.Built(), w.Missing)
			}
		}
	})
}

// Each source that includes a header compiles it: a stub for those without a part of a driver is there for the others.
func TestHeaderOfManySources(t *testing.T) {
	r := NewReader(tree(`
== Kbuild
obj-y += drivers/
== drivers/Makefile
obj-$(CONFIG_CARD) += card/
== drivers/card/Makefile
card-y := main.o
card-$(CONFIG_SCREEN) += screen/screen.o
obj-$(CONFIG_CARD) += card.o
== drivers/card/main.c
#include "screen/screen.h"
== drivers/card/screen/screen.c
#include "screen.h"
== drivers/card/screen/screen.h
== drivers/card/screen/lone.h
`), "x86")
	w := r.Header("drivers/card/screen/screen.h")
	if got, want := w.When.String()+", "+w.Object, "CARD, drivers/card/main.o"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if w := r.Header("drivers/card/screen/lone.h"); w.Built() {
		t.Errorf("%+v", w)
	}
}
