// SPDX-License-Identifier: GPL-2.0-only

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"
)

// selfSigned writes NAME.pem and NAME.key, good for a server on the loopback, a client, and an authority, and returns both.
func (s *site) selfSigned(name string) tls.Certificate {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	public, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		s.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	certText, keyText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	s.write(name+".pem", string(certText))
	s.write(name+".key", string(keyText))
	pair, err := tls.X509KeyPair(certText, keyText)
	if err != nil {
		s.t.Fatal(err)
	}
	return pair
}

// TestServePagesTLS: anybody reads pages over https, and who shows a certificate of the authority may ask for a job again, but
// not by a page of another site, with which a browser would show it too.
func TestServePagesTLS(t *testing.T) {
	s := newSite(t, 1)
	server, friend, stranger := s.selfSigned("server"), s.selfSigned("friend"), s.selfSigned("stranger")
	s.more = []string{"--pages-cert", filepath.Join(s.dir, "server.pem"), "--pages-key", filepath.Join(s.dir, "server.key"), "--pages-ca", filepath.Join(s.dir, "friend.pem")}
	s.start("server")
	known := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(server.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	known.AddCert(leaf)
	// ask returns the code of an answer, 0 where there is none.
	ask := func(with []tls.Certificate, method, target string, header ...string) int {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: known,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				if len(with) == 0 {
					return &tls.Certificate{}, nil
				}
				return &with[0], nil
			}}}}
		request, err := http.NewRequestWithContext(t.Context(), method, "https://"+s.pages+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		request.Host = request.Header.Get("Host")
		answer, err := client.Do(request)
		if err != nil {
			return 0
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	for deadline := time.Now().Add(20 * time.Second); ask(nil, "GET", "/") != http.StatusOK; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no page\n%s", s.logs["server"])
		}
	}
	if got := ask(nil, "GET", "/", "Host", "rebound.example.net:443"); got != http.StatusMisdirectedRequest {
		t.Errorf("a name of another site: %d", got)
	}
	const retry = "/job/0123456789abcdef/retry"
	for name, c := range map[string]struct {
		with   []tls.Certificate
		header []string
		want   int
	}{
		"nobody":                   {nil, nil, http.StatusUnauthorized},
		"a stranger":               {[]tls.Certificate{stranger}, nil, 0},
		"a friend":                 {[]tls.Certificate{friend}, nil, http.StatusNotFound}, // of the job
		"a friend's browser":       {[]tls.Certificate{friend}, []string{"Sec-Fetch-Site", "same-origin"}, http.StatusNotFound},
		"a friend by another site": {[]tls.Certificate{friend}, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusUnauthorized},
	} {
		if got := ask(c.with, "POST", retry, c.header...); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
