// SPDX-License-Identifier: GPL-2.0-only

// Package checks holds what reviewers of a mailing list, and their bots, look at. For most uses, call
// [Check]; [Checks] is the table, a file for each subject.
package checks
