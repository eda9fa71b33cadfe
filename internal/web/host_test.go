// SPDX-License-Identifier: GPL-2.0-only

package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyHosts(t *testing.T) {
	answers := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	guarded := OnlyHosts(answers, []string{"Patches.example.org"})
	for host, want := range map[string]int{
		"127.0.0.1:8080": http.StatusNoContent, "127.0.0.1": http.StatusNoContent, "[::1]:8080": http.StatusNoContent, "[::1]": http.StatusNoContent,
		"localhost:8080": http.StatusNoContent, "LOCALHOST": http.StatusNoContent, "localhost.:8080": http.StatusNoContent,
		"patches.example.org": http.StatusNoContent, "patches.example.org:443": http.StatusNoContent,
		"rebound.example.net:8080": http.StatusMisdirectedRequest, "localhost.example.net": http.StatusMisdirectedRequest,
		"127.0.0.1.example.net:8080": http.StatusMisdirectedRequest, "more.patches.example.org": http.StatusMisdirectedRequest, "": http.StatusMisdirectedRequest,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		guarded.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
	}
}
