#include "lib/array.h"
#include "lib/text.h"

#include "lib/code_page.h"
#include "lib/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		bool right;
	} cases[] = {
	    {"", 0, true},
	    {"abc", 3, true},
	    {"a\0b", 3, true},
	    {"é", 2, true},
	    {"\xEF\xBF\xBD", 3, true},
	    {"\xF0\x9F\x98\x80", 4, true},
	    {"\xF4\x8F\xBF\xBF", 4, true},
	    {"\xF4\x90\x80\x80", 4, false}, /* beyond U+10FFFF */
	    {"\xED\x9F\xBF", 3, true},
	    {"\xED\xA0\x80", 3, false}, /* a surrogate */
	    {"\xC0\x80", 2, false},	/* overlong */
	    {"\xC1\xBF", 2, false},
	    {"\xE0\x80\xAF", 3, false},
	    {"\xF0\x80\x80\xAF", 4, false},
	    {"\x80", 1, false},
	    {"\xFF", 1, false},
	    {"\xC3", 1, false},
	    {"é", 1, false}, /* cut */
	    {"abc\xE2\x82", 5, false},
	    {"a\xC3(b", 4, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (text_is_utf8(cases[i].bytes, cases[i].length) != cases[i].right)
			fail_msg("case %zu", i);
}

/* Checks that a function turns each text into the other, NULL standing for NULL. */
static void check_table(char *(*function)(const char *), const char *const (*cases)[2],
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *text = function(cases[i][0]);

		if (cases[i][1] == NULL)
			assert_null(text);
		else
			assert_string_equal(text, cases[i][1]);
		free(text);
	}
}

static void nfc(void **state)
{
	static const char *const cases[][2] = {
	    {"", ""},
	    {"abc", "abc"},
	    {"e\u0301te\u0301.pdf", "été.pdf"},
	    {"\u00E9", "\u00E9"},
	    {"c\u0327", "ç"},
	    {"a\u0323\u0302", "\u1EAD"},
	    {"\u1100\u1161\u11A8", "\uAC01"},
	    {"\u212B", "\u00C5"},
	    {"\uFB01 Œ", "\uFB01 Œ"}, /* not compatibility */
	    {"\xC3", NULL},
	    {"a\xFFz", NULL},
	};

	(void)state;
	check_table(text_nfc, cases, ARRAY_SIZE(cases));
}

static void fold(void **state)
{
	static const char *const cases[][2] = {
	    {"", ""},
	    {" \t\r\n ", ""},
	    {"ÉTÉ", "ete"},
	    {"E\u0301te\u0301", "ete"},
	    {"  Société \t\n d’Édition  ", "societe d'edition"},
	    {"a\u00A0\u202F\u2009b", "a b"},
	    {"Œuvre Æther", "oeuvre aether"},
	    {"Øre Đà Łódź Ðþ ħŧı", "ore da lodz dth hti"},
	    {"Straße", "strasse"},
	    {"‘a’ʼb", "'a''b"},
	    {"a‐b‑c–d—e−f", "a-b-c-d-e-f"},
	    {"ﬁ ２０２６ ™", "fi 2026 tm"},
	    {"a\u00ADb\u200Bc", "abc"},
	    {"ΣΑΣ", "σασ"},
	    {"株式会社", "株式会社"},
	    {"a\xFFz", NULL},
	};

	(void)state;
	check_table(text_fold, cases, ARRAY_SIZE(cases));
}

static void equal_folded(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} cases[] = {
	    {"Société  d’Édition", "SOCIETE D'EDITION", true},
	    {" a", "a ", true},
	    {"", "  ", true},
	    {"a b", "ab", false},
	    {"ete", "etes", false},
	    {"SAINT-ÉTIENNE", "saint‑etienne", true},
	    {"SAINT-ÉTIENNE", "saint etienne", false},
	    {"\xFF", "a", false},
	    {"a", "\xFF", false},
	    {"\xFF", "\xFF", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(text_equal_folded(cases[i].a, cases[i].b), cases[i].equal);
}

static void lengths(void **state)
{
	static const struct {
		const char *text;
		size_t length, width;
	} cases[] = {
	    {"", 0, 0},		{"abc", 3, 3},	 {"été", 3, 3},
	    {"e\u0301", 2, 1},	{"株式", 2, 4},	 {"\U0001F600", 1, 2},
	    {"a\u200Bb", 3, 2}, {"é\xFF", 3, 3}, {"\xE2\x82", 2, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(text_length(cases[i].text), cases[i].length);
		assert_int_equal(text_width(cases[i].text), cases[i].width);
	}
}

static void forbidden(void **state)
{
	static const char *const good[] = {
	    "",		  "Société d’Édition & Cie, 3\u00A0% — «\u202Foui\u202F»",
	    "e\u0301",	  "株式会社",
	    "Ελλάς",	  "שלום",
	    "\U0001F600", "€ ™ ½ ~",
	    "\uFFFD"};
	static const char *const bad[] = {
	    "a\tb",	  "a\nb",   "\r",     "\x01",	"\x1B[31m",   "\x7F",	   "\xC2\x85",
	    "\xC2\x9F",	  "\u200B", "\u200C", "\u200D", "\u200E",     "\u200F",	   "\u061C",
	    "\u2028",	  "\u2029", "\u202A", "\u202B", "\u202C",     "\u202D",	   "abc\u202Efdp",
	    "\u2060",	  "\u2066", "\u2067", "\u2068", "\u2069",     "\uFEFFabc", "\u00AD",
	    "\u034F",	  "\u180E", "\u3164", "\uFE0F", "\uE000",     "\uF8FF",	   "\U000F0000",
	    "\U0010FFFD", "\uFFFE", "\uFDD0", "\u0378", "\U000E0041", "\xFF",	   "\xED\xA0\x80",
	    "abc\xC3"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (text_has_forbidden(good[i]))
			fail_msg("\"%s\" is forbidden", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!text_has_forbidden(bad[i]))
			fail_msg("bad %zu is allowed", i);
}

static void distances(void **state)
{
	static const struct {
		const char *a, *b;
		unsigned limit, distance;
	} cases[] = {
	    {"", "", 2, 0},
	    {"siret", "siret", 0, 0},
	    {"siret", "sirets", 2, 1},
	    {"siret", "sret", 2, 1},
	    {"siret", "sirat", 2, 1},
	    {"siret", "siert", 2, 1},
	    {"siret", "isret", 2, 1},
	    {"ca", "abc", 9, 3}, /* alignment: what was swapped is not edited again */
	    {"abcd", "badc", 9, 2},
	    {"kitten", "sitting", 9, 3},
	    {"kitten", "sitting", 3, 3},
	    {"kitten", "sitting", 2, 3},
	    {"", "abc", 9, 3},
	    {"abc", "", 9, 3},
	    {"", "abc", 1, 2},
	    {"abc", "", 1, 2},
	    {"abcdef", "uvwxyz", 2, 3},
	    {"abcdef", "uvwxyz", 9, 6},
	    {"siret", "sirat", 0, 1},
	    {"123456789012345678901234567890123456789012345678901234567890123",
	     "123456789012345678901234567890123456789012345678901234567890124", 2, 1},
	    {"1234567890123456789012345678901234567890123456789012345678901234",
	     "1234567890123456789012345678901234567890123456789012345678901234", 2, 3},
	    {"a", "1234567890123456789012345678901234567890123456789012345678901234", 99, 100},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *a = cases[i].a, *b = cases[i].b;

		if (text_distance(a, b, cases[i].limit) != cases[i].distance)
			fail_msg("%s, %s: %u", a, b, text_distance(a, b, cases[i].limit));
		assert_int_equal(text_distance(b, a, cases[i].limit), cases[i].distance);
	}
}

/* The sum is of every byte but NUL (and 1252's undefined ones) as Unicode's own tables have them.
 */
static void check_page(char *(*function)(const char *), const char *undefined, const char *expected)
{
	char bytes[256], hex[SHA256_HEX_SIZE], *text;
	size_t count = 0;
	uint8_t sum[SHA256_SIZE];

	for (int byte = 1; byte < 256; byte++)
		if (strchr(undefined, byte) == NULL)
			bytes[count++] = (char)byte;
	bytes[count] = '\0';
	text = function(bytes);
	assert_non_null(text);
	sha256_of(text, strlen(text), sum);
	sha256_hex(sum, hex);
	assert_string_equal(hex, expected);
	free(text);
	for (const char *at = undefined; *at != '\0'; at++)
		assert_null(function((char[]){'a', *at, '\0'}));
}

static void code_pages(void **state)
{
	static const char *const from_850[][2] = {{"", ""},
						  {"abc", "abc"},
						  {"pi\x8A"
						   "ce \x82t\x82.pdf",
						   "pièce été.pdf"},
						  {"\xFF", "\u00A0"}};
	static const char *const from_1252[][2] = {{"", ""},
						   {"abc", "abc"},
						   {"pi\xE8"
						    "ce \x80 \x9C",
						    "pièce € œ"},
						   {"\x81", NULL}};

	(void)state;
	assert_null(sha256_setup());
	check_table(text_from_cp850, from_850, ARRAY_SIZE(from_850));
	check_table(text_from_cp1252, from_1252, ARRAY_SIZE(from_1252));
	check_page(text_from_cp850, "",
		   "37e1d7307bd76938192d3d337acdb16c2ea7cc68aec1068b6537b840b521eb0c");
	check_page(text_from_cp1252, "\x81\x8D\x8F\x90\x9D",
		   "180e532a228d11a21ca01673f5ef117a3ed1fd8ecfa7d4f9418a732cbf5e7fc2");
}

/* What shows a page; what Windows-1252 has and looks like another page. */
static void pages_are_told_apart(void **state)
{
	static const struct {
		const char *bytes;
		enum code_page page;
	} cases[] = {
	    {"joignez un document r\x8E"
	     "cent, dat\x8E et sign\x8E",
	     PAGE_MAC_OR_DOS},
	    {"joignez un document r\x82"
	     "cent, dat\x82 et sign\x82",
	     PAGE_MAC_OR_DOS},
	    {"joignez un document r\xE9"
	     "cent, dat\xE9 et sign\xE9",
	     PAGE_1252},
	    /* è, ç, ê, à, ô, î, û, ù, â, ë, ï, É, ’, œ, ° of Mac Roman, each alone. */
	    {"tr\x8Fs", PAGE_MAC_OR_DOS},
	    {"re\x8Du", PAGE_MAC_OR_DOS},
	    {"m\x90me", PAGE_MAC_OR_DOS},
	    {"d\x8Ej\x88 ici", PAGE_MAC_OR_DOS},
	    {"h\x99pital", PAGE_MAC_OR_DOS},
	    {"ma\x94tre", PAGE_MAC_OR_DOS},
	    {"ao\x9Et", PAGE_MAC_OR_DOS},
	    {"o\x9D aller", PAGE_MAC_OR_DOS},
	    {"b\x89ton", PAGE_MAC_OR_DOS},
	    {"No\x91l", PAGE_MAC_OR_DOS},
	    {"na\x95"
	     "f",
	     PAGE_MAC_OR_DOS},
	    {"\x83ric", PAGE_MAC_OR_DOS},
	    {"l\xD5"
	     "attestation",
	     PAGE_MAC_OR_DOS},
	    {"c\xCFur", PAGE_MAC_OR_DOS},
	    {"n\xA1 12", PAGE_MAC_OR_DOS},
	    {"\x8Etat civil", PAGE_MAC_OR_DOS},
	    {"\x83L\x83MENT", PAGE_MAC_OR_DOS},
	    /* And of CP850. */
	    {"tr\x8As", PAGE_MAC_OR_DOS},
	    {"re\x87u", PAGE_MAC_OR_DOS},
	    {"m\x88me", PAGE_MAC_OR_DOS},
	    {"d\x82j\x85 ici", PAGE_MAC_OR_DOS},
	    {"h\x93pital", PAGE_MAC_OR_DOS},
	    {"ma\x8Ctre", PAGE_MAC_OR_DOS},
	    {"ao\x96t", PAGE_MAC_OR_DOS},
	    {"b\x83ton", PAGE_MAC_OR_DOS},
	    {"No\x89l", PAGE_MAC_OR_DOS},
	    {"na\x8B"
	     "f",
	     PAGE_MAC_OR_DOS},
	    {"\x90ric", PAGE_MAC_OR_DOS},
	    /* What Windows writes, and what looks like the others at first. */
	    {"l\x92"
	     "attestation \x93HDS\x94 \x96 40\xA0\x80\x85",
	     PAGE_1252},
	    {"c\x9Cur, \x8Cuvre, C\x8CUR, \x8Cuvres", PAGE_1252},
	    {"R\xC9GION OUEST, \xC0 C\xD4T\xC9", PAGE_1252},
	    {"Paris\x96Lyon", PAGE_1252},
	    {"m\xE9"
	     "decin\x96patient",
	     PAGE_1252},
	    {"\x8Ei\x9E"
	     "ek",
	     PAGE_1252},
	    {"centre\x96ville, Bo\x9Eidar", PAGE_1252},
	    {"recherche\x96"
	     "clinique",
	     PAGE_1252},
	    {"oui\x96non", PAGE_1252},
	    {"\x93\x9C"
	     "uvre\x94\x85",
	     PAGE_1252},
	    /* û of both, beside each letter that it has. */
	    {"je\x96ne", PAGE_MAC_OR_DOS},
	    {"s\x96r", PAGE_MAC_OR_DOS},
	    {"conn\x9Et", PAGE_MAC_OR_DOS},
	    {"piq\x9Ere", PAGE_MAC_OR_DOS},
	    {"d\x96", PAGE_1252}, /* a dash after a word */
	    {"fl\x9Ete", PAGE_MAC_OR_DOS},
	    {"Mon\xC9"
	     "cho, e-Sant\xC9",
	     PAGE_1252},
	    {"Logiciel\x99 5 \x89, \x8Bmot\x9B", PAGE_1252},
	    {"Mu\xF1oz, Jos\xE9, Jo\xE3o, G\xF3mez, S\xF8ren, M\xFCller, Wei\xDF", PAGE_1252},
	    {"KO\x8E"
	     "EN\xC1, \x8Akoda, Milo\x9A",
	     PAGE_1252},
	    {"\x84Haus\x93 in K\xF6ln", PAGE_1252},
	    {"ENR0001M0", PAGE_1252},
	    {"", PAGE_1252},
	    /* None of them; one cell in two encodings. */
	    {"\x81\xA5", PAGE_UNKNOWN},
	    {"a\x90z\xFE", PAGE_UNKNOWN},
	    {"\xC3\xA9lu, r\xE9"
	     "cent",
	     PAGE_MIXED},
	    {"l\xE2\x80\x99\xE9tat", PAGE_MIXED},
	    {"\xABRETARD\xC9\xBB", PAGE_1252},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (text_code_page(cases[i].bytes) != cases[i].page)
			fail_msg("case %zu: %s: %d", i, cases[i].bytes,
				 (int)text_code_page(cases[i].bytes));
}

static void line_ends(void **state)
{
	static const struct {
		const char *text;
		size_t left, wanted;
	} cases[] = {
	    {"\r\n", 2, 2},	    {"\r\n", 1, 1},	{"\r", 1, 1},	    {"\n\n", 2, 1},
	    {"\xC2\x85", 2, 2},	    {"\xC2\x85", 1, 0}, {"\u2028", 3, 3},   {"\u2029x", 4, 3},
	    {"\u2029", 2, 0},	    {"\u202A", 3, 0},	{"\xC2\xA0", 2, 0}, {"\xE2\x80", 2, 0},
	    {"\xE2\x81\xA8", 3, 0}, {"", 0, 0},		{"a", 1, 0},	    {"\v", 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(text_break(cases[i].text, cases[i].left), cases[i].wanted);
}

static void unprintable(void **state)
{
	static const struct {
		const char *text;
		size_t left, wanted;
	} cases[] = {
	    {"", 0, 0},		{"a", 1, 0},	    {"\t", 1, 0},	{"\r", 1, 0},
	    {"\x1b", 1, 1},	{"\x7f", 1, 1},	    {"", 1, 1},		{"\xC2\x80", 2, 2},
	    {"\xC2\x9F", 2, 2}, {"\xC2\x85", 2, 0}, {"\xC2\xA0", 2, 0}, {"\uFFFE", 3, 3},
	    {"\uFFFF", 3, 3},	{"\uFFFD", 3, 0},   {"\xC2\x80", 1, 0}, {"\uFFFE", 2, 0},
	    {"\uFEFF", 3, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(text_unprintable(cases[i].text, cases[i].left), cases[i].wanted);
}

static void spaces(void **state)
{
	(void)state;
	assert_int_equal(text_space(" a"), 1);
	assert_int_equal(text_space("\u00A0a"), 2);
	assert_int_equal(text_space("\u202Fa"), 3);
	assert_int_equal(text_space("a "), 0);
	assert_int_equal(text_space("\t"), 1);
	assert_int_equal(text_space("\n"), 1);
	assert_int_equal(text_space("\xC2\x85"), 2);
	assert_int_equal(text_space("\u1680"), 3);
	assert_int_equal(text_space("\u2000"), 3);
	assert_int_equal(text_space("\u200A"), 3);
	assert_int_equal(text_space("\u200B"), 0); /* it shows nothing */
	assert_int_equal(text_space("\u2028"), 3);
	assert_int_equal(text_space("\u205F"), 3);
	assert_int_equal(text_space("\u3000"), 3);
	assert_int_equal(text_space("\x0E"), 0);
	assert_int_equal(text_space("\xC2"), 0);
	assert_int_equal(text_space("\u00A1"), 0);
	assert_int_equal(text_space(""), 0);
}

static void hidden(void **state)
{
	uint32_t character = 0;

	(void)state;
	assert_int_equal(text_hidden("\u200Ba", &character), 3);
	assert_int_equal(character, 0x200B);
	assert_int_equal(text_hidden("\x1B", &character), 1);
	assert_int_equal(character, 0x1B);
	assert_int_equal(text_hidden("\u202E", &character), 3);
	assert_int_equal(text_hidden("a\u200B", &character), 0);
	assert_int_equal(text_hidden("\t", &character), 0);
	assert_int_equal(text_hidden("\u2028", &character), 0);
	assert_int_equal(text_hidden("é", &character), 0);
	assert_int_equal(text_hidden("", &character), 0);
	assert_int_equal(text_hidden("\xFF", &character), 0);
}

static void fold_spaces(void **state)
{
	static const char *const cases[][2] = {
	    {"", ""},	       {" \u00A0", ""},	      {"a", "a"},
	    {" a  b ", "a b"}, {"a\u00A0\tb", "a b"}, {"\u3000a\u2009\u202Fb\n", "a b"},
	};
	char text[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(text, cases[i][0]);
		assert_string_equal(text_fold_spaces(text), cases[i][1]);
	}
}

static void trim(void **state)
{
	static const char *const cases[][2] = {{"", ""},
					       {"a", "a"},
					       {" \t\r\n\v\f ", ""},
					       {" a b ", "a b"},
					       {"\ta", "a"},
					       {"a\n", "a"},
					       {"\x0E"
						"a\x08",
						"\x0E"
						"a\x08"}};
	char text[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(text, cases[i][0], strlen(cases[i][0]) + 1);
		assert_ptr_equal(text_trim(text), text);
		assert_string_equal(text, cases[i][1]);
	}
}

static void truncate_utf8(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *out;
	} cases[] = {
	    {"abc", 3, "abc"}, {"abc", 9, "abc"},	{"abc", 2, "ab"},	 {"abc", 0, ""},
	    {"été", 5, "été"}, {"été", 4, "ét"},	{"été", 3, "ét"},	 {"été", 2, "é"},
	    {"été", 1, ""},    {"a\U0001F600", 4, "a"}, {"\x80\x80\x80", 2, ""},
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(text, cases[i].text, strlen(cases[i].text) + 1);
		text_truncate_utf8(text, cases[i].max);
		assert_string_equal(text, cases[i].out);
	}
}

/* Numbers as people read them: both sides of each unit, and of each group. */
static void shown_numbers(void **state)
{
	(void)state;
	assert_string_equal(GROUPED(0), "0");
	assert_string_equal(GROUPED(999), "999");
	assert_string_equal(GROUPED(1000), "1 000");
	assert_string_equal(GROUPED(1234567), "1 234 567");
	assert_string_equal(GROUPED(UINT64_MAX), "18 446 744 073 709 551 615");
	assert_string_equal(WEIGHT(0), "0 ko");
	assert_string_equal(WEIGHT(1), "0,1 ko");
	assert_string_equal(WEIGHT(256 << 10), "256 ko");
	assert_string_equal(WEIGHT((256 << 10) + 1), "256,1 ko");
	assert_string_equal(WEIGHT((1 << 20) - 103), "1023,9 ko");
	assert_string_equal(WEIGHT((1 << 20) - 1), "1 Mo");
	assert_string_equal(WEIGHT(4 << 20), "4 Mo");
	assert_string_equal(WEIGHT((64 << 20) + 1), "64,1 Mo");
	assert_string_equal(WEIGHT(1ull << 40), "1048576 Mo");
}

static void plurals(void **state)
{
	(void)state;
	assert_string_equal(text_plural(0, "dépôt", "dépôts"), "dépôt");
	assert_string_equal(text_plural(1, "dépôt", "dépôts"), "dépôt");
	assert_string_equal(text_plural(2, "dépôt", "dépôts"), "dépôts");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(utf8),
	    cmocka_unit_test(nfc),
	    cmocka_unit_test(fold),
	    cmocka_unit_test(equal_folded),
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(forbidden),
	    cmocka_unit_test(distances),
	    cmocka_unit_test(code_pages),
	    cmocka_unit_test(pages_are_told_apart),
	    cmocka_unit_test(spaces),
	    cmocka_unit_test(trim),
	    cmocka_unit_test(hidden),
	    cmocka_unit_test(fold_spaces),
	    cmocka_unit_test(truncate_utf8),
	    cmocka_unit_test(shown_numbers),
	    cmocka_unit_test(line_ends),
	    cmocka_unit_test(unprintable),
	    cmocka_unit_test(plurals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
