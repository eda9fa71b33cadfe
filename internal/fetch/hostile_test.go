// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/klauspost/compress/zlib"

	"github.com/lsmpatch/lsmpatch/internal/e2e/gitserver"
	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
	"github.com/lsmpatch/lsmpatch/internal/git/odb"
	"github.com/lsmpatch/lsmpatch/internal/run/runtest"
)

// pkt is a line of git's protocol.
func pkt(line string) string { return fmt.Sprintf("%04x%s", len(line)+4, line) }

// A hostileServer speaks git's protocol version 2 over HTTP, and answers as it likes.
type hostileServer struct {
	advertise, refs, fetch func(w io.Writer) error
}

const someCommit = "0123456789012345678901234567890123456789"

func (h *hostileServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	say := func(ours func(io.Writer) error, usual string) {
		if ours == nil {
			io.WriteString(w, usual)
			return
		}
		ours(flusher{w, r.Context()})
	}
	w.Header().Set("Cache-Control", "no-cache")
	if r.Method == http.MethodGet {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		say(h.advertise, pkt("# service=git-upload-pack\n")+"0000"+pkt("version 2\n")+pkt("ls-refs\n")+pkt("fetch=shallow filter\n")+"0000")
		return
	}
	w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
	if body, _ := io.ReadAll(r.Body); bytes.Contains(body, []byte("command=ls-refs")) {
		say(h.refs, pkt(someCommit+" HEAD\n")+pkt(someCommit+" refs/heads/main\n")+"0000")
		return
	}
	say(h.fetch, pkt("ERR no\n"))
}

// A flusher sends what is written at once, as long as somebody listens.
type flusher struct {
	http.ResponseWriter
	ctx context.Context
}

func (f flusher) Write(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := f.ResponseWriter.Write(p)
	return n, errors.Join(err, http.NewResponseController(f.ResponseWriter).Flush())
}

// sendPack sends a pack through the side band, a chunk at a time with a pause after each.
func sendPack(pack []byte, chunk int, pause time.Duration) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, pkt("packfile\n"))
		for rest := pack; len(rest) > 0 && err == nil; {
			n := min(chunk, len(rest))
			_, err = io.WriteString(w, pkt("\x01"+string(rest[:n])))
			rest = rest[n:]
			time.Sleep(pause)
		}
		if err == nil {
			_, err = io.WriteString(w, "0000")
		}
		return err
	}
}

// forever says the same again and again, until nobody listens.
func forever(first, again string, pause time.Duration) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, first)
		for err == nil {
			_, err = io.WriteString(w, again)
			time.Sleep(pause)
		}
		return err
	}
}

// packOfObjects makes a pack of what claims to be compressed objects.
func packOfObjects(objects ...[]byte) []byte {
	pack := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(objects)))
	pack = append(pack, bytes.Join(objects, nil)...)
	sum := sha1.Sum(pack)
	return append(pack, sum[:]...)
}

// endlessBlob returns how a pack with a blob of a petabyte of zeros begins, and how it goes on again and again.
func endlessBlob(t *testing.T) (first, again string) {
	t.Helper()
	b := bytes.NewBufferString("PACK\x00\x00\x00\x02\x00\x00\x00\x01")
	b.Write(odb.ObjectStart(nil, plumbing.BlobObject, 1<<50))
	z := zlib.NewWriter(b)
	for _, to := range []*string{&first, &again} {
		_, err := z.Write(make([]byte, 32<<20))
		gittest.Must(t, errors.Join(err, z.Flush()))
		*to = pkt("\x01" + b.String())
		b.Reset()
	}
	return first, again
}

// TestFetchHostileServer has servers that break the protocol or abuse it. Each is refused soon, in bounded memory,
// and nothing of it is checked out.
func TestFetchHostileServer(t *testing.T) {
	t.Parallel()
	z, err := odb.NewDeflater()
	gittest.Must(t, err)
	blob, err := odb.DeflateObject(plumbing.BlobObject, []byte("another object"), z)
	gittest.Must(t, err)
	other := packOfObjects(blob)
	damaged := bytes.Clone(other)
	damaged[20] ^= 1
	huge, err := odb.DeflateAfter(odb.ObjectStart(nil, plumbing.BlobObject, 1<<50), []byte("little"), z)
	gittest.Must(t, err)
	bombFirst, bomb := endlessBlob(t)
	manyRefs := strings.Repeat(pkt(someCommit+" refs/heads/"+strings.Repeat("x", 200)+"\n"), 200)
	const ad = "001e# service=git-upload-pack\n0000"
	tests := map[string]struct {
		server hostileServer
		bounds limits
		want   string // in the error; "" for whatever git says
	}{
		"other objects":       {server: hostileServer{fetch: sendPack(other, 1000, 0)}},
		"damaged pack":        {server: hostileServer{fetch: sendPack(damaged, 1000, 0)}},
		"object of petabytes": {server: hostileServer{fetch: sendPack(packOfObjects(huge), 1000, 0)}},
		"no pack":             {server: hostileServer{fetch: sendPack([]byte("garbage"), 1000, 0)}},
		"million objects":     {server: hostileServer{fetch: sendPack(append([]byte("PACK\x00\x00\x00\x02\xff\xff\xff\xff"), other[12:]...), 1000, 0)}},
		"pack bomb":           {server: hostileServer{fetch: forever(pkt("packfile\n")+bombFirst, bomb, 0)}, bounds: limits{cpu: time.Second}},
		"endless pack":        {server: hostileServer{fetch: forever(pkt("packfile\n")+bombFirst, bomb, 0)}, bounds: limits{bytes: 1 << 16}, want: "more than 65536 bytes"},
		"endless messages":    {server: hostileServer{fetch: forever(pkt("packfile\n"), pkt("\x02"+strings.Repeat("x", 60_000)+"\n"), 0)}, bounds: limits{talk: 1 << 20}, want: "of messages"},
		"endless refs":        {server: hostileServer{refs: forever("", manyRefs, 0)}, bounds: limits{memory: 128 << 20}},
		"endless refs, v0":    {server: hostileServer{advertise: forever(ad, manyRefs, 0)}, bounds: limits{memory: 128 << 20}},
		"endless options":     {server: hostileServer{advertise: forever(ad+pkt("version 2\n"), pkt(strings.Repeat("x", 1000)+"\n"), 0)}, bounds: limits{memory: 128 << 20}},
		"garbage":             {server: hostileServer{advertise: forever("", "not git\n", time.Second)}, bounds: limits{patience: time.Second}},
		"silence":             {server: hostileServer{refs: forever("", "", time.Second)}, bounds: limits{patience: time.Second}, want: "was silent"},
		"a byte at a time":    {server: hostileServer{fetch: sendPack([]byte(bombFirst[5:]), 1, 100*time.Millisecond)}, bounds: limits{patience: 300 * time.Millisecond}, want: "the remote "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			runtest.OneIn(t, 6)
			t.Parallel()
			server := httptest.NewServer(&test.server)
			t.Cleanup(server.Close)
			t.Cleanup(server.CloseClientConnections)
			bounds := (&Options{}).limits()
			bounds.override(&test.bounds)
			dir := filepath.Join(t.TempDir(), "tree")
			start := time.Now()
			_, err := Fetch(context.Background(), &Options{Dir: dir, Remote: server.URL + "/x", bounds: &bounds})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			t.Logf("%.1f s: %v", time.Since(start).Seconds(), err)
			if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
				t.Errorf("left: %v, %v", list, err)
			}
		})
	}
}

// override takes over those of other that are not zero.
func (l *limits) override(other *limits) {
	for _, pair := range [][2]*int64{{&l.memory, &other.memory}, {&l.bytes, &other.bytes}, {&l.talk, &other.talk},
		{(*int64)(&l.cpu), (*int64)(&other.cpu)}, {(*int64)(&l.patience), (*int64)(&other.patience)}} {
		if *pair[1] != 0 {
			*pair[0] = *pair[1]
		}
	}
}

// TestWatch tells remotes that go on from those that do not.
func TestWatch(t *testing.T) {
	start := time.Now()
	const second = time.Second
	for name, test := range map[string]struct {
		heard, worked, grown time.Duration // after the start
		size, grownTo        int64
		now                  time.Duration
		want                 string
	}{
		"just begun":          {now: 59 * second},
		"silent":              {now: 61 * second, want: "silent"},
		"counting":            {heard: 500 * second, now: 550 * second},
		"talking for ever":    {heard: 600 * second, now: 601 * second, want: "next to nothing"},
		"sending":             {heard: 900 * second, grown: 890 * second, grownTo: 1 << 20, size: 1<<20 + 5, now: 901 * second},
		"sending a byte":      {heard: 900 * second, grown: 290 * second, grownTo: 1 << 20, size: 1<<20 + 5, now: 901 * second, want: "next to nothing"},
		"grew since":          {heard: 900 * second, grown: 290 * second, grownTo: 1 << 20, size: 2 << 20, now: 901 * second},
		"all there, at work":  {heard: 900 * second, worked: 900 * second, now: 930 * second},
		"more than was asked": {grown: second, size: 9 << 30, now: 2 * second, want: "more than"},
	} {
		w := &watch{limits: (&Options{}).limits(), started: start, heard: start.Add(test.heard), worked: start.Add(test.worked), size: test.grownTo, grown: start.Add(test.grown)}
		err := w.look(test.size, start.Add(test.now))
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestFetchTreeBomb has a commit of ten small trees that stand for 10^10 files.
func TestFetchTreeBomb(t *testing.T) {
	runtest.Deep(t)
	t.Parallel()
	remote := gittest.SeriesRepo(t)
	id, kind := gittest.Git(t, remote, "rev-parse", "main:Makefile"), "100644 blob"
	for range 10 {
		var lines strings.Builder
		for i := range 10 {
			fmt.Fprintf(&lines, "%s %s\tn%d\n", kind, id, i)
		}
		file := filepath.Join(t.TempDir(), "tree")
		gittest.Must(t, os.WriteFile(file, []byte(lines.String()), 0o666))
		cmd := exec.Command("sh", "-c", "git mktree < "+file)
		cmd.Dir = remote
		out, err := cmd.Output()
		gittest.Must(t, err)
		id, kind = strings.TrimSpace(string(out)), "040000 tree"
	}
	gittest.Git(t, remote, "update-ref", "refs/heads/bomb", gittest.Git(t, remote, "commit-tree", "-m", "bomb", id))
	server := gitserver.HTTP(t, remote)
	bounds := (&Options{}).limits()
	bounds.memory = 64 << 20
	start := time.Now()
	dir := filepath.Join(t.TempDir(), "tree")
	_, err := Fetch(context.Background(), &Options{Dir: dir, Remote: server.URL, Commit: "bomb", bounds: &bounds})
	if err == nil {
		t.Error("checked out")
	}
	t.Logf("%.1f s: %v", time.Since(start).Seconds(), err)
	dir = filepath.Join(t.TempDir(), "tree")
	_, err = Fetch(context.Background(), &Options{Dir: dir, Remote: server.URL, Commit: "bomb", Paths: []string{".", "n1/n2"}})
	gittest.Must(t, err)
}
