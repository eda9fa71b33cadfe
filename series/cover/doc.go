// SPDX-License-Identifier: GPL-2.0-only

// Package cover reads what a cover letter claims: call [Parse] with its text. Whether the claims are
// true is for package checks to say.
package cover
