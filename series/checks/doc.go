// SPDX-License-Identifier: GPL-2.0-only

// Package checks holds what reviewers of a mailing list, and their bots, look at. For most uses, call
// series.Check, which makes all of them; [All] is the table, a file for each subject.
//
// What several checks ask about a series they share in an exam, made once for each check.View.
package checks
