// SPDX-License-Identifier: GPL-2.0-only

package hooks

// needs looks for what an LSM needs besides its hooks.
type needs struct {
	*series
	inits   []initializer
	structs map[string]*structure
}

// lookFor checks what the LSMs of a series need in the tree, and adds what it finds to that.
func lookFor(s *series) {
	c := &needs{series: s}
	c.initializers()
	c.descriptors()
	c.initCalls()
	c.ids()
	c.blobs()
	c.kconfigs()
	c.helpers()
	c.modules()
	lsms := c.lsms()
	c.counts(lsms)
	c.defaultClaims(lsms)
}
