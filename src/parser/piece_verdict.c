#include "lib/text.h"
#include "parser/piece_private.h"

#include <stdarg.h>
#include <stdio.h>

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
