// SPDX-License-Identifier: GPL-2.0-only

package watch

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/fleet"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/patchset"
	"github.com/lsmpatch/lsmpatch/series/mail"
)

// TestHostileMail: the mail of a stranger with headers beyond the limit kept all series of the list from being seen, for as long as it
// was within the window. It is told once, though the list is looked at again and again.
func TestHostileMail(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	a.add(time.Now(), []byte("Subject: [PATCH] x\nX-Filler: "+strings.Repeat("x", mail.MaxHead)+"\n\nx\n"))
	a.add(time.Now(), carried(t, "rust-lsm")...)
	w, _ := newWatcher(t, "inbox:"+a.dir, oneTree)
	told := ""
	w.Note = func(format string, args ...any) { told += fmt.Sprintf(format, args...) + "\n" }
	if n := w.mustLook(t); n != 1 {
		t.Errorf("%d jobs", n)
	}
	a.add(time.Now(), []byte("Subject: Re: x\n\nx\n"))
	if w.mustLook(t); strings.Count(told, "1 MB of headers") != 1 {
		t.Error(told)
	}
}

// TestNoInbox: a repository that is no public-inbox was watched without a word.
func TestNoInbox(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git(t, dir, "", "init", "-q")
	git(t, dir, "", "commit", "-q", "--allow-empty", "-m", "x")
	w, _ := newWatcher(t, "inbox:"+dir, oneTree)
	if _, err := w.Look(t.Context(), &w.Lists[0]); err == nil || !strings.Contains(err.Error(), "no mail") || hint.Of(err) == "" {
		t.Errorf("%v", err)
	}
}

// TestToldOnce: a list that is away was told of at each look, every twenty seconds. It is told again once it was there in between.
func TestToldOnce(t *testing.T) {
	t.Parallel()
	box := filepath.Join(t.TempDir(), "mbox")
	w, _ := newWatcher(t, box, oneTree)
	told := make(chan string, 100)
	w.Note, w.Pause = func(format string, args ...any) { told <- fmt.Sprintf(format, args...) }, 10*time.Millisecond
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	for range 2 {
		if first := <-told; !strings.Contains(first, "no such file") {
			t.Error(first)
		}
		time.Sleep(100 * time.Millisecond)
		write(t, box, "From a@example.org Mon Sep 17 00:00:00 2001\nSubject: talk\n\nx\n")
		time.Sleep(100 * time.Millisecond)
		if err := os.Remove(box); err != nil {
			t.Fatal(err)
		}
	}
	<-told
	stop()
	if err := <-ended; err != nil || len(told) != 0 {
		t.Errorf("%v, told %d times more", err, len(told))
	}
}

// TestCheck: what cannot be watched is told before anything begins.
func TestCheck(t *testing.T) {
	t.Parallel()
	for from, wrong := range map[string]string{
		"inbox:lists/lsm": "", "box": "", "patchwork:https://patchwork.example.org/project/lsm": "",
		"https://lore.example.org/lsm/": "cannot be watched", "builtin:rust-lsm": "cannot be watched",
		"patchwork:https://patchwork.example.org/lsm": "no project", "patchwork:lsm": "no project",
	} {
		err := Check([]fleet.List{{Name: "lsm", From: from}})
		if (err == nil) != (wrong == "") || err != nil && (!strings.Contains(err.Error(), wrong) || hint.Of(err) == "") {
			t.Errorf("%s: %v", from, err)
		}
		if err := Check([]fleet.List{{Name: "lsm", From: from, Fetch: true}}); (err == nil) != strings.HasPrefix(from, "inbox:") {
			t.Errorf("%s, with fetch: %v", from, err)
		}
	}
}

// TestPatchworkWrong: a series whose mailbox is no mailbox, is elsewhere or breaks off kept those behind it from being seen; a server that
// is not there is told of once, in words that do not change.
func TestPatchworkWrong(t *testing.T) {
	t.Parallel()
	set, _ := patchset.Builtin("rust-lsm")
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	answers := map[string]func(http.ResponseWriter){
		"1": func(rw http.ResponseWriter) { rw.WriteHeader(http.StatusTooManyRequests) },
		"2": func(rw http.ResponseWriter) { fmt.Fprint(rw, "<html><body>Log in</body></html>") },
		"3": func(rw http.ResponseWriter) { rw.Header().Set("Content-Length", "1000"); fmt.Fprint(rw, "Subject: ") },
		"4": func(http.ResponseWriter) {},
		"5": func(rw http.ResponseWriter) { fmt.Fprint(rw, strings.Repeat("x", mail.MaxHead*2)) },
		"9": func(rw http.ResponseWriter) {
			for _, m := range set.Mails[1:] {
				fmt.Fprintf(rw, "%s\n", m.Raw)
			}
		},
	}
	mux.HandleFunc("GET /{id}/mbox", func(rw http.ResponseWriter, r *http.Request) { answers[r.PathValue("id")](rw) })
	mux.HandleFunc("GET /api/series/", func(rw http.ResponseWriter, r *http.Request) {
		text := fmt.Sprintf(`{"id": 6, "received_all": true, "mbox": "http://192.0.2.1/6/mbox"}, {"id": 7, "received_all": true, "mbox": "%s/elsewhere"}, {"id": 8, "received_all": true}`, server.URL)
		for _, id := range []string{"1", "2", "3", "4", "5", "9"} {
			text += fmt.Sprintf(`, {"id": %s, "received_all": true, "mbox": "%s/%s/mbox"}`, id, server.URL, id)
		}
		fmt.Fprintf(rw, "[%s]", text)
	})
	w, _ := newWatcher(t, "patchwork:"+server.URL+"/project/lsm", oneTree)
	if n := w.mustLook(t); n != 1 {
		t.Errorf("%d jobs", n)
	}
	server.Close()
	_, _ = w.Look(t.Context(), &w.Lists[0]) // the connection that is open breaks
	_, first := w.Look(t.Context(), &w.Lists[0])
	time.Sleep(time.Second)
	_, second := w.Look(t.Context(), &w.Lists[0])
	if first == nil || first.Error() != second.Error() {
		t.Errorf("%v\n%v", first, second)
	}
}

// TestLongTrailers: replies with a trailer of two megabytes took minutes to read, and those with very many made what no queue takes: the list stopped there.
func TestLongTrailers(t *testing.T) {
	t.Parallel()
	a := newArchive(t)
	mails := carried(t, "rust-lsm")
	a.add(time.Now(), mails...)
	set, _ := patchset.Builtin("rust-lsm")
	text := "Reviewed-by: " + strings.Repeat("R", 2<<20) + " <r@example.org>\n"
	for i := range 150 {
		text += fmt.Sprintf("Tested-by: T <t%d@example.org>\n", i)
	}
	for i, p := range set.Mails[1:] {
		a.add(time.Now(), fmt.Appendf(nil, "From: R <r@example.org>\nMessage-ID: <r%d@example.org>\nIn-Reply-To: <%s>\nSubject: Re: x\n\n%s", i, messageID(p.Raw), text))
	}
	w, s := newWatcher(t, "inbox:"+a.dir, oneTree)
	if n := w.mustLook(t); n != 1 {
		t.Errorf("%d jobs", n)
	}
	for _, trailers := range s.trailers {
		if size := len(strings.Join(trailers, "\n")); len(trailers) != fleet.BriefTrailers+1 || size > 100_000 {
			t.Errorf("%d trailers with %d bytes", len(trailers), size)
		}
	}
}

func messageID(raw []byte) string {
	_, rest, _ := strings.Cut(string(raw), "\nMessage-ID: <")
	id, _, _ := strings.Cut(rest, ">")
	return id
}
