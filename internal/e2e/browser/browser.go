// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

// Package browser shows pages in a real Chromium, for end-to-end tests.
//
// For most uses, call [Start], then [Tab.Open] for each page and [Tab.Audit], which holds it against what every page of ours keeps: nothing
// scrolls sideways, folded or not, the first key leads past the navigation, axe-core finds nothing, and the browser does not complain.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
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
)

// A Tab is one of a browser that ends with the test.
type Tab struct {
	ctx context.Context
	axe string

	mu   sync.Mutex
	said []string
}

// A View is how somebody looks at a page. Scheme is "light" or "dark".
type View struct {
	Width  int64
	Scheme string
	// NoScript turns scripts of pages off, and with them axe-core. A page in a sandbox has none either.
	NoScript bool
}

// Start starts Chromium, for three minutes at most.
func Start(t *testing.T) *Tab {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join(e2e.NPM(t, "axe-core@4.14.1"), "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	must(t, chromedp.Do(ctx, chromedp.Navigate("about:blank"))) // the context that is used first ends the tab
	tab := &Tab{ctx: ctx, axe: string(axe)}
	must(t, chromedp.Listen(ctx, tab.listen))
	return tab
}

func (b *Tab) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		b.said = append(b.said, ev.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, ev.ExceptionDetails.Text)
	}
}

// Look sets how the pages are looked at from now on.
func (b *Tab) Look(t *testing.T, v View) {
	t.Helper()
	must(t, chromedp.Do(b.ctx, chromedp.EmulateViewport(v.Width, 900)))
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.Scheme}}})
	must(t, err)
	_, err = chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v.NoScript})
	must(t, err)
}

// Open goes to a page.
func (b *Tab) Open(t *testing.T, url string) {
	t.Helper()
	must(t, chromedp.Do(b.ctx, chromedp.Navigate(url)))
}

// Key presses keys, "\t" or "\r" among them.
func (b *Tab) Key(t *testing.T, keys string) {
	t.Helper()
	must(t, chromedp.Do(b.ctx, chromedp.KeyEvent(keys)))
}

// Click clicks what a selector finds first.
func (b *Tab) Click(t *testing.T, selector string) {
	t.Helper()
	if !Ask[bool](t, b, fmt.Sprintf(`{ const at = document.querySelector(%q); at?.click(); at !== null }`, selector)) {
		t.Fatalf("there is no %s:\n%s", selector, Ask[string](t, b, `location.href + "\n" + document.body.innerText`))
	}
}

// Ask returns what an expression is in the page.
func Ask[T any](t *testing.T, b *Tab, expression string) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Await waits until an expression is true in the page.
func (b *Tab) Await(t *testing.T, expression string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		// While a page is left, there is none to ask.
		if v, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression)); err == nil && v {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("%s does not come to be: %v\n%s", expression, err, Ask[string](t, b, `location.href + "\n" + document.body.innerText`))
		}
	}
}

// A fault is what the audit found.
type fault struct {
	ID, Help string
	Nodes    []struct{ HTML, FailureSummary string }
}

const sideways = `document.documentElement.scrollWidth > document.documentElement.clientWidth`

// Audit holds the page against what each has to keep. It unfolds what is folded.
func (b *Tab) Audit(t *testing.T, v View) {
	t.Helper()
	b.Picture(t)
	if Ask[bool](t, b, sideways) {
		t.Error("it scrolls sideways")
	}
	if !Ask[bool](t, b, `getComputedStyle(document.body).overflowWrap === "anywhere"`) {
		t.Error("the policy keeps its own style from it")
	}
	background := Ask[string](t, b, `getComputedStyle(document.body).backgroundColor`)
	if dark := background != "rgb(255, 255, 255)"; dark != (v.Scheme == "dark") {
		t.Errorf("the background is %s", background)
	}
	b.Key(t, "\t")
	if focus := Ask[string](t, b, `document.activeElement.className`); focus != "skip" {
		t.Errorf("the first key goes to %q", focus)
	}
	// Unfolded, nothing may stick out either.
	if Ask[bool](t, b, `for (const d of document.querySelectorAll("details")) d.open = true; `+sideways) {
		t.Error("unfolded it scrolls sideways")
	}
	if !v.NoScript {
		b.axeRuns(t)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.said {
		t.Errorf("the browser says: %s", text)
	}
	b.said = nil
}

func (b *Tab) axeRuns(t *testing.T) {
	t.Helper()
	Ask[int](t, b, b.axe+"; 0") // by the browser's own door: the policy lets no script of the page run
	var faults []fault
	must(t, json.Unmarshal([]byte(Ask[string](t, b, `axe.run().then(r => JSON.stringify(r.violations.concat(r.incomplete)))`)), &faults))
	for _, f := range faults {
		t.Errorf("%s: %s: %+v", f.ID, f.Help, f.Nodes)
	}
}

// Picture writes a picture of the page, named for the test, to the folder that SCREENSHOTS names.
func (b *Tab) Picture(t *testing.T) {
	t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	must(t, err)
	_, name, _ := strings.Cut(t.Name(), "/")
	must(t, os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".png"), picture, 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
