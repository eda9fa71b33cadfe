// SPDX-License-Identifier: GPL-2.0-only

// Package compare tells what changed from one version of a series to another. For most uses, call
// [Compare]. [NetFiles] says what the patches of one series do to each file, summed up.
package compare
