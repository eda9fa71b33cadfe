// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// The verbs edit the manifest as a person would: blocks of lines are added, removed and moved, and comments stay with
// the entry that they stand above.

// blocks cuts a manifest into what stands before the first entry, and the text of each entry, with the comments directly
// above it.
func blocks(text string) (head string, entries []string) {
	var parts [][]string
	var current []string
	for line := range strings.Lines(text) {
		if entryHead.MatchString(line) {
			cut := len(current)
			for cut > 0 && strings.HasPrefix(strings.TrimSpace(current[cut-1]), "#") {
				cut--
			}
			parts = append(parts, current[:cut])
			current = append([]string{}, current[cut:]...)
		}
		current = append(current, line)
	}
	parts = append(parts, current)
	for _, p := range parts[1:] {
		entries = append(entries, strings.Join(p, ""))
	}
	return strings.Join(parts[0], ""), entries
}

// join is the way back from blocks: entries stand an empty line apart.
func join(head string, entries []string) string {
	var b strings.Builder
	b.WriteString(strings.TrimRight(head, "\n"))
	for _, e := range entries {
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(strings.Trim(e, "\n"))
	}
	return b.String() + "\n"
}

// add returns the manifest with e before the entry of that name, or at its end where before is "".
func (m *Manifest) add(e *Entry, before string) (*Manifest, error) {
	head, entries := blocks(m.text)
	at := len(entries)
	if before != "" {
		var err error
		if at, err = m.position(before); err != nil {
			return nil, err
		}
	}
	entries = append(entries[:at:at], append([]string{e.text()}, entries[at:]...)...)
	return ParseManifest(join(head, entries))
}

// remove returns the manifest without an entry.
func (m *Manifest) remove(name string) (*Manifest, error) {
	at, err := m.position(name)
	if err != nil {
		return nil, err
	}
	head, entries := blocks(m.text)
	return ParseManifest(join(head, append(entries[:at:at], entries[at+1:]...)))
}

// move returns the manifest with an entry before another, or at its end where before is "".
func (m *Manifest) move(name, before string) (*Manifest, error) {
	at, err := m.position(name)
	if err != nil {
		return nil, err
	}
	head, entries := blocks(m.text)
	moved := entries[at]
	to := len(entries)
	if before != "" {
		if to, err = m.position(before); err != nil {
			return nil, err
		}
	}
	entries = append(entries[:at:at], entries[at+1:]...)
	if to > at {
		to--
	}
	entries = append(entries[:to:to], append([]string{moved}, entries[to:]...)...)
	return ParseManifest(join(head, entries))
}

// withCommit returns the manifest on another base.
func (m *Manifest) withCommit(rev string) (*Manifest, error) {
	head, entries := blocks(m.text)
	lines := strings.SplitAfter(head, "\n")
	for i, line := range lines {
		if key, _, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "commit" {
			lines[i] = fmt.Sprintf("commit = %s\n", quoted(rev))
			return ParseManifest(join(strings.Join(lines, ""), entries))
		}
	}
	return nil, hint.Wrap(fmt.Errorf("%s: no line sets commit in [tree]", ManifestName), "write the table [tree] out, with commit on a line of its own")
}

// position returns the place of an entry, from 0.
func (m *Manifest) position(name string) (int, error) {
	var names []string
	for i, e := range m.Entries {
		if e.Name == name {
			return i, nil
		}
		names = append(names, e.Name)
	}
	return 0, hint.Wrap(fmt.Errorf("the stack has no entry %q", name), "it has "+strings.Join(names, ", "))
}

// text returns e as a manifest has it.
func (e *Entry) text() string {
	var b strings.Builder
	b.WriteString("[[entry]]\n")
	fmt.Fprintf(&b, "name = %s\n", quoted(e.Name))
	if len(e.Series) == 1 {
		fmt.Fprintf(&b, "series = %s\n", quoted(e.Series[0]))
	} else {
		fmt.Fprintf(&b, "series = %s\n", list(e.Series))
	}
	for _, line := range []struct{ key, value string }{
		{"pick", e.Pick}, {"exclude", e.Exclude}, {"author", e.Author}, {"why", e.Why}, {"owner", e.Owner},
	} {
		if line.value != "" {
			fmt.Fprintf(&b, "%s = %s\n", line.key, quoted(line.value))
		}
	}
	for _, line := range []struct {
		key string
		on  bool
	}{{"three_way", e.ThreeWay}, {"replies", e.Replies}, {"link", e.Link}} {
		if line.on {
			fmt.Fprintf(&b, "%s = true\n", line.key)
		}
	}
	if e.Fuzz > 0 {
		fmt.Fprintf(&b, "fuzz = %d\n", e.Fuzz)
	}
	if e.Strip != nil {
		fmt.Fprintf(&b, "strip = %d\n", *e.Strip)
	}
	for _, line := range []struct {
		key    string
		values []string
	}{{"trailers", e.Trailers}, {"config", e.Config}, {"tests", e.Tests}} {
		if len(line.values) > 0 {
			fmt.Fprintf(&b, "%s = %s\n", line.key, list(line.values))
		}
	}
	return b.String()
}

// quoted returns s as a string of TOML.
func quoted(s string) string {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(map[string]string{"k": s}); err != nil {
		panic(err) // a string always encodes
	}
	_, value, _ := strings.Cut(strings.TrimSpace(b.String()), " = ")
	return value
}

func list(values []string) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, quoted(v))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
