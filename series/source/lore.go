// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/lazyregexp"
)

// defaultArchive is the public-inbox server of the kernel's lists, with the mails of all lists.
const defaultArchive = "https://lore.kernel.org/all"

// reMessageName is a Message-ID as it may stand alone in an argument.
var reMessageName = lazyregexp.New(`^<?[^\s<>@/\\][^\s<>@]*@[^\s<>@]+>?$`)

// threadInput fetches the thread of a mail from a public-inbox server: the mailbox
// ARCHIVE/ID/t.mbox.gz, whose mails are quoted as mboxrd.
func threadInput(ctx context.Context, archive, id string, opts *Options) ([]*Input, error) {
	if archive == "" {
		archive = opts.Archive
	}
	if archive == "" {
		archive = defaultArchive
	}
	address := strings.TrimRight(archive, "/") + "/" + url.PathEscape(id) + "/t.mbox.gz"
	in, err := newFetcher(opts).get(ctx, address)
	var status *StatusError
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return nil, hint.Wrap(fmt.Errorf("the archive does not know the mail <%s>: %w", id, err),
			"is the Message-ID complete? A mail takes some minutes to arrive; another archive is named with --archive-url")
	}
	if err != nil {
		return nil, err
	}
	empty, err := in.isEmpty()
	if err != nil {
		in.close()
		return nil, err
	}
	if empty {
		in.close()
		return nil, hint.Wrap(fmt.Errorf("%s: %w: the archive answered with an empty mailbox", address, ErrNoPatches),
			"try again later, or another archive with --archive-url")
	}
	in.Name, in.mbox, in.Mboxrd = address, true, true
	in.Archive, in.Wanted = true, id
	return []*Input{in}, nil
}

// urlInputs fetches what a URL names: a mail or a thread of a public-inbox server, a page or a
// month of a pipermail archive, or a mailbox that lies on a server.
func urlInputs(ctx context.Context, address string, opts *Options) ([]*Input, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	if m := rePatchworkList.FindStringSubmatch(u.RequestURI()); m != nil {
		address = u.Scheme + "://" + u.Host + "/series/" + m[1] + "/mbox/"
		path = "/mbox"
	} else if m := rePatchworkAPI.FindStringSubmatch(path); m != nil {
		kind := map[string]string{"patches": "patch", "covers": "cover", "series": "series"}[m[2]]
		address = u.Scheme + "://" + u.Host + m[1] + "/" + kind + "/" + m[3] + "/mbox/"
		path = "/mbox"
	} else if rePatchworkNumber.MatchString(path) {
		address = u.Scheme + "://" + u.Host + path + "/mbox/"
		path = "/mbox"
	}
	if last := path[strings.LastIndexByte(path, '/')+1:]; isFileName(last) {
		in, err := newFetcher(opts).get(ctx, address)
		if err != nil {
			return nil, err
		}
		in.mbox = true
		return one(in.sniff())
	}
	if archive, id := mailURL(u); id != "" {
		return threadInput(ctx, archive, id, opts)
	}
	return nil, hint.Wrap(fmt.Errorf("%s: no mail is named in this URL", address),
		"a URL ends in a Message-ID, as in "+defaultArchive+"/MESSAGE-ID/, or names a mailbox")
}

// mailURL returns the ID of the mail that a URL names, and the archive that has it, "" for the default one.
func mailURL(u *url.URL) (archive, id string) {
	segments := strings.Split(strings.TrimRight(u.EscapedPath(), "/"), "/")
	for i := len(segments) - 1; i >= 0; i-- {
		id, err := url.PathUnescape(segments[i])
		if err != nil || !reMessageName.MatchString(id) {
			continue
		}
		if !redirects(u.Hostname(), segments[:i]) {
			bare := *u
			bare.RawQuery, bare.Fragment, bare.Path, bare.RawPath = "", "", "", ""
			archive = bare.String() + strings.Join(segments[:i], "/")
		}
		return archive, strings.Trim(id, "<>")
	}
	return "", ""
}

// archiveOf returns the archive of a URL that names a mail of it, else "".
func archiveOf(u *url.URL) string {
	archive, _ := mailURL(u)
	return archive
}

// A patchwork server names a series or a patch by its number.
var (
	rePatchworkList   = lazyregexp.New(`/list/\?(?:.*&)?series=(\d+)`)
	rePatchworkNumber = lazyregexp.New(`/(?:patch|series|cover)/\d+$`)
	rePatchworkAPI    = lazyregexp.New(`^(.*)/api(?:/[\d.]+)?/(patches|series|covers)/(\d+)$`)
)

// patchworkPrefix begins a series of a patchwork server by its number: "patchwork:https://HOST/12345".
const patchworkPrefix = "patchwork:"

var rePatchworkSeries = lazyregexp.New(`^(https?://[^/\s]+)/(?:project/[^/\s]+/)?(\d+)/?$`)

// patchworkURL returns the address of the series that name, "https://HOST/12345" or "https://HOST/project/NAME/12345", stands for.
func patchworkURL(name string) (string, error) {
	if m := rePatchworkSeries.FindStringSubmatch(name); m != nil {
		return m[1] + "/series/" + m[2] + "/", nil
	}
	if strings.Trim(name, "0123456789") == "" {
		return "", hint.Wrap(errors.New("a number alone names no server: each counts its own series"),
			"give the server too, patchwork:https://HOST/NUMBER, or the URL of the page")
	}
	return "", hint.Wrap(errors.New("no series of a patchwork server"), "write patchwork:https://HOST/NUMBER, or the URL of the page")
}

// redirects reports whether a URL with a Message-ID leads to an archive and is none: short links, and the
// pages of patchwork.
func redirects(host string, before []string) bool {
	switch {
	case host == "patch.msgid.link" || host == "msgid.link" || host == "mid.kernel.org" || host == "lkml.kernel.org":
		return true
	case host == "lore.kernel.org" && slices.Equal(before, []string{"", "r"}):
		return true
	}
	kind := before[len(before)-1]
	return len(before) > 2 && before[len(before)-3] == "project" && (kind == "patch" || kind == "cover")
}

// isFileName reports whether the last part of a URL is a mailbox or a page, and neither a
// Message-ID nor a thread: those are fetched as "t.mbox.gz", whatever view of them is named.
func isFileName(last string) bool {
	if strings.Contains(last, "@") || strings.Contains(last, "%40") || last == "t.mbox.gz" {
		return false
	}
	if last == "mbox" { // of a patchwork server
		return true
	}
	name := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(last), ".gz"), ".xz")
	for _, ext := range [...]string{".mbox", ".mbx", ".txt", ".html", ".htm", ".patch", ".eml", ".diff"} {
		if strings.HasSuffix(name, ext) {
			return true
		}
	}
	return false
}
