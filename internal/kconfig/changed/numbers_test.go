// SPDX-License-Identifier: GPL-2.0-only

package changed

import "testing"

func TestNumbersInConditions(t *testing.T) {
	for text, want := range map[string]string{
		"CONFIG_CPUS > 64":                       "CPUS>64",
		"64 < CONFIG_CPUS":                       "CPUS>64",
		"(CONFIG_HZ == 1000) && defined(X)":      "HZ=1000 && [defined(X)]",
		"CONFIG_HZ!=250||CONFIG_HZ >= 0x3e8UL":   "HZ!=250 || HZ>=1000",
		"!(CONFIG_LEVELS < 3)":                   "LEVELS>=3",
		"NR_CPUS > 1":                            "NR_CPUS>1",
		"CONFIG_SMP":                             "SMP!=0",
		"CONFIG_USB_MODULE && 1":                 "USB=m",
		"2 > 1":                                  "y",
		"0":                                      "n",
		"0x10 && 0UL":                            "n",
		"1 << CONFIG_SHIFT > 3":                  "[1 << CONFIG_SHIFT > 3]",
		"CONFIG_A > CONFIG_B":                    "[CONFIG_A > CONFIG_B]",
		"CONFIG_A + 1 > 3":                       "[CONFIG_A + 1 > 3]",
		"PAGE_SIZE > 4096":                       "[PAGE_SIZE > 4096]",
		"CONFIG_A >":                             "[CONFIG_A >]",
		"IS_ENABLED(CONFIG_A) && CONFIG_B >= 12": "A && B>=12",
	} {
		if got := Expression(text).String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
