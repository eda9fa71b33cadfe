// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/git"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
	"github.com/lsmpatch/lsmpatch/internal/redirect"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

var abbreviated = lazyregexp.New(`^[0-9a-f]{7,39}$`)

// described matches what git describe calls a commit: a tag, how many commits ago that was, and the hash.
var described = lazyregexp.New(`^.+-[0-9]+-g([0-9a-f]{7,64})$`)

// fullRevision makes an abbreviated hash whole, which git's protocol cannot: from the objects at
// hand, from a remote that is a folder, or from its web interface. Of what git describe prints the hash counts. Other revisions it returns as they are; a branch or
// tag that looks like a hash is asked for by its full name, refs/heads/….
func fullRevision(ctx context.Context, r *git.Repo, remote, rev string) (string, error) {
	if m := described.FindStringSubmatch(rev); m != nil {
		if rev = m[1]; fullHash.MatchString(rev) {
			return rev, nil
		}
	}
	if !abbreviated.MatchString(rev) {
		return rev, nil
	}
	if id, err := r.Unabbreviate(rev, "commit"); err == nil {
		return string(id), nil
	}
	if id := hashInFolder(ctx, remote, rev); id != "" {
		return id, nil
	}
	urls := patchURLs(remote, rev)
	for _, url := range urls {
		if id, err := hashOfPatch(ctx, url, rev); err == nil {
			return id, nil
		} else if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	why := "git's protocol takes only whole hashes"
	if len(urls) > 0 {
		why += ", and the remote's web pages do not tell it"
	}
	return "", hint.Wrap(fmt.Errorf("abbreviated hash %s: %w: %s", rev, git.ErrNoRevision, why), "give all 40 digits, a tag or a branch")
}

// hashInFolder asks a repository that is a folder of this machine, and returns "" where remote is none or does not know the commit.
func hashInFolder(ctx context.Context, remote, rev string) string {
	dir := strings.TrimPrefix(remote, "file://")
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	out, err := run.Output(ctx, run.Cmd{Args: []string{"git", "rev-parse", "--verify", "--quiet", rev + "^{commit}"}, Dir: dir, Env: run.GitEnv()})
	if err != nil {
		return ""
	}
	id := strings.TrimSpace(string(out))
	if !fullHash.MatchString(id) || !strings.HasPrefix(id, rev) { // a branch may look like a hash
		return ""
	}
	return id
}

// patchURLs returns where the web interfaces that we know (cgit, GitHub, GitLab) show a commit as
// a mail.
func patchURLs(remote, rev string) []string {
	if !isHTTP(remote) {
		return nil
	}
	base := strings.TrimSuffix(remote, "/")
	plain := strings.TrimSuffix(base, ".git")
	return []string{base + "/patch/?id=" + rev, plain + "/commit/" + rev + ".patch", plain + "/-/commit/" + rev + ".patch"}
}

// hashOfPatch reads the full hash from the first line of a mail, "From HASH date".
func hashOfPatch(ctx context.Context, url, rev string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	answer, err := (&http.Client{CheckRedirect: redirect.Check}).Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	line, err := bufio.NewReader(io.LimitReader(answer.Body, 256)).ReadString('\n')
	if err != nil {
		return "", err
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(line, "From "), " ")
	if answer.StatusCode != http.StatusOK || !fullHash.MatchString(id) || !strings.HasPrefix(id, rev) {
		return "", fmt.Errorf("%s: no commit %s there", url, rev)
	}
	return id, nil
}
