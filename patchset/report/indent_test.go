// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestIndentJSON holds our lines against those of the standard library.
func TestIndentJSON(t *testing.T) {
	for _, text := range []string{
		`{}`, `[]`, `1`, `"a"`, `{"a":1}`, `{"a":{},"b":[],"c":[[],{}]}`, `[1,2,{"a":[true,false,null,-1.5e3]}]`,
		`"\\"`, `["\\\"","\\\\",",{}[]:","\u2028"]`, `{"a:b":"c,d","e{":"f]"}`, `{"ä":"ö\\"}`, `[""]`, `{"":""}`,
	} {
		for _, prefix := range []string{"", "    "} {
			var want bytes.Buffer
			if err := json.Indent(&want, []byte(text), prefix, "  "); err != nil {
				t.Fatal(err)
			}
			if got := indentJSON([]byte(text), prefix); string(got) != want.String() {
				t.Errorf("%s:\n%s\nwant\n%s", text, got, want.String())
			}
		}
	}
}
