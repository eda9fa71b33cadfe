// SPDX-License-Identifier: GPL-2.0-only

// Package redirect follows servers that send us elsewhere, as far as that is safe.
//
// Use [Check] as the CheckRedirect of an http.Client, and [Follow] for a program such as git, which is then told not to follow
// by itself.
package redirect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// maxRedirects is how often a server may send us elsewhere.
const maxRedirects = limit.Redirects

// ErrRefused is matched by the error of a redirect that is not followed.
var ErrRefused = errors.New("refused to follow")

// Check keeps a server of an archive from sending us to one that it could not reach itself: where we go stays on
// http and https, and nothing of this machine or a private network is asked but what the user named.
func Check(req *http.Request, via []*http.Request) error {
	switch named := via[0].URL; {
	case len(via) > maxRedirects:
		return fmt.Errorf("%w more than %d redirects", ErrRefused, maxRedirects)
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("%w a redirect to %s, which is neither http nor https", ErrRefused, req.URL.Redacted())
	case req.URL.Host != named.Host && isPrivate(req.Context(), req.URL):
		return fmt.Errorf("%w a redirect from %s to %s, which is not public", ErrRefused, named.Host, req.URL.Host)
	}
	return nil
}

// isPrivate reports whether a server is, or may be, this machine or one of a private network.
func isPrivate(ctx context.Context, u *url.URL) bool {
	addresses, err := net.DefaultResolver.LookupIP(ctx, "ip", u.Hostname())
	if err != nil {
		return false // it cannot be reached either
	}
	for _, ip := range addresses {
		if ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast() {
			return true
		}
	}
	return false
}

// Follow asks base+page, follows where that leads, and returns what stands there for base: base itself where it leads nowhere,
// or where the server cannot be asked. An error is an [ErrRefused]: it leads where we do not go, or to another page.
func Follow(ctx context.Context, client *http.Client, base, page string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+page, nil)
	if err != nil {
		return base, nil // whoever uses base will say what is wrong with it
	}
	checked := *client
	checked.CheckRedirect = Check
	answer, err := checked.Do(request)
	if errors.Is(err, ErrRefused) {
		return "", err
	}
	if err != nil {
		return base, nil
	}
	answer.Body.Close()
	end := answer.Request.URL.String()
	if end == request.URL.String() {
		return base, nil
	}
	to, ok := strings.CutSuffix(end, page)
	if !ok {
		return "", fmt.Errorf("%w a redirect to %s, which is another page", ErrRefused, answer.Request.URL.Redacted())
	}
	return to, nil
}
