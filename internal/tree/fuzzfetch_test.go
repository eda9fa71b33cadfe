// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/go-git/go-git/v5/plumbing"
)

// FuzzPack reads objects out of damaged packs; what is whole has the name that it is looked up by.
func FuzzPack(f *testing.F) {
	dir := seriesRepo(f)
	git(f, dir, "repack", "-q", "-a", "-d", "--depth=10", "--window=50")
	names, err := filepath.Glob(filepath.Join(dir, ".git/objects/pack/pack-*.pack"))
	must(f, err)
	whole, err := os.ReadFile(names[0])
	must(f, err)
	f.Add(whole, uint32(12))
	f.Add(whole, uint32(len(whole)/2))
	for _, rev := range []string{"series", "series^{tree}", "series:kernel/fork.c", "base:kernel/fork.c"} {
		p := &pack{path: names[0][:len(names[0])-len(".pack")], hashSize: 20}
		must(f, p.openIndex())
		offset, err := p.index.offset(p.index.find(Hash(git(f, dir, "rev-parse", rev)).raw()))
		must(f, err)
		f.Add(whole, uint32(offset))
	}
	f.Fuzz(func(t *testing.T, data []byte, offset uint32) {
		name := filepath.Join(t.TempDir(), "pack")
		must(t, os.WriteFile(name+".pack", data, 0o666))
		p := &pack{path: name, hashSize: 20}
		p.indexOnce.Do(func() { p.index = &packIndex{nameTable: nameTable{fanout: make([]byte, 1024), stride: 20, size: 20}} })
		s := &store{format: SHA1, bases: baseCache{limit: 1 << 20}}
		typ, content, err := s.unpack(p, int64(offset))
		if err == nil && typ != plumbing.CommitObject && typ != plumbing.TreeObject && typ != plumbing.BlobObject && typ != plumbing.TagObject {
			t.Errorf("an object of type %v", typ)
		}
		if len(content) > 2000*len(data)+1<<24 {
			t.Errorf("%d bytes out of %d", len(content), len(data))
		}
		must(t, p.close())
	})
}

// FuzzSignature holds garbage for signatures and keyrings; nothing but the one true signature proves anything.
func FuzzSignature(f *testing.F) {
	key, err := openpgp.NewEntity("A U Thor", "", "author@example.org", &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA})
	must(f, err)
	var keyring, signature, text bytes.Buffer
	must(f, key.Serialize(&keyring))
	must(f, openpgp.DetachSign(&signature, key, bytes.NewReader([]byte("signed")), nil))
	must(f, openpgp.ArmoredDetachSign(&text, key, bytes.NewReader([]byte("signed")), nil))
	keys := openpgp.EntityList{key}
	f.Add(signature.Bytes(), keyring.Bytes())
	f.Add(text.Bytes(), keyring.Bytes())
	dir := f.TempDir()
	archive := filepath.Join(dir, "linux.tar")
	must(f, os.WriteFile(archive, []byte("not what was signed"), 0o666))
	f.Fuzz(func(t *testing.T, signature, keyring []byte) {
		name := filepath.Join(t.TempDir(), "file")
		must(t, os.WriteFile(name, signature, 0o666))
		if err := verifySignature(context.Background(), archive, name, keys); err == nil {
			t.Error("it proves something")
		} else if !errors.Is(err, ErrSignature) {
			t.Logf("%v", err)
		}
		must(t, os.WriteFile(name, keyring, 0o666))
		more, err := readKeyring(name)
		if err != nil {
			return
		}
		must(t, os.WriteFile(name, signature, 0o666))
		verifySignature(context.Background(), archive, name, more)
	})
}
