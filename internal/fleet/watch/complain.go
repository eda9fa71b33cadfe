// SPDX-License-Identifier: GPL-2.0-only

package watch

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// Check says which of the lists cannot be watched as it is written. One that is not there at the moment is no error.
func Check(lists []fleet.List) error {
	for i := range lists {
		if err := checkList(&lists[i]); err != nil {
			return fmt.Errorf("list %s: %w", lists[i].Name, err)
		}
	}
	return nil
}

func checkList(list *fleet.List) error {
	if strings.HasPrefix(list.From, fleet.PatchworkPrefix) {
		if _, err := projectOf(list.From); err != nil {
			return err
		}
	} else if strings.Contains(list.From, "://") || strings.HasPrefix(list.From, "builtin:") {
		return hint.Wrap(fmt.Errorf("%q cannot be watched", list.From), "it is inbox:DIR of a copy of an archive (public-inbox-clone), a maildir, a mailbox, or patchwork:https://HOST/project/NAME")
	}
	if list.Fetch && !strings.HasPrefix(list.From, "inbox:") {
		return hint.Wrap(errors.New("fetch is for an archive in git alone"), `from = "inbox:DIR"`)
	}
	return nil
}

// complain notes what is wrong with a list, or with something of it, once, until it is something else or nothing.
func (w *Watcher) complain(list *fleet.List, of string, err error) {
	about := list.Name + " " + of
	if err == nil {
		w.told.Delete(about)
		return
	}
	text := fmt.Sprintf("list %s: %v", list.Name, err)
	if before, _ := w.told.Swap(about, text); before == text {
		return
	}
	w.note("%s", text)
	if advice := hint.Of(err); advice != "" {
		w.note("hint: %s", advice)
	}
}

// passOver returns what tells of a mail that is left out.
func (w *Watcher) passOver(list *fleet.List) func(error) {
	return func(err error) { w.complain(list, err.Error(), fmt.Errorf("passed over: %w", err)) }
}
