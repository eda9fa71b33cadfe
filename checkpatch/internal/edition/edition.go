// SPDX-License-Identifier: GPL-2.0-only

// Package edition knows which rules a tree's own scripts/checkpatch.pl has: the script changes from kernel to kernel, and
// forks of it change it more.
//
// Call [Read] with the text of a script. The [Edition] says which of its types of findings the native engine decides as
// this very script does, and which [Feature]s its rules have. That is told by fingerprints: known.txt holds, for each script
// that the engine was compared with, a hash for each type of all text that decides on it, comments and messages aside.
package edition

import (
	_ "embed"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Newest is the edition that the native engine follows where there is no script to ask.
const Newest = "7.3"

// An Edition is what is known of a script. The zero value is the newest.
type Edition struct {
	// Name is the kernel whose script this is, word for word but for comments, or "".
	Name string
	// Unknown are the types that the script decides in a way that is not known, sorted.
	Unknown []string
	// Why tells why, for some of Unknown: by type, the variable of the script that is at issue, or the helper beside it.
	Why map[string]string
	// Foreign tells that too little of the script is known to make anything of the rest: it is no checkpatch.pl of a kernel,
	// or a fork that went far.
	Foreign bool

	// Lacks are the features of newer scripts that it has not, by their numbers: for keeping only, ask Has.
	Lacks [features]bool
}

// maxScript bounds the scripts that are looked at, in bytes. They have some 300,000.
const maxScript = 4 << 20

// Read reads the text of a script; nil stands for the newest.
func Read(script []byte) *Edition {
	e := &Edition{}
	if script == nil {
		return e
	}
	if len(script) > maxScript || !strings.HasPrefix(string(script[:min(len(script), 2)]), "#!") {
		e.Foreign = true
		return e
	}
	source := string(script)
	e.readFeatures(source)
	known := table()
	if e.Name = known.names[hash(source)]; e.Name != "" {
		return e
	}
	e.compare(cut(source), known)
	return e
}

// compare finds the types whose text is not known.
func (e *Edition) compare(t *text, known *knownTexts) {
	unknown := map[string]string{}
	signatures := t.signatures()
	for typ, sum := range signatures {
		if !known.types[typ][sum] {
			unknown[typ] = ""
		}
	}
	flow := t.flow()
	taint := func(p []string) {
		for _, typ := range t.asking(p) {
			if _, ok := unknown[typ]; !ok {
				unknown[typ] = strings.Join(p, " ")
			}
		}
	}
	for sum, p := range flow {
		if _, ok := known.flow[sum]; !ok {
			taint(p.sets)
		}
	}
	for sum, sets := range known.always {
		if _, ok := flow[sum]; !ok {
			taint(sets)
		}
	}
	e.Unknown, e.Why = slices.Sorted(maps.Keys(unknown)), unknown
	e.Foreign = len(signatures)-len(unknown) < len(known.types)/3
}

//go:embed known.txt
var knownText string

// knownTexts is known.txt, read.
type knownTexts struct {
	names map[string]string          // of whole scripts
	types map[string]map[string]bool // their signatures, by type
	flow  map[string][]string        // by hash, the variables that a unit sets
	// always are those of flow that each script has.
	always map[string][]string
	// helpers are the programs beside the scripts, by name.
	helpers map[string][]string
}

var table = sync.OnceValue(func() *knownTexts { return readTable(knownText) })

func readTable(text string) *knownTexts {
	k := &knownTexts{map[string]string{}, map[string]map[string]bool{}, map[string][]string{}, map[string][]string{}, map[string][]string{}}
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) == 3 && f[0] == "script":
			k.names[f[2]] = f[1]
		case len(f) >= 3 && f[0] == "type":
			k.types[f[1]] = map[string]bool{}
			for _, sum := range f[2:] {
				k.types[f[1]][sum] = true
			}
		case len(f) >= 2 && f[0] == "helper":
			k.helpers[f[1]] = f[2:]
		case len(f) >= 2 && (f[0] == "flow" || f[0] == "always"):
			k.flow[f[1]] = f[2:]
			if f[0] == "always" {
				k.always[f[1]] = f[2:]
			}
		}
	}
	return k
}

// Table returns the lines of known.txt for scripts, by the name of their kernel.
func Table(scripts map[string][]byte) string {
	names := slices.Sorted(maps.Keys(scripts))
	types := map[string][]string{}
	flow, count := map[string]string{}, map[string]int{}
	var out strings.Builder
	for _, name := range names {
		source := string(scripts[name])
		out.WriteString("script " + name + " " + hash(source) + "\n")
		t := cut(source)
		for typ, sum := range t.signatures() {
			if !slices.Contains(types[typ], sum) {
				types[typ] = append(types[typ], sum)
			}
		}
		for sum, p := range t.flow() {
			flow[sum] = strings.Join(p.sets, " ")
			count[sum]++
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(types)) {
		out.WriteString("type " + typ + " " + strings.Join(types[typ], " ") + "\n")
	}
	for _, sum := range slices.Sorted(maps.Keys(flow)) {
		kind := "flow "
		if count[sum] == len(names) {
			kind = "always "
		}
		out.WriteString(strings.TrimSpace(kind+sum+" "+flow[sum]) + "\n")
	}
	return out.String()
}
