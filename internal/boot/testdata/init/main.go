// SPDX-License-Identifier: GPL-2.0-only

// Program init is an /init for the tests that do not build the command.
package main

import "github.com/lsmpatch/lsmpatch/internal/boot"

func main() {
	if boot.IsInit() {
		boot.Init()
	}
}
