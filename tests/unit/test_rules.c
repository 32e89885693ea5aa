/* The cross-dossier rules on one dossier that is right, changed in one way a case. The anomalies
 * are given as "CODE@path", in the order of the answer. */
#include "core_fixture.h"
#include "lib/array.h"

struct change {
	const char *want;     /* the anomalies */
	const char *sql;      /* changes the registers */
	enum champ champ;     /* this key, when not the first … */
	const char *value;    /* … has this value; NULL: it is missing */
	unsigned add, remove; /* documents, a bit each */
	const char *qualite;  /* filed by such a dépositaire, with its identity */
};

#define BIT(type) (1u << PIECE_##type)

#define ANTICIPE       "UPDATE referencements SET etat = 'en_cours'"
#define RETIRE	       "UPDATE referencements SET etat = 'retire'"
#define SONS_DPI       "UPDATE referencements SET dsr = 'Sons  DPI'"
#define SONS_ANTICIPE  "UPDATE referencements SET dsr = 'SONS DPI', etat = 'en_cours'"
#define OTHER_EDITEUR  "UPDATE referencements SET siren_editeur = '404833048'"
#define OTHER_BIC(bic) "INSERT INTO banques VALUES ('20041', '" bic "', 'BFC REUNION')"
#define NON_DIFFUSE    "UPDATE unites_legales SET denomination = '[ND] [ND]'"
#define HDS	       CHAMP_REFERENCEMENT_HEBERGEMENT_DONNEES_SANTE
#define HDS_PATH       "referencement.hebergement_donnees_sante"
#define DENOMINATION   CHAMP_DEMANDEUR_DENOMINATION_SOCIALE
#define OWN_NAME       "UPDATE unites_legales SET denomination = 'DURAND ELISE'"
#define SOLE_TRADER                                                                                \
	"UPDATE unites_legales SET denomination = 'LEFEBVRE NOEMIE', entrepreneur = 'CARON NOEMIE'"
#define HIDDEN "UPDATE etablissements SET nom_voie = '[ND]', code_postal = '[ND]'"
#define DEMANDE(numero_ans, siren, statut)                                                         \
	"INSERT INTO demandes (id, rang, statut, type, anticipe, certificats, compte, siret, "     \
	"siren,"                                                                                   \
	" numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination, date_depot,"    \
	" contact, contact_nom, titulaire, validee_le) VALUES (601, 2, '" statut                   \
	"', 'initial', 0, 1, 'c',"                                                                 \
	" '" siren "00074', '" siren "', '" numero_ans "', 'l', 'v', 'LGC', 'p', 's', 'd',"        \
	" '2026-01-01', 'a@exemple.fr', 'A', 'representant_legal',"                                \
	" iif('" statut "' IN ('VALIDEE', 'VALIDATION_PARTIELLE', 'CERTIFICATS_A_VALIDER'),"       \
	" '2026-01-02', NULL));"
#define COMPTE_ASP(siren, portail)                                                                 \
	"INSERT INTO comptes_asp VALUES ('id-1', 'a@exemple.fr', '" siren "', '" portail           \
	"', 'depositaire');"
#define WINDOW(dsr, first, last)                                                                   \
	"INSERT INTO calendrier VALUES ('" dsr "', '" first "', '" last "');"

static void prepare(struct fixture *fixture, const struct change *change, struct findings *findings)
{
	fixture_sql(fixture, "DELETE FROM referencements; DELETE FROM etablissements;"
			     "DELETE FROM unites_legales; DELETE FROM acces; DELETE FROM banques;"
			     "DELETE FROM fichiers_asp; DELETE FROM nuits; DELETE FROM calendrier;"
			     "DELETE FROM demandes; DELETE FROM comptes; DELETE FROM comptes_asp");
	fixture_sql(fixture, fixture_registers);
	if (change->sql != NULL)
		fixture_sql(fixture, change->sql);
	make_findings(findings);
	if (change->qualite != NULL)
		set_depositaire(findings, change->qualite);
	if (change->champ != 0)
		set_value(findings, change->champ, change->value, true);
	for (unsigned type = 0; type < PIECE_TYPE_COUNT; type++) {
		if (change->remove & 1u << type)
			remove_piece(findings, (enum piece_type)type);
		if (change->add & 1u << type)
			add_piece(findings, (enum piece_type)type);
	}
}

static char *named(const struct findings *findings)
{
	struct buf out = {0};

	for (size_t i = 0; i < findings->anomalies.count; i++)
		buf_printf(&out, "%s%s@%s", i > 0 ? " " : "",
			   catalogue[findings->anomalies.items[i].code].code,
			   findings->anomalies.items[i].chemin);
	return buf_take(&out);
}

static void run(struct fixture *fixture, const struct change *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct findings findings;
		struct facts facts;
		char *found;

		prepare(fixture, &cases[i], &findings);
		judge(fixture, &findings, &facts);
		found = named(&findings);
		if (strcmp(found, cases[i].want) != 0)
			fail_msg("case %zu: « %s » instead of « %s »", i, found, cases[i].want);
		free(found);
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* Guide p. 10 and 11. */
static void certificates(void **state)
{
	static const struct change cases[] = {
	    {.want = ""},
	    {.want = "ANS-005@pieces", .remove = BIT(CERTIFICAT_REFERENCEMENT)},
	    {.want = "ANS-006@pieces[0].type", ANTICIPE},
	    {.want = "", ANTICIPE, .remove = BIT(CERTIFICAT_REFERENCEMENT)},
	    {.want = "ANS-004@referencement.numero_ans", RETIRE},
	    {.want = "ANS-004@referencement.numero_ans",
	     RETIRE,
	     .remove = BIT(CERTIFICAT_REFERENCEMENT),
	     .add = BIT(CERTIFICAT_HDS)},
	    {.want = "ANS-003@referencement.numero_ans", "DELETE FROM referencements"},
	    {.want = "ANS-003@referencement.numero_ans",
	     NULL,
	     CHAMP_REFERENCEMENT_NUMERO_ANS,
	     "27F99871B4"},
	    {.want = "", NULL, CHAMP_REFERENCEMENT_NUMERO_ANS, NULL},
	    /* no SONS DPI: neither key nor document */
	    {.want = "HDS-003@" HDS_PATH, NULL, HDS, "oui"},
	    {.want = "HDS-003@" HDS_PATH, NULL, HDS, "non"},
	    {.want = "HDS-006@pieces[3].type", .add = BIT(CERTIFICAT_HDS)},
	    {.want = "HDS-006@pieces[3].type", .add = BIT(ATTESTATION_NON_HDS)},
	    /* SONS DPI, validated */
	    {.want = "HDS-001@" HDS_PATH, SONS_DPI},
	    {.want = "HDS-001@" HDS_PATH,
	     SONS_DPI,
	     .add = BIT(CERTIFICAT_HDS) | BIT(ATTESTATION_NON_HDS)},
	    {.want = "HDS-004@pieces", SONS_DPI, HDS, "oui"},
	    {.want = "", SONS_DPI, HDS, "oui", .add = BIT(CERTIFICAT_HDS)},
	    {.want = "HDS-006@pieces[4].type",
	     SONS_DPI,
	     HDS,
	     "oui",
	     .add = BIT(CERTIFICAT_HDS) | BIT(ATTESTATION_NON_HDS)},
	    {.want = "HDS-004@pieces HDS-006@pieces[3].type",
	     SONS_DPI,
	     HDS,
	     "oui",
	     .add = BIT(ATTESTATION_NON_HDS)},
	    {.want = "HDS-005@pieces", SONS_DPI, HDS, "non"},
	    {.want = "", SONS_DPI, HDS, "non", .add = BIT(ATTESTATION_NON_HDS)},
	    {.want = "HDS-006@pieces[3].type",
	     SONS_DPI,
	     HDS,
	     "non",
	     .add = BIT(CERTIFICAT_HDS) | BIT(ATTESTATION_NON_HDS)},
	    {.want = "ANS-005@pieces HDS-005@pieces",
	     SONS_DPI,
	     HDS,
	     "non",
	     .remove = BIT(CERTIFICAT_REFERENCEMENT)},
	    /* SONS DPI, anticipé: all of it comes with the finalisation */
	    {.want = "", SONS_ANTICIPE, .remove = BIT(CERTIFICAT_REFERENCEMENT)},
	    {.want = "HDS-003@" HDS_PATH,
	     SONS_ANTICIPE,
	     HDS,
	     "oui",
	     .remove = BIT(CERTIFICAT_REFERENCEMENT)},
	    {.want = "ANS-006@pieces[0].type HDS-006@pieces[3].type",
	     SONS_ANTICIPE,
	     .add = BIT(CERTIFICAT_HDS)},
	    {.want = "HDS-006@pieces[2].type",
	     SONS_ANTICIPE,
	     .add = BIT(ATTESTATION_NON_HDS),
	     .remove = BIT(CERTIFICAT_REFERENCEMENT)},
	};

	run(*state, cases, ARRAY_SIZE(cases));
}

/* Guide p. 13. */
static void applicant(void **state)
{
	static const struct change cases[] = {
	    {.want = "DEM-003@pieces", NULL, DENOMINATION, "AUTRE NOM"},
	    {.want = "", NULL, DENOMINATION, "AUTRE NOM", .add = BIT(KBIS)},
	    {.want = "", NULL, DENOMINATION, "Logiciels  Éxemple"},
	    {.want = "DEM-003@pieces", NULL, DENOMINATION, "Exemple Logiciels"},
	    /* The representative's own name, a sole trader's. */
	    {.want = "", OWN_NAME, DENOMINATION, "Élise Durand"},
	    {.want = "", OWN_NAME, DENOMINATION, "Élise DURAND EI"},
	    {.want = "", OWN_NAME, DENOMINATION, "EI Durand Élise"},
	    {.want = "DEM-003@pieces", OWN_NAME, DENOMINATION, "Élise Durand Durand"},
	    {.want = "DEM-003@pieces", OWN_NAME, DENOMINATION, "Élise"},
	    {.want = "DEM-003@pieces", OWN_NAME, DENOMINATION, "Durand Conseil"},
	    /* Any sole trader's, of birth or in use, whoever represents him. */
	    {.want = "", SOLE_TRADER, DENOMINATION, "Noémie Lefebvre"},
	    {.want = "", SOLE_TRADER, DENOMINATION, "EI Noémie Caron"},
	    {.want = "", SOLE_TRADER, DENOMINATION, "Caron Noémie"},
	    {.want = "DEM-003@pieces", SOLE_TRADER, DENOMINATION, "Caron Lefebvre"},
	    {.want = "DEM-003@pieces", SOLE_TRADER, DENOMINATION, "Noémie Caron Conseil"},
	    {.want = "PJ-006@pieces[3].type",
	     SOLE_TRADER,
	     DENOMINATION,
	     "Noémie Caron",
	     .add = BIT(KBIS)},
	    /* The register hides the address, and the dossier leaves it out. */
	    {.want = "DEM-009@demandeur.adresse.code_postal DEM-009@demandeur.adresse.nom_voie",
	     HIDDEN},
	    {.want = "PJ-006@pieces[3].type",
	     NULL,
	     DENOMINATION,
	     "logiciels exemple",
	     .add = BIT(KBIS)},
	    {.want = "PJ-006@pieces[3].type", .add = BIT(KBIS)},
	    {.want = "", NON_DIFFUSE, DENOMINATION, "AUTRE NOM"},
	    {.want = "", NON_DIFFUSE, DENOMINATION, "AUTRE NOM", .add = BIT(KBIS)},
	    {.want = "", NON_DIFFUSE, .add = BIT(KBIS)},
	    {.want = "", "UPDATE unites_legales SET denomination = ''", DENOMINATION, "AUTRE NOM"},
	    {.want = "",
	     "UPDATE unites_legales SET denomination = 'Élise DURAND'",
	     DENOMINATION,
	     "ELISE DURAND"},
	    {.want = "DEM-008@demandeur.distributeur DEM-004@pieces",
	     NULL,
	     CHAMP_DEMANDEUR_DISTRIBUTEUR,
	     "oui"},
	    {.want = "DEM-004@pieces", OTHER_EDITEUR, CHAMP_DEMANDEUR_DISTRIBUTEUR, "oui"},
	    {.want = "DEM-008@demandeur.distributeur",
	     NULL,
	     CHAMP_DEMANDEUR_DISTRIBUTEUR,
	     "oui",
	     .add = BIT(MANDAT_EDITEUR)},
	    {.want = "PJ-006@pieces[3].type", .add = BIT(MANDAT_EDITEUR)},
	    {.want = "", NULL, CHAMP_DEMANDEUR_DISTRIBUTEUR, NULL, .add = BIT(MANDAT_EDITEUR)},
	    {.want = "DEM-005@demandeur.distributeur", OTHER_EDITEUR},
	    {.want = "",
	     OTHER_EDITEUR,
	     CHAMP_DEMANDEUR_DISTRIBUTEUR,
	     "oui",
	     .add = BIT(MANDAT_EDITEUR)},
	    {.want = "", OTHER_EDITEUR, CHAMP_DEMANDEUR_DISTRIBUTEUR, NULL},
	    {.want = "", "UPDATE referencements SET siren_editeur = ''"},
	    {.want = "ANS-004@referencement.numero_ans", RETIRE "; " OTHER_EDITEUR},
	    /* the enterprise register, guide p. 12 */
	    {.want = "SIR-004@demandeur.siret", "UPDATE etablissements SET etat = ''"},
	    {.want = "SIR-004@demandeur.siret",
	     "UPDATE unites_legales SET etat = ''",
	     .add = BIT(KBIS)},
	    {.want = "SIR-005@demandeur.siret", "UPDATE etablissements SET etat = 'F'"},
	    {.want = "SIR-005@demandeur.siret", "UPDATE unites_legales SET etat = 'C'"},
	    {.want = "",
	     "UPDATE etablissements SET etat = 'F'; INSERT INTO etablissements VALUES ('" SIRET
	     "', 3, 'A', '', '', '', '', '', '', '')"},
	    {.want = "SIR-005@demandeur.siret",
	     "INSERT INTO unites_legales (siren, fichier, etat, denomination) VALUES ('" SIREN
	     "', 3, 'C', '')"},
	};

	run(*state, cases, ARRAY_SIZE(cases));
}

/* Guide p. 15 to 19. */
static void persons_and_rest(void **state)
{
	static const struct change cases[] = {
	    {.want = "REP-009@pieces", .remove = BIT(IDENTITE_REPRESENTANT)},
	    {.want = "PJ-006@pieces[3].type", .add = BIT(IDENTITE_DEPOSITAIRE)},
	    {.want = "PJ-006@pieces[3].type", .add = BIT(MANDAT_REPRESENTANT_LEGAL)},
	    {.want = "PJ-006@pieces[3].type", .add = BIT(CONTRAT_PRESTATION)},
	    {.want = "DEP-011@pieces", .qualite = "employe"},
	    {.want = "", .qualite = "employe", .add = BIT(MANDAT_REPRESENTANT_LEGAL)},
	    {.want = "DEP-009@pieces",
	     .qualite = "employe",
	     .add = BIT(MANDAT_REPRESENTANT_LEGAL),
	     .remove = BIT(IDENTITE_DEPOSITAIRE)},
	    {.want = "REP-009@pieces",
	     .qualite = "employe",
	     .add = BIT(MANDAT_REPRESENTANT_LEGAL),
	     .remove = BIT(IDENTITE_REPRESENTANT)},
	    {.want = "PJ-006@pieces[5].type",
	     .qualite = "employe",
	     .add = BIT(MANDAT_REPRESENTANT_LEGAL) | BIT(CONTRAT_PRESTATION)},
	    {.want = "DEP-012@pieces", .qualite = "centre_gestion"},
	    {.want = "", .qualite = "centre_gestion", .add = BIT(CONTRAT_PRESTATION)},
	    {.want = "PJ-028@pieces[4].type",
	     .qualite = "centre_gestion",
	     .add = BIT(MANDAT_REPRESENTANT_LEGAL)},
	    /* the condition is not known: the key's own anomaly comes first */
	    {.want = "", NULL, CHAMP_DEPOSITAIRE_QUALITE, NULL, .qualite = "employe"},
	    {.want = "",
	     NULL,
	     CHAMP_DEPOSITAIRE_QUALITE,
	     NULL,
	     .qualite = "employe",
	     .add = BIT(MANDAT_REPRESENTANT_LEGAL) | BIT(CONTRAT_PRESTATION)},
	    {.want = "", NULL, CHAMP_DECLARANT, NULL, .qualite = "employe"},
	    {.want = "", NULL, CHAMP_DECLARANT, NULL},
	    {.want = "BNK-014@pieces", .remove = BIT(RIB)},
	    {.want = "TVA-003@pieces", NULL, CHAMP_TVA_ASSUJETTI, "non"},
	    {.want = "", NULL, CHAMP_TVA_ASSUJETTI, "non", .add = BIT(PREUVE_HORS_TVA)},
	    {.want = "PJ-006@pieces[3].type", .add = BIT(PREUVE_HORS_TVA)},
	    {.want = "", NULL, CHAMP_TVA_ASSUJETTI, NULL, .add = BIT(PREUVE_HORS_TVA)},
	    {.want = "PJ-006@pieces[3].type", .add = BIT(AUTRE)},
	    /* the bank table, guide p. 18 */
	    {.want = "", "DELETE FROM banques"},
	    {.want = "BNK-011@banque.iban", "UPDATE banques SET code_banque = '30002'"},
	    {.want = "BNK-010@banque.bic", "UPDATE banques SET bic = 'CRLYFRPPXXX'"},
	    {.want = "", "UPDATE banques SET bic = 'PSSTFRPP'"},
	    {.want = "", NULL, CHAMP_BANQUE_BIC, "PSSTFRPPLIL"},
	    {.want = "", OTHER_BIC("BFCORERXXXX")},
	    {.want = "", OTHER_BIC("BFCORERXXXX"), CHAMP_BANQUE_BIC, "BFCORERX"},
	    {.want = "BNK-010@banque.bic", OTHER_BIC("BFCORERXXXX"), CHAMP_BANQUE_BIC, "BFCOREYT"},
	    {.want = "", OTHER_BIC("BFCORERXXXX"), CHAMP_BANQUE_BIC, NULL},
	    {.want = "", NULL, CHAMP_BANQUE_BIC, NULL},
	    {.want = "", NULL, CHAMP_BANQUE_IBAN, "BE68539007547034"},
	    {.want = "", NULL, CHAMP_BANQUE_IBAN, NULL},
	};

	run(*state, cases, ARRAY_SIZE(cases));
}

static void access_and_cycle(void **state)
{
	static const struct change cases[] = {
	    {.want = "ACC-001@archive", "DELETE FROM acces WHERE compte = '" COMPTE "'"},
	    {.want = "ACC-002@demandeur.siret", "DELETE FROM acces WHERE siren = '" SIREN "'"},
	    {.want = "",
	     "DELETE FROM acces WHERE siren = '" SIREN "'",
	     CHAMP_DEMANDEUR_SIRET,
	     NULL},
	    /* one number, one enrolment, whatever its supplier */
	    {.want = "CYC-001@referencement.numero_ans", DEMANDE(NUMERO_ANS, SIREN, "EN_COURS")},
	    {.want = "CYC-001@referencement.numero_ans", DEMANDE(NUMERO_ANS, SIREN, "VALIDEE")},
	    {.want = "CYC-001@referencement.numero_ans",
	     DEMANDE(NUMERO_ANS, "404833048", "ATTENTE_PIECES")},
	    /* it says enough: neither the kind, nor the first, nor the window besides */
	    {.want = "CYC-001@referencement.numero_ans",
	     DEMANDE(NUMERO_ANS, SIREN, "EN_COURS") COMPTE_ASP(SIREN, "oui")},
	    {.want = "CYC-001@referencement.numero_ans",
	     DEMANDE(NUMERO_ANS, "404833048", "EN_COURS") COMPTE_ASP(SIREN, "oui")},
	    {.want = "CYC-001@referencement.numero_ans",
	     DEMANDE(NUMERO_ANS, SIREN, "EN_COURS") WINDOW("LGC", "2026-03-03", "2026-12-31")},
	    {.want = "", DEMANDE(NUMERO_ANS, SIREN, "REJETEE")},
	    {.want = "", DEMANDE("27F99871B4", "404833048", "EN_COURS")},
	    /* what other requests exist is told to those who may act for the supplier */
	    {.want = "ACC-002@demandeur.siret",
	     DEMANDE(NUMERO_ANS, SIREN, "EN_COURS") "DELETE FROM acces WHERE siren = '" SIREN "'"},
	    /* the first must be validated before the next */
	    {.want = "CYC-004@demandeur.siret", DEMANDE("autre", SIREN, "EN_COURS")},
	    {.want = "CYC-004@demandeur.siret", DEMANDE("autre", SIREN, "ATTENTE_PIECES")},
	    {.want = "", DEMANDE("autre", SIREN, "REJETEE")},
	    {.want = "", DEMANDE("autre", "404833048", "EN_COURS")},
	    {.want = "CYC-004@demandeur.siret",
	     DEMANDE("autre", SIREN, "EN_COURS"),
	     CHAMP_REFERENCEMENT_NUMERO_ANS,
	     NULL},
	    /* an account: another kind of enrolment */
	    {.want = "CYC-002@type", COMPTE_ASP(SIREN, "oui")},
	    {.want = "", COMPTE_ASP(SIREN, "non")},
	    {.want = "", COMPTE_ASP("404833048", "oui")},
	    {.want = "CYC-002@type",
	     "INSERT INTO comptes VALUES ('i', 'e', '" SIREN
	     "', 'depositaire', '2026-01-01', 1, NULL)"},
	    {.want = "CYC-002@type", DEMANDE("autre", SIREN, "VALIDEE") COMPTE_ASP(SIREN, "oui")},
	    {.want = "CYC-002@type CYC-004@demandeur.siret",
	     DEMANDE("autre", SIREN, "EN_COURS") COMPTE_ASP(SIREN, "oui")},
	    {.want = "CYC-002@type",
	     DEMANDE(NUMERO_ANS, SIREN, "REJETEE") COMPTE_ASP(SIREN, "oui")},
	    /* the calendar on 2026-03-02, bounds included */
	    {.want = "", WINDOW("LGC", "2026-03-02", "2026-03-02")},
	    {.want = "", WINDOW("lgc", "2026-01-01", "2026-03-02")},
	    {.want = "", WINDOW("LGC", "2026-03-02", "2026-12-31")},
	    {.want = "CYC-005@referencement.numero_ans", WINDOW("LGC", "2026-01-01", "2026-03-01")},
	    {.want = "CYC-005@referencement.numero_ans", WINDOW("lgc", "2026-03-03", "2026-12-31")},
	    {.want = "",
	     WINDOW("LGC", "2025-01-01", "2025-02-01") WINDOW("LGC", "2026-01-01", "2026-04-01")},
	    {.want = "CYC-005@referencement.numero_ans",
	     WINDOW("LGC", "2025-01-01", "2025-02-01") WINDOW("LGC", "2027-01-01", "2027-04-01")},
	    {.want = "", WINDOW("DPI", "2025-01-01", "2025-02-01")},
	    {.want = "ANS-004@referencement.numero_ans",
	     RETIRE ";" WINDOW("LGC", "2020-01-01", "2020-01-01")},
	};

	run(*state, cases, ARRAY_SIZE(cases));
}

/* What is said beside the code. */
static void details(void **state)
{
	static const struct {
		const char *sql, *detail, *detail2;
	} cases[] = {
	    {DEMANDE(NUMERO_ANS, SIREN, "EN_COURS"), "ENR0601M2", NULL},
	    {DEMANDE(NUMERO_ANS, "404833048", "EN_COURS"),
	     "elle est d'un autre fournisseur ; contactez l'assistance", NULL},
	    {DEMANDE("autre", SIREN, "EN_COURS"), "ENR0601M2", NULL},
	    {COMPTE_ASP(SIREN, "oui"), SIREN, NULL},
	    {WINDOW("LGC", "2025-01-01", "2025-02-01") WINDOW("LGC", "2027-01-01", "2027-04-01"),
	     "LGC", "du 2025-01-01 au 2025-02-01, du 2027-01-01 au 2027-04-01"},
	    {WINDOW("LGC", "0001-01-01", "2025-02-01") WINDOW("LGC", "2027-01-01", "9999-12-31"),
	     "LGC", "jusqu'au 2025-02-01, à partir du 2027-01-01"},
	    {"DELETE FROM acces WHERE siren = '" SIREN "'", COMPTE, SIREN},
	    {OTHER_EDITEUR, "404833048", NULL},
	    {"UPDATE banques SET bic = 'CRLYFRPPXXX'", "CRLYFRPPXXX", NULL},
	    {"UPDATE banques SET code_banque = '30002'", "20041", NULL},
	    {"UPDATE banques SET bic = 'CRLYFRPPXXX';" OTHER_BIC("BFCORERXXXX"),
	     "BFCORERXXXX, CRLYFRPPXXX", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings findings;
		struct facts facts;
		const struct anomalie *anomalie;

		prepare(*state, &(struct change){.want = "", cases[i].sql}, &findings);
		judge(*state, &findings, &facts);
		assert_int_equal(findings.anomalies.count, 1);
		anomalie = &findings.anomalies.items[0];
		assert_string_equal(anomalie->detail, cases[i].detail);
		assert_int_equal(anomalie->detail2 == NULL, cases[i].detail2 == NULL);
		if (anomalie->detail2 != NULL && cases[i].detail2 != NULL)
			assert_string_equal(anomalie->detail2, cases[i].detail2);
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* The bank is named as it is at the BIC that was given; else as at the first of the code. */
static void domiciliation(void **state)
{
	static const struct {
		const char *bic, *name;
	} cases[] = {
	    {"PSSTFRPPPAR", "BANQUE DES LILAS"},
	    {"BFCORERXXXX", "BFC REUNION"},
	    {"BFCORERX", "BFC REUNION"},
	    {NULL, "BFC REUNION"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings findings;
		struct facts facts;

		prepare(*state,
			&(struct change){
			    .want = "", OTHER_BIC("BFCORERXXXX"), CHAMP_BANQUE_BIC, cases[i].bic},
			&findings);
		judge(*state, &findings, &facts);
		assert_string_equal(facts.bank.domiciliation, cases[i].name);
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* Of a document that must not be there: its type, or why it must not. */
static void refused_documents(void **state)
{
	static const struct {
		const char *sql, *qualite;
		unsigned add, remove;
		const char *detail, *detail2;
	} cases[] = {
	    {NULL, NULL, BIT(MANDAT_EDITEUR), 0, " : le demandeur n'est pas distributeur", ""},
	    {NULL, NULL, BIT(CERTIFICAT_HDS), 0, "certificat_hds",
	     "le logiciel n'est pas un SONS DPI"},
	    {SONS_ANTICIPE, NULL, BIT(CERTIFICAT_HDS), BIT(CERTIFICAT_REFERENCEMENT),
	     "certificat_hds", "le référencement n'est pas encore validé par l'ANS"},
	    {ANTICIPE, NULL, 0, 0, "certificat_referencement", ""},
	    {NULL, NULL, BIT(MANDAT_REPRESENTANT_LEGAL), 0,
	     " : le déclarant est le représentant légal", ""},
	    {NULL, NULL, BIT(CONTRAT_PRESTATION), 0, " : le déclarant est le représentant légal",
	     ""},
	    {NULL, "centre_gestion", BIT(CONTRAT_PRESTATION) | BIT(MANDAT_REPRESENTANT_LEGAL), 0,
	     " : le dépositaire est un centre de gestion", ""},
	    {NULL, "employe", BIT(CONTRAT_PRESTATION) | BIT(MANDAT_REPRESENTANT_LEGAL), 0,
	     " : le dépositaire est employé de la personne morale", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings findings;
		struct facts facts;
		const struct anomalie *anomalie;

		prepare(*state,
			&(struct change){.want = "",
					 cases[i].sql,
					 .qualite = cases[i].qualite,
					 .add = cases[i].add,
					 .remove = cases[i].remove},
			&findings);
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

static void what_the_registers_say(void **state)
{
	struct findings findings;
	struct facts facts;

	prepare(*state, &(struct change){.want = "", SONS_ANTICIPE}, &findings);
	judge(*state, &findings, &facts);
	assert_true(facts.acces && facts.referencing.known && facts.establishment.known);
	assert_true(facts.referencing.sons_dpi && !facts.referencing.valid);
	assert_string_equal(facts.siren, SIREN);
	assert_string_equal(facts.referencing.logiciel, "Cabinet+");
	assert_string_equal(facts.referencing.version, "2.1");
	assert_string_equal(facts.referencing.dsr, "SONS DPI");
	assert_string_equal(facts.referencing.profil, "Profil LGC");
	assert_string_equal(facts.referencing.siren_editeur, SIREN);
	assert_string_equal(facts.establishment.denomination, "LOGICIELS EXEMPLE");
	assert_string_equal(facts.establishment.numero, "12");
	assert_string_equal(facts.establishment.extension, "BIS");
	assert_string_equal(facts.establishment.type_voie, "RUE");
	assert_string_equal(facts.establishment.nom_voie, "DES LILAS");
	assert_string_equal(facts.establishment.complement, "ETAGE 2");
	assert_string_equal(facts.establishment.code_postal, "75002");
	assert_string_equal(facts.establishment.commune, "PARIS");
	assert_string_equal(facts.bank.domiciliation, "BANQUE DES LILAS");
	facts_free(&facts);
	assert_null(facts.bank.domiciliation);
	findings_free(&findings);

	prepare(*state, &(struct change){.want = "", RETIRE}, &findings);
	judge(*state, &findings, &facts);
	assert_false(facts.referencing.known || facts.referencing.valid ||
		     facts.referencing.sons_dpi);
	facts_free(&facts);
	findings_free(&findings);
}

/* An address that the dossier leaves out is the register's, unless that hides it or lacks it. */
static void address_left_out(void **state)
{
	static const enum champ champs[] = {CHAMP_DEMANDEUR_ADRESSE_NUMERO,
					    CHAMP_DEMANDEUR_ADRESSE_NOM_VOIE,
					    CHAMP_DEMANDEUR_ADRESSE_CODE_POSTAL};
	static const struct {
		const char *sql, *texts[ARRAY_SIZE(champs)];
	} cases[] = {
	    {NULL, {"12", "DES LILAS", "75002"}},
	    {"UPDATE etablissements SET numero = '', nom_voie = '[ND]', code_postal = '[ND]'",
	     {NULL, NULL, NULL}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings findings;
		struct facts facts;

		prepare(*state, &(struct change){.want = "", cases[i].sql}, &findings);
		judge(*state, &findings, &facts);
		for (size_t n = 0; n < ARRAY_SIZE(champs); n++) {
			const char *found = dossier_get(&facts.dossier, champs[n]);

			assert_string_equal(found != NULL ? found : "none",
					    cases[i].texts[n] != NULL ? cases[i].texts[n] : "none");
			/* What the supplier gave stays what the supplier gave. */
			assert_null(findings.dossier.champs[champs[n]].text);
		}
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* A value that the parser found wrong, or a document whose condition is such a value, is not judged
 * again. */
static void wrong_values(void **state)
{
	static const struct {
		enum champ champ;
		unsigned add; /* what the value would decide */
		const char *sql;
	} cases[] = {
	    {HDS, BIT(CERTIFICAT_HDS) | BIT(ATTESTATION_NON_HDS), SONS_DPI},
	    {CHAMP_REFERENCEMENT_NUMERO_ANS, BIT(CERTIFICAT_HDS), NULL},
	    {CHAMP_DEMANDEUR_SIRET, BIT(KBIS), NULL},
	    {DENOMINATION, BIT(KBIS), NULL},
	    {CHAMP_DEMANDEUR_DISTRIBUTEUR, BIT(MANDAT_EDITEUR), NULL},
	    {CHAMP_DECLARANT, BIT(IDENTITE_DEPOSITAIRE) | BIT(MANDAT_REPRESENTANT_LEGAL), NULL},
	    {CHAMP_TVA_ASSUJETTI, BIT(PREUVE_HORS_TVA), NULL},
	    {CHAMP_BANQUE_IBAN, 0, NULL},
	    {CHAMP_BANQUE_BIC, 0, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int with = 0; with < 2; with++) {
			struct change change = {
			    .want = "", cases[i].sql, .add = with ? cases[i].add : 0};
			struct findings findings;
			struct facts facts;

			prepare(*state, &change, &findings);
			set_value(&findings, cases[i].champ, "?", false);
			judge(*state, &findings, &facts);
			if (findings.anomalies.count != 0)
				fail_msg("case %zu: %s", i,
					 catalogue[findings.anomalies.items[0].code].code);
			facts_free(&facts);
			findings_free(&findings);
		}
}

/* INSEE's row could not be read: the drop waits, and the supplier is not told that he does not
 * exist. */
static void unreadable_register(void **state)
{
	static const char *const changes[] = {"DELETE FROM etablissements",
					      "DELETE FROM unites_legales"};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct findings findings;
		struct facts facts;

		prepare(*state, &(struct change){.want = "", changes[i]}, &findings);
		judge(*state, &findings, &facts);
		assert_non_null(facts.establishment.incident);
		assert_int_equal(findings.anomalies.count, 0);
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* A missing list was said once; no document is asked for by name then. */
static void no_list(void **state)
{
	struct findings findings;
	struct facts facts;

	prepare(*state, &(struct change){.want = ""}, &findings);
	remove_piece(&findings, PIECE_RIB);
	findings.dossier.pieces_ligne = 0;
	judge(*state, &findings, &facts);
	assert_int_equal(findings.anomalies.count, 0);
	facts_free(&facts);
	findings_free(&findings);
}

/* What could not be read is judged by its account alone. */
static void other_submissions(void **state)
{
	static const struct {
		enum depot_type type;
		bool readable;
		const char *demande, *want;
	} cases[] = {
	    {DEPOT_INITIAL, false, NULL, "ACC-002@demandeur.siret YML-001@x"},
	    {DEPOT_UNKNOWN, true, NULL, "ACC-002@demandeur.siret YML-001@x"},
	    {DEPOT_UNKNOWN, true, "ENR0602M0", "YML-001@x"},
	    {DEPOT_PIECES, false, NULL, "ACC-002@demandeur.siret YML-001@x"},
	    {DEPOT_PIECES, false, "ENR0602M0", "YML-001@x"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings findings;
		struct facts facts;
		char *found;

		prepare(*state,
			&(struct change){.want = "",
					 "DELETE FROM acces WHERE siren = '" SIREN "'",
					 CHAMP_DEMANDE,
					 cases[i].demande,
					 .remove = BIT(RIB)},
			&findings);
		findings.dossier.type = cases[i].type;
		findings.readable = cases[i].readable;
		anomalies_add_at(&findings.anomalies, ANO_YML_SYNTAXE, "x", 500, 1, NULL, NULL,
				 NULL);
		judge(*state, &findings, &facts);
		found = named(&findings);
		assert_string_equal(found, cases[i].want);
		free(found);
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* A parser that was taken over may call anything valid: nothing is read beyond its end. */
static void rogue_values(void **state)
{
	static const struct {
		enum champ champ;
		const char *value;
	} cases[] = {{CHAMP_DEMANDEUR_SIRET, ""}, {CHAMP_DEMANDEUR_SIRET, "7"},
		     {CHAMP_BANQUE_IBAN, ""},	  {CHAMP_BANQUE_IBAN, "FR"},
		     {CHAMP_BANQUE_BIC, ""},	  {CHAMP_REFERENCEMENT_NUMERO_ANS, ""},
		     {CHAMP_DECLARANT, ""},	  {DENOMINATION, ""}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct findings findings;
		struct facts facts;

		prepare(*state, &(struct change){.want = "", NULL, cases[i].champ, cases[i].value},
			&findings);
		judge(*state, &findings, &facts);
		assert_true(strlen(facts.siren) <= 9);
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* What the parent takes from a parser: when nothing blocks, all that a request needs must be there.
 */
static void acceptable_findings(void **state)
{
	enum {
		SOUND,
		NO_KEY,
		NO_PIECE,
		ABSENT_PIECE,
		UNKNOWN_TYPE,
		NO_FORMAT,
		NO_BYTE,
		NO_SIZE,
		NOT_READ,
		NO_TYPE,
		WRONG_VALUE,
		WRONG_DATE,
		COUNT_OF
	};

	(void)state;
	for (int how = 0; how < COUNT_OF; how++) {
		struct findings findings;

		make_findings(&findings);
		if (how == NO_KEY)
			set_value(&findings, CHAMP_REPRESENTANT_EMAIL, "elise", false);
		while (how == NO_PIECE && findings.dossier.piece_count > 0)
			remove_piece(&findings, findings.dossier.pieces[0].code);
		if (how == ABSENT_PIECE)
			findings.dossier.pieces[0].present = false;
		if (how == UNKNOWN_TYPE)
			findings.dossier.pieces[0].code = PIECE_TYPE_UNKNOWN;
		if (how == NO_FORMAT)
			findings.dossier.pieces[0].format = 0;
		if (how == NO_BYTE || how == NO_SIZE)
			findings.dossier.pieces[0].size = how == NO_BYTE ? 0 : UINT64_MAX;
		if (how == NOT_READ)
			findings.readable = false;
		if (how == NO_TYPE)
			findings.dossier.type = DEPOT_UNKNOWN;
		if (how == WRONG_VALUE) /* not required */
			set_value(&findings, CHAMP_ESSAI, "peut-être", false);
		if (how == WRONG_DATE)
			findings.dossier.pieces[0].valide_jusqu_au.text = mem_strdup("demain");
		if (findings_acceptable(&findings) != (how == SOUND))
			fail_msg("case %d", how);
		/* Refused anyway, whatever it lacks. */
		anomalies_add(&findings.anomalies, ANO_SIR_ABSENT, "demandeur.siret", NULL, NULL,
			      NULL);
		assert_true(findings_acceptable(&findings));
		findings_free(&findings);
	}
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(acceptable_findings),
	    WITH_STORE(certificates),
	    WITH_STORE(applicant),
	    WITH_STORE(persons_and_rest),
	    WITH_STORE(access_and_cycle),
	    WITH_STORE(details),
	    WITH_STORE(domiciliation),
	    WITH_STORE(refused_documents),
	    WITH_STORE(what_the_registers_say),
	    WITH_STORE(address_left_out),
	    WITH_STORE(wrong_values),
	    WITH_STORE(no_list),
	    WITH_STORE(other_submissions),
	    WITH_STORE(rogue_values),
	    WITH_STORE(unreadable_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
