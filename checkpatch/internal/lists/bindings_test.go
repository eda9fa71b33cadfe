// SPDX-License-Identifier: GPL-2.0-only

package lists

import "testing"

func TestBindingIndex(t *testing.T) {
	x := newBindingIndex()
	x.add([]byte("properties:\n  compatible:\n    enum: [ \"ti,am33xx\",vendor,chip-1.5 ]\n"))
	x.add([]byte("  - \"renesas,r8a<num>-scif\"\n  - fsl,<soc>-esdhc"))
	for compat, want := range map[string]bool{
		"ti,am33xx": true, "ti,am33": true, "ti,am44": false,
		"vendor,chip-1.5": true, "vendor,chip-1.6": false, "vendor,ch.p-1": true, // a dot is any byte, as it is for the script
		"fsl,imx6-esdhc": true, "renesas,r8a7790-scif": false, "fsl,imx6-uart": false,
		"chip": true, "a b": false,
	} {
		for range 2 { // the second answer is a remembered one
			if got := x.has(compat); got != want {
				t.Errorf("%s: %v", compat, got)
			}
		}
	}
}
