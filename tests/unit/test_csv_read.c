#include "asp/csv_read.h"
#include "lib/array.h"

#include "lib/buf.h"
#include "lib/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static const struct csv_column columns[] = {
    {.name = "numero"}, {.name = "motif", .last = true}, {.name = "statut", .optional = true}};

/* Rows as "line:numero|motif|statut", "-" for a missing column; then faults as "CODE:line:detail".
 */
struct seen {
	struct buf text;
	size_t rows, stop; /* stop: after how many rows; 0: never */
};

static bool see(void *context, const struct csv_row *row)
{
	struct seen *seen = context;

	buf_printf(&seen->text, "%u:", row->line);
	for (size_t i = 0; i < ARRAY_SIZE(columns) && row->fault == NULL; i++)
		buf_printf(&seen->text, "%s%s", i > 0 ? "|" : "",
			   row->cells[i] != NULL ? row->cells[i] : "-");
	buf_printf(&seen->text, "%s%s\n", row->fault != NULL ? "!" : "",
		   row->fault != NULL ? row->fault : "");
	return ++seen->rows != seen->stop;
}

static char *read_bytes(const char *bytes, size_t length, size_t stop)
{
	int fd = memfd_create("csv", 0);
	struct anomalies faults = {0};
	struct seen seen = {.stop = stop};

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	assert_null(csv_read(fd, columns, ARRAY_SIZE(columns), see, &seen, &faults));
	for (size_t i = 0; i < faults.count; i++)
		buf_printf(&seen.text, "%s:%u:%s\n", catalogue[faults.items[i].code].code,
			   faults.items[i].ligne,
			   faults.items[i].detail != NULL ? faults.items[i].detail : "");
	anomalies_free(&faults);
	close(fd);
	return buf_take(&seen.text);
}

#define MISPLACED "un guillemet y est mal placé"
#define PAGE                                                                                        \
	"est en Mac Roman ou en CP850 ; dans Excel, enregistrez en « CSV UTF-8 », non en « CSV " \
	"(Macintosh) » ni en « CSV (MS-DOS) »"

static const struct sample {
	const char *name, *bytes, *expected;
} samples[] = {
    {"excel", "\xEF\xBB\xBFnumero;motif\r\nA;é\r\n", "2:A|é|-\n"},
    {"libreoffice, comma, LF", "motif,numero\nx,A\n", "2:A|x|-\n"},
    {"tab", "numero\tmotif\n\tx\nA\t\n", "2:|x|-\n3:A||-\n"},
    {"lone CR", "numero;motif\rA;x\rB;y", "2:A|x|-\n3:B|y|-\n"},
    {"windows-1252", "num\xE9ro;motif\nA;caf\xE9 \x80 \xAB x \xBB\n", "2:A|café € « x »|-\n"},
    {"each cell by itself", "numero;motif;\x81\nA;\xC3\xA9\nB;\xE9\n\xC9;\xC3\xA9;\x81\n",
     "REF-004:1:l'en-tête " PAGE "\n"},
    {"each cell by itself", "numero;motif\nA;\xC3\xA9\nB;\xE9\n\xC9;\xC3\xA9\n",
     "2:A|é|-\n3:B|é|-\n4:É|é|-\n"},
    {"mac roman",
     "numero;motif\nA;rŽcent\nB;r\x8E"
     "cent, dat\x8E\nC;r\xE9"
     "cent\n",
     "2:A|rŽcent|-\n3:!la colonne motif " PAGE "\n4:C|récent|-\n"},
    {"cp850", "numero;motif\nA;tr\x8As\nB;x\n", "2:!la colonne motif " PAGE "\n3:B|x|-\n"},
    {"a column that nobody asked for",
     "numero;motif;autre\nA;x;r\x8E"
     "cent\n",
     "2:A|x|-\n"},
    {"header in mac roman", "num\x8Ero;motif\nA;x\n", "REF-004:1:l'en-tête " PAGE "\n"},
    {"neither encoding", "numero;motif\nA;\x81\xA5\nB;x\n",
     "2:!la colonne motif n'est ni en UTF-8 ni en Windows-1252 ; enregistrez en « CSV UTF-8 »\n"
     "3:B|x|-\n"},
    {"both in one cell", "numero;motif\nA;\xC3\xA9t\xE9\nB;x\n",
     "2:!la colonne motif mêle deux codages dans une même case ; retapez-la, puis enregistrez en "
     "« CSV UTF-8 »\n3:B|x|-\n"},
    {"the last of a name", "motif;numero;motif;Motif\nx;A;y;z\nx;B\n", "2:A|z|-\n3:B||-\n"},
    {"names", "  NUMÉRO ;Motif;inconnue;\"STATUT\"\nA;x;;s\n", "2:A|x|s\n"},
    {"names decomposed", "nume\xCC\x81ro;motif\nA;x\n", "2:A|x|-\n"},
    {"sep", "sep=;\r\nnumero;motif,etc;motif\r\nA;,;x\r\n", "3:A|x|-\n"},
    {"sep contradicts the count", "\xEF\xBB\xBFsep=,\nnumero,motif,\";;;;;\"\nA,x\n", "3:A|x|-\n"},
    {"delimiters inside quotes", "numero;\"a,b,c,d\";motif\nA;;x\n", "2:A|x|-\n"},
    {"blank lines", "\n \r\nnumero;motif\n\n\nA;x\n\t\nB;y\n\n", "6:A|x|-\n8:B|y|-\n"},
    {"rows of empty cells", "numero;motif\n;;;;\nA;x\n;\n \"\" ; \nB;y\n", "3:A|x|-\n6:B|y|-\n"},
    {"quoted lines", "numero;motif\nA;\"x\r\ny\n\nz\"\nB;\"\"\nC;\"\"\"q\"\"\"\n",
     "2:A|x\r\ny\n\nz|-\n6:B||-\n7:C|\"q\"|-\n"},
    {"trimmed",
     "numero;motif\n  A ;\"  x \t\"\n\xC2\xA0"
     "B\xE2\x80\xAF;\xC2\xA0\n",
     "2:A|x|-\n3:B||-\n"},
    {"short row", "numero;motif;statut\nA\nB;y\n", "2:A||\n3:B|y|\n"},
    {"long row", "numero;motif\nA;x;;\nB;y;z\nC;w\n",
     "2:A|x|-\n3:!elle a plus de cellules que l'en-tête\n4:C|w|-\n"},
    {"misplaced quote", "numero;motif\nA;\"a\"x;c\nB;y\n", "2:!" MISPLACED "\n3:B|y|-\n"},
    {"quote in a bare cell", "numero;motif\nA;l'attestation \"HDS\"\nB;y\n",
     "2:!" MISPLACED "\n3:B|y|-\n"},
    {"open quote", "numero;motif\nA;\"x\nB;y\nC;z\n",
     "2:!un guillemet ouvert n'y est jamais refermé\n3:B|y|-\n4:C|z|-\n"},
    {"open quote, closed by the next row's", "numero;motif\n\nA;\"x\nB;\"y\"\nC;z\n",
     "3:!" MISPLACED "\n4:B|y|-\n5:C|z|-\n"},
    {"no end", "numero;motif\nA;\"x\"", "2:A|x|-\n"},
    {"header alone", "numero;motif", ""},
    {"empty", "", "REF-007:0:\n"},
    {"BOM alone", "\xEF\xBB\xBF\r\n\r\n", "REF-007:0:\n"},
    {"missing columns", "\n\nnom;autre\nA;x\n", "REF-001:3:numero\nREF-001:3:motif\n"},
    {"doubled column", "numero;motif;Numéro\nA;x;B\n",
     "REF-004:1:la colonne numero y figure deux fois\n"},
    {"doubled unknown column", "numero;motif;;;x;x\nA;m;1;2;3;4\n", "2:A|m|-\n"},
    {"bad header", "numero;\"motif\"x\nA;x\n", "REF-004:1:ligne 1, " MISPLACED "\n"},
};

static void each_sample(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char *found = read_bytes(samples[i].bytes, strlen(samples[i].bytes), 0);

		if (strcmp(found, samples[i].expected) != 0)
			print_error("sample: %s\n", samples[i].name);
		assert_string_equal(found, samples[i].expected);
		free(found);
	}
}

static void unicode_text_of_excel(void **state)
{
	static const char le[] = "\xFF\xFEn\0u\0m\0";
	static const char bare[] = "n\0u\0m\0e\0";
	char *found;

	(void)state;
	found = read_bytes(le, sizeof(le), 0);
	assert_non_null(strstr(found, "REF-004:0:il est en UTF-16"));
	free(found);
	found = read_bytes(bare, sizeof(bare), 0);
	assert_non_null(strstr(found, "REF-004:0:il contient des octets nuls"));
	free(found);
}

/* Behind what was looked at first, a NUL costs its row alone. */
static void a_late_nul(void **state)
{
	struct buf bytes = {0}, expected = {0};
	char *found;

	(void)state;
	buf_puts(&bytes, "numero;motif\n");
	for (unsigned line = 2; bytes.length < 70000; line++) {
		buf_printf(&bytes, "A;motif\n");
		buf_printf(&expected, "%u:A|motif|-\n", line);
		if (bytes.length > 69990) {
			buf_add(&bytes, "B;a\0b\nC;x\n", 10);
			buf_printf(&expected, "%u:!une cellule contient un octet nul\n%u:C|x|-\n",
				   line + 1, line + 2);
		}
	}
	found = read_bytes(bytes.data, bytes.length, 0);
	assert_string_equal(found, expected.data);
	free(found);
	buf_free(&bytes);
	buf_free(&expected);
}

static void stops_when_told(void **state)
{
	static const char bytes[] = "numero;motif\nA;x\nB;y\nC;z\n";
	char *found = read_bytes(bytes, strlen(bytes), 2);

	(void)state;
	assert_string_equal(found, "2:A|x|-\n3:B|y|-\n");
	free(found);
}

/* The block's border may fall on any byte of what is hard: a CRLF, a quoted line end, a character.
 */
static void every_border(void **state)
{
	static const char hard[] = "A;\"x\r\n\"\"é€\"\r\n\r\nB;y\r\n\"C\";z\r\n";
	struct buf bytes = {0};

	(void)state;
	for (size_t back = 0; back < sizeof(hard) + 2; back++) {
		char expected[128], *found;

		buf_clear(&bytes);
		buf_puts(&bytes, "numero;motif\r\n");
		while (bytes.length < 65536 - back - 2)
			buf_putc(&bytes, ' ');
		buf_puts(&bytes, "\r\n");
		buf_puts(&bytes, hard);
		snprintf(expected, sizeof(expected), "3:A|x\r\n\"é€|-\n6:B|y|-\n7:C|z|-\n");
		found = read_bytes(bytes.data, bytes.length, 0);
		assert_string_equal(found, expected);
		free(found);
	}
	buf_free(&bytes);
}

/* Limits: a cell over 64 KiB and a record over 256 cells are that row's fault, a line over 1 MiB
 * the file's. */
static void limits(void **state)
{
	static const struct {
		const char *unit;
		size_t count;
		const char *expected;
	} cases[] = {
	    {"x", 65536, NULL},
	    {"x", 65537, "2:!une cellule dépasse 65 536 octets\n3:B|y|-\n"},
	    {";", 254, "2:A||-\n3:B|y|-\n"},
	    {";", 255, "2:!elle compte plus de 256 cellules\n3:B|y|-\n"},
	    {"x", 1100000, "REF-004:2:ligne 2, elle dépasse un mébioctet\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf bytes = {0};
		char *found;

		buf_puts(&bytes, "numero;motif\nA;");
		for (size_t k = 0; k < cases[i].count; k++)
			buf_puts(&bytes, cases[i].unit);
		buf_puts(&bytes, "\nB;y\n");
		found = read_bytes(bytes.data, bytes.length, 0);
		if (cases[i].expected == NULL)
			assert_int_equal(strlen(found),
					 strlen("2:A||-\n3:B|y|-\n") + cases[i].count);
		else
			assert_string_equal(found, cases[i].expected);
		free(found);
		buf_free(&bytes);
	}
}

/* An open quote may not swallow more than 1 MiB: the rows after it are read. */
static void open_quote_in_a_long_file(void **state)
{
	struct buf bytes = {0}, expected = {0};
	char *found;

	(void)state;
	buf_puts(&bytes, "numero;motif\nA;\"x\n");
	buf_puts(&expected, "2:!un guillemet ouvert n'y est pas refermé\n");
	for (unsigned line = 3; line < 60000; line++) {
		buf_printf(&bytes, "N%u;ceci est un motif quelconque\n", line);
		buf_printf(&expected, "%u:N%u|ceci est un motif quelconque|-\n", line, line);
	}
	found = read_bytes(bytes.data, bytes.length, 0);
	assert_true(strcmp(found, expected.data) == 0);
	free(found);
	buf_free(&bytes);
	buf_free(&expected);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* What a careful writer wrote is read back, with its lines, whatever the dialect. */
static void written_and_read_back(void **state)
{
	static const char *const ends[] = {"\n", "\r\n", "\r"}, *const pieces[] = {
								    "a",  ";", ",",    "\"\"",
								    "\n", "é", "\r\n", "z"};
	static const char delimiters[] = ";,\t";
	uint32_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 300; round++) {
		const char *end = ends[next_random(&seed) % 3];
		char delimiter = delimiters[next_random(&seed) % 3];
		struct buf bytes = {0}, expected = {0};
		unsigned line = 2;
		char *found;

		buf_printf(&bytes, "numero%cmotif%s", delimiter, end);
		for (unsigned row = 0; row < 400; row++) {
			unsigned blank = next_random(&seed) % 8 == 0, inner = 0;

			if (blank)
				buf_puts(&bytes, end);
			line += blank;
			buf_printf(&bytes, "R%u%c\"z", row, delimiter);
			buf_printf(&expected, "%u:R%u|z", line, row);
			for (unsigned n = next_random(&seed) % 12; n > 0; n--) {
				const char *piece = pieces[next_random(&seed) % ARRAY_SIZE(pieces)];

				buf_puts(&bytes, piece);
				buf_puts(&expected, piece[0] == '"' ? "\"" : piece);
				inner += strchr(piece, '\n') != NULL;
			}
			buf_printf(&bytes, "z\"%s", end);
			buf_puts(&expected, "z|-\n");
			line += 1 + inner;
		}
		found = read_bytes(bytes.data, bytes.length, 0);
		assert_true(strcmp(found, expected.data) == 0);
		free(found);
		buf_free(&bytes);
		buf_free(&expected);
	}
}

static void reading_fails(void **state)
{
	struct anomalies faults = {0};
	struct seen seen = {0};

	(void)state;
	assert_non_null(csv_read(-1, columns, ARRAY_SIZE(columns), see, &seen, &faults));
	assert_int_equal(faults.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_sample),
	    cmocka_unit_test(unicode_text_of_excel),
	    cmocka_unit_test(a_late_nul),
	    cmocka_unit_test(stops_when_told),
	    cmocka_unit_test(every_border),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(open_quote_in_a_long_file),
	    cmocka_unit_test(written_and_read_back),
	    cmocka_unit_test(reading_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
