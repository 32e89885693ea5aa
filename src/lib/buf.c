#include "lib/buf.h"

#include "lib/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST 64 /* bytes; most texts grow bit by bit */

static void reserve(struct buf *buffer, size_t more)
{
	size_t wanted = buffer->length + more + 1;

	if (wanted <= buffer->capacity)
		return;
	if (wanted < 2 * buffer->capacity)
		wanted = 2 * buffer->capacity;
	if (wanted < SMALLEST)
		wanted = SMALLEST;
	buffer->data = mem_realloc(buffer->data, wanted);
	buffer->capacity = wanted;
}

void buf_add(struct buf *buffer, const void *bytes, size_t count)
{
	reserve(buffer, count);
	if (count > 0)
		memcpy(buffer->data + buffer->length, bytes, count);
	buffer->length += count;
	buffer->data[buffer->length] = '\0';
}

void buf_reserve(struct buf *buffer, size_t count)
{
	if (count > buffer->length)
		reserve(buffer, count - buffer->length);
}

void buf_puts(struct buf *buffer, const char *text)
{
	buf_add(buffer, text, strlen(text));
}

void buf_putc(struct buf *buffer, char byte)
{
	if (buffer->length + 1 >= buffer->capacity)
		reserve(buffer, 1);
	buffer->data[buffer->length++] = byte;
	buffer->data[buffer->length] = '\0';
}

void buf_printf(struct buf *buffer, const char *format, ...)
{
	va_list arguments, again;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length > 0) {
		reserve(buffer, (size_t)length);
		vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
		buffer->length += (size_t)length;
	}
	va_end(again);
}

void buf_clear(struct buf *buffer)
{
	buffer->length = 0;
	if (buffer->data != NULL)
		buffer->data[0] = '\0';
}

void buf_free(struct buf *buffer)
{
	free(buffer->data);
	*buffer = (struct buf){0};
}

char *buf_take(struct buf *buffer)
{
	char *text = buffer->data != NULL ? buffer->data : mem_strdup("");

	*buffer = (struct buf){0};
	return text;
}
