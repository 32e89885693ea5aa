/* The central directory against the local headers: zips that contradict themselves are refused. */
#include "archives.h"
#include "lib/array.h"

#include <locale.h>

static void contradicting_zips(void **state)
{
	static const struct {
		struct part parts[3];
		size_t count;
		struct ending ending;
		const char *line;
	} cases[] = {
	    {{{.name = "a", .local_name = "b", .data = "x"}}, 1, {0}, "!ZIP_NAMES(a)|"},
	    {{{.name = "aa", .local_name = "a", .data = "x"}}, 1, {0}, "!ZIP_NAMES(aa)|"},
	    {{{.name = "a", .data = "x", .flags = 1}}, 1, {0}, "!ENCRYPTED(a)|"},
	    {{{.name = "a", .data = "x", .flags = 0x40}}, 1, {0}, "!ENCRYPTED(a)|"},
	    {{{.name = "a", .data = "x", .method = 14}}, 1, {0}, "!METHOD(a)|"},
	    {{{.name = "a", .data = "x"}, {.name = "b", .data = "x", .same_as = 1}},
	     2,
	     {0},
	     "!ZIP_OVERLAP(a)|"},
	    {{{.name = "a", .data = "x", .size_lie = 8}, {.name = "b", .data = "x"}},
	     2,
	     {0},
	     "!ZIP_OVERLAP(a)|"},
	    {{{.name = "a", .data = "x", .size_lie = 8}}, 1, {0}, "!ZIP_OVERLAP(a)|"},
	    {{{.name = "a", .data = "x", .crc_lie = 1}}, 1, {0}, "a=x!CORRUPT(a)|"},
	    {{{.name = "a", .data = "x"}, {.name = "b", .data = "y", .gap = "caché"}},
	     2,
	     {0},
	     "!ZIP_HIDDEN(a)|"},
	    {{{.name = "a", .data = "x"}}, 1, {.before = "caché"}, "!ZIP_HIDDEN(a)|"},
	    {{{.name = "a", .data = "x"}}, 1, {.behind = "caché"}, "!ZIP_HIDDEN()|"},
	    {{{.name = "a", .data = "x", .local_lie = 1}}, 1, {0}, "!ZIP_NAMES(a)|"},
	    {{{.name = "a", .data = "x", .flags = 8, .descriptor = 16, .descriptor_lie = 1}},
	     1,
	     {0},
	     "!ZIP_HIDDEN(a)|"},
	    {{{.name = "a", .data = "x", .gap = "PK\3\4caché"}}, 1, {0}, "!ZIP_HIDDEN()|"},
	    {{{.name = "a", .data = "x", .gap = "MZ"}}, 1, {0}, "!UNKNOWN()|"},
	    {{{.name = "a", .data = "x"}}, 1, {.after = "y"}, "!TRAILING()|"},
	    {{{.name = "a", .data = "x"}}, 1, {.count_lie = 1}, "!ZIP_COUNT()|"},
	    {{{.name = "a", .data = "x"}, {.name = "b", .data = "x"}},
	     2,
	     {.count_lie = -1},
	     "!ZIP_COUNT()|"},
	    {{{.name = "a", .data = "x"}}, 1, {.count_lie = 70}, "!TOO_MANY()|"},
	    {{{.name = "a", .data = "x", .flags = 8, .descriptor = 16, .crc_lie = 1}},
	     1,
	     {0},
	     "a=x!CORRUPT(a)|"},
	    {{{.name = "a", .data = "x", .flags = 8}}, 1, {0}, "!ZIP_HIDDEN(a)|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect(zip_with(cases[i].parts, cases[i].count, &cases[i].ending), UNPACK_REFUSED,
		       cases[i].line);
}

static void unusual_but_sound_zips(void **state)
{
	static const struct {
		struct part parts[3];
		size_t count;
		struct ending ending;
		const char *line;
	} cases[] = {
	    {{{0}}, 0, {0}, ""},
	    {{{.name = "a", .data = "x"}}, 1, {.comment = "un commentaire"}, "a=x|"},
	    {{{.name = "a", .data = "x"}}, 1, {.zeros = 1}, "a=x|"},
	    {{{.name = "a", .data = "x"}}, 1, {.zeros = 200000}, "a=x|"},
	    {{{.name = "a", .data = "x"}}, 1, {.bit64 = true}, "a=x|"},
	    {{{.name = "a", .data = "x", .flags = 8, .descriptor = 16}}, 1, {0}, "a=x|"},
	    {{{.name = "a", .data = "x", .flags = 8, .descriptor = 24}}, 1, {0}, "a=x|"},
	    {{{.name = "a", .data = "x", .flags = 8, .descriptor = 12}}, 1, {0}, "a=x|"},
	    {{{.name = "a", .data = "x", .flags = 8, .descriptor = 20}}, 1, {0}, "a=x|"},
	    {{{.name = "a", .data = "x", .flags = 8, .sizes_before = true},
	      {.name = "b", .data = "y"}},
	     2,
	     {0},
	     "a=x|b=y|"},
	    {{{.name = "a", .data = "PK\5\6 dans les données, PK\1\2, PK\3\4"}},
	     1,
	     {0},
	     "a=PK\5\6 dans les données, PK\1\2, PK\3\4|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect(zip_with(cases[i].parts, cases[i].count, &cases[i].ending), UNPACK_DONE,
		       cases[i].line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(contradicting_zips),
	    cmocka_unit_test(unusual_but_sound_zips),
	};

	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
