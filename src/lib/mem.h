/*
 * Memory that is always there: a failed allocation ends the process with ERR_FAULT (70). That is
 * safe in both programs: the parent's transaction rolls back and the drop stays in the inbox; a
 * parser that dies makes its drop an INCIDENT. Sizes that come from outside are capped before they
 * get here.
 */
#ifndef SEGUR_LIB_MEM_H
#define SEGUR_LIB_MEM_H

#include <stddef.h>

/* Reports that memory is exhausted and ends the process. It is for libraries that answer a want of
 * memory with a return code. */
_Noreturn void mem_exhausted(void);
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
/* Not cleared: for large blocks that are written before they are read. */
void *mem_block(size_t size);
void *mem_realloc(void *old, size_t size) __attribute__((returns_nonnull));
/* Makes room for one more element in an array of `count`; a full one doubles its capacity. */
void *mem_grow(void *array, size_t count, size_t *capacity, size_t element)
    __attribute__((returns_nonnull));
char *mem_strdup(const char *text) __attribute__((malloc, returns_nonnull, nonnull));
char *mem_strndup(const char *text, size_t length)
    __attribute__((malloc, returns_nonnull, nonnull));
char *mem_printf(const char *format, ...)
    __attribute__((format(printf, 1, 2), malloc, returns_nonnull));

#endif
