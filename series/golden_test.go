// SPDX-License-Identifier: GPL-2.0-only

package series

import "flag"

// Update makes the tests rewrite their golden files.
var Update = flag.Bool("update", false, "rewrite golden files")
