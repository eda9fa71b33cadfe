// SPDX-License-Identifier: GPL-2.0-only
/*
 * dump: write what a tree's own scripts/kconfig makes of its Kconfig files.
 *
 * It is linked with the objects of that folder, so the language is always that of the tree. Only what all
 * versions of that code since Linux 5.10 have is used: the tree of menus, and expressions. One line a
 * fact, which belongs to the last line S or C before it:
 *
 *	S NAME TYPE		a symbol, each time that it is defined
 *	C TYPE OPTIONAL		a choice, NAME being none
 *	M NAME			a symbol of this choice
 *	d EXPR			its dependencies
 *	s EXPR			what selects it
 *	i EXPR			what implies it
 *	p EXPR			when it has a prompt
 *	v EXPR | EXPR		a default, and when it counts
 *	r EXPR EXPR | EXPR	a range, and when it counts
 *
 * An expression is a symbol's name, a constant in quotes, or (OP EXPR EXPR).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lkc.h"

/* SYMBOL_CHOICE was dropped when choices became menus, in Linux 6.11. */
#ifdef SYMBOL_CHOICE
#define optional_choice(sym) (!!((sym)->flags & SYMBOL_OPTIONAL))
#else
#define optional_choice(sym) 0
#endif

static void quoted(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s == '\n' ? ' ' : *s);
	}
	putchar('"');
}

static void name(struct symbol *sym)
{
	if (sym && sym->name && !(sym->flags & SYMBOL_CONST))
		fputs(sym->name, stdout);
	else if (sym && sym->name)
		quoted(sym->name);
	else
		fputs("<choice>", stdout);
}

static void expr(struct expr *e);

static void both(const char *op, struct expr *e)
{
	printf("(%s ", op);
	expr(e->left.expr);
	putchar(' ');
	expr(e->right.expr);
	putchar(')');
}

static void compare(const char *op, struct expr *e)
{
	printf("(%s ", op);
	name(e->left.sym);
	putchar(' ');
	name(e->right.sym);
	putchar(')');
}

static void expr(struct expr *e)
{
	if (!e) {
		fputs("\"y\"", stdout);
		return;
	}
	switch (e->type) {
	case E_OR:
		both("|", e);
		break;
	case E_AND:
		both("&", e);
		break;
	case E_NOT:
		fputs("(! ", stdout);
		expr(e->left.expr);
		putchar(')');
		break;
	case E_EQUAL:
		compare("=", e);
		break;
	case E_UNEQUAL:
		compare("!=", e);
		break;
	case E_LTH:
		compare("<", e);
		break;
	case E_LEQ:
		compare("<=", e);
		break;
	case E_GTH:
		compare(">", e);
		break;
	case E_GEQ:
		compare(">=", e);
		break;
	case E_RANGE:
		compare("..", e);
		break;
	case E_SYMBOL:
		name(e->left.sym);
		break;
	default:
		fputs("\"?\"", stdout);
	}
}

/* A missing expression is "always" but for what selects or implies, where it is "never". */
static void fact(char kind, struct expr *e)
{
	printf("%c ", kind);
	expr(e);
	putchar('\n');
}

static void facts(struct symbol *sym)
{
	struct property *p;

	fact('d', sym->dir_dep.expr);
	if (sym->rev_dep.expr)
		fact('s', sym->rev_dep.expr);
	if (sym->implied.expr)
		fact('i', sym->implied.expr);
	for (p = sym->prop; p; p = p->next) {
		if (p->text) /* of a config, a menuconfig or a choice */
			fact('p', p->visible.expr);
		switch (p->type) {
		case P_DEFAULT:
		case P_RANGE:
			printf("%c ", p->type == P_DEFAULT ? 'v' : 'r');
			expr(p->expr);
			fputs(" | ", stdout);
			expr(p->visible.expr);
			putchar('\n');
			break;
		default:
			break;
		}
	}
}

static const char *type(struct symbol *sym)
{
	switch (sym->type) {
	case S_BOOLEAN:
		return "bool";
	case S_TRISTATE:
		return "tristate";
	case S_INT:
		return "int";
	case S_HEX:
		return "hex";
	case S_STRING:
		return "string";
	default:
		return "unknown";
	}
}

static void members(struct menu *m, struct menu *choice)
{
	for (; m; m = m->next) {
		struct menu *above = m->parent;

		while (above && above != choice && !(above->sym && sym_is_choice(above->sym)))
			above = above->parent;
		if (m->sym && !sym_is_choice(m->sym) && sym_is_choice_value(m->sym) && above == choice)
			printf("M %s\n", m->sym->name);
		if (m->list && !(m->sym && sym_is_choice(m->sym)))
			members(m->list, choice);
	}
}

static void walk(struct menu *m)
{
	for (; m; m = m->next) {
		if (m->sym && sym_is_choice(m->sym)) {
			printf("C %s %d\n", type(m->sym), optional_choice(m->sym));
			facts(m->sym);
			members(m->list, m);
		} else if (m->sym && m->sym->name) {
			printf("S %s %s\n", m->sym->name, type(m->sym));
			facts(m->sym);
		}
		if (m->list)
			walk(m->list);
	}
}

int main(int ac, char **av)
{
	if (ac != 2) {
		fprintf(stderr, "usage: dump Kconfig\n");
		return 2;
	}
	conf_parse(av[1]);
	walk(&rootmenu);
	return 0;
}
