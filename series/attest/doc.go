// SPDX-License-Identifier: GPL-2.0-only

// Package attest says what the signatures of a mail prove. For most uses, call [VerifyDKIM] with the
// mail as it was received, and net.LookupTXT or what [ReadKeys] returns, or [VerifyDeveloper] for what
// patatt and b4 sign. The first tells which server a mail came from, the second who wrote it.
package attest
