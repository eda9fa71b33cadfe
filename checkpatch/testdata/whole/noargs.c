// SPDX-License-Identifier: GPL-2.0
#define A(, b) foo(b)
#define B(a, , c) ((a) + (c))
#define C(a, ) ((a))
#define D( ,x) (x)
#define E(,) 1
#define F(,a) ++(a)
#define G(,a)
#define H(,a) (((((
#define I(,a) 0
#define J(,a) do { x(a); } while (0)
#define K(,a) + a
#define L(a, ,) -a
#define M(a, ,, b) sizeof(a) # b
#define N( , ) ((x), (y))
