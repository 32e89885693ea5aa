#include "parser/footprint.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	/* Larger blocks have a mapping of their own, which is gone when they are freed. Set,
	   because glibc otherwise raises it to the largest block that was ever freed, up to 32 MiB.
	 */
	OWN_MAPPING = 512 << 10,
	/* What may stay free at the heap's end, for the next piece. */
	KEPT_FREE = 1 << 20,
};

const struct error *footprint_setup(void)
{
#ifndef SEGUR_SANITIZED /* a sanitizer's allocator has no such settings: it answers 0 to all */
	if (mallopt(M_MMAP_THRESHOLD, OWN_MAPPING) == 0 ||
	    mallopt(M_TRIM_THRESHOLD, KEPT_FREE) == 0)
		return error_set(ERR_FAULT, "réglage de l'allocateur refusé par la glibc");
#endif
	return NULL;
}

void footprint_drop(const void *address, size_t length)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)address & ~(page - 1);

	/* Only advice: without it the pages stay. */
	madvise((void *)start, (uintptr_t)address + length - start, MADV_DONTNEED);
}

/* Only what the file says is never written: relocations and variables would be lost. */
static int drop_object(struct dl_phdr_info *object, size_t size, void *context)
{
	(void)size, (void)context;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0)
			footprint_drop((const void *)(object->dlpi_addr + segment->p_vaddr),
				       segment->p_memsz);
	}
	return 0;
}

void footprint_trim(void)
{
	malloc_trim(0);
}

void footprint_give_back(void)
{
	footprint_trim();
	dl_iterate_phdr(drop_object, NULL);
}
