// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// A History is all that the stack knows of one patch. Its JSON names are a contract.
type History struct {
	Entry   string   `json:"entry"`
	Index   int      `json:"index"`
	Of      int      `json:"of"`
	Series  []string `json:"series"`
	Version int      `json:"version"`
	Why     string   `json:"why,omitempty"`
	Owner   string   `json:"owner,omitempty"`
	*LockedPatch
	// Resolutions are the files below resolved/ that stand for it at some base.
	Resolutions []string `json:"resolutions"`
}

// Explain tells the whole history of the patches that spec names: ENTRY, ENTRY/N, a commit (at least seven digits of its
// name), a patch ID, a Message-ID, or a part of a title.
func (s *Stack) Explain(spec string) ([]History, error) {
	if s.Lock == nil {
		return nil, errUnlocked
	}
	var found []History
	for _, e := range s.Lock.Entries {
		for i, p := range e.Patches {
			if !p.named(spec, e.Name, i+1) {
				continue
			}
			files, err := s.resolutions(p.PatchID)
			if err != nil {
				return nil, err
			}
			h := History{Entry: e.Name, Index: i + 1, Of: len(e.Patches), Series: e.Series, Version: e.Version, LockedPatch: p, Resolutions: files}
			if m := s.Manifest.Entry(e.Name); m != nil {
				h.Why, h.Owner = m.Why, m.Owner
			}
			found = append(found, h)
		}
	}
	if len(found) == 0 {
		return nil, hint.Wrap(fmt.Errorf("no patch of the stack is called %q", spec), "name ENTRY, ENTRY/N, a commit, a patch ID, a Message-ID, or a part of a title")
	}
	return found, nil
}

// named reports whether spec means the patch.
func (p *LockedPatch) named(spec, entry string, index int) bool {
	if name, number, ok := strings.Cut(spec, "/"); ok && name == entry {
		n, err := strconv.Atoi(number)
		return err == nil && n == index
	}
	id := strings.Trim(spec, "<>")
	if spec == entry || id == p.MessageID && id != "" {
		return true
	}
	if len(spec) >= 7 {
		commits := []string{p.Commit, p.Upstream, p.PatchID}
		for _, past := range p.History {
			commits = append(commits, past.Commit)
		}
		for _, c := range commits {
			if strings.HasPrefix(c, strings.ToLower(spec)) {
				return true
			}
		}
	}
	return strings.Contains(strings.ToLower(p.Title), strings.ToLower(spec))
}
