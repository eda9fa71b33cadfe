/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SMALL_H
#define SMALL_H

extern int in_header(int a);
extern int in_header_array[];
int unnamed(int, struct foo *, enum bar);
void (*pointer)(int);
int ( *bad)(int);
struct foo{
	int a;
};
union u
{
	int a;
};
typedef u32 __bitwise le;
#define A_MACRO(x)	\
	do {		\
		foo(x);	\
	} while (0)
#define B_MACRO(x, y...)	foo(x, y)
#define LONG_MACRO(x)						\
({								\
	typeof(x) _x = (x);					\
	_x;							\
})
#define struct_macro struct foo bar
static inline int
split_type(void)
{
	return 0;
}
static __inline__ int old_inline(void);
inline static int wrong_order(void);
int a, b ,c;
// a C99 comment
int d; // another
/* a comment */ int e; /* and
another */
#define UNSAFE(a, b) ((a) < b ? (a) : (b))
#define for_each_thing(x) \
	for (x = 0; x < 10; x++)
#define EMPTY
#define STRING "text"
#define CHAR 'x'
#define CALL foo(1, 2)
#define DEREF a->b.c
#define ARRAY { 1, 2 }
#define BRACKET [1]
#define DOT .foo = 1
#define CASE case 1: case 2
#endif
