/* Tables of names that stand beside an enumeration: no row is left out. Those that one file keeps
 * for itself are seen by including it. */
#include "asp/asp_file.c"
#include "cli/cmd_list.c"
#include "lib/date.c"
#include "model/dossier.h"
#include "publish/csv_write.c"
#include "publish/mail_text.c"
#include "request/status.c"
#include "sql_gen.h"
#include "store/conf_key.c"
#include "verify/verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_given(const void *first, size_t count, size_t distance, const char *what)
{
	for (size_t i = 0; i < count; i++) {
		const char *text;

		memcpy(&text, (const char *)first + i * distance, sizeof(text));
		if (text == NULL)
			fail_msg("%s: row %zu has none", what, i);
	}
}

#define GIVEN(table, member)                                                                       \
	assert_given(&(table)[0] member, ARRAY_SIZE(table), sizeof((table)[0]), #table #member)

static void what_suppliers_write(void **state)
{
	(void)state;
	GIVEN(depot_type_table, .name);
	GIVEN(piece_type_table, .name);
	GIVEN(piece_type_table, .label);
	GIVEN(champ_table, .chemin);
	GIVEN(champ_table, .title);
	GIVEN(piece_keys, );
	GIVEN(archive_kind_names, );
	GIVEN(piece_format_names, );
	GIVEN(piece_format_labels, );
}

static void what_they_read(void **state)
{
	(void)state;
	GIVEN(catalogue, .code);
	GIVEN(catalogue, .message);
	GIVEN(catalogue, .remede);
	GIVEN(statuses, .code);
	GIVEN(statuses, .libelle);
	GIVEN(events, );
	GIVEN(word_names, ); /* of the words that a mail is filled with */
	GIVEN(templates, .subject);
	GIVEN(english_days, );
	GIVEN(english_months, );
	GIVEN(french_months, );
	assert_int_equal(ARRAY_SIZE(french_months), 12);
	for (size_t i = 0; i < ARRAY_SIZE(separators); i++)
		assert_int_not_equal(separators[i], '\0');
}

static void what_the_asp_gives_and_reads(void **state)
{
	(void)state;
	GIVEN(asp_kinds, .name);
	GIVEN(asp_kinds, .pattern);
	GIVEN(outcomes, .name);
	GIVEN(outcomes, .one);
	GIVEN(outcomes, .many);
	GIVEN(headers, );
	GIVEN(keys, .section);
	GIVEN(keys, .name);
	assert_given(&checks[0].name, check_count, sizeof(checks[0]), "checks");
}

static void what_sqlite_reads(void **state)
{
	(void)state;
	GIVEN(sql_statements, );
	GIVEN(sql_migrations, );
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_suppliers_write),
	    cmocka_unit_test(what_they_read),
	    cmocka_unit_test(what_the_asp_gives_and_reads),
	    cmocka_unit_test(what_sqlite_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
