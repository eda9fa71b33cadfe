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
	Release string `json:"release"` // uname -r
	Version string `json:"version"` // uname -v
	// LSM is the content of /sys/kernel/security/lsm.
	LSM string `json:"lsm"`
	// Tainted is /proc/sys/kernel/tainted, "" where the kernel does not have it.
	Tainted string `json:"tainted,omitempty"`
	// Children is how many processes ran well, of those that init started.
	Children int `json:"children"`
	// Opened is how many files were opened well.
	Opened int `json:"opened"`
	// Problems are what init could not do: mounts, reads, starts.
	Problems []string `json:"problems,omitempty"`
}

// spec is what the initramfs tells our init; the file /spec.
type spec struct {
	Nonce    string `json:"nonce"`
	Children int    `json:"children"`
}

// A frame is a line "lsmpatch:NONCE:I/N:CRC:BASE64" with a piece of the facts. The nonce stands in
// the initramfs alone, so that no text of the kernel's log passes for a frame; the sum
// finds the frames that the log was printed into. The guest sends all frames several times.
const (
	frameBytes = 120 // of the facts a frame
	frameTimes = 3
)

// encodeFacts returns the lines that tell f.
func encodeFacts(nonce string, f *Facts) ([]string, error) {
	data, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	n := (len(data) + frameBytes - 1) / frameBytes
	var lines []string
	for i := range n {
		piece := base64.StdEncoding.EncodeToString(data[i*frameBytes : min(len(data), (i+1)*frameBytes)])
		body := fmt.Sprintf("%s:%d/%d:%s", nonce, i+1, n, piece)
		lines = append(lines, fmt.Sprintf("lsmpatch:%s:%08x", body, crc32.ChecksumIEEE([]byte(body))))
	}
	return lines, nil
}

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
	return f
}
