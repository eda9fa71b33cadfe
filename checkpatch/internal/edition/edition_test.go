// SPDX-License-Identifier: GPL-2.0-only

package edition

import (
	"slices"
	"strings"
	"testing"
)

// small is a script of three rules, in the shape of the real one.
const small = `#!/usr/bin/env perl
our $Word = qr{\w+};
our $Name = qr{$Word\s*};
my $limit = 100;

sub twice {
	my ($n) = @_;
	return 2 * $n;
}

sub process {
	my $filename = shift;
	foreach my $line (@lines) {
# where we are
		if ($line =~ /^\+\+\+ (\S+)/) {
			$realfile = $1;
		}

# a comment
		if ($line =~ /$Name;/) {
			WARN("SEMICOLON",
			     "no semicolon\n" . $herecurr);
		}
		if (length($line) > twice($limit)) {
			ERROR("LENGTH", "too long\n");
		}
		if ($realfile =~ /x/ && $line =~ /y/) {
			CHK('PLACE', "here\n");
		}
	}
}
`

// TestUnknownRules: what is changed in a script makes those types unknown that it decides on, and no others.
func TestUnknownRules(t *testing.T) {
	known := readTable(Table(map[string][]byte{"1.0": []byte(small)}))
	for name, tc := range map[string]struct{ old, new, want string }{
		"nothing":                {"", "", ""},
		"a comment":              {"# a comment", "# another one", ""},
		"a message":              {"no semicolon", "no semicolons, please", ""},
		"indent":                 {"\t\t\t$realfile = $1;", "\t\t\t\t$realfile = $1;", ""},
		"the condition":          {"$Name;", "$Name\\s*;", "SEMICOLON"},
		"a level":                {"ERROR(", "WARN(", "LENGTH"},
		"a pattern that it uses": {`qr{\w+}`, `qr{[a-z]+}`, "SEMICOLON"},
		"a default":              {"limit = 100", "limit = 80", "LENGTH"},
		"a function":             {"2 * $n", "3 * $n", "LENGTH"},
		"the flow of lines":      {`(\S+)/`, `(\w+)/`, "PLACE"},
		"a rule more":            {"# where", "\t\tWARN(\"NEW_RULE\", \"new\\n\") if ($line);\n# where", "NEW_RULE"},
		"a rule less":            {"CHK('PLACE', \"here\\n\");", "next;", ""},
	} {
		e := &Edition{}
		e.compare(cut(strings.Replace(small, tc.old, tc.new, 1)), known)
		if got := strings.Join(e.Unknown, " "); got != tc.want {
			t.Errorf("%s changed: %q is unknown, not %q", name, got, tc.want)
		}
	}
}

// TestForeign: what is no checkpatch.pl, or has little of it, is said to be so.
func TestForeign(t *testing.T) {
	for _, script := range []string{"#!/bin/sh\nexit 0\n", "\x7fELF", small, "#!" + strings.Repeat("x", maxScript)} {
		if e := Read([]byte(script)); !e.Foreign || e.Name != "" {
			t.Errorf("%.20q is taken for %+v", script, e)
		}
	}
	if e := Read(nil); e.Foreign || len(e.Unknown) > 0 || !e.Has(GroupMacros) {
		t.Errorf("without a script: %+v", e)
	}
}

// TestProbes: a probe with a mark asks for the absence of its text.
func TestProbes(t *testing.T) {
	e := &Edition{}
	e.readFeatures("x !~ /^_Generic$/ DCCP_| !AA_|BUILD_|DCCP_|")
	if !e.Has(GenericCamel) || e.Has(LongFixes) || e.Has(PlainBUG) || !e.Has(NoStagingParens) {
		t.Errorf("%+v", e.Lacks)
	}
}

// TestTable: the table has the newest kernel, and each of its lines is read.
func TestTable(t *testing.T) {
	k := table()
	var names []string
	for _, name := range k.names {
		names = append(names, name)
	}
	if !slices.Contains(names, Newest) || len(k.types) < 200 || len(k.always) < 50 {
		t.Errorf("%v, %d types, %d units", names, len(k.types), len(k.always))
	}
}

// TestHelpers: a program beside the script is known by what it does, and a list by its form.
func TestHelpers(t *testing.T) {
	for name, want := range map[string]map[string]bool{
		"scripts/spdxcheck.py":             {"import sys\n": false},
		"scripts/spelling.txt":             {"# words\n\nteh||the\n": true, "teh||the\nabandonned->abandoned\n": false},
		"scripts/const_structs.checkpatch": {"file_operations\n": true, "file_operations fs/\n": false},
	} {
		for text, known := range want {
			for _, h := range Helpers {
				if h.Name != name {
					continue
				}
				if h.Knows([]byte(text)) != known || !h.Knows(nil) {
					t.Errorf("%s, %q", name, text)
				}
				if !known {
					e := &Edition{}
					if e.Doubt([]Helper{h}); len(e.Unknown) != 1 || e.Unknown[0] != h.Type || e.Why[h.Type] != name {
						t.Errorf("%+v", e)
					}
				}
			}
		}
	}
	if hashHelper([]byte("a\n# b\n\n c\n")) != hashHelper([]byte("# other\na  \n c\n")) || hashHelper([]byte("a\nc\n")) == hashHelper([]byte("a\n c\n")) {
		t.Error("comments count, or indent does not")
	}
}
