// SPDX-License-Identifier: GPL-2.0-only

package report

import (
	"strings"
	"testing"
)

// TestJSONList: item by item gives the text that the whole gives at once.
func TestJSONList(t *testing.T) {
	type item struct {
		Name string `json:"name"`
		List []int  `json:"list"`
	}
	type rest struct {
		Findings []string `json:"findings"`
	}
	for _, items := range [][]item{{}, {{"a<\u202e", []int{1, 2}}}, {{"a", nil}, {"b", []int{}}}} {
		for _, more := range []any{nil, rest{[]string{}}, rest{[]string{"x"}}} {
			var got, want strings.Builder
			l := NewJSONList(&got, "series")
			for _, it := range items {
				text, err := l.Encode(it)
				if err != nil {
					t.Fatal(err)
				}
				if err := l.Add(text); err != nil {
					t.Fatal(err)
				}
			}
			if err := l.Close(more); err != nil {
				t.Fatal(err)
			}
			var whole any = struct {
				Series []item `json:"series"`
			}{items}
			if r, ok := more.(rest); ok {
				whole = struct {
					Series []item `json:"series"`
					rest
				}{items, r}
			}
			if err := WriteJSON(&want, whole); err != nil {
				t.Fatal(err)
			}
			if got.String() != want.String() {
				t.Errorf("got\n%swant\n%s", got.String(), want.String())
			}
		}
	}
}
