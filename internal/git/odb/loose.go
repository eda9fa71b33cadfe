// SPDX-License-Identifier: GPL-2.0-only

package odb

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

func readLoose(name string) (plumbing.ObjectType, []byte, error) {
	if err := CheckPlainFile(name); err != nil {
		return 0, nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return 0, nil, err
	}
	defer f.Close()
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	if err := z.reset(f); err != nil {
		return 0, nil, fmt.Errorf("loose object %s: %w", name, err)
	}
	r := bufio.NewReader(z.out)
	head, err := r.ReadString(0)
	if err != nil || len(head) > 64 {
		return 0, nil, fmt.Errorf("loose object %s: damaged header", name)
	}
	word, number, _ := strings.Cut(strings.TrimSuffix(head, "\x00"), " ")
	typ, err := plumbing.ParseObjectType(word)
	size, sizeErr := strconv.ParseInt(number, 10, 64)
	if err != nil || sizeErr != nil || size < 0 || size > maxObject {
		return 0, nil, fmt.Errorf("loose object %s: damaged header", name)
	}
	var data bytes.Buffer
	if n, err := io.Copy(&data, io.LimitReader(r, size+1)); err != nil || n != size {
		return 0, nil, fmt.Errorf("loose object %s: damaged", name)
	}
	return typ, data.Bytes(), nil
}
