// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import "testing"

// TestE2EHostileMails is TestHostileMails with ten thousand mails.
func TestE2EHostileMails(t *testing.T) { hostileMails(t, 10_000) }
