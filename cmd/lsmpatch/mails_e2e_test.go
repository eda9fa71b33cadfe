// SPDX-License-Identifier: GPL-2.0-only

//go:build e2e

package main

import "testing"

// TestE2EHostileMails is TestHostileMails with two thousand mails.
func TestE2EHostileMails(t *testing.T) { hostileMails(t, 2_000) }

// TestLongHostileMails is TestHostileMails with ten thousand mails.
func TestLongHostileMails(t *testing.T) { hostileMails(t, 10_000) }

// TestE2EHostile is TestHostileText, TestHostileGuest and TestHostileBuild with every hostile text.
func TestE2EHostile(t *testing.T) {
	t.Run("text", func(t *testing.T) { hostileText(t, hostile) })
	t.Run("guest", func(t *testing.T) { hostileGuest(t, hostile) })
	t.Run("build", func(t *testing.T) { hostileBuild(t, hostile) })
}
