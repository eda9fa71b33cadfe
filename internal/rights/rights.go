// SPDX-License-Identifier: GPL-2.0-only

// Package rights gives up what a verb does not need, before it reads a mail: by Landlock, the kernel's module for that.
//
// Call [Confine] once, early. It holds for all threads of the process and all programs that it starts, and cannot be taken
// back. [Available] tells what the kernel can do.
package rights

import (
	"fmt"
	"os"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// Needs are what a verb is left with, besides reading and running whatever the user may.
type Needs struct {
	// Files may be written; they are there. Below Folders anything may be made and removed.
	Files, Folders []string
	// Emptied are folders from which empty folders may be taken, and nothing else.
	Emptied []string
	// Network leaves TCP and UDP alone; else nothing can be connected or bound.
	Network bool
}

const (
	// inFile are the rights on a file that is written to.
	inFile = llsys.AccessFSWriteFile | llsys.AccessFSTruncate
	// inFolder are those on what stands in a folder.
	inFolder = inFile | llsys.AccessFSRemoveDir | llsys.AccessFSRemoveFile | llsys.AccessFSMakeDir | llsys.AccessFSMakeReg |
		llsys.AccessFSMakeSym | llsys.AccessFSMakeFifo | llsys.AccessFSMakeSock | llsys.AccessFSRefer
	// changes are all rights to change something.
	changes = inFolder | llsys.AccessFSMakeChar | llsys.AccessFSMakeBlock
	network = llsys.AccessNetBindTCP | llsys.AccessNetConnectTCP | llsys.AccessNetBindUDP | llsys.AccessNetConnectSendUDP
)

// Confine gives up all rights to change files, and to use the network, apart from n. Of that the kernel gives what it has;
// where it has no Landlock nothing happens.
func Confine(n Needs) error {
	config := landlock.Config{HandledAccessFS: changes}
	if !n.Network {
		config.HandledAccessNet = network
	}
	rules := []landlock.Rule{landlock.PathAccess(inFile, os.DevNull)} // where output of programs goes that nobody wants
	if len(n.Files) > 0 {
		rules = append(rules, landlock.PathAccess(inFile, n.Files...))
	}
	if len(n.Folders) > 0 {
		rules = append(rules, landlock.PathAccess(inFolder, n.Folders...))
	}
	if len(n.Emptied) > 0 {
		rules = append(rules, landlock.PathAccess(llsys.AccessFSRemoveDir, n.Emptied...))
	}
	if err := config.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	return nil
}

// minimum are the versions of Landlock's interface that brought its parts.
const (
	withFiles   = 1
	withNetwork = 4
)

// Available says what of [Confine] the kernel can do; ok is false where that is nothing.
func Available() (what string, ok bool) {
	version, err := llsys.LandlockGetABIVersion()
	switch {
	case err != nil || version < withFiles:
		return "the kernel has no Landlock, or it is not active (lsm=)", false
	case version < withNetwork:
		return fmt.Sprintf("version %d: files, without the network", version), true
	}
	return fmt.Sprintf("version %d: files and the network", version), true
}
