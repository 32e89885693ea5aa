/* A growable byte string; always followed by a NUL that `length` does not count. */
#ifndef SEGUR_LIB_BUF_H
#define SEGUR_LIB_BUF_H

#include <stddef.h>

struct buf {
	char *data; /* NULL while empty */
	size_t length;
	size_t capacity;
};

void buf_add(struct buf *buffer, const void *bytes, size_t count);
void buf_reserve(struct buf *buffer, size_t count); /* room for so many bytes in all */
void buf_puts(struct buf *buffer, const char *text);
void buf_putc(struct buf *buffer, char byte);
void buf_printf(struct buf *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *buffer); /* keeps the memory */
void buf_free(struct buf *buffer);
/* Hands the string over to the caller, who frees it; the buffer is empty after. Never NULL. */
char *buf_take(struct buf *buffer);

#endif
