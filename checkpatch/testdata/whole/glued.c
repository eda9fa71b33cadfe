// SPDX-License-Identifier: GPL-2.0-only
/* Types that are glued of names: what follows them in the list of types is joined to them. */
#define ALLOC(name) ((action_##name *)alloc(sizeof(action_##name)))

int f(int parm)
{
	if (parm) {
		action_paren *ap;
		action_paren *aq;
		action_other *ar;

		return !ap || !aq;
	}
#define BOTH(name) ((const foo_##name *)a + (bar_##name *)b)
	if (g) {
		x_kind y_kind *p;
		z_type *q;
		z_type *r;
	}
	return 0;
}
