/* What the rules of sequels say beside their codes, what they do not say twice, and what they leave
 * for the recording: the account holder, documents without an object. */
#include "lib/array.h"
#include "sequel_fixture.h"

/* What the parser said of a key, of its section or of the list is not said again; of others it is.
 */
static void told_before(void **state)
{
#define TIERS_FILES                                                                                \
	"UPDATE demandes SET titulaire = 'depositaire'; UPDATE dossiers SET declarant ="           \
	" 'depositaire', depositaire_qualite = 'employe', depositaire_nom = 'MARTIN',"             \
	" depositaire_prenom = 'Zoé', depositaire_email = '" TIERS "', depositaire_telephone ="    \
	" '+33123456780', depositaire_identite_nature = 'cni',"                                    \
	" depositaire_identite_valide_jusqu_au = '2030-01-31'; INSERT INTO pieces (demande, "      \
	"depot,"                                                                                   \
	" type, fichier, ordinal, taille, sha256, format) VALUES (601, 1,"                         \
	" 'piece_identite_depositaire', 'd', 4, 1, 'd', 'pdf'), (601, 1,"                          \
	" 'mandat_representant_legal', 'm', 5, 1, 'm', 'pdf');"
#define TIERS_KEYS                                                                                 \
	{CHAMP_DEPOSITAIRE_QUALITE, "employe"}, {CHAMP_DEPOSITAIRE_PRENOM, "Zoé"},                 \
	    {CHAMP_DEPOSITAIRE_EMAIL, TIERS}, {CHAMP_DEPOSITAIRE_CONFIRMATION_EMAIL, TIERS},       \
	    {CHAMP_DEPOSITAIRE_TELEPHONE, "+33123456780"},                                         \
	    {CHAMP_DEPOSITAIRE_IDENTITE_NATURE, "cni"},                                            \
	{                                                                                          \
		CHAMP_DEPOSITAIRE_IDENTITE_VALIDE_JUSQU_AU, "2030-01-31"                           \
	}
	static const struct row rows[] = {
	    /* a key that this kind of enrolment lacks */
	    {"YML-015@demandeur.nom_commercial", CORRECTION COMPLEMENTAIRE,
	     .keys = {{CHAMP_DEMANDEUR_SIRET, SIRET},
		      {CHAMP_DEMANDEUR_NOM_COMMERCIAL, "X"},
		      {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"}},
	     .told = ANO_YML_CARACTERES, .chemin = "demandeur.nom_commercial"},
	    {"YML-014@demandeur.nom_commercial YML-015@demandeur.siret", CORRECTION COMPLEMENTAIRE,
	     .keys = {{CHAMP_DEMANDEUR_SIRET, SIRET},
		      {CHAMP_DEMANDEUR_NOM_COMMERCIAL, "X"},
		      {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"}},
	     .told = ANO_YML_CARACTERES, .chemin = "demandeur.siret"},
	    /* the list: unreadable, or another thing */
	    {"YML-012@pieces", CORRECTION, .keys = {TVA_NON}, .no_list = true,
	     .told = ANO_YML_LISTE, .chemin = "pieces"},
	    {"TVA-003@pieces YML-014@essai", CORRECTION, .keys = {TVA_NON}, .no_list = true,
	     .told = ANO_YML_HORS_SUJET, .chemin = "essai"},
	    {"TVA-003@pieces PJ-023@pieces", CORRECTION, .keys = {TVA_NON}, .no_list = true,
	     .told = ANO_PJ_LISTE_ABSENTE, .chemin = "pieces"},
	    /* a section that is given is not completed from the request's; two paths of one length
	     */
	    {"CYC-017@depositaire CYC-017@depositaire.nom DEP-001@depositaire.nom",
	     CORRECTION TIERS_FILES, .keys = {TIERS_KEYS}},
	    {"CYC-017@depositaire CYC-017@depositaire.nom SIR-001@demandeur.siret"
	     " DEP-001@depositaire.nom",
	     CORRECTION TIERS_FILES,
	     .keys = {DEMANDEUR,
		      {CHAMP_DEMANDEUR_SIRET, ""},
		      {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"},
		      TIERS_KEYS}},
	    /* one who no longer files leaves with all that was said of him */
	    {"", CORRECTION TIERS_FILES, .keys = {{CHAMP_DECLARANT, "representant_legal"}},
	     .no_list = true},
	    {"", CORRECTION TIERS_FILES, .keys = {TIERS_KEYS, {CHAMP_DEPOSITAIRE_NOM, "MARTIN"}},
	     .pieces = BIT(RIB)},
	};

	run(*state, DEPOT_MODIFICATION, rows, ARRAY_SIZE(rows));
}

/* What is said beside the code: which kind the request waits for, or its status. */
static void details(void **state)
{
	static const struct {
		enum depot_type type;
		struct row row;
		const char *detail, *detail2;
	} cases[] = {
	    {DEPOT_PIECES,
	     {.sql = CORRECTION, .pieces = BIT(KBIS)},
	     "un envoi de pièces",
	     "une modification"},
	    {DEPOT_MODIFICATION,
	     {.sql = ASKED("(601, 'kbis')"), .pieces = BIT(RIB)},
	     "une modification",
	     "un envoi de pièces"},
	    {DEPOT_FINALISATION,
	     {.sql = CORRECTION, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	     "une finalisation",
	     "En attente de pièce(s) jointe(s) complémentaire(s)"},
	    {DEPOT_PIECES,
	     {.sql = STATUT("VALIDEE"), .pieces = BIT(KBIS)},
	     "un envoi de pièces",
	     "Validée"},
	    {DEPOT_FINALISATION,
	     {.sql = PARTIAL, .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(KBIS)},
	     "certificat_referencement",
	     ""},
	    {DEPOT_FINALISATION,
	     {.sql = PARTIAL DPI,
	      .keys = {{CHAMP_HEBERGEMENT_DONNEES_SANTE, "non"}},
	      .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(ATTESTATION_NON_HDS) | BIT(KBIS)},
	     "certificat_referencement, et certificat_hds ou attestation_non_hds",
	     ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings findings;
		struct facts facts;
		const struct anomalie *anomalie;

		reset(*state, &cases[i].row);
		make_submission(&findings, cases[i].type, &cases[i].row);
		judge(*state, &findings, &facts);
		assert_int_equal(findings.anomalies.count, 1);
		anomalie = &findings.anomalies.items[0];
		assert_string_equal(anomalie->detail, cases[i].detail);
		assert_string_equal(anomalie->detail2 != NULL ? anomalie->detail2 : "",
				    cases[i].detail2);
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* A document leaves with the value that called for it, and no other. */
static void documents_that_leave(void **state)
{
	static const struct {
		const char *sql;
		struct key key;
		unsigned leave;
	} cases[] = {
	    {CORRECTION HELD("kbis") HELD("preuve_hors_tva"),
	     {CHAMP_DECLARANT, "representant_legal"},
	     0},
	    {CORRECTION HELD("kbis")
		 HELD("preuve_hors_tva") "UPDATE dossiers SET tva_assujetti = 'non'",
	     {CHAMP_TVA_ASSUJETTI, "oui"},
	     BIT(PREUVE_HORS_TVA)},
	    {CORRECTION HELD("kbis") HELD("preuve_hors_tva"), {CHAMP_TVA_ASSUJETTI, "non"}, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct row row = {.sql = cases[i].sql, .keys = {cases[i].key}};
		struct findings findings;
		struct facts facts;

		reset(*state, &row);
		make_submission(&findings, DEPOT_MODIFICATION, &row);
		judge(*state, &findings, &facts);
		assert_false(anomalies_blocking(&findings.anomalies));
		for (unsigned type = 0; type < PIECE_TYPE_COUNT; type++)
			if (facts.withdrawn[type] != ((cases[i].leave & 1u << type) != 0))
				fail_msg("case %zu: %s", i, piece_type_name((enum piece_type)type));
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* Who gets the mails: "titulaire contact nom", and whether his mandate was accepted. */
static void account_holder(void **state)
{
#define REPRESENTANT                                                                               \
	{CHAMP_REPRESENTANT_NOM, "DURAND"}, {CHAMP_REPRESENTANT_PRENOM, "Élise"},                  \
	    {CHAMP_REPRESENTANT_EMAIL, "nouvelle@exemple.fr"},                                     \
	    {CHAMP_REPRESENTANT_CONFIRMATION_EMAIL, "nouvelle@exemple.fr"},                        \
	    {CHAMP_REPRESENTANT_TELEPHONE, "+33123456789"},                                        \
	    {CHAMP_REPRESENTANT_IDENTITE_NATURE, "cni"},                                           \
	{                                                                                          \
		CHAMP_REPRESENTANT_IDENTITE_VALIDE_JUSQU_AU, "2030-01-31"                          \
	}
	static const struct {
		enum depot_type type;
		struct row row; /* want: of the holder */
	} cases[] = {
	    {DEPOT_COMPLEMENTAIRE,
	     {"representant_legal a@exemple.fr  non", VALID ACCOUNT, .keys = {KEYS}}},
	    {DEPOT_COMPLEMENTAIRE, {"representant_legal none none non", VALID, .keys = {KEYS}}},
	    {DEPOT_COMPLEMENTAIRE,
	     {"depositaire " TIERS "  non", VALID ACCOUNT, .keys = {KEYS, OTHER}}},
	    {DEPOT_COMPLEMENTAIRE,
	     {"depositaire " TIERS " Zoé MARTIN oui",
	      VALID ACCOUNT MANDATE(TIERS,
				    "contrat_prestation") "UPDATE demandes SET contact = '" TIERS
							  "', contact_nom = 'Zoé MARTIN'",
	      .keys = {KEYS, OTHER}}},
	    {DEPOT_PIECES,
	     {"representant_legal elise.durand@exemple.fr Élise DURAND non",
	      ASKED("(601, 'kbis')") ACCOUNT, .pieces = BIT(KBIS)}},
	    {DEPOT_PIECES,
	     {"depositaire elise.durand@exemple.fr Élise DURAND non",
	      ASKED("(601, 'kbis')") "UPDATE demandes SET titulaire = 'depositaire'",
	      .pieces = BIT(KBIS)}},
	    /* a correction: the persons of the initial; the account that a complémentaire came from
	     */
	    {DEPOT_MODIFICATION,
	     {"representant_legal nouvelle@exemple.fr Élise DURAND non", CORRECTION,
	      .keys = {REPRESENTANT}}},
	    {DEPOT_MODIFICATION,
	     {"representant_legal elise.durand@exemple.fr Élise DURAND non",
	      CORRECTION COMPLEMENTAIRE ACCOUNT, .keys = {TVA_NON}}},
	    {DEPOT_MODIFICATION,
	     {"depositaire " TIERS "  non", CORRECTION COMPLEMENTAIRE ACCOUNT, .keys = {OTHER}}},
	    {DEPOT_MODIFICATION,
	     {"representant_legal a@exemple.fr  non",
	      CORRECTION COMPLEMENTAIRE ACCOUNT "UPDATE demandes SET titulaire = 'depositaire';"
						"UPDATE dossiers SET declarant = 'depositaire',"
						" depositaire_email = '" TIERS "'",
	      .keys = {{CHAMP_DECLARANT, "representant_legal"}}}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings findings;
		struct facts facts;
		char *found;

		reset(*state, &cases[i].row);
		make_submission(&findings, cases[i].type, &cases[i].row);
		judge(*state, &findings, &facts);
		found =
		    mem_printf("%s %s %s %s", facts.holder.titulaire,
			       facts.holder.contact != NULL ? facts.holder.contact : "none",
			       facts.holder.contact_nom != NULL ? facts.holder.contact_nom : "none",
			       facts.holder.mandat_accepted ? "oui" : "non");
		if (strcmp(found, cases[i].row.want) != 0)
			fail_msg("case %zu: « %s » instead of « %s »", i, found, cases[i].row.want);
		free(found);
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* A complémentaire has no address of its own. */
static void no_address(void **state)
{
	const struct row row = {
	    .sql = VALID ACCOUNT, .keys = {KEYS}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)};
	struct findings findings;
	struct facts facts;

	reset(*state, &row);
	make_submission(&findings, DEPOT_COMPLEMENTAIRE, &row);
	judge(*state, &findings, &facts);
	assert_int_equal(findings.anomalies.count, 0);
	assert_null(facts.dossier.champs[CHAMP_DEMANDEUR_ADRESSE_NUMERO].text);
	facts_free(&facts);
	findings_free(&findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(told_before, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(details, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(documents_that_leave, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(account_holder, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(no_address, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
