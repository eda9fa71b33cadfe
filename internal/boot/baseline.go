// SPDX-License-Identifier: GPL-2.0-only

package boot

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/boot/klog"
	"github.com/lsmpatch/lsmpatch/internal/boot/ktap"
)

// A baseline is what boots of the base had: it is not the series' fault.
type baseline struct {
	// titles are the messages of its findings about the kernel, maybe read without its symbols.
	titles map[string]bool
	// tests are its tests, by name; nil where no baseline told any.
	tests map[string]ktap.Status
	// active is its list of LSMs; nil where it is not known.
	active []string
	// hooks are the functions that it called for LSM hooks.
	hooks []Hook
}

// maxBaseline bounds a file of a baseline.
const maxBaseline = 64 << 20

// readBaseline reads the files: consoles, or what `boot --format json` said of the base.
func readBaseline(names []string) (*baseline, error) {
	b := &baseline{titles: map[string]bool{}}
	for _, name := range names {
		data, err := below.ReadNamed(name, maxBaseline)
		if err != nil {
			return nil, fmt.Errorf("baseline: %w", err)
		}
		if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
			err = b.addResult(data)
		} else {
			err = b.addLog(data)
		}
		if err != nil {
			return nil, fmt.Errorf("baseline %s: %w", name, err)
		}
	}
	return b, nil
}

func (b *baseline) addLog(data []byte) error {
	crashes, err := klog.Read(bytes.NewReader(data))
	for _, crash := range crashes {
		b.titles[crash.Title] = true
	}
	var tests ktap.Reader
	for line := range bytes.Lines(data) {
		for _, text := range klog.Texts(string(bytes.TrimRight(line, "\r\n"))) {
			tests.Line(text)
		}
	}
	b.addTests(tests.Tests())
	return err
}

func (b *baseline) addResult(data []byte) error {
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("it is no result of boot: %w", err)
	}
	b.add(&r)
	return nil
}

// add takes what a boot of the base came to.
func (b *baseline) add(r *Result) {
	for _, f := range r.Findings {
		b.titles[f.Message] = true
	}
	b.addTests(r.Tests)
	if len(r.Active) > 0 {
		b.active = r.Active
	}
	b.hooks = append(b.hooks, r.Hooks...)
}

// has reports whether the base said the same of itself, or at least something of that kind, where one of the two does not say which
// function it is about.
func (b *baseline) has(c *klog.Crash) (same, alike bool) {
	if named := !c.Nameless || c.Title != c.Bare; named && b.titles[c.Title] {
		return true, true
	}
	return b.titles[c.Bare] && !c.Nameless, b.titles[c.Bare]
}

func (b *baseline) addTests(tests []ktap.Test) {
	for _, t := range tests {
		if b.tests == nil {
			b.tests = map[string]ktap.Status{}
		}
		// Of several boots the worst counts: what failed once is no news.
		if old, ok := b.tests[t.Name]; !ok || old == ktap.Passed || old == ktap.Skipped {
			b.tests[t.Name] = t.Status
		}
	}
}
