// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"regexp"
	"strconv"
	"strings"
)

// Facts are what our init saw of the kernel that ran it.
type Facts struct {
	Release string `json:"release"`           // uname -r
	Version string `json:"version"`           // uname -v
	Machine string `json:"machine,omitempty"` // uname -m
	// LSM is the content of /sys/kernel/security/lsm.
	LSM string `json:"lsm"`
	// Tainted is /proc/sys/kernel/tainted, "" where the kernel does not have it.
	Tainted string `json:"tainted,omitempty"`
	// Children is how many processes ran well, of those that init started.
	Children int `json:"children"`
	// Opened is how many files were opened well.
	Opened int `json:"opened"`
	// Uptime is /proc/uptime at the end: the seconds since the start, and those that were idle.
	Uptime string `json:"uptime,omitempty"`
	// IDs are what lsm_list_modules(2) gives, nil where the kernel does not have it.
	IDs []uint64 `json:"lsm_ids,omitempty"`
	// Peeks are the words of the kernel's memory that were asked for.
	Peeks []int64 `json:"peeks,omitempty"`
	// Probes are how the probes ended, in the order of the options: an errno each, 0 for success.
	Probes []int `json:"probes,omitempty"`
	// Runs are the programs that were run; one that failed was run again.
	Runs []Ran `json:"runs,omitempty"`
	// Problems are what init could not do: mounts, reads, starts.
	Problems []string `json:"problems,omitempty"`
}

// Ran is how a program in the guest went.
type Ran struct {
	Name string `json:"name"`
	// Status is as wait(2) has it.
	Status       int `json:"status"`
	Milliseconds int `json:"milliseconds"`
	// Late is whether its time ran out.
	Late bool `json:"late,omitempty"`
	// Output is what it printed; Dropped is how many bytes more there were.
	Output  string `json:"output"`
	Dropped int    `json:"dropped,omitempty"`
}

// A frame is a line "lsmpatch:NONCE:I/N:CRC:BASE64" with a piece of the facts. The nonce stands in
// the initramfs alone, so that no text of the kernel's log passes for a frame; the sum
// finds the frames that the log was printed into. The guest sends all frames several times
// (tell() of guest/init.c).

// A collector puts the frames of a console together.
type collector struct {
	nonce  string
	re     *regexp.Regexp
	pieces map[int]string
	total  int
	facts  *Facts // once they are whole
}

// maxFrames bounds what a kernel can make us keep.
const maxFrames = 4096

func newCollector(nonce string) *collector {
	return &collector{nonce: nonce, pieces: map[int]string{},
		re: regexp.MustCompile(`lsmpatch:(` + regexp.QuoteMeta(nonce) + `:(\d{1,4})/(\d{1,4}):([A-Za-z0-9+/=]+)):([0-9a-f]{8})`)}
}

// line takes a line of the console and reports whether it has a frame, whole or broken.
func (c *collector) line(s string) bool {
	m := c.re.FindStringSubmatch(s)
	if m == nil || fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(m[1]))) != m[5] {
		return strings.Contains(s, "lsmpatch:"+c.nonce)
	}
	i, _ := strconv.Atoi(m[2])
	n, _ := strconv.Atoi(m[3])
	if i < 1 || i > n || n > maxFrames || c.total != 0 && n != c.total {
		return true
	}
	c.total = n
	c.pieces[i] = m[4]
	if len(c.pieces) == n && c.facts == nil {
		c.facts = c.decode()
	}
	return true
}

func (c *collector) decode() *Facts {
	var data []byte
	for i := range c.total {
		piece, err := base64.StdEncoding.DecodeString(c.pieces[i+1])
		if err != nil {
			return nil
		}
		data = append(data, piece...)
	}
	f := &Facts{}
	if json.Unmarshal(data, f) != nil {
		return nil
	}
	for i := range f.Runs {
		f.Runs[i].Output = rawBytes(f.Runs[i].Output)
	}
	return f
}

// rawBytes undoes what init does to bytes that are no ASCII: each is a character of its own.
func rawBytes(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return s // not from our init
		}
		b = append(b, byte(r))
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
