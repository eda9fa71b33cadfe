// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// A Probe is a system call that the guest makes as root, and how it must end.
type Probe struct {
	// Verb is one of verbs, Arg a path in the guest or what else the verb wants, Mode of open: r, w, rw.
	Verb, Arg, Mode string
	// Want is the errno, 0 for success.
	Want syscall.Errno
	// Text is the probe as the user wrote it.
	Text string
}

// verbs are what probes can do; see probe() of guest/init.c. Those of files get an empty file at
// their path, where the kernel's own file systems are not.
var verbs = []struct {
	name string
	file bool
}{
	{"open", true}, {"exec", true}, {"unlink", true}, {"chmod", true}, {"chown", true}, {"rename", true},
	{"create", false}, {"mkdir", false}, {"rmdir", false}, {"symlink", false}, {"link", false},
	{"mount", false}, {"chdir", false}, {"kill", false}, {"socket", false}, {"sethostname", false},
}

// ParseProbe reads "VERB ARG [r|w|rw] [-> ERRNO]", as in "open /etc/shadow -> EACCES"; the arrow may
// be → too. Without an arrow the call must succeed.
func ParseProbe(text string) (Probe, error) {
	p := Probe{Mode: "r", Text: text}
	call, want, told := strings.Cut(strings.ReplaceAll(text, "→", "->"), "->")
	words := strings.Fields(call)
	bad := func(format string, args ...any) (Probe, error) {
		var names []string
		for _, v := range verbs {
			names = append(names, v.name)
		}
		return p, hint.Wrap(fmt.Errorf("probe %q: "+format, append([]any{text}, args...)...),
			`write it as "open /etc/shadow -> EACCES"; the verbs are `+strings.Join(names, ", "))
	}
	if len(words) < 2 || len(words) > 3 {
		return bad("want a verb and what it is about")
	}
	p.Verb, p.Arg = words[0], words[1]
	if !slices.ContainsFunc(verbs, func(v struct {
		name string
		file bool
	}) bool {
		return v.name == p.Verb
	}) {
		return bad("no verb %q", p.Verb)
	}
	if len(words) == 3 {
		p.Mode = words[2]
		if p.Verb != "open" || !slices.Contains([]string{"r", "w", "rw"}, p.Mode) {
			return bad("no mode %q", p.Mode)
		}
	}
	want = strings.TrimSpace(want)
	if told && !strings.EqualFold(want, "ok") && want != "0" {
		if p.Want = errnoOf(want); p.Want == 0 {
			return bad("no errno %q", want)
		}
	}
	return p, nil
}

// errnoOf returns the errno of a name such as EACCES; 0 for none.
func errnoOf(name string) syscall.Errno {
	for n := syscall.Errno(1); n < 134; n++ {
		if name != "" && unix.ErrnoName(n) == strings.ToUpper(name) {
			return n
		}
	}
	return 0
}

// file returns the path of a file that the probe needs, "" for none.
func (p *Probe) file() string {
	for _, v := range verbs {
		if v.name == p.Verb && v.file && path.IsAbs(p.Arg) && !slices.Contains([]string{"dev", "proc", "sys", "spec", "init", "child", "orders"},
			strings.SplitN(path.Clean(p.Arg)[1:], "/", 2)[0]) {
			return path.Clean(p.Arg)
		}
	}
	return ""
}

// A Program is one for the guest to run.
type Program struct {
	// Name is what its findings call it.
	Name string
	// File is the program on this machine, for the guest's architecture and without libraries; ""
	// where Args name one that the guest has.
	File string
	Args []string
	// Timeout is how long it may take; 0 for testTime.
	Timeout time.Duration
	// Source is the folder of the tree that its source lies in, "" where that is not known: it may name files without it.
	Source string
}

// ParseProgram reads a command: its words, parted by spaces. One whose first word is a file of this
// machine is put into the guest.
func ParseProgram(text string) (Program, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Program{}, errors.New("a command to run in the guest is empty")
	}
	if info, err := os.Stat(words[0]); err == nil && info.Mode().IsRegular() {
		return Program{Name: path.Base(words[0]), File: words[0], Args: words[1:]}, nil
	}
	return Program{Name: path.Base(words[0]), Args: words}, nil
}

// testTime is how long a program in the guest may take. landlock's fs_test takes 14 s without KVM, and
// many times that where others want the processors too.
const testTime = 5 * time.Minute

func (p *Program) timeout() time.Duration {
	if p.Timeout > 0 {
		return p.Timeout
	}
	return testTime
}

// orders are what the guest has to do besides the work that makes hooks fire.
type orders struct {
	probes   []Probe
	programs []Program
	files    []guestFile
	links    []guestLink
	peeks    []uint64 // addresses
}

// Paths in the guest have no slash in front.
type (
	guestFile struct{ guest, host string }
	guestLink struct{ guest, to string }
)

func (o *orders) empty() bool {
	return len(o.probes) == 0 && len(o.programs) == 0 && len(o.files) == 0 && len(o.peeks) == 0
}

// maxOrders is what init reads of them.
const maxOrders = 60 << 10

// newOrders checks what cannot be written in a line.
func newOrders(opts *Options) (*orders, error) {
	o := &orders{probes: opts.Probes, programs: opts.Programs}
	if err := o.addFolders(opts.Folders); err != nil {
		return nil, err
	}
	o.addShell(opts.Shell)
	for _, p := range opts.Programs {
		if p.File != "" {
			o.files = append(o.files, guestFile{strings.TrimPrefix(testsPath, "/") + "/" + p.Name, p.File})
		} else if len(p.Args) == 0 {
			return nil, errors.New("a program for the guest has no name")
		}
	}
	for _, field := range append(o.words(), "") {
		if strings.ContainsAny(field, "\t\n\x00") {
			return nil, fmt.Errorf("%q cannot be told to the guest: it has a tab or the end of a line", field)
		}
	}
	if len(o.text()) > maxOrders {
		return nil, fmt.Errorf("the guest takes %d bytes of orders, these have %d", maxOrders, len(o.text()))
	}
	return o, nil
}

// words are all that the user's text is in.
func (o *orders) words() []string {
	var res []string
	for _, p := range o.probes {
		res = append(res, p.Arg)
	}
	for _, p := range o.programs {
		res = append(append(res, p.Name), p.Args...)
	}
	return res
}

// text is the file /orders; see guest/init.c.
func (o *orders) text() string {
	var b strings.Builder
	for _, p := range o.probes {
		fmt.Fprintf(&b, "probe\t%s\t%s\t%s\n", p.Verb, p.Arg, p.Mode)
	}
	for _, at := range o.peeks {
		fmt.Fprintf(&b, "peek\t%x\n", at)
	}
	for _, p := range o.programs {
		args := p.Args
		if p.File != "" {
			args = append([]string{testsPath + "/" + p.Name}, args...)
		}
		fmt.Fprintf(&b, "run\t%s\t%d\t%s\n", p.Name, int(p.timeout().Seconds()), strings.Join(args, "\t"))
	}
	return b.String()
}

// time is how long the programs may take together; each may be run twice.
func (o *orders) time() time.Duration {
	var res time.Duration
	for _, p := range o.programs {
		res += 2 * p.timeout()
	}
	return res
}
