// SPDX-License-Identifier: GPL-2.0-only

// Package maintainers reads MAINTAINERS as get_maintainer.pl does. For most uses, call [Read] with
// a tree, and [File.Recipients] with the files of a patch.
package maintainers
