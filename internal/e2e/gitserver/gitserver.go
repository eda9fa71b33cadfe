// SPDX-License-Identifier: GPL-2.0-only

// Package gitserver serves git repositories to tests, as git's own servers do: over HTTP by git
// http-backend, over git:// by git daemon. It counts what it sends, and can cut the line.
//
// For most uses, call [HTTP] or [Daemon], and fetch from [Server.URL].
package gitserver

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cgi"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lsmpatch/lsmpatch/internal/run"
)

// A Server is a server on the local machine, which ends with its test.
type Server struct {
	// URL is that of the repository.
	URL string
	// Sent is how many bytes went out, Requests how many times a git process was started.
	Sent, Requests atomic.Int64
	// Cut, where it is positive, is after how many bytes a connection is closed; Cuts is how many times
	// that happens.
	Cut, Cuts atomic.Int64
	// Delay, in nanoseconds, is waited for before each stretch of an answer.
	Delay atomic.Int64
	// Old makes it speak version 0 of the protocol only (over HTTP).
	Old atomic.Bool

	env []string
}

// newServer prepares to serve repositories with some configuration ("key=value") besides their own. Filters
// and wants of any object are allowed unless it says otherwise.
func newServer(config []string) *Server {
	config = append([]string{"safe.directory=*", "uploadpack.allowFilter=true", "uploadpack.allowAnySHA1InWant=true"}, config...)
	s := &Server{env: append(run.GitEnv(), fmt.Sprintf("GIT_CONFIG_COUNT=%d", len(config)))}
	for i, kv := range config {
		key, value, _ := strings.Cut(kv, "=")
		s.env = append(s.env, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, key), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, value))
	}
	return s
}

func (s *Server) listen(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return &listener{l, s}
}

// HTTP serves the repository at dir by git http-backend, and answers what a cgit beside it would.
func HTTP(tb testing.TB, dir string, config ...string) *Server {
	tb.Helper()
	out, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		tb.Fatal(err)
	}
	s := newServer(config)
	backend := &cgi.Handler{Path: filepath.Join(strings.TrimSpace(string(out)), "git-http-backend"),
		Env: append(s.env, "GIT_PROJECT_ROOT="+filepath.Dir(dir), "GIT_HTTP_EXPORT_ALL=1"), Logger: log.New(io.Discard, "", 0), Stderr: io.Discard}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/patch/") {
			s.cgit(w, dir, r.URL.Query().Get("id"))
			return
		}
		if strings.HasSuffix(r.URL.Path, ".patch") {
			http.NotFound(w, r)
			return
		}
		s.Requests.Add(1)
		if s.Old.Load() {
			r.Header.Del("Git-Protocol")
		}
		backend.ServeHTTP(w, r)
	})}
	l := s.listen(tb)
	go server.Serve(l)
	tb.Cleanup(func() { server.Close() })
	s.URL = "http://" + l.Addr().String() + "/" + filepath.Base(dir)
	return s
}

func (s *Server) cgit(w http.ResponseWriter, dir, id string) {
	cmd := exec.Command("git", "-C", dir, "format-patch", "-1", "--stdout", id)
	cmd.Env = s.env
	out, err := cmd.Output()
	if err != nil {
		http.Error(w, "Bad commit", http.StatusNotFound)
		return
	}
	w.Write(out)
}

// Daemon serves the repository at dir by git daemon.
func Daemon(tb testing.TB, dir string, config ...string) *Server {
	tb.Helper()
	s := newServer(config)
	l := s.listen(tb)
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { s.daemon(conn, filepath.Dir(dir)) })
		}
	})
	tb.Cleanup(func() {
		l.Close()
		wait.Wait()
	})
	s.URL = "git://" + l.Addr().String() + "/" + filepath.Base(dir)
	return s
}

// daemon serves one connection.
func (s *Server) daemon(conn net.Conn, base string) {
	defer conn.Close()
	s.Requests.Add(1)
	cmd := exec.Command("git", "daemon", "--inetd", "--export-all", "--base-path="+base)
	cmd.Env = s.env
	in, err := cmd.StdinPipe()
	if err != nil {
		return
	}
	cmd.Stdout = conn
	if cmd.Start() != nil {
		return
	}
	go func() {
		io.Copy(in, conn)
		in.Close()
	}()
	cmd.Wait()
}

type listener struct {
	net.Listener
	s *Server
}

func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return &countingConn{Conn: conn, s: l.s}, err
}

type countingConn struct {
	net.Conn
	s    *Server
	sent int64
}

var errCut = errors.New("the line was cut")

func (c *countingConn) Write(p []byte) (int, error) {
	time.Sleep(time.Duration(c.s.Delay.Load()))
	if limit := c.s.Cut.Load(); limit > 0 && c.sent+int64(len(p)) > limit && c.s.Cuts.Add(-1) >= 0 {
		n, err := c.Conn.Write(p[:max(limit-c.sent, 0)])
		c.s.Sent.Add(int64(n))
		return n, errors.Join(errCut, err, c.Conn.Close())
	}
	n, err := c.Conn.Write(p)
	c.sent += int64(n)
	c.s.Sent.Add(int64(n))
	return n, err
}
