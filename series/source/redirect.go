// SPDX-License-Identifier: GPL-2.0-only

package source

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// maxRedirects is how often a server may send us elsewhere.
const maxRedirects = 5

// checkRedirect keeps a server of an archive from sending us to one that it could not reach itself: where we go stays on
// http and https, and nothing of this machine or a private network is asked but what the user named.
func checkRedirect(req *http.Request, via []*http.Request) error {
	switch named := via[0].URL; {
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("redirected to %s, which is neither http nor https", req.URL.Redacted())
	case req.URL.Host != named.Host && isPrivate(req.Context(), req.URL):
		return fmt.Errorf("redirected from %s to %s, which is not public", named.Host, req.URL.Host)
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
