// SPDX-License-Identifier: GPL-2.0-only

package maintainers

import (
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// A mailmap gives people the name and address that they want, as get_maintainer.pl reads .mailmap:
// by "name <address>", or else by the address.
type mailmap struct {
	names, addresses map[string]string
}

var reMailmapLine = lazyregexp.New(`^([^<]*?)\s*<([^>]+)>\s*(?:([^<]*?)\s*<([^>]+)>)?$`)

func parseMailmap(text string) mailmap {
	mm := mailmap{map[string]string{}, map[string]string{}}
	for line := range strings.SplitSeq(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		m := reMailmapLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		name, address, oldName, oldAddress := m[1], m[2], m[3], m[4]
		key := oldAddress
		switch {
		case oldAddress == "" && name != "":
			mm.names[address] = name
			continue
		case oldAddress == "":
			continue
		case oldName != "":
			key = oldName + " <" + oldAddress + ">"
		}
		if name != "" {
			mm.names[key] = name
		}
		mm.addresses[key] = address
	}
	return mm
}

// apply returns the wanted name and address.
func (mm mailmap) apply(name, address string) (string, string) {
	key := name + " <" + address + ">"
	if mm.names[key] == "" && mm.addresses[key] == "" {
		key = address
	}
	if n := mm.names[key]; n != "" {
		name = n
	}
	if a := mm.addresses[key]; a != "" {
		address = a
	}
	return name, address
}
