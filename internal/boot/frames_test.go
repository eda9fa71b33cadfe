// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// As guest/init.c has them.
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
