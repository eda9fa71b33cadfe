// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/boot/klog"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// bootScript is a QEMU that prints log and then facts in the frames of our init, with the nonce
// that it finds in the initramfs.
func bootScript(t *testing.T, log string, facts *Facts) string {
	t.Helper()
	lines, err := encodeFacts("NONCE", facts)
	if err != nil {
		t.Fatal(err)
	}
	// The sum is over the nonce: it is counted anew, as CRC-32 is.
	return `for a; do [ "$last" = -initrd ] && initrd=$a; last=$a; done
cat <<'END'
` + log + `
END
perl - "$initrd" <<'END'
open my $f, "<", $ARGV[0] or die; local $/; my ($nonce) = <$f> =~ /"nonce":"([A-Z2-7]*)"/;
for (split /\n/, <<'FACTS') {
` + strings.Join(lines, "\n") + `
FACTS
	my ($body) = /^[^:]*:(.*):[^:]*$/; $body =~ s/NONCE/$nonce/;
	my $sum = 0xffffffff;
	for (unpack "C*", $body) { $sum ^= $_; $sum = $sum & 1 ? $sum >> 1 ^ 0xedb88320 : $sum >> 1 for 1 .. 8 }
	printf "lsmpatch:%s:%08x\n", $body, $sum ^ 0xffffffff;
}
END
`
}

func checksOf(findings []report.Finding) string {
	var res []string
	for _, f := range findings {
		res = append(res, f.Severity.String()+" "+f.Check)
	}
	return strings.Join(res, ", ")
}

const (
	hookLine = "rust_lsm_sample: task_alloc: parent pid 1"
	warnLine = "WARNING: kernel/a.c:12 at sample_warn+0x1/0x2, CPU#0: init/1\n---[ end trace 0000000000000000 ]---"
)

// goodFacts are those of a guest where all is well.
func goodFacts() *Facts {
	return &Facts{Release: "7.3.0", Version: "#1", LSM: "capability,rust_lsm_sample", Tainted: "0", Children: children, Opened: 3}
}

// A taint that the log accounts for is told once; one that it does not is told too.
func TestTainted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ log, tainted, want string }{
		{hookLine, "0", ""},
		{hookLine, "", ""},
		{hookLine, "512", "error boot/tainted"},
		{hookLine + "\n" + warnLine, "512", "error boot/warning"},
		{hookLine + "\n" + warnLine, "640", "error boot/warning, error boot/tainted"},
		{hookLine, "8192", ""},   // an unsigned module
		{hookLine, "262144", ""}, // a test ran
	} {
		facts := goodFacts()
		facts.Tainted = c.tainted
		kernel, opts := fakeQEMU(t, bootScript(t, c.log, facts))
		r, err := Run(t.Context(), kernel, opts)
		if err != nil {
			t.Fatal(err)
		}
		if got := checksOf(r.Findings); got != c.want || !r.Booted {
			t.Errorf("tainted %q: got %q, want %q", c.tainted, got, c.want)
		}
	}
}

// What the base's console has too is a note, whatever addresses and times it had.
func TestBaseline(t *testing.T) {
	t.Parallel()
	base := filepath.Join(t.TempDir(), "base.log")
	if err := os.WriteFile(base, []byte("[    9.000000] "+strings.ReplaceAll(warnLine, "+0x1/", "+0x7f/")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	facts := goodFacts()
	facts.Tainted = "512"
	kernel, opts := fakeQEMU(t, bootScript(t, hookLine+"\n"+warnLine+"\n"+strings.ReplaceAll(warnLine, "sample_warn", "sample_new"), facts))
	opts.Baseline = []string{base}
	r, err := Run(t.Context(), kernel, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := checksOf(r.Findings), "note boot/warning, error boot/warning"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	opts.Baseline = []string{base + ".missing"}
	if _, err := Run(t.Context(), kernel, opts); err == nil || !strings.Contains(err.Error(), "baseline") {
		t.Errorf("error %v", err)
	}
}

// A kernel without kallsyms tells addresses: its console names no function, and maybe a place.
func TestBaselineWithoutNames(t *testing.T) {
	t.Parallel()
	crash := func(title, bare string, nameless bool) *klog.Crash {
		return &klog.Crash{Title: title, Bare: bare, Nameless: nameless, Severity: report.Error}
	}
	m := &machine{opts: &Options{}, base: &baseline{titles: map[string]bool{"WARNING at kernel/a.c:12": true, "kernel page fault": true, "BUG in a": true}}}
	for _, c := range []struct {
		crash *klog.Crash
		want  report.Severity
	}{
		{crash("WARNING in sample", "WARNING at kernel/a.c:12", false), report.Note},
		{crash("WARNING in sample", "WARNING at kernel/b.c:12", false), report.Error},
		{crash("kernel page fault in sample", "kernel page fault", true), report.Warning},
		{crash("kernel page fault", "kernel page fault", true), report.Warning},
		{crash("BUG in a", "BUG", true), report.Note},
		{crash("BUG in b", "BUG", true), report.Error},
	} {
		if got := m.crash(c.crash); got.Severity != c.want {
			t.Errorf("%s: %s, want %s", c.crash.Title, got.Severity, c.want)
		}
	}
}

// What follows from a leaked preempt count is told with it.
func TestFollows(t *testing.T) {
	t.Parallel()
	const trace = "\nCPU: 0 UID: 0 PID: 1 Comm: init Not tainted 7.3.0 #1\nCall Trace:\n dump_stack_lvl+0x1/0x2\n FN+0x1/0x2\n"
	first := "BUG: sleeping function called from invalid context at fs/a.c:12" + strings.ReplaceAll(trace, "FN", "sample_walk")
	log := hookLine + "\n" + first + "BUG: scheduling while atomic: init/1/0x00000002" + strings.ReplaceAll(trace, "FN", "sample_read")
	base := filepath.Join(t.TempDir(), "base.log")
	if err := os.WriteFile(base, []byte(first), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		baseline []string
		want     string
	}{{nil, "error boot/atomic"}, {[]string{base}, "note boot/atomic, note boot/atomic"}} {
		kernel, opts := fakeQEMU(t, bootScript(t, log, goodFacts()))
		opts.Baseline = c.baseline
		r, err := Run(t.Context(), kernel, opts)
		if err != nil {
			t.Fatal(err)
		}
		if got := checksOf(r.Findings); got != c.want || c.baseline == nil && !strings.Contains(r.Findings[0].Detail, "what follows from it: scheduling while atomic in sample_read") {
			t.Errorf("got %q, want %q: %+v", got, c.want, r.Findings)
		}
	}
}

// The base boots beside the kernel, and what it has too is no fault of the series; a kernel that
// comes up no better than the base's gives no verdict of "passed".
func TestRunAgainst(t *testing.T) {
	t.Parallel()
	facts := goodFacts()
	kernel, opts := fakeQEMU(t, "case \"$*\" in *"+"base"+"*) log=base;; *) log=new;; esac\n"+
		"[ $log = base ] && echo '"+strings.ReplaceAll(warnLine, "\n", "'; echo '")+"'\n"+
		bootScript(t, hookLine+"\n"+warnLine, facts))
	base := filepath.Join(filepath.Dir(kernel), "base")
	data, err := os.ReadFile(kernel)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(base, data, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := RunAgainst(t.Context(), kernel, base, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := checksOf(r.Findings), "note boot/warning"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r, err = RunAgainst(t.Context(), kernel, base+".missing", opts)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := checksOf(r.Findings), "error boot/warning, warning boot/no-base"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	_, opts = fakeQEMU(t, "echo 'Kernel panic - not syncing: because'")
	r, err = RunAgainst(t.Context(), kernel, base, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := checksOf(r.Findings), "note boot/panic, error boot/no-base"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A base that fails now and then is asked again before its fault is said to be new.
func TestFlakyBase(t *testing.T) {
	t.Parallel()
	facts := goodFacts()
	count := filepath.Join(t.TempDir(), "count")
	kernel, opts := fakeQEMU(t, "case \"$*\" in *base*) echo >>"+count+"; [ $(wc -l <"+count+") = 2 ] && bad=1;; *) bad=1;; esac\n"+
		"[ \"$bad\" ] && echo '"+strings.ReplaceAll(warnLine, "\n", "'; echo '")+"'\n"+
		bootScript(t, hookLine, facts))
	base := filepath.Join(filepath.Dir(kernel), "base")
	data, err := os.ReadFile(kernel)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(base, data, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := RunAgainst(t.Context(), kernel, base, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := checksOf(r.Findings), "note boot/warning"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if boots, _ := os.ReadFile(count); len(boots) != 2 {
		t.Errorf("the base was booted %d times, want 2", len(boots))
	}
}
