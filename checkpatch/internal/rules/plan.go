// SPDX-License-Identifier: GPL-2.0-only

package checkpatch

import (
	"slices"
	"sync"
)

// allRules are the rules of all subjects. They are put together when they are first asked for, since that parses the
// patterns.
var allRules = sync.OnceValue(func() *Plan {
	p := &Plan{
		Log: LogRules, End: CheckEnd,
		Any: AnyRules, Source: SourceRules, Indent: IndentRules,
		Facts: ContextFacts, Context: ContextRules,
		// In this order, since some learn what others use.
		C: slices.Concat(DeclarationRules, MessageRules, SpacingRules, ParenRules, StatementRules, MacroRules,
			BraceRules, StringRules, ApiRules, AttributeRules, CallRules, KernelRules),
	}
	return p.Ready()
})
