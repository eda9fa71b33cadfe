// SPDX-License-Identifier: GPL-2.0-only
/* mixed.c - cases for the rules, right and wrong
 text without a star
 * and with one */
#include <linux//kernel.h>
#include <asm/io.h>
#include "linux/printk.h"

#define SUM a + b
#define OK_SUM (a + b)
#define TWICE(x) (x * 2)
#define SQUARE(x) ((x) * (x))
#define NOTHING(x) do { } while (0)
#define ONE(x) do { foo(x); } while (0)
#define TWO(x) do { foo(x); bar(x); } while (0);
#define IFFY(x) if (x) foo()
#define RET(x) do { if (x) return 1; foo(); } while (0)
#define MANY(x) foo(x); bar(x)
#define SEMI foo();
#define CAT(a, b) a##b
#define STR(a) #a
#define FLAG (1 << 3)
#define FLAGL (1ULL << 40)
#define ARCH_HAS_THING 1
#define SPACED  1 + \
	2
#define DECL(type, name) type name = 0
#define EACH(p, h) for (p = h; p; p = p->next)
#define TYPEARG(type, x) ((type)(x))
#define VARARGS(fmt, ...) printk(fmt, ##__VA_ARGS__)
#define BLOCK(x) ({ int _y = (x); _y; })
#define ASM(x) asm volatile ("nop" : : "r" (x))
#define PARTS "abc" FOO "def"
#define MEMB(x) x->member
#define NEG(x) -x
#define SIZE(x) sizeof(x) + sizeof(x)

typedef struct foo foo_type;
typedef int (*handler)(int a, void *b);
typedef unsigned int my_int;

extern int declared_here(void);
extern struct thing things[];
int prototype(int, char *);
int no_args();
static int spaced_func (int a);
int newline_name
(int a);

int global_zero = 0;
static int static_zero = 0;
static char *names[] = { "a", "b" };
static const char *cnames[] = { "a", "b" };
static char text[] = "abc";
const static int order;
static int const late = 1;
unsigned plain;
signed splain;
unsigned *pplain;
long int toolong;
long unsigned int misordered;
short int shorty;
unsigned long long int ulli;
int static storage;
int inline inlined(void);
const char const *twice;
volatile int vol;
uint32_t c99;
int8_t small;
char* star;
char * both;
char *good, * bad;
struct foo* sstar;
const char*const cc;
spinlock_t lock;
DEFINE_MUTEX(mutex);
struct mutex m;
struct spinlock sl;
int __initdata placed = 1;
static __initdata int placed2 = 1;
static const int initdata_const __initdata = 1;
static int initconst __initconst = 1;
static const int rm __read_mostly = 1;
int packed __attribute__((packed));
int attr __attribute__((__unused__)), attr2 __attribute__((aligned(8), noreturn));
int weak_one(void) __weak;
static struct file_operations fops = {
	.open = foo
};
static const struct file_operations cfops =
{
	.open = foo,
};
enum colour
{
	RED,
};
struct flex {
	int n;
	int data[0];
};
struct flex1 {
	int n;
	char data[1];
} __packed;
struct bits {
	int a:1, b : 2;
	unsigned int c: 3;
};
static const struct pci_device_id ids[] = {
	{ 1, 2 },
};
static const struct usb_device_id ids2[] = {
	{ 1, 2 },
	{ }
};

int one_line(void) { return 0; }
int brace_here(void) {
	return 0;
}
int multi(int a,
	int b) {
	return 0;
}
int function(int a, int *b)
{
	int x = x, *y = *(&(y));
	int i, j; char c;
	u64 big = (unsigned long)1;
	int count=0;
	foo_t *p = (foo_t *) b;

	if(a)
		foo();
	if (a ) foo();
	if ((a = foo()))
		bar();
	if ((a == b))
		bar();
	if ((a == 1) && (b == 2) || !(c))
		bar();
	if (a) {
		foo();
	}
	if (a)
	{
		foo();
		bar();
	}
	if (a) {
		foo();
		bar();
	} else
		foo();
	if (a)
		foo();
	else {
		foo();
		bar();
	}
	if (a) {
		foo();
	} else {
		bar();
	}
	if (a) {
		foo();
		bar();
	}
	else
		foo();
	if (a);
		foo();
	if (a)
	foo();
	if (a)
			foo();
	for (i = 0;i < 10;i++)
		foo ();
	for (i = 0; i < NR_CPUS; i++) {
		if (a)
			foo();
	}
	while (a)
		foo();
	do {
		foo();
	}
	while (a);
	do
		foo();
	while (0);
	do {
		foo();
	} while(a);
	for (;;) { foo(); }
	list_for_each_entry(p, b, list)
	{
		foo();
	}
	switch (a) {
		case 1: foo();
		break;
	case 2:
		foo();
	case 3: /* fall through */
		return (a);
		break;
	default:
		;
	}
	switch (a)
	{
	case 1 : foo(); break;
	default: break;
	}
	return(a);
	return (a + b);
	return EINVAL;
	return (-EINVAL);
	return a ?b : c;
	goto out;
	out:
	a = b+c;
	a = b +c;
	a = b- c;
	a = b*c/d%e;
	a=b;
	a = b<<2 | c>>3;
	a = -b + ~c + !d + *e + &f;
	a = - b;
	a = ! b;
	a = * b;
	a = & b;
	a ++;
	a = b ++;
	++ a;
	a->b = c -> d;
	a = b ? c:d;
	a = b?c:d;
	a = b ?: c;
	foo(a,b);
	foo(a , b);
	foo( a, b );
	foo(a, b) ;
	foo(a, b);;
	a [0] = 1;
	a[ 0 ] = 1;
	a = b = c;
	a = (int) b;
	a = (struct foo *)  b;
	a = sizeof b;
	a = sizeof (b);
	a = sizeof(&b);
	a = sizeof(arr) / sizeof(arr[0]);
	a = (foo->bar)();
	a = &(foo->bar) + *(foo->bar[1]);
	int (*fn)(int);
	int ( *fn2)(int);
	int (* fn3) (int);
	int* (*fn4)(int);
	if (p == NULL || NULL != q || b != NULL)
		foo();
	if (0 == a || FOO < b)
		foo();
	if (a == true)
		foo();
	if (false != b)
		foo();
	if (a & MASK >> 2)
		foo();
	if (a && 0x1)
		foo();
	if (!p)
		kfree(p);
	if (p)
		kfree(p);
	if (p->q)
		debugfs_remove(p->q);
	if (likely(a) > 0)
		foo();
	if (unlikely(IS_ERR(p)))
		foo();
	if (jiffies > a)
		foo();
	if (in_atomic())
		foo();
	p = kmalloc(sizeof(struct foo), GFP_KERNEL);
	p = kmalloc(sizeof(*p), GFP_KERNEL);
	p = kmalloc(n * sizeof(*p), GFP_KERNEL);
	p = kzalloc(sizeof(*p) * n, GFP_KERNEL);
	p = kcalloc(sizeof(*p), n, GFP_KERNEL);
	p = krealloc(p, n, GFP_KERNEL);
	p = (struct foo *)kmalloc(n, GFP_KERNEL);
	p = kmalloc(n, GFP_KERNEL);
	if (!p) {
		pr_err("no memory\n");
		return;
	}
	p = kmalloc(n, GFP_KERNEL);
	if (!p)
		dev_err(dev, "no memory\n");
	printk("no level\n");
	printk(KERN_ERR "level\n");
	printk(KERN_CONT "more\n");
	pr_cont("more\n");
	pr_err(KERN_ERR "twice\n");
	dev_printk(KERN_DEBUG, dev, "dev\n");
	if (printk_ratelimit())
		foo();
	trace_printk("trace\n");
	pr_info("function: entered\n");
	pr_debug("%s: enter\n", __func__);
	pr_debug("%s()\n", __FUNCTION__);
	pr_info("some text that is "
		"split\n");
	pr_info("some text that is"
		"split\n");
	pr_info("line\n"
		"line\n");
	pr_info("a" "b");
	pr_info("a"FOO"b");
	pr_info("space \n");
	pr_info("%Ld %Zd 0x%d %hd %hhx %pf %pF %pz %p4x %p4cc %px %pK\n", a);
	pr_info("a very long string that goes on and on and on and on and on and on and on and on and on and on and on");
	/* a very long comment that goes on and on and on and on and on and on and on and on and on and on and on */
	a = a_function_with_a_very_long_name(another_function_with_a_long_name(a), and_one_more_function(b), c + d);
	seq_printf(m, "text\n");
	seq_printf(m, "%s\n", a);
	strcpy(a, b);
	strlcpy(a, b, n);
	strncpy(a, b, n);
	memset(p, n, 0);
	memset(p, 0, 1);
	memset(p, 0, sizeof(*p));
	a = min((int)a, b);
	a = max(a, (u32)b);
	usleep_range(10, 10);
	usleep_range(20, 10);
	udelay(100);
	udelay(5000);
	msleep(1);
	sscanf(buf, "%d", &a);
	a = sscanf(buf, "%d", &a);
	if (sscanf(buf, "%d %d", &a, &b) != 2)
		foo();
	simple_strtoul(buf, NULL, 0);
	yield();
	BUG();
	BUG_ON(a);
	VM_BUG_ON(a);
	BUILD_BUG_ON(a);
	smp_mb();
	wmb(); /* with a comment */
	__smp_mb();
	waitqueue_active(&q);
	data_race(a);
	__constant_htons(1);
	sema_init(&s, 0);
	spin_is_locked(&l);
	kmap(page);
	kmap_atomic(page);
	lockdep_set_novalidate_class(&l);
	return -ENOSYS;
	return -ENOTSUPP;
	a = 1,
	b = 2;
	a = foo(), b = bar();
	void *res __free(kfree);
	module_param(x, int, 0644);
	module_param(x, int, 644);
	module_param(x, int, S_IRUGO | S_IWUSR);
	debugfs_create_file("a", 0666, d, p, &fops);
	proc_create("a", 0, NULL, &fops);
	proc_create("a", 444, NULL, &fops);
	return sysfs_emit(buf, "%d", a);
	return sysfs_emit(buf, "%d\n", a);
	ethtool_sprintf(&p, s);
	ethtool_sprintf(&p, "%s", s);
	rcu_read_lock_trace();
	context_unsafe(foo());
	date(__DATE__, __TIME__);
	CamelCase = mixedCase + max_uV + PageDirty(x) + snake_Case;
	teh recieve
	the the word
        eight_spaces();
    four_spaces();
 	space_tab();
	trailing();  
	cr();
	a = b
		= c;
	a = b
		&& c
		|| d;
	foo(a,
	    b,
		c);
	foo(
		a);
	a = foo->
		bar;
	   odd_indent();
	  return 1;

	int late_decl;
	foo();
	struct foo *q;
	foo();

						if (a)
							foo();
	else if (a) {
		return;
	} else {
		foo();
	}
	return;
}
EXPORT_SYMBOL(function);

EXPORT_SYMBOL_GPL(other);
int after_brace;


MODULE_LICENSE("GPL v2");
MODULE_LICENSE("BSD");
DEVICE_ATTR(a, 0644, a_show, a_store);
DEVICE_ATTR(a, 0444, a_show, NULL);
DEVICE_ATTR(a, 0200, NULL, a_store);
DEVICE_ATTR(a, 0644, get_a, set_a);
DEVICE_ATTR(a, 0666, a_show, a_store);
DEVICE_ATTR(a, S_IRUGO | S_IWUSR, a_show, a_store);
__setup("foo=", foo);
__initcall(foo);
#if 0
#endif
#if 1
#endif
#ifdef  CONFIG_X
#endif
#if defined(CONFIG_A) || defined(CONFIG_A_MODULE)
#endif
#if IS_ENABLED(FOO)
#endif
#ifdef __i386__
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(1, 2, 3)
#endif
/* $Id$ */
/* write to the Free Software Foundation, 51 Franklin St */
static void last(void)
{

	foo();

}
void returns(void)
{
	foo();
	return;
}
static int __devinit dev_init(void)
{
	struct list_head *pos = &foo,
		*next;
	DECLARE_BITMAP(map, 10);
	foo();
	return x \
		+ y;
}
int no_newline;