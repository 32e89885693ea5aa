#include "lib/error.h"

#include "lib/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct error current;

/* A message may cite a file's name or what a database holds. It stays on one line, and nothing in
 * it acts upon a terminal. */
static void make_plain(char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t bytes = *text == '\t' ? 1 : text_break(text, left);

		if (bytes == 0)
			bytes = text_unprintable(text, left);
		memset(text, ' ', bytes);
		bytes = bytes > 0 ? bytes : 1;
		text += bytes;
		left -= bytes;
	}
}

static void format_message(const char *format, va_list arguments)
{
	/* Formatted apart: an argument may be the current error's own message. */
	char text[sizeof(current.message)];

	vsnprintf(text, sizeof(text), format, arguments);
	make_plain(text);
	memcpy(current.message, text, sizeof(text));
}

const struct error *error_set(enum error_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	format_message(format, arguments);
	va_end(arguments);
	current.code = code;
	return &current;
}

const struct error *error_errno(enum error_code code, const char *format, ...)
{
	int number = errno;
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	format_message(format, arguments);
	va_end(arguments);
	length = strlen(current.message);
	snprintf(current.message + length, sizeof(current.message) - length, " : %s",
		 strerror(number));
	if (code == ERR_FAULT &&
	    (number == ENOSPC || number == EDQUOT || number == EROFS || number == EACCES))
		code = ERR_CANT_WRITE;
	current.code = code;
	return &current;
}
