/*
 * A supplier who has the request 601, in a state that each row of a table chooses, and what he
 * files next. See core_fixture.h.
 */
#ifndef SEGUR_SEQUEL_FIXTURE_H
#define SEGUR_SEQUEL_FIXTURE_H

#include "core_fixture.h"
#include "lib/array.h"
#include "record/record.h"

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
#define HELD(type)                                                                                 \
	"INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, sha256, format)"      \
	" VALUES (601, 1, '" type "', 'x', 9, 1, 'x', 'pdf');"
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
	struct key keys[16];
	unsigned pieces;
	bool no_list;
	enum anomalie_code told; /* by the parser, at `chemin` … */
	const char *chemin;	 /* … when there is one */
};

static inline void make_submission(struct findings *findings, enum depot_type type,
				   const struct row *row)
{
	*findings =
	    (struct findings){.format_archive = mem_strdup("zip"), .size = 4321, .readable = true};
	memset(findings->digest, 0xcd, sizeof(findings->digest));
	findings->dossier.type = type;
	set_value(findings, CHAMP_FORMAT, "1", true);
	set_value(findings, CHAMP_TYPE, depot_type_name(type), true);
	if (type != DEPOT_COMPLEMENTAIRE)
		set_value(findings, CHAMP_DEMANDE, "ENR0601M0", true);
	for (size_t i = 0; i < ARRAY_SIZE(row->keys) && row->keys[i].text != NULL; i++)
		set_value(findings, row->keys[i].champ,
			  row->keys[i].text[0] != '\0' ? row->keys[i].text : NULL, true);
	for (unsigned code = 0; code < PIECE_TYPE_COUNT; code++)
		if (row->pieces & 1u << code)
			add_piece(findings, (enum piece_type)code);
	if (row->chemin != NULL)
		anomalies_add_at(&findings->anomalies, row->told, row->chemin, 90, 1, NULL, NULL,
				 NULL);
	findings->dossier.pieces_ligne =
	    !row->no_list && findings->dossier.piece_count > 0 ? 99 : 0;
}

static inline void reset(struct fixture *fixture, const struct row *row)
{
	fixture_sql(fixture, base);
	fixture_sql(fixture, fixture_registers);
	fixture_sql(fixture, request);
	if (row->sql != NULL)
		fixture_sql(fixture, row->sql);
}

static inline void run(struct fixture *fixture, enum depot_type type, const struct row *rows,
		       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct findings findings;
		struct facts facts;
		struct buf found = {0};

		reset(fixture, &rows[i]);
		make_submission(&findings, type, &rows[i]);
		judge(fixture, &findings, &facts);
		for (size_t n = 0; n < findings.anomalies.count; n++)
			buf_printf(&found, "%s%s@%s", n > 0 ? " " : "",
				   catalogue[findings.anomalies.items[n].code].code,
				   findings.anomalies.items[n].chemin);
		if (strcmp(found.data != NULL ? found.data : "", rows[i].want) != 0)
			fail_msg("%s, row %zu: « %s » instead of « %s »", depot_type_name(type), i,
				 found.data, rows[i].want);
		buf_free(&found);
		facts_free(&facts);
		findings_free(&findings);
	}
}

/* Keys of a correction; a complémentaire of another number, and what makes it right. */
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

#endif
