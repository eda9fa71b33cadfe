// SPDX-License-Identifier: GPL-2.0-only

package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/run"
)

// Peel returns the object of a kind ("commit", "tree") that rev leads to. Names and hashes are
// looked up here; expressions go to git.
func (r *Repo) Peel(rev, kind string) (odb.Hash, error) {
	if rev == "" {
		rev = "HEAD"
	}
	id, err := r.lookup(rev, kind)
	if err != nil || id == "" {
		return id, err
	}
	return r.peel(id, kind)
}

func (r *Repo) lookup(rev, kind string) (odb.Hash, error) {
	if strings.HasPrefix(rev, "-") {
		return "", r.noRevision(rev)
	}
	if len(rev) == r.Format.Size*2 && odb.IsHex(rev) {
		return odb.Hash(strings.ToLower(rev)), nil
	}
	if strings.ContainsAny(rev, "^~:@{}*?[\\ ") || strings.Contains(rev, "..") {
		return r.revParse(rev)
	}
	for _, rule := range []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
		name := fmt.Sprintf(rule, rev)
		if rule == "%s" && name != "HEAD" && !strings.HasPrefix(name, "refs/") && strings.ToUpper(name) != name {
			continue
		}
		if id, err := r.RefValue(name); err == nil {
			return id, nil
		} else if !errors.Is(err, fs.ErrNotExist) && rule != "%s" {
			return "", err
		}
	}
	if odb.IsHex(rev) && len(rev) >= 4 {
		return r.Unabbreviate(rev, kind)
	}
	if strings.Contains(rev, "-g") {
		return r.revParse(rev)
	}
	return "", r.noRevision(rev)
}

func (r *Repo) noRevision(rev string) error {
	err := fmt.Errorf("%q: %w in %s", rev, ErrNoRevision, r.GitDir)
	if rev == "HEAD" {
		return hint.Wrap(err, "the branch has no commit yet")
	}
	if r.IsShallow() {
		return hint.Wrap(err, "this repository is shallow; `lsmpatch fetch --commit "+rev+"` may get it")
	}
	return hint.Wrap(err, "it takes a branch, a tag, or a hash that this repository has")
}

func (r *Repo) revParse(rev string) (odb.Hash, error) {
	out, err := r.Git(context.Background(), "rev-parse", "--verify", "--quiet", "--end-of-options", rev)
	var failed *run.Error
	if errors.As(err, &failed) && failed.ExitCode > 0 {
		return "", r.noRevision(rev)
	}
	return odb.Hash(strings.TrimSpace(string(out))), err
}

// Unabbreviate finds the one object of a kind, or that leads to one, whose name begins so.
func (r *Repo) Unabbreviate(rev, kind string) (odb.Hash, error) {
	all, err := r.Store.WithPrefix(rev, 100)
	if err != nil {
		return "", err
	}
	var fit []odb.Hash
	for _, id := range all {
		if _, err := r.peel(id, kind); err == nil {
			fit = append(fit, id)
		}
	}
	switch len(fit) {
	case 0:
		return "", r.noRevision(rev)
	case 1:
		return fit[0], nil
	}
	return "", hint.Wrap(fmt.Errorf("%q: %w: %d objects begin so", rev, ErrNoRevision, len(fit)), "give more digits")
}

// peel follows tags, and from a commit to its tree where a tree is asked for.
func (r *Repo) peel(id odb.Hash, kind string) (odb.Hash, error) {
	start := id
	for range 10 {
		typ, data, err := r.Store.Read(id.Raw())
		if errors.Is(err, odb.ErrNoObject) {
			return "", r.noRevision(string(start))
		}
		if err != nil {
			return "", err
		}
		next := ""
		switch {
		case typ.String() == kind:
			return id, nil
		case typ == plumbing.TagObject:
			next = "object "
		case typ == plumbing.CommitObject && kind == "tree":
			next = "tree "
		}
		line, _, _ := bytes.Cut(data, []byte("\n"))
		target, ok := strings.CutPrefix(string(line), next)
		if next == "" || !ok {
			break
		}
		id = odb.Hash(target)
	}
	return "", fmt.Errorf("%s leads to no %s: %w", start, kind, ErrNoRevision)
}

// ReadCommit reads a commit object.
func (r *Repo) ReadCommit(id odb.Hash) (*Commit, error) {
	data, err := r.Store.ReadType(id.Raw(), plumbing.CommitObject)
	if err != nil {
		return nil, err
	}
	return ParseCommit(id, data)
}

// ParseCommit reads what a commit object holds. One that names no tree is an error.
func ParseCommit(id odb.Hash, data []byte) (*Commit, error) {
	c := &Commit{Hash: id}
	head, message, _ := bytes.Cut(data, []byte("\n\n"))
	c.Message = string(message)
	for line := range strings.SplitSeq(string(head), "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "tree":
			c.Tree = odb.Hash(value)
		case "parent":
			c.Parents = append(c.Parents, odb.Hash(value))
		case "author":
			c.Author = parseSignature(value)
		case "committer":
			c.Committer = parseSignature(value)
		case "encoding":
			c.Encoding = value
		}
	}
	if c.Tree == "" {
		return nil, fmt.Errorf("commit %s names no tree", id)
	}
	return c, nil
}

// parseSignature reads "name <address> seconds zone".
func parseSignature(s string) object.Signature {
	var sig object.Signature
	open, end := strings.IndexByte(s, '<'), strings.LastIndexByte(s, '>')
	if open < 0 || end < open {
		sig.Name = s
		return sig
	}
	sig.Name, sig.Email = strings.TrimSpace(s[:open]), s[open+1:end]
	seconds, zone, _ := strings.Cut(strings.TrimSpace(s[end+1:]), " ")
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return sig
	}
	z, err := strconv.Atoi(zone)
	if err != nil {
		z = 0
	}
	sig.When = time.Unix(n, 0).In(time.FixedZone("", (z/100*60+z%100)*60))
	return sig
}

// blob reads the blob with a full or abbreviated name.
func (r *Repo) blob(prefix string) ([]byte, error) {
	if len(prefix) == r.Format.Size*2 && odb.IsHex(prefix) {
		data, err := r.Store.ReadType(odb.Hash(prefix).Raw(), plumbing.BlobObject)
		if errors.Is(err, odb.ErrNoObject) {
			err = fmt.Errorf("blob %s: %w", prefix, ErrNoRevision)
		}
		return data, err
	}
	id, err := r.Unabbreviate(prefix, "blob")
	if err != nil {
		return nil, err
	}
	return r.Store.ReadType(id.Raw(), plumbing.BlobObject)
}

// promised gets an object that a partial clone left at its remote.
func (r *Repo) promised(id odb.Hash) (plumbing.ObjectType, []byte, error) {
	ctx := context.Background()
	out, err := r.GitAsUser(ctx, run.Cmd{Args: []string{"cat-file", "--batch"}, Stdin: strings.NewReader(string(id) + "\n")})
	if err != nil {
		return 0, nil, fmt.Errorf("getting %s from the promisor remote: %w", id, err)
	}
	head, data, _ := bytes.Cut(out, []byte("\n"))
	fields := strings.Fields(string(head))
	if len(fields) != 3 {
		return 0, nil, fmt.Errorf("%w: %s", odb.ErrNoObject, id)
	}
	typ, err := plumbing.ParseObjectType(fields[1])
	size, sizeErr := strconv.Atoi(fields[2])
	if err = errors.Join(err, sizeErr); err != nil || size > len(data) {
		return 0, nil, errors.Join(fmt.Errorf("git cat-file: %q", head), err)
	}
	return typ, data[:size], nil
}

// findBlob asks git log for the last commits that touched a path.
func (r *Repo) findBlob(ctx context.Context, rev, name, prefix string, limit int) ([]Place, error) {
	if limit <= 0 {
		limit = 200
	}
	id, err := r.Peel(rev, "commit")
	if err != nil {
		return nil, err
	}
	out, err := r.Git(ctx, "log", "--no-show-signature", "--format=%x01%H %s", "--raw", "--no-abbrev", "--no-renames", "-z",
		"--max-count="+strconv.Itoa(limit), string(id), "--", name)
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	var found []Place
	for record := range strings.SplitSeq(string(out), "\x01") {
		head, raw, _ := strings.Cut(record, "\x00")
		commit, subject, _ := strings.Cut(head, " ")
		for field := range strings.SplitSeq(raw, "\x00") {
			cols := strings.Fields(strings.TrimLeft(field, "\n"))
			if len(cols) == 5 && cols[0][0] == ':' && strings.HasPrefix(cols[3], strings.ToLower(prefix)) {
				found = append(found, Place{odb.Hash(commit), subject, name, odb.Hash(cols[3])})
			}
		}
	}
	return found, nil
}
