// SPDX-License-Identifier: GPL-2.0-only

// Package kbuildfile reads the kbuild files (Makefile, Kbuild) of a Linux tree: which configuration
// compiles which source file.
//
// For most uses, call [NewReader] and then [Reader.File] for each file. Only the kbuild files of the
// folders above a file are read, each once; a reader for the tree before a series and another one for
// the tree after it tell what the series changes.
//
// A kbuild file is run as make would, but with the configuration unknown: a variable holds each of
// its words with the condition under which the word is there. So obj-$(CONFIG_X), lists by variable,
// ifeq with its else, included files, functions such as addprefix or foreach, and define with eval
// come out of one evaluation. What make would ask a program for ($(shell …)) becomes a condition of
// [logic.Unknown].
//
// Nothing here looks into a source file, but for two things that kbuild files do not say:
// #include "x.c", and Rust's modules.
package kbuildfile
