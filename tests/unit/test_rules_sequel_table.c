/* The rules of what follows a first deposit, and of the complémentaire: table-driven, each row a
 * submission against a supplier who has the request 601. */
#include "lib/array.h"
#include "sequel_fixture.h"

/* Guide p. 35 and 36. */
static void pieces_asked_for(void **state)
{
	static const struct row rows[] = {
	    {"", ASKED("(601, 'kbis')"), .pieces = BIT(KBIS)},
	    {"", ASKED("(601, 'kbis'), (601, 'autre')"), .pieces = BIT(KBIS) | BIT(AUTRE)},
	    {"CYC-012@pieces", ASKED("(601, 'kbis'), (601, 'rib')"), .pieces = BIT(KBIS)},
	    {"CYC-012@pieces CYC-019@pieces[0].type", ASKED("(601, 'kbis')"), .pieces = BIT(RIB)},
	    {"CYC-019@pieces[1].type", ASKED("(601, 'kbis')"), .pieces = BIT(KBIS) | BIT(AUTRE)},
	    /* what is wrong with the list was said by the parser */
	    {"", ASKED("(601, 'kbis'), (601, 'rib')"), .pieces = BIT(KBIS), .no_list = true},
	    /* any rank that it has had names the request */
	    {"", ASKED("(601, 'kbis')"), .keys = {{CHAMP_DEMANDE, "ENR0601"}}, .pieces = BIT(KBIS)},
	    {"", ASKED("(601, 'kbis')") "UPDATE demandes SET rang = 2",
	     .keys = {{CHAMP_DEMANDE, "ENR0601M1"}}, .pieces = BIT(KBIS)},
	    {"", ASKED("(601, 'kbis')") "UPDATE demandes SET rang = 2",
	     .keys = {{CHAMP_DEMANDE, "enr 0601 m2"}}, .pieces = BIT(KBIS)},
	    {"CYC-021@demande", ASKED("(601, 'kbis')") "UPDATE demandes SET rang = 2",
	     .keys = {{CHAMP_DEMANDE, "ENR0601M3"}}, .pieces = BIT(KBIS)},
	    {"CYC-021@demande CYC-012@pieces CYC-019@pieces[0].type", ASKED("(601, 'kbis')"),
	     .keys = {{CHAMP_DEMANDE, "ENR0601M7"}}, .pieces = BIT(RIB)},
	    {"CYC-010@demande CYC-021@demande", NULL, .keys = {{CHAMP_DEMANDE, "ENR0601M1"}},
	     .pieces = BIT(KBIS)},
	    /* what has become of the referencing since */
	    {"CYC-022@demande", ASKED("(601, 'kbis')") "UPDATE referencements SET dsr = 'RIS'",
	     .pieces = BIT(KBIS)},
	    {"CYC-023@demande", ASKED("(601, 'kbis')") "UPDATE referencements SET etat = 'retire'",
	     .pieces = BIT(KBIS)},
	    {"", ASKED("(601, 'kbis')") "UPDATE referencements SET dsr = ' lgc'",
	     .pieces = BIT(KBIS)},
	    {"", ASKED("(601, 'kbis')") "DELETE FROM referencements", .pieces = BIT(KBIS)},
	    /* not there, not mine: the same words */
	    {"CYC-009@demande", NULL, .keys = {{CHAMP_DEMANDE, "ENR0602M0"}}, .pieces = BIT(KBIS)},
	    {"CYC-009@demande",
	     ASKED("(601, 'kbis')") "DELETE FROM acces WHERE siren = '" SIREN "'",
	     .pieces = BIT(KBIS)},
	    {"ACC-001@archive CYC-009@demande", "DELETE FROM acces", .pieces = BIT(KBIS)},
	    {"", ASKED("(601, 'kbis')"), .keys = {{CHAMP_DEMANDE, ""}}, .pieces = BIT(KBIS)},
	    /* every other status */
	    {"CYC-010@demande", NULL, .pieces = BIT(KBIS)},
	    {"CYC-010@demande", STATUT("VALIDATION_PARTIELLE"), .pieces = BIT(KBIS)},
	    {"CYC-010@demande", STATUT("CERTIFICATS_A_VALIDER"), .pieces = BIT(KBIS)},
	    {"CYC-010@demande", STATUT("REJETEE"), .pieces = BIT(KBIS)},
	    {"CYC-010@demande", STATUT("VALIDEE"), .pieces = BIT(KBIS)},
	    {"CYC-011@demande", CORRECTION, .pieces = BIT(KBIS)},
	};

	run(*state, DEPOT_PIECES, rows, ARRAY_SIZE(rows));
}

/* Guide p. 42 and 43. */
static void finalisation(void **state)
{
#define HDS CHAMP_HEBERGEMENT_DONNEES_SANTE
	static const struct row rows[] = {
	    {"", PARTIAL, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"ANS-005@pieces CYC-020@pieces[0].type", PARTIAL, .pieces = BIT(RIB)},
	    {"CYC-020@pieces[1].type", PARTIAL,
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(KBIS)},
	    {"HDS-006@pieces[1].type", PARTIAL,
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(CERTIFICAT_HDS)},
	    {"HDS-003@hebergement_donnees_sante",
	     PARTIAL,
	     {{HDS, "oui"}},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    /* SONS DPI: both at the same time */
	    {"",
	     PARTIAL DPI,
	     {{HDS, "oui"}},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(CERTIFICAT_HDS)},
	    {"",
	     PARTIAL DPI,
	     {{HDS, "non"}},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(ATTESTATION_NON_HDS)},
	    {"HDS-001@hebergement_donnees_sante", PARTIAL DPI,
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"HDS-004@pieces",
	     PARTIAL DPI,
	     {{HDS, "oui"}},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"HDS-005@pieces",
	     PARTIAL DPI,
	     {{HDS, "non"}},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"HDS-005@pieces HDS-006@pieces[1].type",
	     PARTIAL DPI,
	     {{HDS, "non"}},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(CERTIFICAT_HDS)},
	    {"ANS-005@pieces", PARTIAL DPI, {{HDS, "oui"}}, .pieces = BIT(CERTIFICAT_HDS)},
	    /* both at the same time, also when a case manager had asked for one */
	    {"ANS-005@pieces",
	     PARTIAL DPI HELD("certificat_referencement"),
	     {{HDS, "oui"}},
	     .pieces = BIT(CERTIFICAT_HDS)},
	    /* a SONS DPI or none by the request, whatever the register says by now */
	    {"CYC-022@demande", PARTIAL "UPDATE referencements SET dsr = 'SONS DPI'",
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"HDS-001@hebergement_donnees_sante CYC-018@demande",
	     PARTIAL DPI "DELETE FROM referencements", .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    /* the register may lag behind; a retired number is refused */
	    {"CYC-018@demande", PARTIAL "UPDATE referencements SET etat = 'en_cours'",
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"CYC-018@demande", PARTIAL "DELETE FROM referencements",
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"ANS-004@demande", PARTIAL "UPDATE referencements SET etat = 'retire'",
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    /* every other status */
	    {"CYC-010@demande", NULL, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"CYC-010@demande", ASKED("(601, 'kbis')"), .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"CYC-010@demande", CORRECTION, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"CYC-010@demande", STATUT("VALIDEE"), .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    /* with all else that is wrong */
	    {"CYC-010@demande ANS-005@pieces CYC-020@pieces[0].type", NULL, .pieces = BIT(KBIS)},
	    {"CYC-010@demande HDS-003@hebergement_donnees_sante ANS-005@pieces"
	     " CYC-020@pieces[0].type",
	     ASKED("(601, 'kbis')"),
	     {{HDS, "oui"}},
	     .pieces = BIT(RIB)},
	    {"ANS-004@demande CYC-010@demande CYC-020@pieces[1].type",
	     "UPDATE referencements SET etat = 'retire'",
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(KBIS)},
	    {"CYC-010@demande CYC-022@demande", "UPDATE referencements SET dsr = 'RIS'",
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	};
#undef HDS

	run(*state, DEPOT_FINALISATION, rows, ARRAY_SIZE(rows));
}

/* Corrected sections, whole; the rest is the request's. */
static void modification(void **state)
{
	static const struct row rows[] = {
	    {"", CORRECTION, .keys = {TVA_NON}, .pieces = BIT(PREUVE_HORS_TVA)},
	    {"TVA-003@pieces", CORRECTION, .keys = {TVA_NON}},
	    {"PJ-006@pieces[0].type", CORRECTION, .keys = {{CHAMP_TVA_ASSUJETTI, "oui"}},
	     .pieces = BIT(PREUVE_HORS_TVA)},
	    {"CYC-016@type", CORRECTION, .keys = {{CHAMP_TVA_ASSUJETTI, "oui"}}},
	    {"", CORRECTION, .pieces = BIT(RIB)},
	    {"CYC-015@type", .sql = CORRECTION},
	    {"CYC-015@type", .sql = CORRECTION, .keys = {{CHAMP_ESSAI, "oui"}}},
	    /* the certificates are the request's history, whatever the register has become */
	    {"",
	     CORRECTION DPI HELD("certificat_hds") "UPDATE referencements SET etat = 'en_cours'",
	     .keys = {{CHAMP_REFERENCEMENT_NUMERO_ANS, NUMERO_ANS},
		      {CHAMP_REFERENCEMENT_HEBERGEMENT_DONNEES_SANTE, "non"}},
	     .pieces = BIT(ATTESTATION_NON_HDS)},
	    /* sections are whole */
	    {"", CORRECTION, .keys = {DEMANDEUR, {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"}}},
	    {"DEM-001@demandeur.distributeur", CORRECTION, .keys = {DEMANDEUR}},
	    {"SIR-001@demandeur.siret DEM-001@demandeur.distributeur", CORRECTION,
	     .keys = {DEMANDEUR, {CHAMP_DEMANDEUR_SIRET, ""}}},
	    {"CYC-017@representant.nom REP-001@representant.confirmation_email"
	     " REP-001@representant.email REP-001@representant.identite.nature"
	     " REP-001@representant.identite.valide_jusqu_au REP-001@representant.prenom"
	     " REP-001@representant.telephone",
	     CORRECTION, .keys = {{CHAMP_REPRESENTANT_NOM, "DUPOND"}}},
	    {"ANS-001@referencement.numero_ans", CORRECTION DPI HELD("certificat_hds"),
	     .keys = {{CHAMP_REFERENCEMENT_HEBERGEMENT_DONNEES_SANTE, "non"}},
	     .pieces = BIT(ATTESTATION_NON_HDS)},
	    /* what cannot be changed */
	    {"CYC-013@demandeur.siret", CORRECTION,
	     .keys = {DEMANDEUR,
		      {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"},
		      {CHAMP_DEMANDEUR_SIRET, "35600000049837"}}},
	    {"CYC-014@referencement.numero_ans", CORRECTION,
	     .keys = {{CHAMP_REFERENCEMENT_NUMERO_ANS, "autre"}}},
	    {"CYC-016@type", CORRECTION, .keys = {{CHAMP_REFERENCEMENT_NUMERO_ANS, NUMERO_ANS}}},
	    /* documents that a new value calls for, that it leaves without an object, that prove it
	     */
	    {"DEM-004@pieces", CORRECTION "UPDATE referencements SET siren_editeur = '404833048'",
	     .keys = {DEMANDEUR, {CHAMP_DEMANDEUR_DISTRIBUTEUR, "oui"}}},
	    {"DEM-003@pieces", CORRECTION,
	     .keys = {DEMANDEUR,
		      {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"},
		      {CHAMP_DEMANDEUR_DENOMINATION_SOCIALE, "AUTRE"}}},
	    {"CYC-017@banque", CORRECTION,
	     .keys = {{CHAMP_BANQUE_IBAN, "DE89370400440532013000"},
		      {CHAMP_BANQUE_BIC, "EXEMDEFF"},
		      {CHAMP_BANQUE_TITULAIRE, "LOGICIELS EXEMPLE"}}},
	    {"", CORRECTION,
	     .keys = {{CHAMP_BANQUE_IBAN, "DE89370400440532013000"},
		      {CHAMP_BANQUE_BIC, "EXEMDEFF"},
		      {CHAMP_BANQUE_TITULAIRE, "LOGICIELS EXEMPLE"}},
	     .pieces = BIT(RIB)},
	    /* what was said at the deposit, or comes later, is not the correction's */
	    {"", CORRECTION "UPDATE banques SET code_banque = '30002'", .keys = {TVA_NON},
	     .pieces = BIT(PREUVE_HORS_TVA)},
	    {"", CORRECTION "UPDATE banques SET bic = 'CRLYFRPPXXX'", .keys = {TVA_NON},
	     .pieces = BIT(PREUVE_HORS_TVA)},
	    {"BNK-011@banque.iban", CORRECTION "UPDATE banques SET code_banque = '30002'",
	     .keys = {{CHAMP_BANQUE_IBAN, "FR1420041010050500013M02606"},
		      {CHAMP_BANQUE_BIC, "PSSTFRPPPAR"},
		      {CHAMP_BANQUE_TITULAIRE, "LOGICIELS"}},
	     .pieces = BIT(RIB)},
	    {"", CORRECTION "UPDATE etablissements SET etat = 'F'", .keys = {TVA_NON},
	     .pieces = BIT(PREUVE_HORS_TVA)},
	    /* a dépositaire comes, or was never there */
	    {"DEP-009@pieces DEP-011@pieces", CORRECTION,
	     .keys = {{CHAMP_DECLARANT, "depositaire"},
		      {CHAMP_DEPOSITAIRE_QUALITE, "employe"},
		      {CHAMP_DEPOSITAIRE_NOM, "MARTIN"},
		      {CHAMP_DEPOSITAIRE_PRENOM, "Zoé"},
		      {CHAMP_DEPOSITAIRE_EMAIL, TIERS},
		      {CHAMP_DEPOSITAIRE_CONFIRMATION_EMAIL, TIERS},
		      {CHAMP_DEPOSITAIRE_TELEPHONE, "+33123456780"},
		      {CHAMP_DEPOSITAIRE_IDENTITE_NATURE, "cni"},
		      {CHAMP_DEPOSITAIRE_IDENTITE_VALIDE_JUSQU_AU, "2030-01-31"}}},
	    {"YML-014@depositaire", CORRECTION, .keys = {{CHAMP_DEPOSITAIRE_EMAIL, TIERS}}},
	    /* the keys of the other kind of enrolment */
	    {"YML-014@banque", CORRECTION COMPLEMENTAIRE,
	     .keys = {{CHAMP_BANQUE_IBAN, "FR1420041010050500013M02606"},
		      {CHAMP_BANQUE_BIC, "PSSTFRPPPAR"},
		      {CHAMP_BANQUE_TITULAIRE, "X"}}},
	    {"YML-014@demandeur.nom_commercial", CORRECTION COMPLEMENTAIRE,
	     .keys = {{CHAMP_DEMANDEUR_SIRET, SIRET},
		      {CHAMP_DEMANDEUR_NOM_COMMERCIAL, "X"},
		      {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"}}},
	    {"", CORRECTION COMPLEMENTAIRE, .keys = {TVA_NON}, .pieces = BIT(PREUVE_HORS_TVA)},
	    {"PJ-006@pieces[0].type", CORRECTION COMPLEMENTAIRE, .pieces = BIT(RIB)},
	    /* statuses */
	    {"CYC-011@demande", ASKED("(601, 'kbis')"), .keys = {TVA_NON},
	     .pieces = BIT(PREUVE_HORS_TVA)},
	    {"CYC-010@demande", NULL, .keys = {TVA_NON}, .pieces = BIT(PREUVE_HORS_TVA)},
	    {"CYC-010@demande", PARTIAL, .keys = {TVA_NON}, .pieces = BIT(PREUVE_HORS_TVA)},
	};

	run(*state, DEPOT_MODIFICATION, rows, ARRAY_SIZE(rows));
}

/* Guide p. 31 to 33: the shorter dossier, and the account that it leans on. */
static void complementaire(void **state)
{
	static const struct row rows[] = {
	    {"", VALID ACCOUNT, .keys = {KEYS}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"ANS-005@pieces PJ-006@pieces[0].type", VALID ACCOUNT, .keys = {KEYS},
	     .pieces = BIT(RIB)},
	    {"PJ-006@pieces[1].type", VALID ACCOUNT, .keys = {KEYS},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(IDENTITE_REPRESENTANT)},
	    {"PJ-006@pieces[1].type", VALID ACCOUNT, .keys = {KEYS},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(MANDAT_REPRESENTANT_LEGAL)},
	    {"ANS-006@pieces[0].type", VALID ACCOUNT "UPDATE referencements SET etat = 'en_cours'",
	     .keys = {KEYS}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    /* no list: an anticipé needs none, another asks by name */
	    {"", .sql = VALID ACCOUNT "UPDATE referencements SET etat = 'en_cours'",
	     .keys = {KEYS}},
	    {"ANS-005@pieces", .sql = VALID ACCOUNT, .keys = {KEYS}},
	    /* a dépositaire's mandate: once a wave, accepted with a validated request of his */
	    {"DEP-013@pieces", VALID ACCOUNT, .keys = {KEYS, OTHER},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"", VALID ACCOUNT, .keys = {KEYS, OTHER},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(MANDAT_REPRESENTANT_LEGAL)},
	    {"", VALID ACCOUNT MANDATE(TIERS, "mandat_representant_legal"), .keys = {KEYS, OTHER},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"", VALID ACCOUNT MANDATE("ZOE.Martin@cabinet.example", "contrat_prestation"),
	     .keys = {KEYS, OTHER}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"PJ-006@pieces[1].type", VALID ACCOUNT MANDATE(TIERS, "contrat_prestation"),
	     .keys = {KEYS, OTHER},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT) | BIT(MANDAT_REPRESENTANT_LEGAL)},
	    {"DEP-013@pieces", VALID ACCOUNT MANDATE("autre@exemple.fr", "contrat_prestation"),
	     .keys = {KEYS, OTHER}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"DEP-013@pieces", VALID ACCOUNT MANDATE(TIERS, "rib"), .keys = {KEYS, OTHER},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    /* known to the ASP since wave 1: that does not count */
	    {"DEP-013@pieces",
	     VALID "INSERT INTO comptes_asp VALUES ('id', '" TIERS "', '" SIREN
		   "', 'oui', 'depositaire')",
	     .keys = {KEYS, OTHER}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"", VALID ACCOUNT, .keys = {KEYS, OTHER, {CHAMP_DEPOSITAIRE_EMAIL, ""}},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    /* the right kind, and the first before the next */
	    {"CYC-003@type", VALID, .keys = {KEYS}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"CYC-004@demandeur.siret", NEW ACCOUNT, .keys = {KEYS},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"CYC-004@demandeur.siret", NEW, .keys = {KEYS},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"", NEW ACCOUNT STATUT("REJETEE"), .keys = {KEYS},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"",
	     NEW ACCOUNT STATUT("ATTENTE_PIECES") "UPDATE demandes SET validee_le = '2026-02-02'",
	     .keys = {KEYS}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"CYC-001@referencement.numero_ans", VALID ACCOUNT,
	     .keys = {KEYS, {CHAMP_REFERENCEMENT_NUMERO_ANS, NUMERO_ANS}},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"CYC-005@referencement.numero_ans",
	     VALID ACCOUNT "INSERT INTO calendrier VALUES ('LGC', '2026-03-03', '2026-12-31')",
	     .keys = {KEYS}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"SIR-005@demandeur.siret", VALID ACCOUNT "UPDATE etablissements SET etat = 'F'",
	     .keys = {KEYS}, .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	    {"DEM-005@demandeur.distributeur",
	     VALID ACCOUNT "UPDATE referencements SET siren_editeur = '404833048'", .keys = {KEYS},
	     .pieces = BIT(CERTIFICAT_REFERENCEMENT)},
	};

	run(*state, DEPOT_COMPLEMENTAIRE, rows, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(pieces_asked_for, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(finalisation, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(modification, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(complementaire, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
