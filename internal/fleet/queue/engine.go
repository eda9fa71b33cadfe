// SPDX-License-Identifier: GPL-2.0-only

// Package queue hands jobs to workers, on this machine or on many, by NATS JetStream.
//
// For most uses, start an [Engine], which is a server in this process, or leave that to an existing one; call [Connect],
// then [Queue.Submit], and [Queue.Work] wherever there is a worker.
//
// JetStream keeps jobs in a stream from which they go when they are acknowledged, hands out again what a worker that died
// held, and drops what is submitted twice. What is done is in a key-value bucket, one entry for a key that is made once and
// not changed; mailboxes and the files of a report are in object stores. The package adds what to do when.
package queue

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/hint"
	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// An Engine is a NATS server in this process.
type Engine struct {
	server *server.Server
	// URL is where workers find it, and TokenFile has what they have to show.
	URL, TokenFile string

	store server.JetStreamConfig
	note  func(string)
	// full is set when the server could not write.
	full atomic.Bool
	// stop ends what watches the disk, and watched is closed then.
	stop, watched chan struct{}
}

// EngineOptions say how an engine runs.
type EngineOptions struct {
	// Dir is where all of it is kept, on disk.
	Dir string
	// Listen is the address for workers, "127.0.0.1:4222"; with port 0 any that is free.
	Listen string
	// TLS, where it is not nil, is what the server shows, and who it lets in.
	TLS *tls.Config
	// MaxStore is how many bytes it may keep; 0 is what it has and three quarters of what the disk has free.
	MaxStore int64
	// Note is told when the disk is full and when it is not any more; it may be nil.
	Note func(string)
}

// Start starts an engine. The error has a hint where the address is taken.
func Start(opts *EngineOptions) (*Engine, error) {
	host, portText, err := net.SplitHostPort(opts.Listen)
	if err != nil {
		return nil, fmt.Errorf("the address of the queue: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("the port of the queue: %w", err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	tokenFile := filepath.Join(opts.Dir, "token")
	token, err := Token(tokenFile, true)
	if err != nil {
		return nil, err
	}
	e := &Engine{TokenFile: tokenFile, note: opts.Note, stop: make(chan struct{}), watched: make(chan struct{})}
	e.store = server.JetStreamConfig{StoreDir: filepath.Join(opts.Dir, "queue"), MaxStore: opts.MaxStore, SyncInterval: 2 * time.Second}
	if e.store.MaxStore == 0 {
		if e.store.MaxStore, err = roomFor(e.store.StoreDir); err != nil {
			return nil, err
		}
	}
	e.server, err = server.NewServer(&server.Options{
		ServerName: "lsmpatch", Host: host, Port: port, Authorization: token, TLSConfig: opts.TLS, TLSVerify: opts.TLS != nil && opts.TLS.ClientCAs != nil,
		JetStream: true, StoreDir: e.store.StoreDir, JetStreamMaxStore: e.store.MaxStore, DisableJetStreamBanner: true,
		NoLog: true, NoSigs: true, MaxConn: limit.QueueConnections, MaxPayload: limit.QueueMessage, SyncInterval: e.store.SyncInterval,
	})
	if err != nil {
		return nil, err
	}
	e.server.SetLoggerV2(diskLog{&e.full}, false, false, false)
	e.server.Start()
	if !e.server.ReadyForConnections(30 * time.Second) {
		e.server.Shutdown()
		return nil, hint.Wrap(fmt.Errorf("the queue does not come up at %s", opts.Listen), "another server may hold the address, or the folder "+opts.Dir)
	}
	e.URL = e.server.ClientURL()
	go e.watchDisk()
	return e, nil
}

// Close ends the engine. What it keeps stays.
func (e *Engine) Close() {
	close(e.stop)
	<-e.watched
	e.server.Shutdown()
	e.server.WaitForShutdown()
}

// Token returns the secret in a file, and makes one where there is none and fresh is set. The file is for its owner alone.
func Token(file string, fresh bool) (string, error) {
	text, err := below.ReadNamed(file, limit.ConfigBytes)
	if errors.Is(err, fs.ErrNotExist) && fresh {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return "", err
		}
		secret := rand.Text() + rand.Text()
		return secret, os.WriteFile(file, []byte(secret+"\n"), 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("reading the token: %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < 16 {
		return "", hint.Wrap(fmt.Errorf("the token in %s is too short", file), "remove the file, and serve makes another")
	}
	return secret, nil
}
