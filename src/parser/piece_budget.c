#include "lib/mem.h"
#include "parser/piece_private.h"

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>

enum {
	STACK_GRANTED = 1 << 20, /* of the usual 8 MiB: some 4 000 nested resolutions */
	/* What each refusal adds to both grants, so that the library's handlers have room to report
	   it. */
	GRACE = 16 << 10,
	GRACES_MAX = 64,  /* 1 MiB: a library that still goes on is not followed further */
	BOOKKEEPING = 16, /* malloc's own, per block */
};

static struct {
	size_t live;   /* bytes, since the process began */
	size_t opened; /* of them, when the budget was */
	size_t limit;
	size_t asked; /* bytes granted since the budget was opened, freed since or not */
	size_t refusals;
	uintptr_t base; /* of the stack, when armed; else 0 */
	void (*throw_bad_alloc)(void);
} budget;

const struct error *piece_budget_setup(void)
{
	void *symbol = dlsym(RTLD_DEFAULT, "_ZSt17__throw_bad_allocv");

	if (!symbol)
		return error_set(ERR_FAULT, "libstdc++ : __throw_bad_alloc introuvable");
	budget.throw_bad_alloc = (void (*)(void))(uintptr_t)symbol;
	return NULL;
}

const struct error *piece_set_last_resort(void (*last_resort)(void))
{
	void *symbol = dlsym(RTLD_DEFAULT, "_ZSt13set_terminatePFvvE");

	if (!symbol)
		return error_set(ERR_FAULT, "libstdc++ : set_terminate introuvable");
	((void (*(*)(void (*)(void)))(void))(uintptr_t)symbol)(last_resort);
	return NULL;
}

void piece_budget_open(size_t heap)
{
	budget.opened = budget.live;
	budget.limit = budget.live + heap;
	budget.asked = 0;
	budget.refusals = 0;
}

void piece_budget_arm(void)
{
	budget.base = (uintptr_t)__builtin_frame_address(0);
}

void piece_budget_disarm(void)
{
	budget.base = 0;
}

size_t piece_budget_used(void)
{
	return budget.live > budget.opened ? budget.live - budget.opened : 0;
}

size_t piece_budget_asked(void)
{
	return budget.asked;
}

bool piece_budget_spent(void)
{
	return budget.refusals > 0;
}

static bool within_budget(size_t size)
{
	size_t graces = budget.refusals < GRACES_MAX ? budget.refusals : GRACES_MAX;
	size_t grace = graces * GRACE;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (!budget.base)
		return true;
	return size <= budget.limit + grace && budget.live <= budget.limit + grace - size &&
	       here + STACK_GRANTED + grace >= budget.base;
}

static void *allocate(size_t size)
{
	bool granted = within_budget(size);
	void *block = granted ? malloc(size ? size : 1) : NULL;

	/* The machine's want of memory says nothing of the document. */
	if (granted && !block)
		mem_exhausted();
	if (!block) {
		budget.refusals++;
		budget.throw_bad_alloc();
	}
	budget.live += malloc_usable_size(block) + BOOKKEEPING;
	budget.asked += size;
	return block;
}

static void release(void *block)
{
	if (block)
		budget.live -= malloc_usable_size(block) + BOOKKEEPING;
	free(block);
}

/* C++'s operators new, new[], delete, delete[], by their names in the Itanium ABI. */
void *cxx_new(size_t size) __asm__("_Znwm");
void *cxx_new_array(size_t size) __asm__("_Znam");
void cxx_delete(void *block) __asm__("_ZdlPv");
void cxx_delete_sized(void *block, size_t size) __asm__("_ZdlPvm");
void cxx_delete_array(void *block) __asm__("_ZdaPv");
void cxx_delete_array_sized(void *block, size_t size) __asm__("_ZdaPvm");

void *cxx_new(size_t size)
{
	return allocate(size);
}

void *cxx_new_array(size_t size)
{
	return allocate(size);
}

void cxx_delete(void *block)
{
	release(block);
}

void cxx_delete_sized(void *block, size_t size)
{
	(void)size;
	release(block);
}

void cxx_delete_array(void *block)
{
	release(block);
}

void cxx_delete_array_sized(void *block, size_t size)
{
	(void)size;
	release(block);
}
