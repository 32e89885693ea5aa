/* How deep a mark may stand: what is deeper than the bound is marked at the bound, and nothing is
 * proposed there, as it would not stand in the column of its neighbours. */
#include "correction_fixture.h"
#include "lib/array.h"

#define TOP   "format: 1\ntype: modification\ndemande: ENR0601M0\nbanque:\n"
#define BOUND 40

/* Each "@" of the text becomes that many blanks. */
static char *indented(const char *text, int indent)
{
	struct buf out = {0};

	for (; *text != '\0'; text++)
		if (*text == '@')
			buf_printf(&out, "%*s", indent, "");
		else
			buf_putc(&out, *text);
	return buf_take(&out);
}

static char *outlined(const char *text)
{
	char *marked = annotated(text, strlen(text));
	char *found = outline(body(marked));

	free(marked);
	return found;
}

/* A wrong value: its mark is above it, never beyond the bound. */
static void mark_of_a_value(void **state)
{
	static const int indents[] = {1, BOUND - 1, BOUND, BOUND + 1, BOUND + 30};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(indents); i++) {
		int indent = indents[i], shown = indent < BOUND ? indent : BOUND;
		char *text = indented(TOP "@iban: X\n@bic: PSSTFRPPPAR\n@titulaire: A\n", indent);
		char *found = outlined(text);
		char *wanted =
		    mem_printf(TOP "#>> %*s! BNK-003\n%s", shown, "", text + strlen(TOP));

		assert_string_equal(found, wanted);
		free(wanted);
		free(found);
		free(text);
	}
}

/* Keys that are missing are proposed in the column of those that are there, up to the bound; beyond
 * it they are only asked for. */
static void missing_keys(void **state)
{
	static const struct {
		int indent;
		bool proposed;
	} cases[] = {{1, true}, {BOUND - 1, true}, {BOUND, true}, {BOUND + 1, false}, {90, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int indent = cases[i].indent, shown = indent < BOUND ? indent : BOUND;
		char *text =
		    indented(TOP "@titulaire: A\n@iban: FR1420041010050500013M02606\n", indent);
		char *found = outlined(text), *wanted, *proposal;

		proposal = cases[i].proposed
			       ? mem_printf("#>> %*sbic:  # À COMPLÉTER : BIC\n", shown, "")
			       : mem_strdup("");
		wanted = mem_printf(TOP "#>> %*s! BNK-001\n%s%s", shown, "", proposal,
				    text + strlen(TOP));
		assert_string_equal(found, wanted);
		free(wanted);
		free(proposal);
		free(found);
		free(text);
	}
}

/* What was proposed at the bound reads as a key of its section once the mark is taken away. */
static void proposal_at_the_bound(void **state)
{
	char *text = indented(TOP "@titulaire: A\n@iban: FR1420041010050500013M02606\n", BOUND);
	char *marked = annotated(text, strlen(text)), *found, *line;
	struct findings findings;

	(void)state;
	line = strstr(marked, "bic:  #");
	assert_non_null(line);
	memmove(line - BOUND - 4, line - BOUND, strlen(line - BOUND) + 1); /* the mark */
	judge(&findings, marked, strlen(marked), false);
	assert_int_equal(findings.anomalies.count, 1);
	found = findings.dossier.champs[CHAMP_BANQUE_BIC].text;
	assert_true(found == NULL || *found == '\0');
	assert_int_equal(findings.dossier.champs[CHAMP_BANQUE_BIC].colonne, BOUND + 1);
	findings_free(&findings);
	free(marked);
	free(text);
}

/* Lists likewise: an item under the key, in the column of the others. */
static void missing_documents(void **state)
{
	static const int indents[] = {0, BOUND - 1, BOUND, BOUND + 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(indents); i++) {
		int indent = indents[i], shown = indent < BOUND ? indent : BOUND;
		char *text = indented("format: 1\ntype: pieces\ndemande: ENR1234\npieces:\n"
				      "@- {type: kbis, fichier: k.pdf}\n",
				      indent);
		char *found = outlined(text);
		char *proposal = mem_printf("#>> %*s- {type: rib, fichier: rib.pdf}\n", indent, "");
		char *mark = mem_printf("\n#>> %*s! BNK-014\n", shown, "");

		assert_non_null(strstr(found, mark));
		assert_int_equal(strstr(found, proposal) != NULL, indent <= BOUND);
		free(mark);
		free(proposal);
		free(found);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(mark_of_a_value),
	    cmocka_unit_test(missing_keys),
	    cmocka_unit_test(proposal_at_the_bound),
	    cmocka_unit_test(missing_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
