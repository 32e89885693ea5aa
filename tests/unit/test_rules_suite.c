/* The rules of what follows a first deposit, and of the complémentaire: table-driven, each row a
 * submission against a supplier who has the request 601. */
#include "core_fixture.h"
#include "record.h"

#define BIT(type) (1u << PIECE_##type)
#define DEMANDE	  "demande"
#define TIERS	  "zoe.martin@cabinet.example"

/* Request 601 of SIREN: an initial, as that status left it, with its dossier and documents. */
static const char base[] = FORGET_EVENTS
    "DELETE FROM referencements; DELETE FROM etablissements; DELETE FROM unites_legales;"
    "DELETE FROM acces; DELETE FROM banques; DELETE FROM fichiers_asp; DELETE FROM nuits;"
    "DELETE FROM calendrier; DELETE FROM pieces_demandees; DELETE FROM pieces;"
    "DELETE FROM dossiers; DELETE FROM depots; DELETE FROM demandes; DELETE FROM comptes;"
    "DELETE FROM comptes_asp;";
static const char request[] =
    "INSERT INTO depots (id, nuit, date, compte, archive, taille, format, recu_le, type, etat,"
    " essai, source, retour_nom) VALUES (1, 1, '2026-02-01', '" COMPTE "', 'a.zip', 1, 'zip',"
    " '2026-02-01', 'initial', 'OK', 0, 's', 'r');"
    "INSERT INTO demandes (id, rang, statut, type, anticipe, certificats, compte, siret, siren,"
    " numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination, date_depot,"
    " contact, contact_nom, titulaire) VALUES (601, 0, 'EN_COURS', 'initial', 0, 1, '" COMPTE
    "', '" SIRET "', '" SIREN "', '" NUMERO_ANS "', 'l', 'v', 'LGC', 'p', '" SIREN "', 'd',"
    " '2026-02-01', 'elise.durand@exemple.fr', 'Élise DURAND', 'representant_legal');"
    "INSERT INTO dossiers (demande, rang, depot, nom_commercial, numero, type_voie, nom_voie,"
    " code_postal, commune, distributeur, declarant, representant_nom, representant_prenom,"
    " representant_email, representant_telephone, representant_identite_nature,"
    " representant_identite_valide_jusqu_au, iban, bic, titulaire, tva_assujetti) VALUES"
    " (601, 0, 1, 'Logiciels Exemple', '12', 'RUE', 'DES LILAS', '75002', 'PARIS', 'non',"
    " 'representant_legal', 'DURAND', 'Élise', 'elise.durand@exemple.fr', '+33123456789', 'cni',"
    " '2030-01-31', 'FR1420041010050500013M02606', 'PSSTFRPPPAR', 'LOGICIELS EXEMPLE', 'oui');"
    "INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, sha256, format) VALUES"
    " (601, 1, 'certificat_referencement', 'c', 1, 1, 'c', 'pdf'),"
    " (601, 1, 'piece_identite_representant', 'i', 2, 1, 'i', 'pdf'),"
    " (601, 1, 'rib', 'r', 3, 1, 'r', 'pdf');";

#define STATUT(statut) "UPDATE demandes SET statut = '" statut "';"
#define ASKED(types)   STATUT("ATTENTE_PIECES") "INSERT INTO pieces_demandees VALUES " types ";"
#define CORRECTION     STATUT("ATTENTE_PIECES") "UPDATE demandes SET modification_demandee = 1;"
#define PARTIAL                                                                                    \
	STATUT("VALIDATION_PARTIELLE")                                                             \
	"UPDATE demandes SET anticipe = 1, certificats = 0; DELETE FROM pieces WHERE type = "      \
	"'certificat_referencement';"
#define DPI "UPDATE demandes SET dsr = 'SONS DPI'; UPDATE referencements SET dsr = 'SONS DPI';"
#define COMPLEMENTAIRE                                                                             \
	"UPDATE demandes SET type = 'complementaire'; UPDATE dossiers SET nom_commercial = NULL,"  \
	" type_voie = NULL, commune = NULL, numero = NULL, nom_voie = NULL, code_postal = NULL,"   \
	" representant_nom = NULL, representant_prenom = NULL, representant_email = NULL,"         \
	" representant_telephone = NULL, representant_identite_nature = NULL,"                     \
	" representant_identite_valide_jusqu_au = NULL, iban = NULL, bic = NULL, titulaire = "     \
	"NULL;"

struct key {
	enum champ champ;
	const char *text;
};

struct row {
	const char *want; /* "CODE@chemin …" */
	const char *sql;  /* over base and request */
	struct key keys[12];
	unsigned pieces;
	bool no_list;
};

static void make_submission(struct constat *constat, enum depot_type type, const struct row *row)
{
	*constat =
	    (struct constat){.format_archive = mem_strdup("zip"), .taille = 4321, .lisible = true};
	memset(constat->empreinte, 0xcd, sizeof(constat->empreinte));
	constat->dossier.type = type;
	set_value(constat, CHAMP_FORMAT, "1", true);
	set_value(constat, CHAMP_TYPE, depot_type_name(type), true);
	if (type != DEPOT_COMPLEMENTAIRE)
		set_value(constat, CHAMP_DEMANDE, "ENR0601M0", true);
	for (size_t i = 0; i < COUNT(row->keys) && row->keys[i].text != NULL; i++)
		set_value(constat, row->keys[i].champ,
			  row->keys[i].text[0] != '\0' ? row->keys[i].text : NULL, true);
	for (unsigned code = 0; code < PIECE_TYPE_COUNT; code++)
		if (row->pieces & 1u << code)
			add_piece(constat, (enum piece_type)code);
	constat->dossier.pieces_ligne = !row->no_list && constat->dossier.piece_count > 0 ? 99 : 0;
}

static void reset(struct fixture *fixture, const struct row *row)
{
	fixture_sql(fixture, base);
	fixture_sql(fixture, fixture_registers);
	fixture_sql(fixture, request);
	if (row->sql != NULL)
		fixture_sql(fixture, row->sql);
}

static void run(struct fixture *fixture, enum depot_type type, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct constat constat;
		struct faits faits;
		struct buf found = {0};

		reset(fixture, &rows[i]);
		make_submission(&constat, type, &rows[i]);
		judge(fixture, &constat, &faits);
		for (size_t n = 0; n < constat.anomalies.count; n++)
			buf_printf(&found, "%s%s@%s", n > 0 ? " " : "",
				   catalogue[constat.anomalies.items[n].code].code,
				   constat.anomalies.items[n].chemin);
		if (strcmp(found.data != NULL ? found.data : "", rows[i].want) != 0)
			fail_msg("%s, row %zu: « %s » instead of « %s »", depot_type_name(type), i,
				 found.data, rows[i].want);
		buf_free(&found);
		faits_free(&faits);
		constat_free(&constat);
	}
}

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
	    /* any rank names the request */
	    {"", ASKED("(601, 'kbis')"), .keys = {{CHAMP_DEMANDE, "ENR0601"}}, .pieces = BIT(KBIS)},
	    {"", ASKED("(601, 'kbis')"), .keys = {{CHAMP_DEMANDE, "ENR0601M7"}},
	     .pieces = BIT(KBIS)},
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

	run(*state, DEPOT_PIECES, rows, COUNT(rows));
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
	};
#undef HDS

	run(*state, DEPOT_FINALISATION, rows, COUNT(rows));
}

/* Corrected sections, whole; the rest is the request's. */
static void modification(void **state)
{
#define TVA_NON                                                                                    \
	{                                                                                          \
		CHAMP_TVA_ASSUJETTI, "non"                                                         \
	}
#define DEMANDEUR                                                                                  \
	{CHAMP_DEMANDEUR_SIRET, SIRET}, {CHAMP_DEMANDEUR_NOM_COMMERCIAL, "Autre nom"},             \
	    {CHAMP_DEMANDEUR_ADRESSE_TYPE_VOIE, "RUE"},                                            \
	{                                                                                          \
		CHAMP_DEMANDEUR_ADRESSE_COMMUNE, "PARIS"                                           \
	}
	static const struct row rows[] = {
	    {"", CORRECTION, .keys = {TVA_NON}, .pieces = BIT(PREUVE_HORS_TVA)},
	    {"TVA-003@pieces", CORRECTION, .keys = {TVA_NON}},
	    {"PJ-006@pieces[0].type", CORRECTION, .keys = {{CHAMP_TVA_ASSUJETTI, "oui"}},
	     .pieces = BIT(PREUVE_HORS_TVA)},
	    {"CYC-016@type", CORRECTION, .keys = {{CHAMP_TVA_ASSUJETTI, "oui"}}},
	    {"", CORRECTION, .pieces = BIT(RIB)},
	    {"CYC-015@type", .sql = CORRECTION},
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

	run(*state, DEPOT_MODIFICATION, rows, COUNT(rows));
}

/* Guide p. 31 to 33: the shorter dossier, and the account that it leans on. */
static void complementaire(void **state)
{
#define NUMBER "b2b2b2b2b2"
#define KEYS                                                                                       \
	{CHAMP_REFERENCEMENT_NUMERO_ANS, NUMBER}, {CHAMP_DEMANDEUR_SIRET, SIRET},                  \
	    {CHAMP_DEMANDEUR_DISTRIBUTEUR, "non"}, {CHAMP_TVA_ASSUJETTI, "oui"},                   \
	{                                                                                          \
		CHAMP_DECLARANT, "representant_legal"                                              \
	}
#define OTHER                                                                                      \
	{CHAMP_DECLARANT, "depositaire"},                                                          \
	{                                                                                          \
		CHAMP_DEPOSITAIRE_EMAIL, TIERS                                                     \
	}
#define NEW                                                                                        \
	"INSERT INTO referencements VALUES ('" NUMBER "', 'Deux', '1', 'LGC', 'P', '" SIREN        \
	"', 'valide', '2026-01-01');"
#define VALID STATUT("VALIDEE") "UPDATE demandes SET validee_le = '2026-02-02';" NEW
#define ACCOUNT                                                                                    \
	"INSERT INTO comptes_asp VALUES ('id-1', 'a@exemple.fr', '" SIREN                          \
	"', 'oui', 'representant_legal');"
#define MANDATE(email, type)                                                                       \
	"UPDATE dossiers SET declarant = 'depositaire', depositaire_email = '" email "';"          \
	"INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, sha256, format)"      \
	" VALUES (601, 1, '" type "', 'm', 4, 1, 'm', 'pdf');"                                     \
	"INSERT INTO evenements (date, demande, numero, evenement, acteur, de, vers, motif,"       \
	" pieces, fichier, depot) VALUES ('2026-02-01', 601, 'ENR0601M0', 'depot', 'a', NULL,"     \
	" 'EN_COURS', '', '', '', 1), ('2026-02-02', 601, 'ENR0601M0', 'valider', 'a',"            \
	" 'EN_COURS', 'VALIDEE', '', '', '', NULL);"
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

	run(*state, DEPOT_COMPLEMENTAIRE, rows, COUNT(rows));
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
