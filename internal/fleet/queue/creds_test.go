// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"crypto/x509"
	"net"
	"os"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// An operator runs a NATS server of a site: with accounts, whose users show credentials.
type operator struct {
	t       *testing.T
	pair    nkeys.KeyPair
	account nkeys.KeyPair
}

func (o *operator) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// public returns the name of a key.
func (o *operator) public(pair nkeys.KeyPair) string {
	o.t.Helper()
	name, err := pair.PublicKey()
	o.must(err)
	return name
}

// start starts a server with one account, which has JetStream, and returns its URL.
func (o *operator) start(opts *server.Options) string {
	o.t.Helper()
	var err error
	o.pair, err = nkeys.CreateOperator()
	o.must(err)
	o.account, err = nkeys.CreateAccount()
	o.must(err)
	system, err := nkeys.CreateAccount()
	o.must(err)
	claims := jwt.NewOperatorClaims(o.public(o.pair))
	claims.SystemAccount = o.public(system)
	text, err := claims.Encode(o.pair)
	o.must(err)
	trusted, err := jwt.DecodeOperatorClaims(text)
	o.must(err)
	resolver := &server.MemAccResolver{}
	for _, pair := range []nkeys.KeyPair{o.account, system} {
		account := jwt.NewAccountClaims(o.public(pair))
		if pair == o.account {
			account.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: jwt.NoLimit, MemoryStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit}
		}
		text, err := account.Encode(o.pair)
		o.must(err)
		o.must(resolver.Store(o.public(pair), text))
	}
	opts.TrustedOperators, opts.AccountResolver, opts.SystemAccount = []*jwt.OperatorClaims{trusted}, resolver, o.public(system)
	s, err := server.NewServer(opts)
	o.must(err)
	s.Start()
	o.t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		o.t.Fatal("the server does not come up")
	}
	return s.ClientURL()
}

// user writes the credentials of a user whom an account signs.
func (o *operator) user(file string, account nkeys.KeyPair) {
	o.t.Helper()
	pair, err := nkeys.CreateUser()
	o.must(err)
	text, err := jwt.NewUserClaims(o.public(pair)).Encode(account)
	o.must(err)
	seed, err := pair.Seed()
	o.must(err)
	creds, err := jwt.FormatUserConfig(text, seed)
	o.must(err)
	o.must(os.WriteFile(file, creds, 0o600))
}

// TestServerOfASite: with a NATS server that is there already, by mutual TLS and credentials, jobs are done as with our own; who lacks
// one of the two is not let in.
func TestServerOfASite(t *testing.T) {
	t.Parallel()
	a, o := newAuthority(t), &operator{t: t}
	a.issue("server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	a.issue("worker", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	config, err := ServerTLS(a.file("ca.pem"), a.file("server.pem"), a.file("server.key"))
	o.must(err)
	url := o.start(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true, TLSConfig: config, TLSVerify: true})
	o.user(a.file("in.creds"), o.account)
	stranger, err := nkeys.CreateAccount()
	o.must(err)
	o.user(a.file("out.creds"), stranger)
	opts := Options{URL: url, AckWait: 500 * time.Millisecond, Creds: a.file("in.creds")}.with(a.file("ca.pem"), a.file("worker.pem"), a.file("worker.key"))
	q, err := Connect(t.Context(), &opts)
	o.must(err)
	defer q.Close()
	jobs := testJobs(5, nil)
	q.mustSubmit(t, jobs)
	w, runs := testWorker(t, passes)
	if fresh := q.drain(t, w, &Ability{}); fresh != 5 || runs() != 5 {
		t.Errorf("%d reported, %d ran", fresh, runs())
	}
	for name, change := range map[string]func(*Options){
		"no credentials":        func(o *Options) { o.Creds = "" },
		"a stranger's":          func(o *Options) { o.Creds = a.file("out.creds") },
		"no certificate":        func(o *Options) { o.Cert, o.Key = "", "" },
		"no trust":              func(o *Options) { o.CA = "" },
		"credentials not there": func(o *Options) { o.Creds = a.file("none.creds") },
	} {
		bad := opts
		change(&bad)
		if q, err := Connect(t.Context(), &bad); err == nil {
			q.Close()
			t.Errorf("%s: let in", name)
		}
	}
}
