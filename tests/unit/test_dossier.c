#include "lib/array.h"
#include "model/dossier.h"

#include "lib/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* INTERFACE, 2, in the order of the enumeration; words of the guide. */
static const struct {
	enum piece_type type;
	const char *name, *label;
} types[] = {
    {PIECE_CERTIFICAT_REFERENCEMENT, "certificat_referencement", "certificat de référencement ANS"},
    {PIECE_CERTIFICAT_HDS, "certificat_hds", "certificat d'hébergement de données de santé (HDS)"},
    {PIECE_ATTESTATION_NON_HDS, "attestation_non_hds",
     "attestation sur l'honneur de non-hébergement de données de santé"},
    {PIECE_KBIS, "kbis", "extrait Kbis"},
    {PIECE_MANDAT_EDITEUR, "mandat_editeur", "mandat de l'éditeur"},
    {PIECE_IDENTITE_REPRESENTANT, "piece_identite_representant",
     "pièce d'identité du représentant légal"},
    {PIECE_IDENTITE_DEPOSITAIRE, "piece_identite_depositaire", "pièce d'identité du dépositaire"},
    {PIECE_MANDAT_REPRESENTANT_LEGAL, "mandat_representant_legal",
     "mandat de délégation de signature du représentant légal"},
    {PIECE_CONTRAT_PRESTATION, "contrat_prestation",
     "contrat de prestation spécifiant la délégation de signature"},
    {PIECE_RIB, "rib", "relevé d'identité bancaire (RIB)"},
    {PIECE_PREUVE_HORS_TVA, "preuve_hors_tva", "preuve de régime hors TVA"},
    {PIECE_AUTRE, "autre", "autre document"},
};

static void piece_types(void **state)
{
	static const char *const unknown[] = {
	    "", "ribs", "ri", "rib.", "kbis|rib", "certificat/hds", "pièce", "AUTRES", "-", "\xFF"};
	static const struct {
		const char *text;
		enum piece_type type;
	} tolerated[] = {
	    {"rib ", PIECE_RIB},
	    {"K-bis", PIECE_KBIS},
	    {"Certificat HDS", PIECE_CERTIFICAT_HDS},
	    {"certificat-hds", PIECE_CERTIFICAT_HDS},
	    {"pièce identité\u00A0représentant", PIECE_IDENTITE_REPRESENTANT},
	    {"Relevé d’identité bancaire (RIB)", PIECE_RIB},
	};

	(void)state;
	assert_int_equal(ARRAY_SIZE(types), PIECE_TYPE_COUNT);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		char *upper = mem_strdup(types[i].name);

		for (char *c = upper; *c != '\0'; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		assert_int_equal(types[i].type, i);
		assert_string_equal(piece_type_name(types[i].type), types[i].name);
		assert_string_equal(piece_type_label(types[i].type), types[i].label);
		assert_int_equal(piece_type_from(types[i].name), types[i].type);
		assert_int_equal(piece_type_from(upper), types[i].type);
		free(upper);
	}
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_int_equal(piece_type_from(unknown[i]), PIECE_TYPE_UNKNOWN);
	for (size_t i = 0; i < ARRAY_SIZE(tolerated); i++)
		assert_int_equal(piece_type_from(tolerated[i].text), tolerated[i].type);
	assert_null(piece_type_name(PIECE_TYPE_UNKNOWN));
	assert_string_equal(piece_type_label(PIECE_TYPE_UNKNOWN), "pièce");
}

static void depot_types(void **state)
{
	static const char *const names[] = {"initial",	    "complementaire", "pieces",
					    "modification", "finalisation",   ""};

	(void)state;
	assert_int_equal(ARRAY_SIZE(names), DEPOT_UNKNOWN + 1);
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(depot_type_name((enum depot_type)i), names[i]);
	assert_string_equal(depot_type_name((enum depot_type)99), "");
}

static void values(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		const char *got;
	} cases[] = {
	    {NULL, false, NULL}, {"oui", true, "oui"}, {"oui", false, NULL},
	    {"", true, ""},	 {"", false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dossier dossier = {.type = DEPOT_INITIAL};
		struct valeur *valeur = &dossier.champs[CHAMP_TVA_ASSUJETTI];
		const char *got;

		valeur->text = cases[i].text != NULL ? mem_strdup(cases[i].text) : NULL;
		valeur->valid = cases[i].valid;
		got = dossier_get(&dossier, CHAMP_TVA_ASSUJETTI);
		assert_int_equal(got == NULL, cases[i].got == NULL);
		if (got != NULL && cases[i].got != NULL)
			assert_string_equal(got, cases[i].got);
		assert_int_equal(dossier_is(&dossier, CHAMP_TVA_ASSUJETTI, "oui"), i == 1);
		assert_false(dossier_is(&dossier, CHAMP_TVA_ASSUJETTI, "OUI"));
		assert_null(dossier_get(&dossier, CHAMP_TYPE));
		dossier_free(&dossier);
	}
}

static void pieces(void **state)
{
	struct piece list[] = {{.code = PIECE_TYPE_UNKNOWN},
			       {.code = PIECE_RIB, .ordinal = 1},
			       {.code = PIECE_KBIS, .ordinal = 2},
			       {.code = PIECE_RIB, .ordinal = 3}};
	struct dossier dossier = {.pieces = list, .piece_count = ARRAY_SIZE(list)};

	(void)state;
	assert_ptr_equal(dossier_piece(&dossier, PIECE_RIB), &list[1]); /* the first of two */
	assert_ptr_equal(dossier_piece(&dossier, PIECE_KBIS), &list[2]);
	assert_null(dossier_piece(&dossier, PIECE_AUTRE));
	dossier.piece_count = 2;
	assert_null(dossier_piece(&dossier, PIECE_KBIS));
}

static void anomaly_at_a_champ(void **state)
{
	struct dossier dossier = {0};
	struct anomalies list = {0};

	(void)state;
	dossier.champs[CHAMP_DEMANDEUR_SIRET] =
	    (struct valeur){.text = mem_strdup("123"), .ligne = 7, .colonne = 10};
	dossier_anomalie(&dossier, &list, ANO_SIR_FORME, CHAMP_DEMANDEUR_SIRET, "a", "b");
	dossier_anomalie(&dossier, &list, ANO_BNK_ABSENT, CHAMP_BANQUE_IBAN, NULL, NULL);
	assert_string_equal(list.items[0].chemin, "demandeur.siret");
	assert_string_equal(list.items[0].valeur, "123");
	assert_int_equal(list.items[0].ligne, 7);
	assert_int_equal(list.items[0].colonne, 10);
	assert_string_equal(list.items[0].detail, "a");
	assert_string_equal(list.items[0].detail2, "b");
	assert_string_equal(list.items[1].chemin, "banque.iban");
	assert_int_equal(list.items[1].ligne, 0);
	assert_null(list.items[1].valeur);
	anomalies_free(&list);
	dossier_free(&dossier);
}

/* Freed things are empty, and may be freed again. */
static void freeing(void **state)
{
	struct findings findings = {.format_archive = mem_strdup("zip"), .readable = true};
	struct piece *piece;

	(void)state;
	findings.dossier.pieces =
	    mem_grow(NULL, 0, &findings.dossier.piece_capacity, sizeof(struct piece));
	piece = &findings.dossier.pieces[findings.dossier.piece_count++];
	*piece = (struct piece){.type.text = mem_strdup("a"),
				.fichier.text = mem_strdup("b"),
				.sha256.text = mem_strdup("c"),
				.valide_jusqu_au.text = mem_strdup("d")};
	findings.dossier.champs[CHAMP_COUNT - 1].text = mem_strdup("e");
	anomalies_add_at(&findings.anomalies, ANO_ARC_VIDE, "x", 1, 2, "v", "d", "e");
	findings_free(&findings);
	assert_null(findings.format_archive);
	assert_null(findings.dossier.pieces);
	assert_int_equal(findings.dossier.piece_count, 0);
	assert_null(findings.dossier.champs[CHAMP_COUNT - 1].text);
	assert_int_equal(findings.anomalies.count, 0);
	findings_free(&findings);
}

/* The table of keys: what the generator must never get wrong. */
static void keys(void **state)
{
	const unsigned all = TYPE_BIT(DEPOT_TYPE_COUNT) - 1;

	(void)state;
	for (size_t i = 0; i < CHAMP_COUNT; i++) {
		const struct champ_info *info = &champ_table[i];

		assert_true(info->chemin != NULL && info->chemin[0] != '\0');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(info->chemin, champ_table[j].chemin);
		assert_true(info->types != 0 && (info->types & ~all) == 0);
		assert_int_equal(info->required & ~info->types, 0);
		assert_int_equal(info->kind == KIND_ENUM, info->values != NULL);
		assert_true(info->max > 0 && info->max <= 254);
		assert_int_equal(catalogue[info->absent].gravite, GRAVITE_BLOQUANT);
		/* Banks may refuse a holder's characters; the guide does not. */
		assert_int_equal(catalogue[info->invalid].gravite,
				 i == CHAMP_BANQUE_TITULAIRE ? GRAVITE_ALERTE : GRAVITE_BLOQUANT);
	}
	assert_string_equal(champ_table[CHAMP_BANQUE_IBAN].chemin, "banque.iban");
	assert_int_equal(champ_table[CHAMP_BANQUE_IBAN].types,
			 TYPE_BIT(DEPOT_INITIAL) | TYPE_BIT(DEPOT_MODIFICATION));
	assert_int_equal(champ_table[CHAMP_FORMAT].required, all);
}

/* Each text as the types that it names, or the name that is none. */
static void lists_of_pieces(void **state)
{
	static const char *const cases[][2] = {
	    {"", ""},
	    {" \n", ""},
	    {"kbis|rib", "kbis|rib"},
	    {"KBIS, rib;autre", "kbis|rib|autre"},
	    {"kbis rib", "kbis|rib"},
	    {"kbis\nrib", "kbis|rib"},
	    {"kbis\r\nrib\r\n", "kbis|rib"},
	    {"kbis\u00A0rib", "kbis|rib"},
	    {"kbis\u00A0|\u202Frib\u2003autre\u2028", "kbis|rib|autre"},
	    {"kbis\u3000rib\xC2\x85"
	     "autre",
	     "kbis|rib|autre"},
	    {"certificat hds", "certificat_hds"},
	    {"attestation non\u00A0hds kbis", "attestation_non_hds|kbis"},
	    {"rib Piece Identite\nDepositaire autre", "piece_identite_depositaire|rib|autre"},
	    {"certificat_hds\ncertificat referencement", "certificat_referencement|certificat_hds"},
	    {"certificat|hds", "?certificat"},
	    {"certificat, hds", "?certificat"},
	    {"kbis bulletin rib", "?bulletin"},
	    {"certificat kbis", "?certificat"},
	    {"kbis \xA0", "?\xA0"},
	    {"une phrase dont les mots sont nombreux, et plus longue qu'aucun type de piece",
	     "?une"},
	    {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	     "?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool set[PIECE_TYPE_COUNT] = {false};
		char *unknown = piece_types_parse(cases[i][0], set);
		char *found =
		    unknown != NULL ? mem_printf("?%s", unknown) : piece_types_list(set, "|");

		assert_string_equal(found, cases[i][1]);
		free(found);
		free(unknown);
	}
}

/* What a parser may call valid: only what has the form that the parent's rules build upon. */
static void plausible_values(void **state)
{
	static const struct {
		enum champ champ;
		const char *text;
		bool ok;
	} cases[] = {
	    {CHAMP_FORMAT, "1", true},
	    {CHAMP_FORMAT, "2", false},
	    {CHAMP_TYPE, "finalisation", true},
	    {CHAMP_TYPE, "Initial", false},
	    {CHAMP_TYPE, "", false},
	    {CHAMP_DECLARANT, "depositaire", true},
	    {CHAMP_DECLARANT, "moi", false},
	    {CHAMP_TVA_ASSUJETTI, "non", true},
	    {CHAMP_TVA_ASSUJETTI, "true", false},
	    {CHAMP_ESSAI, "OUI", false},
	    {CHAMP_ENGAGEMENTS_CGU, "oui", true},
	    {CHAMP_ENGAGEMENTS_CGU, "", false},
	    {CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU, "2028-02-29", true},
	    {CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU, "2030-02-30", false},
	    {CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU, "", false},
	    {CHAMP_DEMANDEUR_SIRET, "73282932000074", true},
	    {CHAMP_DEMANDEUR_SIRET, "35600000000048", true}, /* La Poste's rule */
	    {CHAMP_DEMANDEUR_SIRET, "", false},
	    {CHAMP_DEMANDEUR_SIRET, "7", false},
	    {CHAMP_DEMANDEUR_SIRET, "73282932000075", false},
	    {CHAMP_DEMANDEUR_SIRET, "732 829 320 00074", false},
	    {CHAMP_BANQUE_IBAN, "FR1420041010050500013M02606", true},
	    {CHAMP_BANQUE_IBAN, "BE68539007547034", true},
	    {CHAMP_BANQUE_IBAN, "FR", false},
	    {CHAMP_BANQUE_IBAN, "fr1420041010050500013m02606", false},
	    {CHAMP_BANQUE_IBAN, "FR1420041010050500013M02607", false},
	    {CHAMP_BANQUE_BIC, "PSSTFRPP", true},
	    {CHAMP_BANQUE_BIC, "PSSTFRPPPAR", true},
	    {CHAMP_BANQUE_BIC, "", false},
	    {CHAMP_BANQUE_BIC, "PSST", false},
	    {CHAMP_BANQUE_BIC, "psstfrpppar", false},
	    {CHAMP_REPRESENTANT_EMAIL, "elise.durand@exemple.fr", true},
	    {CHAMP_REPRESENTANT_EMAIL, "a@", false},
	    {CHAMP_REPRESENTANT_EMAIL, "a@exemple.fr\nBcc: b@exemple.fr", false},
	    {CHAMP_REFERENCEMENT_NUMERO_ANS, "27f99871b4", true},
	    {CHAMP_REFERENCEMENT_NUMERO_ANS, "", false},
	    {CHAMP_DEMANDEUR_NOM_COMMERCIAL, "", false},
	    {CHAMP_DEMANDEUR_ADRESSE_NUMERO, "éééééééééééééééééééééééééééééé",
	     true}, /* thirty at most */
	    {CHAMP_DEMANDEUR_ADRESSE_NUMERO, "éééééééééééééééééééééééééééééé1", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct dossier dossier = {.type = DEPOT_INITIAL};
		struct valeur *valeur = &dossier.champs[cases[i].champ];

		assert_true(dossier_plausible(&dossier));
		valeur->text = mem_strdup(cases[i].text);
		assert_true(dossier_plausible(&dossier)); /* found wrong: whatever it is */
		valeur->valid = true;
		if (dossier_plausible(&dossier) != cases[i].ok)
			fail_msg("« %s » in %s", cases[i].text, champ_table[cases[i].champ].chemin);
		dossier_free(&dossier);
	}
}

/* Until when a document is valid: a date, or not called valid. */
static void plausible_pieces(void **state)
{
	static const struct {
		char *text;
		bool ok;
	} cases[] = {{"2028-02-29", true}, {"2030-02-30", false}, {"", false}, {"demain", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct piece list[] = {{.code = PIECE_RIB}, {.code = PIECE_CERTIFICAT_HDS}};
		struct dossier dossier = {.pieces = list, .piece_count = ARRAY_SIZE(list)};

		list[1].valide_jusqu_au.text = cases[i].text;
		assert_true(dossier_plausible(&dossier));
		list[1].valide_jusqu_au.valid = true;
		assert_int_equal(dossier_plausible(&dossier), cases[i].ok);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(piece_types),	cmocka_unit_test(lists_of_pieces),
	    cmocka_unit_test(plausible_values), cmocka_unit_test(plausible_pieces),
	    cmocka_unit_test(depot_types),	cmocka_unit_test(values),
	    cmocka_unit_test(pieces),		cmocka_unit_test(anomaly_at_a_champ),
	    cmocka_unit_test(freeing),		cmocka_unit_test(keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
