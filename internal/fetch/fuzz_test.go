// SPDX-License-Identifier: GPL-2.0-only

package fetch

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

// FuzzSignature holds garbage for signatures and keyrings; nothing but the one true signature proves anything.
func FuzzSignature(f *testing.F) {
	key, err := openpgp.NewEntity("A U Thor", "", "author@example.org", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA})
	gittest.Must(f, err)
	var keyring, signature, text bytes.Buffer
	gittest.Must(f, key.Serialize(&keyring))
	gittest.Must(f, openpgp.DetachSign(&signature, key, bytes.NewReader([]byte("signed")), nil))
	gittest.Must(f, openpgp.ArmoredDetachSign(&text, key, bytes.NewReader([]byte("signed")), nil))
	keys := openpgp.EntityList{key}
	f.Add(signature.Bytes(), keyring.Bytes())
	f.Add(text.Bytes(), keyring.Bytes())
	dir := f.TempDir()
	archive := filepath.Join(dir, "linux.tar")
	gittest.Must(f, os.WriteFile(archive, []byte("not what was signed"), 0o666))
	f.Fuzz(func(t *testing.T, signature, keyring []byte) {
		name := filepath.Join(t.TempDir(), "file")
		gittest.Must(t, os.WriteFile(name, signature, 0o666))
		if err := verifySignature(context.Background(), archive, name, keys); err == nil {
			t.Error("it proves something")
		} else if !errors.Is(err, ErrSignature) {
			t.Logf("%v", err)
		}
		gittest.Must(t, os.WriteFile(name, keyring, 0o666))
		more, err := readKeyring(name)
		if err != nil {
			return
		}
		gittest.Must(t, os.WriteFile(name, signature, 0o666))
		verifySignature(context.Background(), archive, name, more)
	})
}
