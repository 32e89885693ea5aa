#include "lib/mem.h"

#include "lib/error.h"
#include "lib/notice.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void mem_exhausted(void)
{
	notice(NOTICE_CRITICAL, "mémoire insuffisante");
	_Exit(ERR_FAULT);
}

void *mem_alloc(size_t size)
{
	void *memory = calloc(1, size ? size : 1);

	if (memory == NULL)
		mem_exhausted();
	return memory;
}

void *mem_block(size_t size)
{
	return mem_realloc(NULL, size);
}

void *mem_realloc(void *old, size_t size)
{
	void *memory = realloc(old, size ? size : 1);

	if (memory == NULL)
		mem_exhausted();
	return memory;
}

void *mem_grow(void *array, size_t count, size_t *capacity, size_t element)
{
	if (count < *capacity && array != NULL)
		return array;
	if (*capacity > SIZE_MAX / 2 / element)
		mem_exhausted();
	*capacity = *capacity ? *capacity * 2 : 8;
	return mem_realloc(array, *capacity * element);
}

char *mem_strndup(const char *text, size_t length)
{
	char *copy = malloc(length + 1);

	if (copy == NULL)
		mem_exhausted();
	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}

char *mem_printf(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		mem_exhausted();
	return text;
}
