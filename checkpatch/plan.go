// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"slices"
	"sync"
)

// allRules are the rules of all subjects. They are put together when they are first asked for, since that parses the
// patterns.
var allRules = sync.OnceValue(func() *plan {
	p := &plan{
		log: logRules, end: checkEnd,
		any: anyRules, source: sourceRules, indent: indentRules,
		facts: contextFacts, context: contextRules,
		// In this order, since some learn what others use.
		c: slices.Concat(declarationRules, messageRules, spacingRules, parenRules, statementRules, macroRules,
			braceRules, stringRules, apiRules, attributeRules, callRules, kernelRules),
	}
	return p.ready()
})
