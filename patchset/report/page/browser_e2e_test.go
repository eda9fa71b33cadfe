// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/lsmpatch/lsmpatch/internal/e2e"
	"github.com/lsmpatch/lsmpatch/patchset/report"
)

// browser starts Chromium, and returns a context for a tab of it.
func browser(t *testing.T) context.Context {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	must(t, chromedp.Do(ctx, chromedp.Navigate("about:blank"))) // the context that is used first ends the tab
	return ctx
}

// A fault is what the audit found.
type fault struct {
	ID, Help string
	Nodes    []struct{ HTML, FailureSummary string }
}

// TestE2EBrowser shows a page in a real Chromium, in three widths and both schemes, with the audit of axe-core. SCREENSHOTS names a
// folder for pictures.
func TestE2EBrowser(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join(e2e.NPM(t, "axe-core@4.14.1"), "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := browser(t)
	for name, r := range map[string]*report.Report{"sample": sample(), "passed": {Series: report.Series{Title: "lsm: small"}}, "hostile": hostileReport(strings.Join(hostile, " "))} {
		url := serve(t, r)
		widths, schemes := []int64{320, 768, 1280}, []string{"light", "dark"}
		if name != "sample" { // which has all that there is
			widths, schemes = widths[:1], schemes[:1]
		}
		for _, width := range widths {
			for _, scheme := range schemes {
				t.Run(fmt.Sprintf("%s/%d/%s", name, width, scheme), func(t *testing.T) { look(t, ctx, url, string(axe), width, scheme) })
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

// look audits one view of a page.
func look(t *testing.T, ctx context.Context, url, axe string, width int64, scheme string) {
	var mu sync.Mutex
	var said []string
	heard, stop := context.WithCancel(ctx)
	defer stop()
	if err := chromedp.Listen(heard, func(ev any) {
		mu.Lock()
		defer mu.Unlock()
		switch ev := ev.(type) {
		case *log.EventEntryAdded:
			said = append(said, ev.Entry.Text)
		case *runtime.EventExceptionThrown:
			said = append(said, ev.ExceptionDetails.Text)
		}
	}); err != nil {
		t.Fatal(err)
	}
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900)))
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	must(t, err)
	must(t, chromedp.Do(ctx, chromedp.Navigate(url)))
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	must(t, err)
	keep(t, picture)
	const sideways = `document.documentElement.scrollWidth > document.documentElement.clientWidth`
	if ask[bool](t, ctx, sideways) {
		t.Error("it scrolls sideways")
	}
	if !ask[bool](t, ctx, `getComputedStyle(document.body).overflowWrap === "anywhere"`) {
		t.Error("the policy keeps its own style from it")
	}
	background := ask[string](t, ctx, `getComputedStyle(document.body).backgroundColor`)
	if dark := background != "rgb(255, 255, 255)"; dark != (scheme == "dark") {
		t.Errorf("the background is %s", background)
	}
	must(t, chromedp.Do(ctx, chromedp.KeyEvent("\t")))
	if focus := ask[string](t, ctx, `document.activeElement.className`); focus != "skip" {
		t.Errorf("the first key goes to %q", focus)
	}
	// Unfolded, nothing may stick out either.
	if ask[bool](t, ctx, `for (const d of document.querySelectorAll("details")) d.open = true; `+sideways) {
		t.Error("unfolded it scrolls sideways")
	}
	ask[int](t, ctx, axe+"; 0") // by the browser's own door: the policy lets no script of the page run
	audit := ask[string](t, ctx, `axe.run().then(r => JSON.stringify(r.violations.concat(r.incomplete)))`)
	var faults []fault
	must(t, json.Unmarshal([]byte(audit), &faults))
	for _, f := range faults {
		t.Errorf("%s: %s: %+v", f.ID, f.Help, f.Nodes)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, text := range said {
		t.Errorf("the browser says: %s", text)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ask returns what an expression is in the page.
func ask[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	must(t, err)
	return v
}

// keep writes a picture to the folder that SCREENSHOTS names.
func keep(t *testing.T, picture []byte) {
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	name := strings.ReplaceAll(strings.TrimPrefix(t.Name(), "TestE2EBrowser/"), "/", "-") + ".png"
	if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}
