// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package page

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/e2e/browser"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// TestE2EBrowser shows a page in a real Chromium, in three widths and both schemes, with the audit of axe-core. SCREENSHOTS names a
// folder for pictures.
func TestE2EBrowser(t *testing.T) {
	tab := browser.Start(t)
	for name, r := range map[string]*report.Report{"sample": sample(), "passed": {Series: report.Series{Title: "lsm: small"}}, "hostile": hostileReport(strings.Join(hostile, " "))} {
		url := serve(t, r)
		widths, schemes := []int64{320, 768, 1280}, []string{"light", "dark"}
		if name != "sample" { // which has all that there is
			widths, schemes = widths[:1], schemes[:1]
		}
		for _, width := range widths {
			for _, scheme := range schemes {
				t.Run(fmt.Sprintf("%s/%d/%s", name, width, scheme), func(t *testing.T) {
					view := browser.View{Width: width, Scheme: scheme}
					tab.Look(t, view)
					tab.Open(t, url)
					tab.Audit(t, view)
				})
			}
		}
	}
}

// serve serves the page of r, and fails the test where anything else is asked for.
func serve(t *testing.T, r *report.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/" && req.URL.Path != "/favicon.ico" {
			t.Errorf("the page loads %s", req.URL)
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(b.Bytes())
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}
