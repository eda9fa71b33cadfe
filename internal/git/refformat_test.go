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

// TestUnknownExtension refuses what git refuses; commits were written into such a repository.
func TestUnknownExtension(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ version, extension, want string }{
		{"1", "", ""},
		{"1", "preciousObjects", ""},
		{"0", "ofTheFuture", ""},
		{"1", "ofTheFuture", "extension ofTheFuture, which is not known"},
		{"2", "", "repository format 2, which is not known"},
	} {
		dir := t.TempDir()
		gittest.Git(t, dir, "init", "-q")
		gittest.Git(t, dir, "config", "core.repositoryFormatVersion", tt.version)
		if tt.extension != "" {
			gittest.Git(t, dir, "config", "-f", ".git/config", "extensions."+tt.extension, "true")
		}
		_, err := Find(dir)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(tt.want)) || hint.Of(err) == "") {
			t.Errorf("version %s, extension %q: %v", tt.version, tt.extension, err)
		}
	}
}
