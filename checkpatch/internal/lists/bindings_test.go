// SPDX-License-Identifier: GPL-2.0-only

package lists

import (
	"testing"
	"testing/fstest"
)

func TestHasBinding(t *testing.T) {
	d := Load(fstest.MapFS{
		BindingsDir + "/a.yaml":  {Data: []byte("properties:\n  compatible:\n    enum: [ \"ti,am33xx\",vendor,chip-1.5 ]\n    a, b,\n")},
		BindingsDir + "/b/c.txt": {Data: []byte("  - \"renesas,r8a<num>-scif\"\n  - x,<y> or fsl,<soc>-esdhc, simple-bus\n  - <1>,<2>\nst,end")},
	}, nil, nil)
	for compat, want := range map[string]bool{
		"ti,am33xx": true, "ti,am33": true, "ti,am44": false, "i,am": true,
		"vendor,chip-1.5": true, "vendor,chip-1.6": false, "vendor,ch.p-1": true, // a dot is any byte, as it is for the script
		"fsl,imx6-esdhc": true, "renesas,r8a7790-scif": false, "fsl,imx6-uart": false, "renesas,r7-scif": false, "renesas,r-scif": false,
		"chip": true, "a b": false, "a,": true, "simple-bus": true, "complex-bus": false, "st,end": true, "st,ende": false,
	} {
		for range 2 { // the second answer is a remembered one
			if got := d.HasBinding(compat); got != want {
				t.Errorf("%s: %v", compat, got)
			}
		}
	}
}

// TestUsualBindings: of compatible strings of the usual form both indices say the same.
func TestUsualBindings(t *testing.T) {
	for _, text := range []string{"a,b", "a,b<c>-d,e", "x a,<b>-c,<d>-e>-f\ng,h", ",<>-", "a,bc<d e>-f", "a,b\x00<c>-", "<a,b>-", "a,b0<c>-d"} {
		usual, all := &bindingIndex{seen: map[string]struct{}{}}, &bindingIndex{seen: map[string]struct{}{}}
		usual.addUsual([]byte(text))
		all.addAll([]byte(text))
		for _, compat := range []string{"a,b", "b,a", "a,b-d", "a,x-c", "a,x1-e", "x,y-f", ",-", "g,h", "e", "a,bc-f", "a,b0-d", "a,b7-d", "a,b1-x"} {
			if isUsual(compat) && usual.has(compat) != all.has(compat) {
				t.Errorf("%q in %q: %v", compat, text, usual.has(compat))
			}
		}
	}
}
