// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An authority signs certificates for tests.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newAuthority makes one, whose certificate is the file ca.pem.
func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.issue("ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// file returns the path of a file that issue wrote.
func (a *authority) file(name string) string { return filepath.Join(a.dir, name) }

// issue writes NAME.pem and NAME.key. The first certificate signs itself, and all others.
func (a *authority) issue(name string, cert *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	cert.SerialNumber, cert.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	cert.NotBefore, cert.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if a.cert == nil {
		a.cert, a.key = cert, key
	}
	text, err := x509.CreateCertificate(rand.Reader, cert, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: text}, name + ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(a.file(file), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
}

// TestTLS: the server shows its certificate, with an authority for clients lets in those alone who show one of it, and is
// reached from its own process without either. The process of serve once checked the certificate against its own address.
func TestTLS(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.issue("server", &x509.Certificate{DNSNames: []string{"queue.example.org"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	a.issue("worker", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	other := newAuthority(t)
	other.issue("worker", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	for _, clients := range []string{"", a.file("ca.pem")} {
		config, err := ServerTLS(clients, a.file("server.pem"), a.file("server.key"))
		if err != nil {
			t.Fatal(err)
		}
		engine, err := Start(&EngineOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0", TLS: config})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		remote := Options{URL: engine.URL, TokenFile: engine.TokenFile}
		for name, tc := range map[string]struct {
			opts Options
			in   bool
		}{
			"this process":     {Options{Engine: engine, CA: clients, Cert: a.file("server.pem"), Key: a.file("server.key")}, true},
			"with all":         {remote.with(a.file("ca.pem"), a.file("worker.pem"), a.file("worker.key")), true},
			"no certificate":   {remote.with(a.file("ca.pem"), "", ""), clients == ""},
			"of somebody else": {remote.with(a.file("ca.pem"), other.file("worker.pem"), other.file("worker.key")), clients == ""},
			"no trust":         {remote.with(other.file("ca.pem"), a.file("worker.pem"), a.file("worker.key")), false},
		} {
			q, err := Connect(t.Context(), &tc.opts)
			if (err == nil) != tc.in {
				t.Errorf("clients of %q, %s: %v", clients, name, err)
			}
			if err == nil {
				q.Close()
			}
		}
	}
	if _, err := ServerTLS(a.file("server.key"), a.file("server.pem"), a.file("server.key")); err == nil {
		t.Error("a file without a certificate is taken for an authority")
	}
}

func (o Options) with(ca, cert, key string) Options {
	o.CA, o.Cert, o.Key = ca, cert, key
	return o
}
