// SPDX-License-Identifier: GPL-2.0-only

package ctype

import (
	"strings"
	"testing"
)

// TestInner: static variables of functions count, where their names are theirs alone.
func TestInner(t *testing.T) {
	text := `static struct a outer;
int f(void)
{
	static const struct a one = { .x = "a;b" }, *two;
	struct a three;

	if (1) {
		static struct a four[2] __initdata = { { 1 }, { 2 } };
		static int five; static struct b six;
	}
	return 0;
}
void g(void) { static struct a outer; static struct a twice; }
void h(void) { static struct a twice; static struct a *seven = &outer; }
`
	u := ParseUnit("x.c", []byte(text), nil)
	var got []string
	for _, d := range u.Inner(func(tag string) bool { return tag == "a" }) {
		got = append(got, d.Type.Declare(d.Name)+Text(d.Init)+strings.Join(d.Attrs, ""))
	}
	want := `const struct a one{ .x = "a;b" }|const struct a *two|struct a four[2]{ { 1 }, { 2 } }__initdata|struct a *seven& outer`
	if got := strings.Join(got, "|"); strings.ReplaceAll(got, "& ", "&") != strings.ReplaceAll(want, "& ", "&") {
		t.Errorf("%s\nwant %s", got, want)
	}
	deep := "int f(void) {" + strings.Repeat(" static struct a x {", 50_000)
	ParseUnit("x.c", []byte(deep+strings.Repeat("}", 50_001)), nil).Inner(func(string) bool { return true }) // ends
}
