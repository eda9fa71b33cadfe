// SPDX-License-Identifier: GPL-2.0-only

// Package odb reads and writes the objects of a git repository: their names, loose files, packs with their
// deltas and indexes, and the trees among them.
//
// To read, call [OpenStore], then [Store.Read]. To write, call [NewPending], [Pending.Add] and
// [Pending.Write]; to write very many at once, [NewPackWriter].
//
// A Linux repository with its history has ten million objects. Objects are found through the memory-mapped
// indexes of packs, and read alone with the bases of their deltas. Nothing is opened before it is needed
// (store.go, pack.go, packindex.go). New versions of a file or folder are written as one pack in which each
// is a delta on the one before; a large old one is copied as the base of the first delta, and so need not be
// compressed (newobjects.go, makedelta.go).
//
// What is read may be hostile: sizes are bounded, and damage is an error.
package odb
