// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"net"
	"net/http"
	"slices"
	"strings"
)

// OnlyHosts answers with next those requests whose Host is an address, "localhost" or one of names, and refuses others (421). A page
// of another site, whose owner lets its name point to this machine once the page is read (DNS rebinding), would
// read by the reader's browser what nobody else can reach.
func OnlyHosts(next http.Handler, names []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := hostOf(r.Host)
		known := func(name string) bool { return strings.EqualFold(name, host) }
		if net.ParseIP(host) == nil && !known("localhost") && !slices.ContainsFunc(names, known) {
			http.Error(w, "these pages are not known by that name (serve --pages-host NAME)", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostOf is what a Host header names, without its port, the brackets of an address and the dot of a full name.
func hostOf(header string) string {
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
	}
	return strings.TrimSuffix(host, ".")
}
