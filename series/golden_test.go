// SPDX-License-Identifier: GPL-2.0-only

package series

import "flag"

// update makes the tests rewrite their golden files.
var update = flag.Bool("update", false, "rewrite golden files")
