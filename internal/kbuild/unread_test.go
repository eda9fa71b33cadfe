// SPDX-License-Identifier: GPL-2.0-only

package kbuild

import (
	"testing"

	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/lsmpatch/lsmpatch/internal/tree"
)

func TestUnreadKconfigs(t *testing.T) {
	for source, told := range map[string]bool{
		"source \"new/sub/Kconfig\"\n": false, "\tosource \"new/*/Kconfig\"\n": false, "source \"$(srctree)/new/sub/Kconfig\"\n": false,
		"source \"new/$(SRCARCH)/Kconfig\"\n": false, "source \"new/sub/Kconfig.debug\"\n": true, "# source \"new/sub/Kconfig\"\n": true, "": true,
		"config A\n\tbool \"a\"\n\thelp\n\t  Nothing.\n": true,
	} {
		base := t.TempDir()
		write(t, base+"/Kconfig", source)
		write(t, base+"/old/Kconfig", "# nobody sources it, and nobody adds it\n")
		after := tree.NewOverlay(tree.NewDirFS(base))
		for name, text := range map[string]string{"new/sub/Kconfig": "config NEW\n\tbool\n\norsource \"deep/Kconfig.*\"\n", "new/sub/deep/Kconfig.x": "", "tools/Kconfig": ""} {
			if err := after.Write(tree.Change{Path: name, Mode: filemode.Regular, Data: []byte(text)}); err != nil {
				t.Fatal(err)
			}
		}
		found, err := UnreadKconfigs(t.Context(), after.Base(), after)
		if err != nil {
			t.Fatal(err)
		}
		if (len(found) == 1 && found[0].File == "new/sub/Kconfig") != told || len(found) > 1 {
			t.Errorf("%q: %+v", source, found)
		}
	}
}
