// SPDX-License-Identifier: GPL-2.0-only

// Package needs looks for what an LSM needs in the tree besides its hooks: a descriptor that is filled
// in, a place among the LSMs that are counted, Kconfig and makefiles, an ID, blobs.
//
// Call [Look] with what a series registers; what is wrong is added to its findings. [LSMs] lists the
// LSMs that a series adds.
package needs

import (
	"github.com/lsmpatch/lsmpatch/internal/hooks/ctype"
	"github.com/lsmpatch/lsmpatch/internal/hooks/registered"
)

// needs looks for what an LSM needs besides its hooks.
type needs struct {
	*registered.Series
	inits   []initializer
	structs map[string]*structure
	// addHooks is the tree's declaration of security_add_hooks; structures reads it.
	addHooks *ctype.Decl
	// lsmMakers is nil until it is asked for.
	lsmMakers *lsmMakers
	// uses is nil until it is asked for.
	uses  map[string]int
	words map[*ctype.Unit]*unitWords // see wordsOf
}

// Look checks what the LSMs of a series need in the tree, adds what it finds to that, and returns how
// many LSMs there are.
func Look(s *registered.Series) int {
	c := &needs{Series: s}
	c.initializers()
	c.fieldTypes()
	c.rustFieldTypes()
	c.addHooksCalls()
	c.gone()
	c.lists()
	c.lateAdditions()
	c.freed()
	c.descriptors()
	c.initCalls()
	c.ids()
	c.blobs()
	c.kconfigs()
	c.helpers()
	c.modules()
	lsms := c.lsms()
	c.noDescriptor(lsms)
	c.newLSMs(lsms)
	c.papers(lsms)
	c.counts(lsms)
	c.partsBuilt()
	c.tooMany()
	c.openCount()
	c.crateNames(lsms)
	c.notInDefaults(lsms)
	c.defaultClaims(lsms)
	return len(lsms)
}
