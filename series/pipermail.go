// SPDX-License-Identifier: GPL-2.0-only

package series

import (
	"bytes"
	"regexp"
)

// reMangled is a header with an address as pipermail writes it: "jamie at example.com (Jamie)".
var reMangled = regexp.MustCompile(`(?m)^((?:From|To|Cc|From [^\n]*?|Reply-To)[: ].*?)([A-Za-z0-9._%+=-]+) at ([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)`)

// restoreAddresses puts the addresses together that pipermail took apart: in the headers of
// mail, "name at host" becomes "name@host".
func restoreAddresses(mail []byte) (restored []byte, changed bool) {
	head, body, _ := bytes.Cut(mail, []byte("\n\n"))
	fixed := reMangled.ReplaceAll(head, []byte("${1}${2}@${3}"))
	if bytes.Equal(fixed, head) {
		return mail, false
	}
	out := make([]byte, 0, len(mail))
	out = append(append(append(out, fixed...), "\n\n"...), body...)
	return out, true
}
