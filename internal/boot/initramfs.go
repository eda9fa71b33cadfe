// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/below"
)

// Where our files are in the guest.
const (
	initPath   = "/init"
	specPath   = "/spec"
	ordersPath = "/orders"
	childPath  = "/child"
	testsPath  = "/tests"
)

// inits are the programs that build.sh makes of guest/init.c.
//
//go:embed guest/init-*
var inits embed.FS

// spec is what the initramfs tells our init; the file /spec.
type spec struct {
	Nonce    string `json:"nonce"`
	Children int    `json:"children"`
	// Off is 1 where init has to switch the machine off, since a restart does not end it.
	Off int `json:"off,omitempty"`
}

// initramfs returns the archive with our init for a platform and what it needs: the spec, the
// orders, and the programs of the tests. It is not compressed: to unpack it would cost a guest
// without KVM more than the reading does, and the kernel would need a decompressor.
func initramfs(p *platform, s *spec, o *orders) ([]byte, error) {
	program, err := inits.ReadFile("guest/init-" + p.guest)
	if err != nil {
		return nil, err
	}
	told, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	entries := []entry{
		{name: "dev", mode: modeDir | 0o755},
		// The kernel opens it for init before devtmpfs is there.
		{name: "dev/console", mode: modeChar | 0o600, major: 5, minor: 1},
		{name: "proc", mode: modeDir | 0o555},
		{name: "sys", mode: modeDir | 0o555},
		{name: "tmp", mode: modeDir | 0o1777},
		{name: specPath[1:], mode: modeFile | 0o600, data: told},
		// Init itself, which ends at once under this name.
		{name: childPath[1:], mode: modeFile | 0o755, data: program},
		{name: initPath[1:], mode: modeFile | 0o755, data: program},
	}
	more, err := o.entries()
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	err = writeCPIO(&buf, append(entries, more...))
	return buf.Bytes(), err
}

// ordinary are files that programs take for granted.
var ordinary = []entry{
	{name: "etc/hosts", mode: modeFile | 0o644, data: []byte("127.0.0.1 localhost\n::1 localhost\n")},
	{name: "etc/passwd", mode: modeFile | 0o644, data: []byte("root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")},
	{name: "etc/group", mode: modeFile | 0o644, data: []byte("root:x:0:\nnogroup:x:65534:\n")},
}

// entries returns what the orders add: their text, the programs, and the files that probes ask for.
func (o *orders) entries() ([]entry, error) {
	if o == nil || o.empty() {
		return nil, nil
	}
	res := []entry{{name: ordersPath[1:], mode: modeFile | 0o600, data: []byte(o.text())}}
	dirs := []string{"dev", "proc", "sys", "tmp"}
	folder := func(name string) {
		var missing []string
		for dir := path.Dir(name); dir != "." && dir != "/" && !slices.Contains(dirs, dir); dir = path.Dir(dir) {
			missing = append(missing, dir)
		}
		slices.Reverse(missing)
		for _, dir := range missing {
			dirs = append(dirs, dir)
			res = append(res, entry{name: dir, mode: modeDir | 0o755})
		}
	}
	for _, f := range o.files {
		data, err := below.ReadNamed(f.host, maxGuestFile)
		if err != nil {
			return nil, fmt.Errorf("file for the guest: %w", err)
		}
		folder(f.guest)
		res = append(res, entry{name: f.guest, mode: modeFile | 0o755, data: data})
	}
	for _, l := range o.links {
		folder(l.guest)
		res = append(res, entry{name: l.guest, mode: modeLink | 0o777, data: []byte(l.to)})
	}
	if len(o.programs) > 0 {
		for _, e := range ordinary {
			folder(e.name)
			res = append(res, e)
		}
	}
	for _, p := range o.probes {
		if name := strings.TrimPrefix(p.file(), "/"); name != "" && !slices.ContainsFunc(res, func(e entry) bool { return e.name == name }) {
			folder(name)
			res = append(res, entry{name: name, mode: modeFile | 0o644})
		}
	}
	return res, nil
}
