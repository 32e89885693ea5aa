#include "lib/mem.h"
#include "parser/piece_private.h"

#include <malloc.h>
#include <stdlib.h>

enum {
	STACK_MAX = 1 << 20, /* bytes, of the usual 8 MiB: some 4 000 nested resolutions */
	BOOKKEEPING = 16,    /* malloc's own, per block */
};

static struct {
	size_t held;	 /* bytes that C++ has allocated and not freed */
	size_t before;	 /* of them, those from before the budget was opened */
	size_t limit;	 /* of `held` */
	uintptr_t floor; /* lowest address that the stack may reach */
	void (*last_resort)(void);
} budget = {.limit = SIZE_MAX, .last_resort = abort};

void piece_set_last_resort(void (*last_resort)(void))
{
	budget.last_resort = last_resort;
}

void piece_budget_open(size_t heap)
{
	budget.before = budget.held;
	budget.limit = budget.held + heap;
	budget.floor = (uintptr_t)__builtin_frame_address(0) - STACK_MAX;
}

size_t piece_budget_used(void)
{
	return budget.held > budget.before ? budget.held - budget.before : 0;
}

/* C++'s operators new and delete, by their names in the Itanium ABI. */
void *operator_new(size_t size) __asm__("_Znwm");
void operator_delete(void *block) __asm__("_ZdlPv");

void *operator_new(size_t size)
{
	void *block;

	if (size > budget.limit || budget.held > budget.limit - size ||
	    (uintptr_t)__builtin_frame_address(0) < budget.floor)
		budget.last_resort();
	block = malloc(size ? size : 1);
	if (block == NULL)
		mem_exhausted(); /* the machine's want of memory says nothing of the document */
	budget.held += malloc_usable_size(block) + BOOKKEEPING;
	return block;
}

void operator_delete(void *block)
{
	if (block != NULL)
		budget.held -= malloc_usable_size(block) + BOOKKEEPING;
	free(block);
}

/* Their array forms; a delete that is told the size does not need it. */
void *operator_new_array(size_t size) __asm__("_Znam") __attribute__((alias("_Znwm")));
void operator_delete_array(void *block) __asm__("_ZdaPv") __attribute__((alias("_ZdlPv")));
void operator_delete_sized(void *block) __asm__("_ZdlPvm") __attribute__((alias("_ZdlPv")));
void operator_delete_array_sized(void *block) __asm__("_ZdaPvm") __attribute__((alias("_ZdlPv")));
