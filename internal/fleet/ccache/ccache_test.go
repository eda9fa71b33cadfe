// SPDX-License-Identifier: GPL-2.0-only

package ccache

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/limit"
)

const token = "a token for tests"

// testCache serves a cache in dir.
func testCache(t *testing.T, dir string, quota int64) (*Cache, *httptest.Server) {
	t.Helper()
	c, err := Open(dir, quota, token)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(c)
	t.Cleanup(func() { s.Close(); c.Close() })
	return c, s
}

// do asks for a name and returns the code and the body.
func do(t *testing.T, s *httptest.Server, method, name, body, with string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+name, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if with != "" {
		r.Header.Set("Authorization", "Bearer "+with)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// name returns the name of an object.
func name(i int) string { return fmt.Sprintf("/%02d/%030d", i%100, i) }

// sizeOf returns the bytes and the number of the files in dir.
func sizeOf(t *testing.T, dir string) (bytes int64, files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes, files = bytes+info.Size(), files+1
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes, files
}

// TestWhoMay: anybody reads, and who writes shows the token.
func TestWhoMay(t *testing.T) {
	dir := t.TempDir()
	_, s := testCache(t, dir, 1<<20)
	for _, step := range []struct {
		method, with string
		code         int
		body         string
	}{
		{"GET", "", 404, ""}, {"PUT", "", 401, ""}, {"PUT", "another", 401, ""}, {"PUT", token, 201, ""}, {"GET", "", 200, "x"}, {"HEAD", "", 200, ""},
		{"DELETE", "", 401, ""}, {"GET", "", 200, "x"}, {"DELETE", token, 204, ""}, {"GET", "", 404, ""}, {"POST", token, 405, ""},
	} {
		code, body := do(t, s, step.method, name(1), "x", step.with)
		if code != step.code || code == 200 && body != step.body {
			t.Errorf("%s with %q: %d %q", step.method, step.with, code, body)
		}
	}
	if _, files := sizeOf(t, dir); files != 0 {
		t.Errorf("%d files are left", files)
	}
	if _, err := Open(t.TempDir(), 1, ""); err == nil {
		t.Error("a cache without a token opens")
	}
}

// TestNames: both layouts name the same object, and nothing else is a name.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	_, s := testCache(t, dir, 1<<20)
	if code, _ := do(t, s, "PUT", "/ab/0123456789abcdefghijklmnopqrstuv", "x", token); code != 201 {
		t.Errorf("%d", code)
	}
	if code, body := do(t, s, "GET", "/ab0123456789abcdefghijklmnopqrstuv", "", ""); code != 200 || body != "x" {
		t.Errorf("%d %q", code, body)
	}
	for _, bad := range []string{"/", "/ab", "/ab/fresh-x", "/ab/../../../../../../etc/passwd", "/ab%2f..%2f..%2f01234567890123456789", "/ab/0123456789012345678w", "/ab/" + strings.Repeat("0", 200), "/ab/01234567890123456789%00", "/ab/01234567890123456789%0a"} {
		if code, _ := do(t, s, "PUT", bad, "x", token); code != 400 {
			t.Errorf("%q: %d", bad, code)
		}
	}
	if _, files := sizeOf(t, dir); files != 1 {
		t.Errorf("%d files", files)
	}
}

// TestQuota: what was not asked for longest goes, also after another start; what is too large does not come in.
func TestQuota(t *testing.T) {
	dir := t.TempDir()
	c, s := testCache(t, dir, 1000)
	body := strings.Repeat("x", 100)
	for i := range 10 {
		do(t, s, "PUT", name(i), body, token)
		if i == 3 {
			do(t, s, "PUT", name(i), body, token) // again: counts once
		}
	}
	for i := range 9 {
		if i != 1 {
			do(t, s, "GET", name(i), "", "")
			time.Sleep(2 * time.Millisecond) // files have times, by which the next process goes
		}
	}
	if code, _ := do(t, s, "PUT", name(20), body, token); code != 201 {
		t.Error(code)
	}
	if code, _ := do(t, s, "GET", name(1), "", ""); code != 404 {
		t.Errorf("the one that nobody asked for is there: %d", code)
	}
	if size, files := sizeOf(t, dir); size != 1000 || c.size != 1000 || files != 10 {
		t.Errorf("%d bytes, counted %d, in %d files", size, c.size, files)
	}
	if code, _ := do(t, s, "PUT", name(30), strings.Repeat("x", 1001), token); code != 413 {
		t.Error(code)
	}
	r := httptest.NewRequest("PUT", name(31), io.MultiReader(strings.NewReader("x")))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	if c.ServeHTTP(w, r); w.Code != http.StatusLengthRequired {
		t.Errorf("without a length: %d", w.Code)
	}
	if err := os.WriteFile(filepath.Join(dir, "00", fresh+"x"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, s := testCache(t, dir, 500)
	if size, files := sizeOf(t, dir); size != 500 || again.size != 500 || files != 5 {
		t.Errorf("another start: %d bytes, counted %d, in %d files", size, again.size, files)
	}
	for i, want := range map[int]int{0: 404, 2: 404, 9: 404, 8: 200, 7: 200, 20: 200} {
		if code, _ := do(t, s, "GET", name(i), "", ""); code != want {
			t.Errorf("%d: %d", i, code)
		}
	}
}

// TestTooLarge: an object beyond the limit is refused by what it announces.
func TestTooLarge(t *testing.T) {
	c, _ := testCache(t, t.TempDir(), 1<<40)
	r := httptest.NewRequest("PUT", name(1), strings.NewReader(""))
	r.Header.Set("Authorization", "Bearer "+token)
	r.ContentLength = limit.CacheObject + 1
	w := httptest.NewRecorder()
	if c.ServeHTTP(w, r); w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "64 MiB") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestCutShort: an object whose sender goes leaves nothing, neither a file nor a count.
func TestCutShort(t *testing.T) {
	dir := t.TempDir()
	c, s := testCache(t, dir, 1000)
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\nhalf", name(1), token)
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, files := sizeOf(t, dir); files == 1 { // it has begun
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing begins")
		}
	}
	conn.Close()
	s.Close()
	if _, files := sizeOf(t, dir); files != 0 || c.size != 0 {
		t.Errorf("%d files, %d bytes", files, c.size)
	}
}

// TestManyAtOnce: writers and readers of the same names see whole objects alone, and the count is right in the end.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	c, s := testCache(t, dir, 20_000)
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := range 50 {
				body := string(bytes.Repeat([]byte{byte('a' + w)}, 100*(w+1)))
				do(t, s, "PUT", name(i), body, token)
				if code, body := do(t, s, "GET", name((i*7)%50), "", ""); code == 200 && (body == "" || strings.Trim(body, body[:1]) != "" || len(body)%100 != 0) {
					t.Errorf("%.300q", body)
				}
			}
		})
	}
	wait.Wait()
	if size, _ := sizeOf(t, dir); size != c.size || size > 20_000 {
		t.Errorf("%d bytes, counted %d", size, c.size)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("/ab/0123456789abcdefghijklmnopqrstuv", "PUT")
	f.Add("/../x", "DELETE")
	dir := f.TempDir()
	c, err := Open(filepath.Join(dir, "cache"), 1000, token)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, name, method string) {
		r := httptest.NewRequest("GET", "/", strings.NewReader("x"))
		r.Method, r.URL.Path, r.ContentLength = method, name, 1
		r.Header.Set("Authorization", "Bearer "+token)
		c.ServeHTTP(httptest.NewRecorder(), r)
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%v, %v", entries, err)
		}
	})
}

// TestQuotaOfThoseWritten: objects that are written at the same time have no more room together than there is. Once all of them were
// taken, and the folder stayed beyond its quota until the next one came.
func TestQuotaOfThoseWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, s := testCache(t, dir, 100)
	if !c.reserve(80) { // as one whose body is on its way
		t.Fatal("there is no room in an empty cache")
	}
	if code, _ := do(t, s, http.MethodPut, name(1), strings.Repeat("x", 80), token); code != http.StatusInsufficientStorage {
		t.Errorf("beyond the quota: %d", code)
	}
	if code, _ := do(t, s, http.MethodPut, name(2), strings.Repeat("x", 20), token); code != http.StatusCreated {
		t.Errorf("what is left of it: %d", code)
	}
	if size, files := sizeOf(t, dir); size != 20 || files != 1 || c.size != 100 {
		t.Errorf("%d bytes in %d files, counted %d", size, files, c.size)
	}
}

// TestNotOpened: an object that cannot be opened at the moment, as there are too many files, stays. It was once removed.
func TestNotOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, s := testCache(t, dir, 100)
	do(t, s, http.MethodPut, name(1), "x", token)
	c.root.Close()
	if code, _ := do(t, s, http.MethodGet, name(1), "", ""); code != http.StatusNotFound || len(c.objects) != 1 || c.size != 1 {
		t.Errorf("%d, %d objects, %d bytes", code, len(c.objects), c.size)
	}
}
