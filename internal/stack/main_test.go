// SPDX-License-Identifier: GPL-2.0-only

package stack

import (
	"os"
	"testing"

	"github.com/lsmpatch/lsmpatch/internal/git/gittest"
)

func TestMain(m *testing.M) { os.Exit(gittest.RunTests(m)) }
