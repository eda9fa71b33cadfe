// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package parity

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// An Oracle asks the checkpatch.pl of a tree, and remembers its answers.
type Oracle struct {
	// Tree is the tree, a git repository.
	Tree string
	// Cache is the folder for the answers.
	Cache string

	shadow string
	script string // its hash
}

// An Answer is what an engine says of a sample.
type Answer struct {
	// Stdout and Stderr are what the script wrote.
	Stdout, Stderr string
}

// A Triple is one finding, as far as the comparison goes. Line counts within the patch, which
// names a line of the commit message as well; in file mode within the file.
type Triple struct {
	Line     int
	Type     string
	Severity string
}

// Triples are the findings of a.
func (a *Answer) Triples() []Triple { return parseTerse([]byte(a.Stdout)) }

// NewOracle prepares a folder that looks like the tree, in which the script can leave its own
// cache files without touching the tree.
func NewOracle(tree, cache string) (*Oracle, error) {
	script, err := os.ReadFile(filepath.Join(tree, "scripts", "checkpatch.pl"))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(script)
	o := &Oracle{Tree: tree, Cache: cache, script: hex.EncodeToString(sum[:])}
	o.shadow = filepath.Join(cache, "tree-"+o.script[:12])
	if err := os.MkdirAll(o.shadow, 0o777); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(tree)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		err := os.Symlink(filepath.Join(tree, e.Name()), filepath.Join(o.shadow, e.Name()))
		if err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
	}
	return o, nil
}

// file is where the answer to s is kept.
func (o *Oracle) file(s Sample, args []string) (string, error) {
	data, err := s.input(o.Tree)
	if err != nil {
		return "", err
	}
	key := sha256.New()
	fmt.Fprintf(key, "%s\x00%q\x00%s\x00", o.script, args, s.Path)
	key.Write(data)
	return filepath.Join(o.Cache, hex.EncodeToString(key.Sum(nil))+".json"), nil
}

// input returns what both engines get: a patch, or the content of a file.
func (s *Sample) input(tree string) ([]byte, error) {
	switch {
	case s.Data != nil:
		return s.Data, nil
	case s.Text != nil:
		return s.Text, nil
	}
	return os.ReadFile(filepath.Join(tree, s.Path))
}

// Knows reports whether the answer to s is in the cache.
func (o *Oracle) Knows(s Sample, args ...string) bool {
	name, err := o.file(s, args)
	if err != nil {
		return false
	}
	_, err = os.Stat(name)
	return err == nil
}

// Ask returns the script's answer to s, from the cache where it is known.
func (o *Oracle) Ask(ctx context.Context, s Sample, args ...string) (*Answer, error) {
	name, err := o.file(s, args)
	if err != nil {
		return nil, err
	}
	if known, err := os.ReadFile(name); err == nil {
		var a Answer
		if json.Unmarshal(known, &a) == nil {
			return &a, nil
		}
	}
	a, err := o.run(ctx, s, args)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	tmp := name + ".tmp"
	if err := os.WriteFile(tmp, text, 0o666); err != nil {
		return nil, err
	}
	return a, os.Rename(tmp, name)
}

func (o *Oracle) run(ctx context.Context, s Sample, args []string) (*Answer, error) {
	args = append([]string{"perl", filepath.Join(o.Tree, "scripts", "checkpatch.pl"),
		"--terse", "--show-types", "--no-summary", "--root=."}, args...)
	if s.Text != nil {
		name := filepath.Join(o.shadow, s.Path)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return nil, err
		}
		if err := os.WriteFile(name, s.Text, 0o666); err != nil {
			return nil, err
		}
		defer os.Remove(name)
	}
	if s.Data == nil {
		args = append(args, "-f", s.Path)
	} else {
		args = append(args, "-")
	}
	cmd := run.Command(ctx, run.Cmd{
		Args: args, Dir: o.shadow, Env: append(run.GitEnv(), "PATH=/usr/bin:/bin"), Stdin: bytes.NewReader(s.Data)})
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return nil, run.NewError(ctx, cmd, stderr.Bytes(), err)
	}
	return &Answer{Stdout: stdout.String(), Stderr: stderr.String()}, nil
}

var terseLine = regexp.MustCompile(`(?m)^[^\n]*?:(\d+): (ERROR|WARNING|CHECK):([A-Z0-9_]+): `)

// bareLine is a finding before the first line was placed.
var bareLine = regexp.MustCompile(`(?m)^(ERROR|WARNING|CHECK):([A-Z0-9_]+): `)

func parseTerse(out []byte) []Triple {
	var triples []Triple
	for _, m := range terseLine.FindAllSubmatch(out, -1) {
		line, _ := strconv.Atoi(string(m[1]))
		triples = append(triples, Triple{line, string(m[3]), string(m[2])})
	}
	for _, m := range bareLine.FindAllSubmatch(out, -1) {
		triples = append(triples, Triple{0, string(m[2]), string(m[1])})
	}
	return triples
}
