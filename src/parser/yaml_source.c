#include "parser/yaml_source.h"

#include "lib/buf.h"
#include "lib/code_page.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "parser/yaml_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* --- the text --- */

static void put_character(struct buf *text, utf8proc_int32_t character)
{
	utf8proc_uint8_t bytes[4];

	if (!utf8proc_codepoint_valid(character)) {
		buf_puts(text, YAML_REPLACEMENT);
		return;
	}
	buf_add(text, bytes, (size_t)utf8proc_encode_char(character, bytes));
}

static uint32_t unit(const char *bytes, size_t width, bool big)
{
	uint32_t value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | (unsigned char)bytes[big ? i : width - 1 - i];
	return value;
}

static bool is_low_surrogate(uint32_t value)
{
	return value >= 0xDC00 && value <= 0xDFFF;
}

/* UTF-16 or UTF-32, as the first character tells, which is ASCII or a BOM. */
static void decode_wide(struct buf *text, const char *bytes, size_t size)
{
	bool big = bytes[0] == '\0' || memcmp(bytes, "\xFE\xFF", 2) == 0;
	size_t width =
	    size >= 4 && bytes[big ? 1 : 2] == '\0' && bytes[big ? 0 : 3] == '\0' ? 4 : 2;

	for (size_t i = 0; i + width <= size; i += width) {
		uint32_t value = unit(bytes + i, width, big);

		if (width == 2 && value >= 0xD800 && value <= 0xDBFF && i + 4 <= size) {
			uint32_t low = unit(bytes + i + 2, 2, big);

			if (is_low_surrogate(low)) {
				value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
				i += 2;
			}
		}
		put_character(text, value <= 0x10FFFF ? (utf8proc_int32_t)value : -1);
	}
}

/* Keeps the characters that are UTF-8, and reads the other bytes as Windows-1252. */
static void decode_narrow(struct buf *text, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		utf8proc_int32_t character;
		utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)bytes + i,
							 (utf8proc_ssize_t)(size - i), &character);

		if (step > 0) {
			buf_add(text, bytes + i, (size_t)step);
			i += (size_t)step;
		} else {
			char *decoded = text_from_cp1252((const char[]){bytes[i++], '\0'});

			buf_puts(text, decoded != NULL ? decoded : YAML_REPLACEMENT);
			free(decoded);
		}
	}
}

void source_set_text(struct source *source, const char *bytes, size_t size)
{
	struct buf decoded = {0};
	size_t first, length;

	if (yaml_is_wide(bytes, size))
		decode_wide(&decoded, bytes, size);
	else if (!text_is_utf8(bytes, size))
		decode_narrow(&decoded, bytes, size);
	free(source->text);
	source->text = decoded.data != NULL
			   ? yaml_without_controls(decoded.data, decoded.length, &first, &length)
			   : yaml_without_controls(bytes, size, &first, &length);
	buf_free(&decoded);
	if (length <= DOSSIER_TEXT_MAX)
		return;
	free(source->text);
	source->text = NULL;
}

/* --- its layout --- */

void source_note_scalar(struct source *source, const yaml_event_t *scalar)
{
	const yaml_mark_t *start = &scalar->start_mark, *end = &scalar->end_mark;
	/* The end of a block scalar is where the line after it begins. */
	size_t last = end->column > 0 ? end->line + 1 : end->line;

	if (source == NULL || last < start->line + 2 || source->protection_count == PROTECTIONS_MAX)
		return;
	source->protections = mem_grow(source->protections, source->protection_count,
				       &source->protection_capacity, sizeof(*source->protections));
	source->protections[source->protection_count++] =
	    (struct continued_lines){(uint32_t)start->line + 2, (uint32_t)last};
}

static enum place_style style_of(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE ? PLACE_BLOCK
										   : PLACE_FLOW;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.style == YAML_BLOCK_SEQUENCE_STYLE ? PLACE_BLOCK
										     : PLACE_FLOW;
	case YAML_SCALAR_EVENT:
		return event->data.scalar.length == 0 &&
			       event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
			   ? PLACE_EMPTY
			   : PLACE_OTHER;
	default:
		return PLACE_OTHER;
	}
}

void source_note_section(struct source *source, const char *chemin, const yaml_mark_t *key,
			 const yaml_event_t *event)
{
	struct section_place *place;

	if (source == NULL || source->place_count == PLACES_MAX)
		return;
	source->places = mem_grow(source->places, source->place_count, &source->place_capacity,
				  sizeof(*source->places));
	place = &source->places[source->place_count++];
	*place = (struct section_place){.style = style_of(event),
					.first_line = (uint32_t)event->start_mark.line + 1,
					.first_column = (uint32_t)event->start_mark.column + 1};
	snprintf(place->chemin, sizeof(place->chemin), "%s", chemin);
	if (key != NULL) {
		place->ligne = (uint32_t)key->line + 1;
		place->colonne = (uint32_t)key->column + 1;
	}
}

void source_note_end(struct source *source, const yaml_event_t *event)
{
	const yaml_mark_t *end = &event->start_mark;

	/* The end of a text without a last line end is in the middle of a line. */
	if (source != NULL && source->place_count > 0)
		source->places[0].end_line = (uint32_t)end->line + (end->column > 0 ? 2 : 1);
}
