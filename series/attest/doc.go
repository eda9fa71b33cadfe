// SPDX-License-Identifier: GPL-2.0-only

// Package attest says what the signatures of a mail prove. For most uses, call [VerifyDKIM] with the
// mail as it was received, and net.LookupTXT or what [ReadKeys] returns.
package attest
