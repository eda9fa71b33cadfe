// SPDX-License-Identifier: GPL-2.0-only

package queue

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"github.com/lsmpatch/lsmpatch/internal/below"
	"github.com/lsmpatch/lsmpatch/internal/limit"
)

// ServerTLS returns what a server shows, and with ca whom it lets in: those with a certificate of that authority. All are
// PEM files; without any it returns nil.
func ServerTLS(ca, cert, key string) (*tls.Config, error) {
	if cert == "" && key == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("the certificate of the server: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}}
	if ca == "" {
		return config, nil
	}
	text, err := below.ReadNamed(ca, limit.ConfigBytes)
	if err != nil {
		return nil, err
	}
	config.ClientCAs = x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate in it", ca)
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	return config, nil
}
