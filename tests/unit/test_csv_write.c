
#include "lib/array.h"
#include "model/numero.h"
#include "publish/csv_write.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <csv.h>

static void cells(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
	    {"", ""},
	    {"ENR0001M0", "ENR0001M0"},
	    {"00732829320000", "00732829320000"},
	    {"Durand & fils", "Durand & fils"},
	    {"élise@exemple.fr", "élise@exemple.fr"},
	    {"a;b", "\"a;b\""},
	    {"a,b", "\"a,b\""},
	    {"dit \"le\"", "\"dit \"\"le\"\"\""},
	    {"\"", "\"\"\"\""},
	    {" a", "\" a\""},
	    {"a ", "\"a \""},
	    {"a\r\nb", "a  b"},
	    {"a\nb;", "\"a b;\""},
	    {"a\xC2\x85"
	     "b\xE2\x80\xA8"
	     "c",
	     "a b c"}, /* NEL, LINE SEPARATOR */
	    {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
	    {"\x81t\x82", "üté"}, /* nor Windows-1252: code page 850 */
	    {"\xE9t\xE9", "été"}, /* not UTF-8: read as Windows-1252 */
	    {"=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"},
	    {"=1;2", "\"'=1;2\""},
	    {"+33", "'+33"},
	    {"-1", "'-1"},
	    {"-", "'-"},
	    {"@a", "'@a"},
	    {"a=b", "a=b"},
	    {"1-2", "1-2"},
	    {"\tx", "' x"},
	    {"\rx", "' x"},
	    {"  =1", "'  =1"},
	    {"\n=1", "' =1"},
	    {"\xC2\xA0=1", "'\xC2\xA0=1"},	   /* no-break space */
	    {"\xE2\x80\x8B=1", "'\xE2\x80\x8B=1"}, /* zero-width space */
	    {"\xEF\xBB\xBF=1", "'\xEF\xBB\xBF=1"}, /* BOM */
	    {"\xE3\x80\x80\xEF\xBC\x9D"
	     "1",
	     "'\xE3\x80\x80\xEF\xBC\x9D"
	     "1"}, /* ideographic, full width */
	    {"\xEF\xBC\x8B"
	     "1",
	     "'\xEF\xBC\x8B"
	     "1"},
	    {"\xEF\xBC\x8D"
	     "1",
	     "'\xEF\xBC\x8D"
	     "1"},
	    {"\xEF\xBC\xA0"
	     "1",
	     "'\xEF\xBC\xA0"
	     "1"},
	    {"\xE2\x88\x92"
	     "1",
	     "'\xE2\x88\x92"
	     "1"},
	    {"\xE2\x80\xAEx", "\xEF\xBF\xBDx"}, /* right-to-left override */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf out = {0};

		csv_cell(&out, DIALECT_EXCEL, 0, cases[i].text);
		assert_string_equal(out.length > 0 ? out.data : "", cases[i].written);
		buf_free(&out);
	}
}

static void dialects(void **state)
{
	struct buf out = {0};

	(void)state;
	for (int dialect = DIALECT_EXCEL; dialect <= DIALECT_OPENDATA; dialect++) {
		csv_begin(&out, (enum dialect)dialect);
		csv_cell(&out, (enum dialect)dialect, 0, "a");
		csv_cell(&out, (enum dialect)dialect, 1, "");
		csv_cell(&out, (enum dialect)dialect, 1, "b");
		csv_end_row(&out);
	}
	assert_string_equal(out.data, "\xEF\xBB\xBF"
				      "a;;b\r\na,,b\r\n");
	buf_free(&out);
}

struct reading {
	struct buf cells;
	unsigned rows;
};

static void on_cell(void *bytes, size_t length, void *context)
{
	struct reading *reading = context;

	buf_add(&reading->cells, bytes, length);
	buf_putc(&reading->cells, '|');
}

static void on_row(int end, void *context)
{
	struct reading *reading = context;

	(void)end;
	reading->rows++;
}

/* What a strict reader finds in a row of a cell with every byte from 1 to 255, then a cell of 300
 * words. */
static void read_back(void **state)
{
	struct reading reading = {0};
	struct csv_parser parser;
	struct buf out = {0}, words = {0};
	char bytes[256];

	(void)state;
	for (int i = 0; i < 255; i++)
		bytes[i] = i + 1 == '|' ? '!' : (char)(i + 1);
	bytes[255] = '\0';
	for (int i = 0; i < 300; i++)
		buf_puts(&words, "mot\" ;");
	csv_cell(&out, DIALECT_EXCEL, 0, bytes);
	csv_cell(&out, DIALECT_EXCEL, 1, words.data);
	csv_end_row(&out);
	assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
	csv_set_delim(&parser, ';');
	assert_int_equal(csv_parse(&parser, out.data, out.length, on_cell, on_row, &reading),
			 out.length);
	assert_int_equal(csv_fini(&parser, on_cell, on_row, &reading), 0);
	assert_int_equal(reading.rows, 1);
	buf_putc(&words, '|');
	assert_string_equal(strchr(reading.cells.data, '|') + 1, words.data);
	csv_free(&parser);
	buf_free(&reading.cells);
	buf_free(&out);
	buf_free(&words);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		int64_t id;
	} cases[] = {
	    {"ENR0601", 601},
	    {"ENR0601M0", 601},
	    {" enr 0601 m12 ", 601},
	    {"ENR0001", 1},
	    {"ENR12345M1", 12345},
	    {"ENR601", 0},
	    {"ENR0000", 0},
	    {"ENR0001X5", 0},
	    {"ENR0601M", 0},
	    {"ENR0601M1X", 0},
	    {"ENR0601M123456789", 601},
	    {"ENR0601M1234567890", 0}, /* a rank that no request has */
	    {"ENR0601X", 0},
	    {"ENR", 0},
	    {"0601", 0},
	    {"", 0},
	    {"ENR-0601", 601},
	    {"n° ENR 0601 M0", 601},
	    {"(enr0601m0)", 601},
	    {"ENR0601M0*", 0},
	    {"ENR123456789012345678", 123456789012345678},
	    {"ENR1234567890123456789", 0},
	    {"ENR00000000000000000000000000000000000000000000000000000000000000000000000000001", 0},
	};
	char numero[NUMERO_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(demande_numero_parse(cases[i].text), cases[i].id);
	assert_int_equal(demande_numero_rank("ENR0601"), -1);
	assert_int_equal(demande_numero_rank(" enr 0601 m12"), 12);
	assert_int_equal(demande_numero_rank("ENR0601M"), -1);
	assert_int_equal(demande_numero_rank("M1"), -1);
	demande_numero(601, 0, numero);
	assert_string_equal(numero, "ENR0601M0");
	demande_numero(INT64_MAX, 12, numero);
	assert_string_equal(numero, "ENR9223372036854775807M12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cells),
	    cmocka_unit_test(dialects),
	    cmocka_unit_test(read_back),
	    cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
