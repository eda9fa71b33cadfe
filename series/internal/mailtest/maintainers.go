// SPDX-License-Identifier: GPL-2.0-only

package mailtest

// Maintainers is a MAINTAINERS of four sections: one with people and a list, one that matches by a keyword, an
// orphan, and the rest.
const Maintainers = `List of maintainers
===================

	M: *Mail* patches to: FullName <address@domain>

SAMPLE SECURITY MODULE
M:	Mary Maintainer <mary@example.org>
R:	Rob Reviewer <rob@example.org>
L:	lsm@lists.example.org (moderated for non-subscribers)
S:	Maintained
F:	security/sample/

SAMPLE KEYWORDS
L:	keywords@lists.example.org
S:	Maintained
F:	Documentation/sample/
K:	\bsample_keyword\b

SAMPLE ORPHAN
S:	Orphan / Obsolete
F:	lib/orphan.c

THE REST
M:	The Chief <chief@example.org>
L:	linux-kernel@example.org
S:	Buried alive in reporters
F:	*
F:	*/
`
