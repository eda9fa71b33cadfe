// SPDX-License-Identifier: GPL-2.0-only

package mail

import "testing"

// TestSameName: one person, however programs and people write the name.
func TestSameName(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"Steven Chen", "steven chen", true},
		{"Serge E. Hallyn", "Serge Hallyn", true},
		{`Pat "Ivory" Vale`, "Pat 'Ivory' Vale", true},
		{"A Uthor (Example)", "A Uthor", true},
		{"A Uthor", "B Uthor", false},
		{"J. Doe", "J. Roe", false},
		{"", "A Uthor", false},
	} {
		if got := SameName(tt.a, tt.b); got != tt.same {
			t.Errorf("%q and %q: %v", tt.a, tt.b, got)
		}
	}
}
