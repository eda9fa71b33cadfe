// SPDX-License-Identifier: GPL-2.0-only

package tree

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// encodeCommit writes a commit object as git does.
func encodeCommit(tree, parent []byte, s *Step) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "tree %x\n", tree)
	if parent != nil {
		fmt.Fprintf(&b, "parent %x\n", parent)
	}
	for _, who := range []struct {
		role string
		sig  *object.Signature
	}{{"author", &s.Author}, {"committer", &s.Committer}} {
		line, err := encodeSignature(who.sig)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", who.role, err)
		}
		fmt.Fprintf(&b, "%s %s\n", who.role, line)
	}
	if s.Encoding != "" {
		fmt.Fprintf(&b, "encoding %s\n", s.Encoding)
	}
	if strings.ContainsRune(s.Message, 0) {
		return nil, fmt.Errorf("a commit message must not hold a NUL byte")
	}
	fmt.Fprintf(&b, "\n%s", s.Message)
	return b.Bytes(), nil
}

func encodeSignature(sig *object.Signature) (string, error) {
	name := cleanIdent(sig.Name)
	if name == "" {
		return "", fmt.Errorf("the name %q is empty", sig.Name)
	}
	return fmt.Sprintf("%s <%s> %d %s", name, cleanIdent(sig.Email), sig.When.Unix(), sig.When.Format("-0700")), nil
}

// cleanIdent takes off what git takes off the ends of names, and what must not be within.
func cleanIdent(s string) string {
	s = strings.TrimFunc(s, func(c rune) bool { return c <= 32 || strings.ContainsRune(".,:;<>\"\\'", c) })
	return strings.Map(func(c rune) rune {
		if c == '\n' || c == '<' || c == '>' {
			return -1
		}
		return c
	}, s)
}

// newObjects are objects that are made but not yet written.
type newObjects struct {
	store *store
	list  []newObject
	index map[string]int
	root  []byte // the tree of the last commit
	// folders has the entries of trees that were made, by name, so that the next step need not parse
	// them. Who takes one may change it, and so takes it out.
	folders map[string][]treeEntry
}

func makeObjects(s *store) *newObjects {
	return &newObjects{store: s, index: map[string]int{}, folders: map[string][]treeEntry{}}
}

type newObject struct {
	id   []byte
	typ  plumbing.ObjectType
	data []byte
	base int // the object in the list that this one replaced, or -1
}

// add makes an object and returns its name. What the store has already is not made again. Old, which may
// be nil, is the object that it comes in place of, and resembles.
func (n *newObjects) add(typ plumbing.ObjectType, data, old []byte) []byte {
	id := n.store.format.sum(typ, data)
	if _, ok := n.index[string(id)]; ok || n.store.has(id) {
		return id
	}
	base, ok := n.index[string(old)]
	if !ok {
		base = -1
	}
	n.index[string(id)] = len(n.list)
	n.list = append(n.list, newObject{id, typ, data, base})
	return id
}

// addTree makes a tree object in place of an old one.
func (n *newObjects) addTree(entries []treeEntry, old []byte) []byte {
	id := n.add(plumbing.TreeObject, encodeTree(entries), old)
	n.folders[string(id)] = entries
	return id
}

// tree returns the entries of a tree, new or old, for the caller to change; a nil name is the
// empty tree.
func (n *newObjects) tree(id []byte) ([]treeEntry, error) {
	if id == nil {
		return nil, nil
	}
	if entries, ok := n.folders[string(id)]; ok {
		delete(n.folders, string(id))
		return entries, nil
	}
	var data []byte
	if i, ok := n.index[string(id)]; ok {
		data = n.list[i].data
	} else {
		var err error
		if data, err = n.store.readType(id, plumbing.TreeObject); err != nil {
			return nil, err
		}
	}
	return parseTree(data, n.store.format.size)
}

// commit makes the objects of one step on a tree and a parent.
func (n *newObjects) commit(root, parent []byte, s *Step) (newRoot, id []byte, err error) {
	if newRoot, err = n.editTree(root, s.Changes); err != nil {
		return nil, nil, err
	}
	if newRoot == nil {
		newRoot = n.add(plumbing.TreeObject, nil, nil)
	}
	n.root = newRoot
	data, err := encodeCommit(newRoot, parent, s)
	if err != nil {
		return nil, nil, err
	}
	return newRoot, n.add(plumbing.CommitObject, data, nil), nil
}
