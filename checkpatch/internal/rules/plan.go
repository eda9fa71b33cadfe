// SPDX-License-Identifier: GPL-2.0-only

// Package rules puts the rules of all subjects together, in the order in which they are tried. Call [All].
//
// The subjects are the rooms below: message (the mail, its tags, references, spelling), files (Kconfig, MAINTAINERS,
// bindings, licences), format (white space, indent, long lines), code (C as a language), kernel (C as the kernel writes it).
package rules

import (
	"slices"
	"sync"

	"github.com/lsmpatch/lsmpatch/checkpatch/internal/engine"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/rules/code"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/rules/format"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/rules/kernel"
	"github.com/lsmpatch/lsmpatch/checkpatch/internal/rules/message"
)

// All are the rules of all subjects. They are put together when they are first asked for, since that parses the
// patterns.
var All = sync.OnceValue(func() *engine.Plan {
	p := &engine.Plan{
		Log: message.LogRules, End: message.CheckEnd,
		Any: format.AnyRules, Source: format.SourceRules, Indent: format.IndentRules,
		Facts: code.ContextFacts, Context: code.ContextRules,
		// In this order, since some learn what others use.
		C: slices.Concat(code.DeclarationRules, code.MessageRules, code.SpacingRules, code.ParenRules, code.StatementRules, code.MacroRules,
			code.BraceRules, code.StringRules, kernel.APIRules, kernel.AttributeRules, kernel.CallRules, kernel.Rules),
	}
	return p.Ready()
})
