#include "lib/array.h"
#include "outbox_fixture.h"
#include "publish/answer.h"

#include <yaml.h>

static void answer(int64_t depot, struct buf *out)
{
	buf_clear(out);
	answer_render(&root, depot, out);
}

/* The document as a list of "path=value" lines, the way a YAML reader sees it: a value that is
 * quoted keeps its quotes, so that types show. */
static void flatten(yaml_document_t *document, const yaml_node_t *node, const char *path,
		    struct buf *out)
{
	if (node->type == YAML_SCALAR_NODE) {
		bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

		buf_printf(out, plain ? "%s=%s\n" : "%s=\"%s\"\n", path, node->data.scalar.value);
	} else if (node->type == YAML_SEQUENCE_NODE) {
		yaml_node_item_t *item = node->data.sequence.items.start;

		if (item == node->data.sequence.items.top)
			buf_printf(out, "%s=[]\n", path);
		for (unsigned i = 0; item < node->data.sequence.items.top; item++, i++) {
			char *below = mem_printf("%s[%u]", path, i);

			flatten(document, yaml_document_get_node(document, *item), below, out);
			free(below);
		}
	} else {
		yaml_node_pair_t *pair = node->data.mapping.pairs.start;

		for (; pair < node->data.mapping.pairs.top; pair++) {
			const yaml_node_t *key = yaml_document_get_node(document, pair->key);
			char *below = mem_printf("%s%s%s", path, *path != '\0' ? "." : "",
						 (const char *)key->data.scalar.value);

			flatten(document, yaml_document_get_node(document, pair->value), below,
				out);
			free(below);
		}
	}
}

static char *read_yaml(const struct buf *text)
{
	yaml_parser_t parser;
	yaml_document_t document;
	struct buf out = {0};

	assert_true(yaml_parser_initialize(&parser));
	yaml_parser_set_input_string(&parser, (const unsigned char *)text->data, text->length);
	if (!yaml_parser_load(&parser, &document))
		fail_msg("ligne %zu : %s", parser.problem_mark.line, parser.problem);
	flatten(&document, yaml_document_get_root_node(&document), "", &out);
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	return buf_take(&out);
}

/* The keys that an answer begins with, in the contract's order. */
static void contract_order(void **state)
{
	static const char *const keys[] = {
	    "archive:",	  "taille:",	     "sha256:",	   "recu_le:", "service:",
	    "programme:", "regles:",	     "etat:",	   "essai:",   "numero:",
	    "statut:",	  "statut_libelle:", "anomalies:", "accuse:",  "journal:"};
	struct buf out = {0};

	(void)state;
	answer(1, &out);
	assert_int_equal(strncmp(out.data, "# Réponse", strlen("# Réponse")), 0);
	for (const char *at = out.data, *line; (line = strchr(at, '\n')) != NULL; at = line + 1) {
		static size_t next;

		if (*at != '#' && *at != ' ' && *at != '-' && next < ARRAY_SIZE(keys)) {
			assert_int_equal(strncmp(at, keys[next], strlen(keys[next])), 0);
			next++;
		}
		if (line[1] == '\0')
			assert_int_equal(next, ARRAY_SIZE(keys));
	}
	buf_free(&out);
}

static const struct {
	int64_t depot;
	const char *says[14], *omits[3];
} cases[] = {
    {1,
     {"archive=\"dossier.zip\"\n", "\ntaille=1234\n", "\nrecu_le=\"2026-03-01T01:15:00Z\"\n",
      "\nservice.nom=\"Agence de services et de paiement\"\nservice.adresse=\"2 rue du Maupas, "
      "87040 "
      "Limoges Cedex 1\"\nservice.telephone=\"05 55 12 00 "
      "00\"\nservice.courriel=\"enrolement@asp.example\"\n"
      "service.assistance=\"https://segurnum.asp-public.fr/segurnum/contacter-assistance\"\n",
      "\nprogramme=\"1.0\"\nregles=\"vague2-2024-06\"\netat=\"OK\"\nessai=non\nnumero="
      "\"ENR0001M0\"\n",
      "\nstatut=\"EN_COURS\"\nstatut_libelle=\"En cours\"\n", "\nanomalies=[]\n",
      "a été reçu le 1er mars 2026 à 2 h 15.",
      "téléphone : 05 55 12 00 00 ; courriel : enrolement@asp.example",
      "enregistré sous la demande ENR0001M0, au statut « En cours » ; vous serez informé"},
     {"incident", "alerte", "R. 112-11-1"}},
    {2,
     {"archive=\"été \"1\"\xF0\x9F\x98\x80.zip\"\n",
      "\netat=\"KO\"\nessai=non\nnumero=null\nstatut=null\n"
      "statut_libelle=null\n",
      "\nanomalies[0].code=\"SIR-003\"\nanomalies[0].gravite=\"bloquant\"\n"
      "anomalies[0].chemin=\"demandeur.siret\"\nanomalies[0].ligne=12\nanomalies[0].colonne=10\n"
      "anomalies[0].valeur=\"2024-01-01\"\nanomalies[0].message=\"Le SIRET est faux.\"\n"
      "anomalies[0].remede=\"Vérifiez-le.\"\nanomalies[0].page_guide=12\n",
      "\nanomalies[1].ligne=null\nanomalies[1].colonne=null\nanomalies[1].valeur=\"=cmd|' /C "
      "calc'!A0\"\n"
      "anomalies[1].message=\"Pièce\nvide.\"\n",
      "\nanomalies[1].page_guide=null\n", "\nanomalies[2].colonne=null\nanomalies[2].valeur=null\n",
      "n'est pas enregistré : il comporte 2 anomalies bloquantes.",
      "Le fichier « été \"1\"\xF0\x9F\x98\x80.zip_a_corriger.yaml » reprend votre dossier.yaml"},
     {"incident"}},
    {3,
     {"\nsha256=null\nrecu_le=\"2026-03-02\"\n", "\nincident=\"analyseur interrompu: signal 9\"\n",
      "reçu le 2 mars 2026.\n", "repris la nuit prochaine"},
     {0}},
    {5,
     {"\nanomalies[0].valeur=\"oui\"\n", "avec 1 alerte qu'un gestionnaire examinera ; vous serez"},
     {"bloquante"}},
    {6,
     {"\nessai=oui\nnumero=null\n", "Cet essai est concluant", "ôtez « essai: oui »"},
     {"est enregistré sous"}},
};

static void every_verdict(void **state)
{
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *seen;

		answer(cases[i].depot, &out);
		seen = read_yaml(&out);
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].says) && cases[i].says[j] != NULL; j++)
			if (strstr(seen, cases[i].says[j]) == NULL)
				fail_msg("« %s » manque dans :\n%s", cases[i].says[j], seen);
		for (size_t j = 0; j < ARRAY_SIZE(cases[i].omits) && cases[i].omits[j] != NULL; j++)
			if (strstr(seen, cases[i].omits[j]) != NULL)
				fail_msg("« %s » est de trop dans :\n%s", cases[i].omits[j], seen);
		free(seen);
	}
	buf_free(&out);
}

/* The same archive again, under another name: byte for byte the first answer. */
static void first_answer_again(void **state)
{
	struct buf first = {0}, again = {0};

	(void)state;
	answer(1, &first);
	answer(4, &again);
	assert_string_equal(first.data, again.data);
	buf_free(&first);
	buf_free(&again);
}

/* Texts that try to leave their scalar, and bytes that are not UTF-8. */
static void hostile_texts(void **state)
{
	static const char *const texts[] = {"a\nstatut: \"VALIDEE\"",
					    "\"\n---\nb: c",
					    "null",
					    "~",
					    "0123",
					    "oui",
					    "",
					    " ",
					    "\\n",
					    "# a",
					    "\xC2\x85x",
					    "\xEF\xBB\xBFx",
					    "- a: [",
					    "%YAML",
					    "\x7F\x01"};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		sqlite3_stmt *stmt = NULL;
		char *seen,
		    *wanted =
			mem_printf("\nanomalies[0].valeur=\"%s\"\nanomalies[0].message=", texts[i]);

		assert_int_equal(
		    sqlite3_prepare_v2(fixture_db(&root),
				       "UPDATE anomalies SET valeur = ? WHERE depot = 5", -1, &stmt,
				       NULL),
		    SQLITE_OK);
		sqlite3_bind_text(stmt, ONLY_PARAMETER, texts[i], -1, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
		sqlite3_finalize(stmt);
		answer(5, &out);
		seen = read_yaml(&out);
		if (strstr(seen, wanted) == NULL)
			fail_msg("« %s » manque dans :\n%s", wanted, seen);
		free(seen);
		free(wanted);
	}
	fixture_sql(
	    &root,
	    "UPDATE depots SET archive = CAST(x'74e974e9810a2e7a6970' AS TEXT) WHERE id = 5");
	answer(5, &out);
	free(read_yaml(&out));
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(contract_order),
	    cmocka_unit_test(every_verdict),
	    cmocka_unit_test(first_answer_again),
	    cmocka_unit_test(hostile_texts),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
