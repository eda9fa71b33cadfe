// SPDX-License-Identifier: GPL-2.0-only

package klog

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// A style is how one kind of kernel prints: its registers, its words, its prefix.
type style struct {
	name, arch string
	seven      bool // the words of 7.x, else those of 5.x
	prefix     func(i int) string
	end        string
}

var styles = []style{
	{"x86-7.3", "x86", true, func(i int) string { return fmt.Sprintf("[%5d.%06d] ", i/10, i*1371%1000000) }, "\r\n"},
	{"x86-5.10", "x86", false, func(i int) string { return fmt.Sprintf("[%5d.%06d][    T1] ", i/10, i*1371%1000000) }, "\n"},
	{"arm64-7.3", "arm64", true, func(i int) string { return "" }, "\n"},
	{"riscv-7.3", "riscv", true, func(i int) string { return fmt.Sprintf("<6>[%5d.%06d] ", i/10, i*1371%1000000) }, "\n"},
}

// A sample is a report of testdata/reports.txt.
type sample struct {
	title, check, only string
	lines              []string
}

func samples(t testing.TB) []sample {
	t.Helper()
	data, err := os.ReadFile("testdata/reports.txt")
	if err != nil {
		t.Fatal(err)
	}
	var res []sample
	for _, block := range strings.Split(string(data), "\n### ") {
		lines := strings.Split(strings.TrimPrefix(block, "### "), "\n")
		s := sample{title: lines[0]}
		for _, line := range lines[1:] {
			switch {
			case strings.HasPrefix(line, "check: "):
				s.check = line[len("check: "):]
			case strings.HasPrefix(line, "only: "):
				s.only = line[len("only: "):]
			case strings.HasPrefix(line, "# "): // a remark
			default:
				s.lines = append(s.lines, line)
			}
		}
		res = append(res, s)
	}
	return res
}

// healthyLines are those of testdata/healthy.txt.
func healthyLines(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/healthy.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
}

// expand writes the macros of a line as st does.
func (st *style) expand(line string) []string {
	words := strings.Fields(line)
	if len(words) == 0 || words[0][0] != '@' {
		return []string{line}
	}
	args := words[1:]
	switch words[0] {
	case "@warn":
		return []string{st.warn(args[0], args[1])}
	case "@cpu":
		uid := "UID: 0 "
		if !st.seven {
			uid = ""
		}
		return []string{"CPU: 0 " + uid + "PID: 1 Comm: init Not tainted 7.3.0 #1 PREEMPT(lazy) ", "Hardware name: QEMU Standard PC (i440FX + PIIX, 1996), BIOS 1.16.2-debian-1.16.2-1 04/01/2014"}
	case "@oops":
		return st.die(strings.Join(args, " "))
	case "@fault":
		return st.fault(args[0])
	case "@regs":
		return st.regs(args[0])
	case "@trace":
		return st.trace(args)
	case "@end":
		return []string{"---[ end trace 0000000000000000 ]---"}
	}
	panic(line)
}

func (st *style) warn(place, fn string) string {
	at := fn + "+0x1f/0x60"
	file, _, told := strings.Cut(place, ":")
	switch {
	case st.seven && told:
		return "WARNING: " + place + " at " + at + ", CPU#0: init/1"
	case st.seven:
		return "WARNING: at " + at + ", CPU#0: init/1"
	case told && file != "":
		return "WARNING: CPU: 0 PID: 1 at " + place + " " + at
	}
	return "WARNING: CPU: 0 PID: 1 at " + at
}

// die is what the architecture's die() writes first.
func (st *style) die(words string) []string {
	switch {
	case st.arch == "arm64" && words == "invalid opcode":
		return []string{"Internal error: Oops - BUG: 00000000f2000800 [#1]  SMP"}
	case st.arch == "arm64":
		return []string{"Internal error: Oops: 0000000096000004 [#1]  SMP"}
	case st.arch == "riscv" && words == "invalid opcode":
		return []string{"Kernel BUG [#1]"}
	case st.arch == "riscv":
		return []string{"Oops [#1]"}
	case words == "Oops":
		return []string{"Oops: " + map[bool]string{true: "Oops: ", false: ""}[st.seven] + "0000 [#1] SMP PTI"}
	case st.seven:
		return []string{"Oops: " + words + ": 0000 [#1] SMP PTI"}
	}
	return []string{words + ": 0000 [#1] SMP PTI"}
}

func (st *style) fault(address string) []string {
	if st.arch == "x86" {
		return append([]string{"BUG: kernel NULL pointer dereference, address: " + address, "#PF: supervisor read access in kernel mode",
			"#PF: error_code(0x0000) - not-present page", "PGD 0 P4D 0 "}, st.die("Oops")...)
	}
	return append([]string{"Unable to handle kernel NULL pointer dereference at virtual address " + address}, st.die("Oops")...)
}

func (st *style) regs(fn string) []string {
	at := fn + "+0x1f/0x60"
	switch st.arch {
	case "arm64":
		return []string{"pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)", "pc : " + at, "lr : other_function+0x10/0x20", "sp : ffff800081003b60",
			"x29: ffff800081003b60 x28: 0000000000000000 x27: 0000000000000000"}
	case "riscv":
		return []string{"epc : " + at, " ra : other_function+0x10/0x20", "epc : ffffffff80014264 ra : ffffffff80014264 sp : ffff8f8000fd7860",
			" gp : ffffffff81a3b0f8 tp : ff60000080d08000 t0 : 0000000000000000", "status: 0000000200000120 badaddr: 0000000000000010 cause: 000000000000000d"}
	}
	return []string{"RIP: 0010:" + at, "Code: 48 89 41 20 48 c7 41 10 08 00 00 00 <c7> 04 25 00 00 00 00 01 00 00 00 31 c0", "RSP: 0018:ffffc9000000bc78 EFLAGS: 00000246",
		"RAX: 000000000000003e RBX: 0000000000000014 RCX: 0000000000000000", "FS:  00000000006d94e8(0000) GS:0000000000000000(0000) knlGS:0000000000000000"}
}

func (st *style) trace(fns []string) []string {
	res := []string{"Call Trace:"}
	if st.arch == "arm64" {
		res[0] = "Call trace:"
	}
	brackets := st.arch == "x86" && st.seven
	if brackets {
		res = append(res, " <TASK>")
	}
	for i, fn := range fns {
		mark := " "
		if fn[0] == '<' {
			continue
		}
		if fn[0] == '?' {
			mark, fn = " ? ", fn[1:]
		}
		entry := fmt.Sprintf("%s+0x%x/0x%x", fn, 16+i, 64+i)
		switch st.arch {
		case "riscv":
			entry = fmt.Sprintf("[<ffffffff80%06x>] %s", 4096*i, entry)
			mark = strings.TrimPrefix(mark, " ")
		case "arm64":
			entry += " (P)"[:4*(1-min(i, 1))]
		}
		res = append(res, mark+entry)
	}
	if brackets {
		res = append(res, " </TASK>")
	}
	return res
}

// log writes a report among the lines of a healthy boot.
func (st *style) log(s *sample, healthy []string) string {
	lines := append([]string{"Linux version 7.3.0 (builder@host) (clang version 19.1.7) #1 SMP"}, healthy...)
	for _, line := range s.lines {
		lines = append(lines, st.expand(line)...)
	}
	lines = append(lines, healthy[:8]...)
	var b strings.Builder
	for i, line := range lines {
		b.WriteString(st.prefix(i) + line + st.end)
	}
	return b.String()
}

// Each report, as each kind of kernel prints it, makes one crash, with its title.
func TestCorpus(t *testing.T) {
	healthy := healthyLines(t)
	logs := 0
	for _, s := range samples(t) {
		for _, st := range styles {
			if s.only != "" && !strings.Contains(s.only, st.arch) {
				continue
			}
			logs++
			crashes, err := Read(strings.NewReader(st.log(&s, healthy)))
			if err != nil {
				t.Fatal(err)
			}
			if len(crashes) != 1 || crashes[0].Title != s.title || crashes[0].Check != s.check {
				t.Errorf("%s: want %s [%s], got", st.name, s.title, s.check)
				for _, c := range crashes {
					t.Errorf("\t%s [%s]\n\t\t%s", c.Title, c.Check, strings.Join(c.Lines, "\n\t\t"))
				}
			}
		}
	}
	if logs < 300 {
		t.Errorf("%d logs are too few", logs)
	}
	t.Logf("%d logs", logs)
}

func TestHealthy(t *testing.T) {
	for _, st := range styles {
		for i, line := range healthyLines(t) {
			if crashes, _ := Read(strings.NewReader(st.prefix(i) + line + st.end)); len(crashes) > 0 {
				t.Errorf("%s: %q is told as %s", st.name, line, crashes[0].Title)
			}
		}
	}
}
