// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/hint"
)

// TestUnknownRefFormat says in one line that git is too old for a repository, and what helps. It was an exit status of git.
func TestUnknownRefFormat(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	gittest.Git(t, dir, "init", "-q")
	gittest.Git(t, dir, "config", "core.repositoryFormatVersion", "1")
	gittest.Git(t, dir, "config", "extensions.refStorage", "of-the-future")
	_, err := Find(dir)
	if err == nil || !strings.Contains(err.Error(), `in the format "of-the-future", which the installed git does not know`) || hint.Of(err) == "" {
		t.Errorf("%v, hint %q", err, hint.Of(err))
	}
}
