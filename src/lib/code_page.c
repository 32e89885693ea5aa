#include "lib/code_page.h"

#include "lib/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <uchar.h>
#include <utf8proc.h>

/* What the bytes 0x80 to 0xFF stand for; 0 where a code page leaves a byte undefined. */
static const uint16_t cp850[128] = {
    0x00C7, 0x00FC, 0x00E9, 0x00E2, 0x00E4, 0x00E0, 0x00E5, 0x00E7, 0x00EA, 0x00EB, 0x00E8, 0x00EF,
    0x00EE, 0x00EC, 0x00C4, 0x00C5, 0x00C9, 0x00E6, 0x00C6, 0x00F4, 0x00F6, 0x00F2, 0x00FB, 0x00F9,
    0x00FF, 0x00D6, 0x00DC, 0x00F8, 0x00A3, 0x00D8, 0x00D7, 0x0192, 0x00E1, 0x00ED, 0x00F3, 0x00FA,
    0x00F1, 0x00D1, 0x00AA, 0x00BA, 0x00BF, 0x00AE, 0x00AC, 0x00BD, 0x00BC, 0x00A1, 0x00AB, 0x00BB,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x00C1, 0x00C2, 0x00C0, 0x00A9, 0x2563, 0x2551, 0x2557,
    0x255D, 0x00A2, 0x00A5, 0x2510, 0x2514, 0x2534, 0x252C, 0x251C, 0x2500, 0x253C, 0x00E3, 0x00C3,
    0x255A, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256C, 0x00A4, 0x00F0, 0x00D0, 0x00CA, 0x00CB,
    0x00C8, 0x0131, 0x00CD, 0x00CE, 0x00CF, 0x2518, 0x250C, 0x2588, 0x2584, 0x00A6, 0x00CC, 0x2580,
    0x00D3, 0x00DF, 0x00D4, 0x00D2, 0x00F5, 0x00D5, 0x00B5, 0x00FE, 0x00DE, 0x00DA, 0x00DB, 0x00D9,
    0x00FD, 0x00DD, 0x00AF, 0x00B4, 0x00AD, 0x00B1, 0x2017, 0x00BE, 0x00B6, 0x00A7, 0x00F7, 0x00B8,
    0x00B0, 0x00A8, 0x00B7, 0x00B9, 0x00B3, 0x00B2, 0x25A0, 0x00A0,
};

static const uint16_t cp1252[128] = {
    0x20AC, 0x0000, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039,
    0x0152, 0x0000, 0x017D, 0x0000, 0x0000, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x0000, 0x017E, 0x0178, 0x00A0, 0x00A1, 0x00A2, 0x00A3,
    0x00A4, 0x00A5, 0x00A6, 0x00A7, 0x00A8, 0x00A9, 0x00AA, 0x00AB, 0x00AC, 0x00AD, 0x00AE, 0x00AF,
    0x00B0, 0x00B1, 0x00B2, 0x00B3, 0x00B4, 0x00B5, 0x00B6, 0x00B7, 0x00B8, 0x00B9, 0x00BA, 0x00BB,
    0x00BC, 0x00BD, 0x00BE, 0x00BF, 0x00C0, 0x00C1, 0x00C2, 0x00C3, 0x00C4, 0x00C5, 0x00C6, 0x00C7,
    0x00C8, 0x00C9, 0x00CA, 0x00CB, 0x00CC, 0x00CD, 0x00CE, 0x00CF, 0x00D0, 0x00D1, 0x00D2, 0x00D3,
    0x00D4, 0x00D5, 0x00D6, 0x00D7, 0x00D8, 0x00D9, 0x00DA, 0x00DB, 0x00DC, 0x00DD, 0x00DE, 0x00DF,
    0x00E0, 0x00E1, 0x00E2, 0x00E3, 0x00E4, 0x00E5, 0x00E6, 0x00E7, 0x00E8, 0x00E9, 0x00EA, 0x00EB,
    0x00EC, 0x00ED, 0x00EE, 0x00EF, 0x00F0, 0x00F1, 0x00F2, 0x00F3, 0x00F4, 0x00F5, 0x00F6, 0x00F7,
    0x00F8, 0x00F9, 0x00FA, 0x00FB, 0x00FC, 0x00FD, 0x00FE, 0x00FF,
};

static const uint16_t mac_roman[128] = {
    0x00C4, 0x00C5, 0x00C7, 0x00C9, 0x00D1, 0x00D6, 0x00DC, 0x00E1, 0x00E0, 0x00E2, 0x00E4, 0x00E3,
    0x00E5, 0x00E7, 0x00E9, 0x00E8, 0x00EA, 0x00EB, 0x00ED, 0x00EC, 0x00EE, 0x00EF, 0x00F1, 0x00F3,
    0x00F2, 0x00F4, 0x00F6, 0x00F5, 0x00FA, 0x00F9, 0x00FB, 0x00FC, 0x2020, 0x00B0, 0x00A2, 0x00A3,
    0x00A7, 0x2022, 0x00B6, 0x00DF, 0x00AE, 0x00A9, 0x2122, 0x00B4, 0x00A8, 0x2260, 0x00C6, 0x00D8,
    0x221E, 0x00B1, 0x2264, 0x2265, 0x00A5, 0x00B5, 0x2202, 0x2211, 0x220F, 0x03C0, 0x222B, 0x00AA,
    0x00BA, 0x03A9, 0x00E6, 0x00F8, 0x00BF, 0x00A1, 0x00AC, 0x221A, 0x0192, 0x2248, 0x2206, 0x00AB,
    0x00BB, 0x2026, 0x00A0, 0x00C0, 0x00C3, 0x00D5, 0x0152, 0x0153, 0x2013, 0x2014, 0x201C, 0x201D,
    0x2018, 0x2019, 0x00F7, 0x25CA, 0x00FF, 0x0178, 0x2044, 0x20AC, 0x2039, 0x203A, 0xFB01, 0xFB02,
    0x2021, 0x00B7, 0x201A, 0x201E, 0x2030, 0x00C2, 0x00CA, 0x00C1, 0x00CB, 0x00C8, 0x00CD, 0x00CE,
    0x00CF, 0x00CC, 0x00D3, 0x00D4, 0xF8FF, 0x00D2, 0x00DA, 0x00DB, 0x00D9, 0x0131, 0x02C6, 0x02DC,
    0x00AF, 0x02D8, 0x02D9, 0x02DA, 0x00B8, 0x02DD, 0x02DB, 0x02C7,
};

/* 0 for a byte that is undefined, and for the end of the text. */
static utf8proc_int32_t character_of(char byte, const uint16_t page[static 128])
{
	unsigned char code = (unsigned char)byte;

	return code < 0x80 ? code : page[code - 0x80];
}

static char *from_code_page(const char *bytes, const uint16_t page[static 128])
{
	struct buf text = {0};

	for (; *bytes != '\0'; bytes++) {
		utf8proc_int32_t character = character_of(*bytes, page);
		utf8proc_uint8_t encoded[4];

		if (character == 0) {
			buf_free(&text);
			return NULL;
		}
		buf_add(&text, encoded, (size_t)utf8proc_encode_char(character, encoded));
	}
	return buf_take(&text);
}

char *text_from_cp850(const char *bytes)
{
	return from_code_page(bytes, cp850);
}

char *text_from_cp1252(const char *bytes)
{
	return from_code_page(bytes, cp1252);
}

char *text_from_mac_roman(const char *bytes)
{
	return from_code_page(bytes, mac_roman);
}

/* The byte of a character; 0 when the page has none. */
static char byte_of(utf8proc_int32_t character, const uint16_t page[static 128])
{
	if (character < 0x80)
		return (char)character;
	for (unsigned i = 0; i < 128; i++)
		if (page[i] == character)
			return (char)(0x80 + i);
	return '\0';
}

char *text_to_cp1252(const char *text)
{
	struct buf bytes = {0};
	utf8proc_int32_t character;

	for (utf8proc_ssize_t size; *text != '\0'; text += size) {
		char byte = '\0';

		size = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &character);
		if (size > 0)
			byte = byte_of(character, cp1252);
		if (byte == '\0') {
			buf_free(&bytes);
			return NULL;
		}
		buf_putc(&bytes, byte);
	}
	return buf_take(&bytes);
}

/* --- which page a French text is in --- */

static const char16_t french_letters[] = u"àâæçéèêëîïôœùûüÿÀÂÆÇÉÈÊËÎÏÔŒÙÛÜŸ";
static const char16_t french_signs[] = u"«»’‘“”…–—°€\u00A0";
/* What Windows-1252 makes of é, à, É, ç, ê, â, ë, ï, û and ° in another page, where no text has it:
 * beside a letter. Then what it has after words, but not inside them. */
static const char16_t odd_beside[] = u"Žž‚ƒ„‡ˆ‰‹›˜¡";
static const char16_t odd_inside[] = u"…™•†€‘“”–—";

static bool is_among(utf8proc_int32_t character, const char16_t *list)
{
	while (*list != 0 && *list != character)
		list++;
	return *list != 0;
}

/* What stands beside û in French (août, goût, sûr, flûte, bûche, piqûre, jeûne, connût). */
static const char16_t before_u[] = u"bcçdeflmnopqrst";
static const char16_t after_u[] = u"celmnrst";

static bool is_upper(utf8proc_int32_t character)
{
	return utf8proc_category(character) == UTF8PROC_CATEGORY_LU;
}

static bool is_lower(utf8proc_int32_t character)
{
	return utf8proc_category(character) == UTF8PROC_CATEGORY_LL;
}

static bool is_letter(utf8proc_int32_t character)
{
	return is_upper(character) || is_lower(character);
}

/* Whether a character and its neighbours, read in some page, say yes. */
typedef bool (*place_test)(utf8proc_int32_t before, utf8proc_int32_t character,
			   utf8proc_int32_t after);

/* A character of Windows-1252 that only a text in another page has at such a place. */
static bool is_odd(utf8proc_int32_t before, utf8proc_int32_t character, utf8proc_int32_t after)
{
	bool beside = is_letter(before) || is_letter(after);
	bool inside = is_letter(before) && is_letter(after);

	if (character == 0)
		return true;
	if ((beside && is_among(character, odd_beside)) ||
	    (inside && is_among(character, odd_inside)))
		return true;
	return is_upper(character) && is_lower(before) &&
	       (is_lower(after) || !is_among(character, french_letters));
}

/* Windows-1252's ž and –, which names and words have too, would be û in another page. */
static bool is_foreign_u(utf8proc_int32_t before, utf8proc_int32_t after)
{
	return (is_letter(before) && !is_among(before, before_u)) ||
	       (is_letter(after) && !is_among(after, after_u)) ||
	       (before == 'e' && after != 'n' && after != 't');
}

/* A character that no French text has at such a place. */
static bool is_foreign(utf8proc_int32_t before, utf8proc_int32_t character, utf8proc_int32_t after)
{
	if (is_among(character, french_signs))
		return character != u'’' && is_letter(before) && is_letter(after);
	if (!is_among(character, french_letters))
		return true;
	if (character == u'û' && is_foreign_u(before, after))
		return true;
	return is_upper(character) ? is_lower(before) : is_upper(after);
}

static bool any_at(const char *bytes, const uint16_t page[static 128], place_test test)
{
	utf8proc_int32_t before = 0;

	for (; *bytes != '\0'; before = character_of(*bytes++, page))
		if ((unsigned char)*bytes >= 0x80 &&
		    test(before, character_of(*bytes, page), character_of(bytes[1], page)))
			return true;
	return false;
}

/* Whether there is an accented letter or a ’ in UTF-8. */
static bool has_utf8(const char *bytes)
{
	for (; *bytes != '\0'; bytes++) {
		bool letter = bytes[0] == '\xC2' || bytes[0] == '\xC3';

		if ((letter && ((unsigned char)bytes[1] & 0xC0) == 0x80) ||
		    strncmp(bytes, "\xE2\x80", 2) == 0)
			return true;
	}
	return false;
}

enum code_page text_code_page(const char *bytes)
{
	if (has_utf8(bytes))
		return PAGE_MIXED;
	if (!any_at(bytes, cp1252, is_odd))
		return PAGE_1252;
	if (!any_at(bytes, mac_roman, is_foreign) || !any_at(bytes, cp850, is_foreign))
		return PAGE_MAC_OR_DOS;
	for (; *bytes != '\0'; bytes++)
		if (character_of(*bytes, cp1252) == 0)
			return PAGE_UNKNOWN;
	return PAGE_1252;
}

bool text_page_is_mac(const char *bytes)
{
	return !any_at(bytes, mac_roman, is_foreign);
}
