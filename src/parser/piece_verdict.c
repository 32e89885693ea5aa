#include "lib/array.h"
#include "lib/text.h"
#include "parser/piece_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void piece_condemn(struct piece_verdict *verdict, enum piece_defect defect, const char *format, ...)
{
	va_list arguments;

	if (verdict->defect != PIECE_OK)
		return;
	verdict->defect = defect;
	va_start(arguments, format);
	vsnprintf(verdict->detail, sizeof(verdict->detail), format, arguments);
	va_end(arguments);
}

bool piece_size_allowed(uint32_t width, uint32_t height, const struct piece_limits *limits,
			struct piece_verdict *verdict)
{
	verdict->width = width;
	verdict->height = height;
	if (width <= PIECE_SIDE_MAX && height <= PIECE_SIDE_MAX &&
	    (uint64_t)width * height <= limits->pixels_max)
		return true;
	piece_condemn(verdict, PIECE_TOO_MANY_PIXELS, "%s × %s pixels", GROUPED(width),
		      GROUPED(height));
	return false;
}

uint32_t piece_u32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

bool piece_hides_file(const uint8_t *tail, size_t length)
{
	static const char *const heads[] = {"PK", "MZ", "%PDF", "Rar!", "7z", "<", "\177ELF"};
	static const uint8_t padding[] = {0, 0xFF, '\t', '\n', '\r', ' '};

	while (length > 0 && memchr(padding, tail[0], sizeof(padding))) {
		tail++;
		length--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (length >= strlen(heads[i]) && memcmp(tail, heads[i], strlen(heads[i])) == 0)
			return true;
	return false;
}
