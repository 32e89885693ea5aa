/* The named statements that choose among rows: of each condition a row that it alone keeps out. */
#include "core_fixture.h"
#include "lib/array.h"

#include "request/status.h"
#include "sql_gen.h"

/* A request, of which the rest does not matter. */
#define REQUEST(id, siren, contact, name)                                                          \
	"INSERT INTO demandes (id, rang, statut, type, anticipe, certificats, compte, siret,"      \
	" siren, numero_ans, logiciel, version, dsr, profil, siren_editeur, denomination,"         \
	" date_depot, contact, contact_nom, titulaire) VALUES (" #id ", 1, 'EN_COURS', 'initial'," \
	" 0, 0, 'c', '', '" siren "', 'ans" #id "', 'L', '1', 'LGC', 'P', '', 'D', '2026-01-01',"  \
	" '" contact "', '" name "', 'representant_legal');"
#define EVENT(id, demande, name, vers, numero, depot)                                              \
	"INSERT INTO evenements (id, date, demande, numero, evenement, acteur, vers, motif,"       \
	" pieces, fichier, depot) VALUES (" #id ", '2026-01-0" #id "', " #demande ", '" numero     \
	"', '" name "', 'a', '" vers "', 'm" #id "', '', '', " #depot ");"
#define ACCOUNT(identifiant, email, siren, demande)                                                \
	"INSERT INTO comptes VALUES ('" identifiant "', '" email "', '" siren                      \
	"', 'representant_legal', '', " #demande ", NULL);"
#define ASP(identifiant, email, siren, portail)                                                    \
	"INSERT INTO comptes_asp VALUES ('" identifiant "', '" email "', '" siren "', '" portail   \
	"', 'depositaire');"
#define DROP(id)                                                                                   \
	"INSERT INTO depots (id, nuit, date, compte, archive, taille, format, recu_le, type, "     \
	"etat,"                                                                                    \
	" essai, source, retour_nom) VALUES (" #id ", 1, '', 'c', 'a" #id "', 1, 'zip', '', '',"   \
	" 'OK', 0, 's', 'r" #id "');"
#define PIECE(demande, depot, type, remplacee)                                                     \
	"INSERT INTO pieces (demande, depot, type, fichier, ordinal, taille, sha256, format,"      \
	" remplacee) VALUES (" #demande ", " #depot ", '" type                                     \
	"', 'f', 1, 1, 's', 'pdf', " #remplacee ");"

#define OURS   "111111111"
#define THEIRS "222222222"
#define ANA    "ana@exemple.fr"
#define BOB    "bob@exemple.fr"

/* Ana's request is partially validated. */
#define OPENED                                                                                     \
	REQUEST(1, OURS, "Ana@exemple.fr", "Ana")                                                  \
	EVENT(1, 1, "valider", "VALIDATION_PARTIELLE", "", NULL)

/* A mandate in drop 1 of request 1, then the validation. */
#define MANDATE_OF(rang)                                                                           \
	REQUEST(1, OURS, ANA, "Ana")                                                               \
	DROP(1)                                                                                    \
	EVENT(1, 1, "depot", "EN_COURS", "ENR0001M1", 1)                                           \
	EVENT(2, 1, "valider", "VALIDEE", "ENR0001M1", NULL)                                       \
	"INSERT INTO dossiers (demande, rang, depot, depositaire_email) VALUES (1, " #rang ", 1,"  \
	" 'Bob@exemple.fr');"
#define VALIDATED "UPDATE demandes SET validee_le = '2026-01-02';"

#define SIGNAL(demande, code, key)                                                                 \
	"INSERT INTO signaux (nuit, date, demande, numero, depot, code, chemin, message, cle)"     \
	" VALUES (1, '', " #demande ", '', 1, '" code "', '', '', '" key "');"
#define STOCK(id, nature, etat)                                                                    \
	"INSERT INTO fichiers_asp VALUES (" #id ", 1, 'f', '" nature "', NULL, '', 1, '" etat      \
	"', 's', 'r" #id "', 1, 1, NULL);"
/* Three nights, of which two on one day; what happened in them, or between them. */
#define NIGHTS                                                                                     \
	"DELETE FROM nuits;"                                                                       \
	"INSERT INTO nuits (id, date, programme, regles, terminee) VALUES"                         \
	" (1, '2026-01-01', '1', 'r', 1), (2, '2026-01-01', '1', 'r', 1),"                         \
	" (3, '2026-01-02', '1', 'r', 1);"
#define OF_NIGHT(demande, night_id)                                                                \
	"INSERT INTO evenements (id, nuit, date, demande, numero, evenement, acteur, vers, motif," \
	" pieces, fichier) SELECT " #demande ", id, date, " #demande                               \
	", '', 'depot', 'a', '', '', '', '' FROM nuits WHERE id = " #night_id ";"
#define DECIDED(demande, after)                                                                    \
	EVENT(demande, demande, "valider", "VALIDEE", "", NULL)                                    \
	"INSERT INTO commandes VALUES (" #demande ", " #after ");"
#define ERASED(date, demande)                                                                      \
	"INSERT INTO effacements (date, nature, objet, demande) VALUES ('" date                    \
	"', 'dossier', 'donnees', " #demande ");"
#define SEEN(name, valeur) "INSERT INTO reperes VALUES ('" name "', " #valeur ");"

/* Requests 1 (in progress) and 2 (awaited) of closed establishments, 3 of a legal unit that has
 * ended, 4 of one that has not. */
#define CLOSED                                                                                     \
	STOCK(1, "etablissements", "pris")                                                         \
	STOCK(2, "unites_legales", "pris")                                                         \
	REQUEST(1, OURS, ANA, "")                                                                  \
	REQUEST(2, OURS, ANA, "")                                                                  \
	REQUEST(3, THEIRS, ANA, "")                                                                \
	REQUEST(4, OURS, ANA, "")                                                                  \
	"UPDATE demandes SET siret = 's' || id, statut = iif(id = 2, 'ATTENTE_PIECES', statut);"   \
	"INSERT INTO etablissements SELECT 's' || id, 1, iif(id < 3, 'F', 'A'), '', '', '', '',"   \
	" '', '', '' FROM demandes;"                                                               \
	"INSERT INTO unites_legales (siren, fichier, etat, denomination) VALUES ('" THEIRS         \
	"', 2, 'C', ''), ('" OURS "', 1, 'A', '');" EVENT(1, 1, "depot", "EN_COURS", "", 1)        \
	    EVENT(2, 2, "depot", "EN_COURS", "", 2)

static const struct {
	enum sql_id statement;
	const char *rows;
	struct {
		int number;
		const char *text; /* a number is read as one */
	} parameters[3];
	const char *wanted;
} cases[] = {
    /* --- whose account the rights of a request are --- */
    {SQL_REPORT_DROITS,
     OPENED ACCOUNT("own", ANA, OURS, 1) ACCOUNT("aaa", BOB, OURS, 1)
	 ACCOUNT("aab", ANA, THEIRS, 1),
     {{0}},
     "ENR0001M1|own"},
    {SQL_REPORT_DROITS,
     OPENED ASP("own", ANA, OURS, "oui") ASP("a0", ANA, THEIRS, "oui") ASP("a1", BOB, OURS, "oui")
	 ASP("a2", ANA, OURS, "non"),
     {{0}},
     "ENR0001M1|own"},
    {SQL_REPORT_DROITS, /* the ASP knows its e-mail by now */
     OPENED ACCOUNT("own", BOB, OURS, 9) ASP("own", ANA, THEIRS, "non") ACCOUNT("aa", BOB, OURS, 9)
	 ASP("aa", BOB, THEIRS, "non") ACCOUNT("ab", BOB, THEIRS, 9) ASP("ab", ANA, THEIRS, "non"),
     {{0}},
     "ENR0001M1|own"},
    {SQL_REPORT_DROITS,
     OPENED ACCOUNT("own", BOB, OURS, 1) ACCOUNT("a", BOB, OURS, 9) ACCOUNT("aa", BOB, THEIRS, 1),
     {{0}},
     "ENR0001M1|own"},
    {SQL_REPORT_DROITS,
     OPENED ACCOUNT("own", BOB, OURS, 9) ACCOUNT("a", BOB, THEIRS, 9),
     {{0}},
     "ENR0001M1|own"},
    {SQL_REPORT_DROITS,
     OPENED ASP("own", BOB, OURS, "oui") ASP("a", BOB, OURS, "non") ASP("b", BOB, THEIRS, "oui"),
     {{0}},
     "ENR0001M1|own"},
    {SQL_REPORT_DROITS,
     OPENED ACCOUNT("own", ANA, THEIRS, 9) ACCOUNT("a", BOB, THEIRS, 9),
     {{0}},
     "ENR0001M1|own"},
    {SQL_REPORT_DROITS,
     OPENED ASP("own", ANA, THEIRS, "non") ASP("a", BOB, THEIRS, "non"),
     {{0}},
     "ENR0001M1|own"},
    {SQL_REPORT_DROITS, OPENED ASP("a", BOB, THEIRS, "oui"), {{0}}, "ENR0001M1|"},

    /* --- the holder of a supplier's account, and the name that goes with an address --- */
    {SQL_TITULAIRE_OF_SIREN,
     REQUEST(1, OURS, "Ana@exemple.fr", "Ana") REQUEST(2, THEIRS, ANA, "Autre")
	 REQUEST(3, OURS, ANA, "") REQUEST(4, OURS, BOB, "Bob") ACCOUNT("a", ANA, OURS, 1),
     {{TITULAIRE_OF_SIREN_P_SIREN, OURS}, {TITULAIRE_OF_SIREN_P_TITULAIRE, "representant_legal"}},
     ANA "|Ana"},
    {SQL_TITULAIRE_OF_SIREN,
     REQUEST(1, OURS, BOB, "Bob") REQUEST(2, OURS, BOB, "Bob") ACCOUNT(
	 "a", ANA, OURS,
	 1) "INSERT INTO dossiers (demande, rang, depot, representant_email, representant_prenom,"
	    " representant_nom) VALUES (1, 0, 1, 'Ana@exemple.fr', 'Ana', 'ALVES'),"
	    " (1, 1, 1, '" BOB "', 'Bob', 'BELLO'), (2, 2, 1, '" ANA "', 'Ana', 'AUTRE');",
     {{TITULAIRE_OF_SIREN_P_SIREN, OURS}, {TITULAIRE_OF_SIREN_P_TITULAIRE, "representant_legal"}},
     ANA "|Ana ALVES"},
    {SQL_TITULAIRE_OF_SIREN,
     ASP("a", "", OURS, "oui") ASP("b", BOB, OURS, "oui"),
     {{TITULAIRE_OF_SIREN_P_SIREN, OURS}, {TITULAIRE_OF_SIREN_P_TITULAIRE, "representant_legal"}},
     BOB "|"},
    {SQL_CONTACT_NOM_GET,
     REQUEST(1, OURS, "Ana@exemple.fr", "Ana") REQUEST(2, THEIRS, ANA, "Autre")
	 REQUEST(3, OURS, ANA, "") REQUEST(4, OURS, BOB, "Bob"),
     {{CONTACT_NOM_GET_P_SIREN, OURS}, {CONTACT_NOM_GET_P_EMAIL, "aNA@exemple.fr"}},
     "Ana"},
    {SQL_ACCES_CONTACT,
     "INSERT INTO acces VALUES ('c', '1', ''), ('c', '2', '" ANA "'), ('b', '0', '" BOB "');",
     {{ACCES_CONTACT_P_COMPTE, "c"}},
     ANA},

    /* --- the mandate of a dépositaire that was validated once --- */
    {SQL_MANDAT_ACCEPTED,
     MANDATE_OF(1) VALIDATED PIECE(1, 1, "mandat_representant_legal", 0),
     {{MANDAT_ACCEPTED_P_SIREN, OURS}, {MANDAT_ACCEPTED_P_EMAIL, BOB}},
     "1"},
    {SQL_MANDAT_ACCEPTED,
     MANDATE_OF(1) PIECE(1, 1, "mandat_representant_legal", 0),
     {{MANDAT_ACCEPTED_P_SIREN, OURS}, {MANDAT_ACCEPTED_P_EMAIL, BOB}},
     ""},
    {SQL_MANDAT_ACCEPTED,
     MANDATE_OF(0) VALIDATED PIECE(1, 1, "mandat_representant_legal", 0),
     {{MANDAT_ACCEPTED_P_SIREN, OURS}, {MANDAT_ACCEPTED_P_EMAIL, BOB}},
     ""},
    {SQL_MANDAT_ACCEPTED,
     MANDATE_OF(1) VALIDATED PIECE(1, 1, "rib", 0),
     {{MANDAT_ACCEPTED_P_SIREN, OURS}, {MANDAT_ACCEPTED_P_EMAIL, BOB}},
     ""},
    {SQL_MANDAT_ACCEPTED, /* it came after the validation */
     MANDATE_OF(1) VALIDATED DROP(2) EVENT(3, 1, "depot_pieces", "EN_COURS", "ENR0001M1", 2)
	 PIECE(1, 2, "contrat_prestation", 0),
     {{MANDAT_ACCEPTED_P_SIREN, OURS}, {MANDAT_ACCEPTED_P_EMAIL, BOB}},
     ""},
    {SQL_MANDAT_ACCEPTED,
     MANDATE_OF(1) VALIDATED REQUEST(2, OURS, ANA, "Ana") PIECE(2, 1, "contrat_prestation", 0),
     {{MANDAT_ACCEPTED_P_SIREN, OURS}, {MANDAT_ACCEPTED_P_EMAIL, BOB}},
     ""},
    {SQL_MANDAT_ACCEPTED,
     MANDATE_OF(1) VALIDATED PIECE(1, 1, "contrat_prestation", 0),
     {{MANDAT_ACCEPTED_P_SIREN, THEIRS}, {MANDAT_ACCEPTED_P_EMAIL, BOB}},
     ""},

    /* --- what time brings: how often it was reminded of what is asked now; since which drop an
     * identity paper has its end --- */
    {SQL_RELANCE_NEXT,
     REQUEST(1, OURS, ANA, "")
	 REQUEST(2, OURS, ANA, "") "UPDATE demandes SET attente_depuis = '2026-01-01', statut = "
				   "'ATTENTE_PIECES' WHERE id = 1;" EVENT(1, 1, "relance",
									  "EN_COURS", "", NULL)
				       EVENT(2, 1, "demander_pieces", "EN_COURS", "", NULL)
					   EVENT(3, 1, "relance", "EN_COURS", "", NULL)
					       EVENT(4, 2, "depot", "EN_COURS", "", NULL),
     {{RELANCE_NEXT_P_UNTIL, "2026-01-31"}, {RELANCE_NEXT_P_ATTENTE_DEPUIS, ""}},
     "1|1|ATTENTE_PIECES|" ANA "||2026-01-01||1"},
    {SQL_FOLLOW_UP_DEMANDE,
     REQUEST(1, OURS, ANA, "") REQUEST(
	 2, OURS, ANA,
	 "") "INSERT INTO dossiers (demande, rang, depot, representant_identite_valide_jusqu_au,"
	     " depositaire_identite_valide_jusqu_au) VALUES (2, 1, 1, '2030-01-01', '2031-01-01'),"
	     " (1, 0, 2, '2029-01-01', '2031-01-01'), (1, 1, 3, '2030-01-01', '2031-01-01');",
     {{FOLLOW_UP_DEMANDE_P_ID, "1"}},
     "1|" OURS "|-|-|2030-01-01|-|3|-|2031-01-01|-|2"},

    {SQL_FOLLOW_UP_DEMANDE,
     REQUEST(1, OURS, ANA, "") "INSERT INTO dossiers (demande, rang, depot, "
			       "depositaire_identite_valide_jusqu_au) VALUES"
			       " (1, 0, 2, '2030-01-01'), (1, 1, 3, '2031-01-01');",
     {{FOLLOW_UP_DEMANDE_P_ID, "1"}},
     "1|" OURS "|-|-|-|-|-|-|2031-01-01|-|3"},
    {SQL_SIGNAL_KNOWN,
     SIGNAL(1, "SIG-001", "k") SIGNAL(2, "SIG-002", "k"),
     {{SIGNAL_KNOWN_P_DEMANDE, "1"}, {SIGNAL_KNOWN_P_CODE, "SIG-002"}, {SIGNAL_KNOWN_P_CLE, "k"}},
     ""},
    {SQL_SIGNAL_KNOWN,
     SIGNAL(1, "SIG-001", "k") SIGNAL(2, "SIG-002", "k"),
     {{SIGNAL_KNOWN_P_DEMANDE, "2"}, {SIGNAL_KNOWN_P_CODE, "SIG-001"}, {SIGNAL_KNOWN_P_CLE, "k"}},
     ""},
    {SQL_FOLLOW_UP_FICHIERS,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "") DROP(1) PIECE(2, 1, "kbis", 0)
	 PIECE(1, 2, "autre", 0) PIECE(1, 1, "rib", 0),
     {{FOLLOW_UP_FICHIERS_P_DEMANDE, "1"}, {FOLLOW_UP_FICHIERS_P_DEPOT, "1"}},
     "rib|f|s"},

    /* --- new files of INSEE's: taken, and newer than those that were looked into --- */
    {SQL_FOLLOW_UP_STOCK_NEW, STOCK(1, "etablissements", "pris"), {{0}}, "1"},
    {SQL_FOLLOW_UP_STOCK_NEW, STOCK(1, "unites_legales", "pris") SEEN("stock", 1), {{0}}, "0"},
    {SQL_FOLLOW_UP_STOCK_NEW,
     STOCK(2, "unites_legales", "pris") SEEN("autre", 9) SEEN("stock", 1) SEEN("z", 9),
     {{0}},
     "1"},
    {SQL_FOLLOW_UP_STOCK_NEW,
     STOCK(1, "etablissements", "pris") STOCK(2, "comptes", "pris")
	 STOCK(3, "etablissements", "refuse") SEEN("stock", 1),
     {{0}},
     "0"},
    {SQL_FOLLOW_UP_SIRETS,
     REQUEST(1, OURS, ANA, "") "UPDATE demandes SET statut = 'VALIDEE', siret = '1';" REQUEST(
	 2, OURS, ANA,
	 "") "UPDATE demandes SET siret = '2' WHERE id = 2;" REQUEST(3, OURS, ANA,
								     "") "UPDATE demandes SET "
									 "statut = 'REJETEE', "
									 "siret = '0' WHERE id = "
									 "3;",
     {{0}},
     "2"},
    {SQL_CLOSURE_NEXT,
     CLOSED,
     {{CLOSURE_NEXT_P_STATUT, "EN_COURS"}, {CLOSURE_NEXT_P_AFTER, "0"}},
     "1|1|s1|1"},
    {SQL_CLOSURE_NEXT, /* of another request, of another code, of what it was before */
     CLOSED SIGNAL(2, "SIG-004", "s1") SIGNAL(1, "SIG-001", "s1") SIGNAL(1, "SIG-004", "s0"),
     {{CLOSURE_NEXT_P_STATUT, "EN_COURS"}, {CLOSURE_NEXT_P_AFTER, "0"}},
     "1|1|s1|1"},
    {SQL_CLOSURE_NEXT,
     CLOSED SIGNAL(1, "SIG-004", "s1"),
     {{CLOSURE_NEXT_P_STATUT, "EN_COURS"}, {CLOSURE_NEXT_P_AFTER, "0"}},
     "3|1|s3|-"},
    {SQL_CLOSURE_NEXT,
     CLOSED,
     {{CLOSURE_NEXT_P_STATUT, "EN_COURS"}, {CLOSURE_NEXT_P_AFTER, "1"}},
     "3|1|s3|-"},
    {SQL_CLOSURE_NEXT,
     CLOSED,
     {{CLOSURE_NEXT_P_STATUT, "EN_COURS"}, {CLOSURE_NEXT_P_AFTER, "3"}},
     ""},
    {SQL_CLOSURE_NEXT,
     CLOSED,
     {{CLOSURE_NEXT_P_STATUT, "ATTENTE_PIECES"}, {CLOSURE_NEXT_P_AFTER, "0"}},
     "2|1|s2|2"},

    /* --- what became of this very file before --- */
    {SQL_DEPOT_HISTORY,
     DROP(1) DROP(2) DROP(3) DROP(4) "UPDATE depots SET etat = 'INCIDENT' WHERE id < 3;"
				     "UPDATE depots SET compte = 'd' WHERE id = 1;"
				     "UPDATE depots SET source = 't' WHERE id = 4;",
     {{DEPOT_HISTORY_P_COMPTE, "c"}, {DEPOT_HISTORY_P_SOURCE, "s"}},
     "1|1"},

    /* --- the list: of those that follow one, at most so many --- */
    {SQL_DEMANDES_LIST,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, ""),
     {{DEMANDES_LIST_P_AFTER, "1"}},
     "2"},
    {SQL_DEMANDES_LIST, REQUEST(2, OURS, ANA, ""), {{DEMANDES_LIST_P_AFTER, "2"}}, ""},
    {SQL_DEMANDES_STATUT_LIST,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "")
	 REQUEST(3, OURS, ANA, "") "UPDATE demandes SET statut = 'VALIDEE' WHERE id = 2;",
     {{DEMANDES_STATUT_LIST_P_AFTER, "1"}, {DEMANDES_STATUT_LIST_P_STATUT, "EN_COURS"}},
     "3"},
    {SQL_DEMANDE_LIST,
     REQUEST(1, OURS, ANA, "") REQUEST(2, THEIRS, ANA, ""),
     {{DEMANDE_LIST_P_ID, "2"}},
     "2|1|2026-01-01|EN_COURS||D|P|initial|0"},

    /* --- the state reports of a night: of the requests that it names --- */
    {SQL_REPORT_TOUCHED, /* of nights since, one of the same day; decided since */
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "") REQUEST(3, OURS, ANA, "")
	 REQUEST(4, OURS, ANA, "") NIGHTS OF_NIGHT(1, 1) OF_NIGHT(2, 2) DECIDED(3, 0) DECIDED(4, 1),
     {{REPORT_TOUCHED_P_SINCE, "1"}},
     "[2,4]"},
    {SQL_REPORT_TOUCHED, /* before any night */
     REQUEST(1, OURS, ANA, "") DECIDED(1, 0),
     {{REPORT_TOUCHED_P_SINCE, "0"}},
     "[1]"},
    {SQL_REPORT_TOUCHED,
     REQUEST(1, OURS, ANA, "") NIGHTS DECIDED(1, 0),
     {{REPORT_TOUCHED_P_SINCE, "1"}},
     "[]"},
    {SQL_REPORT_TOUCHED, /* erased on the night's own day or later */
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "") REQUEST(3, OURS, ANA, "")
	 NIGHTS ERASED("2025-12-31", 1) ERASED("2026-01-01", 2) ERASED("2026-01-02", 3)
	     ERASED("2026-01-02", NULL),
     {{REPORT_TOUCHED_P_SINCE, "1"}},
     "[2,3]"},
    {SQL_REPORT_TOUCHED,
     REQUEST(1, OURS, ANA, "") ERASED("2025-12-31", 1),
     {{REPORT_TOUCHED_P_SINCE, "0"}},
     "[1]"},
    {SQL_REPORT_BOUND, NIGHTS, {{REPORT_BOUND_P_DATE, "2026-01-01"}}, ""},
    {SQL_REPORT_BOUND, NIGHTS, {{REPORT_BOUND_P_DATE, "2026-01-02"}}, "2"},
    {SQL_REPORT_BOUND, /* killed; told by the next; not yet ended */
     NIGHTS "UPDATE nuits SET terminee = 0 WHERE id = 2",
     {{REPORT_BOUND_P_DATE, "2026-01-02"}},
     "1"},
    {SQL_REPORT_BOUND,
     NIGHTS "UPDATE nuits SET interrompue = 1 WHERE id = 2",
     {{REPORT_BOUND_P_DATE, "2026-01-02"}},
     "1"},
    {SQL_REPORT_BOUND, NIGHTS, {{REPORT_BOUND_P_DATE, "2026-01-03"}}, "3"},
    {SQL_REPORT_DEMANDES_NIGHT,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, ""),
     {{REPORT_DEMANDES_NIGHT_P_TOUCHED, "[2]"}},
     "ENR0002M1"},
    {SQL_REPORT_DEMANDES_NIGHT,
     REQUEST(1, OURS, ANA, ""),
     {{REPORT_DEMANDES_NIGHT_P_TOUCHED, "[]"}},
     ""},
    {SQL_REPORT_PIECES_NIGHT,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "") DROP(1) PIECE(1, 1, "rib", 0)
	 PIECE(2, 1, "kbis", 1),
     {{REPORT_PIECES_NIGHT_P_TOUCHED, "[2]"}},
     "2|ENR0002M1|kbis"},
    {SQL_REPORT_COMPTES_NIGHT,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "") ACCOUNT("a", ANA, OURS, 1)
	 ACCOUNT("b", BOB, OURS, 2),
     {{REPORT_COMPTES_NIGHT_P_TOUCHED, "[2]"}},
     "b|" BOB},
    {SQL_REPORT_DROITS_NIGHT, /* of the supplier's other requests too */
     OPENED REQUEST(2, OURS, ANA, "") ACCOUNT("own", ANA, OURS, 2),
     {{REPORT_DROITS_NIGHT_P_TOUCHED, "[2]"}},
     "ENR0001M1|own"},
    {SQL_REPORT_DROITS_NIGHT,
     OPENED REQUEST(2, THEIRS, ANA, ""),
     {{REPORT_DROITS_NIGHT_P_TOUCHED, "[2]"}},
     ""},
    {SQL_REPORT_COORDONNEES_BANCAIRES_NIGHT,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "") REQUEST(
	 3, OURS, ANA,
	 "") "INSERT INTO dossiers (demande, rang, depot, iban) SELECT id, 1, 1, 'I' || id FROM "
	     "demandes; UPDATE demandes SET statut = 'REJETEE' WHERE id = 2;",
     {{REPORT_COORDONNEES_BANCAIRES_NIGHT_P_TOUCHED, "[2,3]"}},
     "ENR0003M1||D|I3"},
    {SQL_REPORT_COMPTES_CHANGED,
     STOCK(1, "comptes", "pris"),
     {{REPORT_COMPTES_CHANGED_P_SINCE, "0"}},
     "1"},
    {SQL_REPORT_COMPTES_CHANGED,
     STOCK(1, "comptes", "refuse"),
     {{REPORT_COMPTES_CHANGED_P_SINCE, "0"}},
     ""},
    {SQL_REPORT_COMPTES_CHANGED,
     STOCK(1, "banques", "pris"),
     {{REPORT_COMPTES_CHANGED_P_SINCE, "0"}},
     ""},
    {SQL_REPORT_COMPTES_CHANGED,
     STOCK(1, "comptes", "pris"),
     {{REPORT_COMPTES_CHANGED_P_SINCE, "1"}},
     ""},

    /* --- counters --- */
    {SQL_SUMMARY_STATUTS,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "") REQUEST(3, OURS, ANA, "")
	 ACCOUNT("a", ANA, OURS, 1) "UPDATE demandes SET statut = 'VALIDEE' WHERE id <> 2;"
				    "UPDATE demandes SET statut = statut;",
     {{0}},
     "EN_COURS|1"},

    /* --- what `show` tells of one request --- */
    {SQL_DEMANDE_PIECES,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "") DROP(1) PIECE(1, 1, "rib", 1)
	 PIECE(2, 1, "kbis", 0),
     {{DEMANDE_PIECES_P_DEMANDE, "1"}},
     "rib|f|pdf|1|s|-|non|1|-|archive"},
    {SQL_DEMANDE_EVENEMENTS,
     REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "")
	 EVENT(1, 2, "depot", "EN_COURS", "N2", NULL) EVENT(2, 1, "depot", "EN_COURS", "N1", NULL),
     {{DEMANDE_EVENEMENTS_P_DEMANDE, "1"}},
     "2026-01-02|depot|a|-|EN_COURS|m2|||||N1"},
    {SQL_DEMANDE_MAILS,
     REQUEST(1, OURS, ANA, "")
	 REQUEST(2, OURS, ANA, "") "INSERT INTO mails (date, type, destinataire, destinataire_nom, "
				   "demande, numero) VALUES"
				   " ('2026-01-01', 'refus', '" BOB
				   "', '', 2, ''), ('2026-01-02', 'refus', '" ANA "', '', 1, '');",
     {{DEMANDE_MAILS_P_DEMANDE, "1"}},
     "2026-01-02|refus|" ANA "|0"},
};

static bool is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0' && strlen(text) < 9;
}

/* The first row, its columns joined by "|", as far as `wanted` has them; "" without a row. */
static void choices(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *fixture;
		struct buf row = {0};
		sqlite3_stmt *stmt;

		fixture_setup(state);
		fixture = *state;
		fixture_sql(fixture, "INSERT INTO nuits (id, date, programme, regles) VALUES"
				     " (1, '2026-01-01', '1', 'r')");
		fixture_sql(fixture, cases[i].rows);
		stmt = store_stmt(fixture->root.store, cases[i].statement);
		for (size_t p = 0; p < 3 && cases[i].parameters[p].number != 0; p++)
			if (is_number(cases[i].parameters[p].text))
				bind_int(stmt, cases[i].parameters[p].number,
					 atoi(cases[i].parameters[p].text));
			else
				bind_text(stmt, cases[i].parameters[p].number,
					  cases[i].parameters[p].text);
		if (store_step(fixture->root.store, stmt))
			for (int c = 0; c < sqlite3_column_count(stmt); c++)
				buf_printf(&row, "%s%s", c > 0 ? "|" : "",
					   column_null(stmt, c) ? "-" : column_text(stmt, c));
		buf_puts(&row, "");
		if (strncmp(row.data, cases[i].wanted, strlen(cases[i].wanted)) != 0 ||
		    (*cases[i].wanted == '\0' && row.length > 0))
			fail_msg("case %zu: %s, not %s", i, row.data, cases[i].wanted);
		assert_null(store_error(fixture->root.store));
		buf_free(&row);
		fixture_teardown(state);
	}
	*state = NULL;
}

/* Of each request its own last event. */
static void last_event(void **state)
{
	struct fixture *fixture = *state;
	sqlite3_stmt *stmt;

	fixture_sql(fixture, REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "")
				 EVENT(1, 1, "depot", "EN_COURS", "", NULL)
				     EVENT(2, 2, "depot", "EN_COURS", "", NULL));
	stmt = store_stmt(fixture->root.store, SQL_REPORT_DEMANDES);
	for (int i = 1; i <= 2; i++) {
		assert_true(store_step(fixture->root.store, stmt));
		for (int c = 0; c < sqlite3_column_count(stmt); c++) {
			const char *title = sqlite3_column_name(stmt, c);

			if (strcmp(title, "date_dernier_evenement") == 0)
				assert_string_equal(column_text(stmt, c),
						    i == 1 ? "2026-01-01" : "2026-01-02");
			if (strcmp(title, "motif") == 0)
				assert_string_equal(column_text(stmt, c), i == 1 ? "m1" : "m2");
		}
	}
}

/* Since when a supplier is awaited: of nobody that is not. */
static void awaited_since(void **state)
{
	static const struct {
		const char *statut, *since;
	} statuses[] = {{"ATTENTE_PIECES", "2026-02-01\n"},
			{"EN_COURS", "-\n"},
			{"VALIDATION_PARTIELLE", "2026-02-01\n"},
			{"VALIDEE", "-\n"}};
	struct fixture *fixture = *state;

	fixture_sql(fixture, REQUEST(1, OURS, ANA, ""));
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		sqlite3_stmt *stmt = store_stmt(fixture->root.store, SQL_DEMANDE_SET_STATUT);

		bind_int(stmt, DEMANDE_SET_STATUT_P_ID, 1);
		bind_text(stmt, DEMANDE_SET_STATUT_P_STATUT, statuses[i].statut);
		bind_int(stmt, DEMANDE_SET_STATUT_P_MODIFICATION_DEMANDEE, 0);
		bind_text(stmt, DEMANDE_SET_STATUT_P_DATE, "2026-02-01");
		store_run(fixture->root.store, stmt);
		assert_string_equal(fixture_rows(fixture, "SELECT attente_depuis FROM demandes"),
				    statuses[i].since);
	}
}

/* Of a request's several documents the one that was told. */
static void one_deadline(void **state)
{
	struct fixture *fixture = *state;
	sqlite3_stmt *stmt = store_stmt(fixture->root.store, SQL_ECHEANCE_DELETE);

	fixture_sql(fixture,
		    REQUEST(1, OURS, ANA, "")
			REQUEST(2, OURS, ANA,
				"") "INSERT INTO echeances (demande, type, date, depot) VALUES"
				    " (1, 'certificat_hds', '', 1), (1, 'autre', '', 1), (2, "
				    "'certificat_hds', '', 1)");
	bind_int(stmt, ECHEANCE_DELETE_P_DEMANDE, 1);
	bind_text(stmt, ECHEANCE_DELETE_P_TYPE, "certificat_hds");
	store_run(fixture->root.store, stmt);
	assert_string_equal(fixture_rows(fixture, "SELECT demande, type FROM echeances ORDER BY 1"),
			    "1|autre\n2|certificat_hds\n");
}

/* Kept by triggers, whatever statement changes a request; verify counts the same. */
static void counters(void **state)
{
	struct fixture *fixture = *state;
	sqlite3_stmt *stmt;

	fixture_sql(
	    fixture,
	    "INSERT INTO nuits (id, date, programme, regles) VALUES (1, '', '1', 'r'), (2, '', "
	    "'1', 'r');" REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "")
		REQUEST(3, OURS, ANA, "") ACCOUNT("a", ANA, OURS, 1) ACCOUNT("b", BOB, OURS, 2)
		    DROP(1) DROP(2) "UPDATE demandes SET statut = 'VALIDEE' WHERE id <> 2;"
				    "UPDATE depots SET nuit = 2 WHERE id = 1;"
				    "INSERT INTO effacements (date, nature, objet, depot) VALUES"
				    " ('', 'refus', 'archive', 1), ('', 'refus', 'archive', 2),"
				    " ('', 'refus', 'archive', 1), ('', 'rapports', '', NULL)");
	assert_string_equal(fixture_rows(fixture, "SELECT nom, valeur FROM compteurs WHERE valeur "
						  "<> 0 UNION ALL SELECT * FROM reperes"),
			    "EN_COURS|1\nVALIDEE|2\ncomptes|2\neffacement|1\n");
	stmt = store_stmt(fixture->root.store, SQL_VERIFY_COMPTEURS);
	while (store_step(fixture->root.store, stmt))
		assert_int_equal(column_int(stmt, VERIFY_COMPTEURS_VALEUR),
				 column_int(stmt, VERIFY_COMPTEURS_COMPTE));
	fixture_sql(fixture, "UPDATE compteurs SET valeur = 9; UPDATE reperes SET valeur = 9");
	stmt = store_stmt(fixture->root.store, SQL_VERIFY_COMPTEURS);
	while (store_step(fixture->root.store, stmt)) {
		assert_int_equal(column_int(stmt, VERIFY_COMPTEURS_VALEUR), 9);
		assert_int_not_equal(column_int(stmt, VERIFY_COMPTEURS_COMPTE), 9);
	}
	/* Told whether it is there or not, and whether it should be. */
	fixture_sql(fixture, "DELETE FROM compteurs WHERE nom <> 'comptes';"
			     "INSERT INTO compteurs VALUES ('ANNULEE', 0)");
	assert_string_equal(fixture_rows(fixture, sql_statements[SQL_VERIFY_COMPTEURS]),
			    "EN_COURS|-|1\nVALIDATION_PARTIELLE|-|0\nATTENTE_PIECES|-|0\n"
			    "CERTIFICATS_A_VALIDER|-|0\nREJETEE|-|0\nVALIDEE|-|2\n"
			    "comptes|9|2\nANNULEE|0|-\neffacement|9|1\n");
}

/* The statuses are written out in SQL too. */
static void a_counter_a_status(void **state)
{
	struct fixture *fixture = *state;
	sqlite3_stmt *stmt = store_stmt(fixture->root.store, SQL_VERIFY_COMPTEURS);

	for (unsigned i = STATUT_NONE + 1; i < STATUT_COUNT; i++) {
		assert_true(store_step(fixture->root.store, stmt));
		assert_string_equal(column_text(stmt, VERIFY_COMPTEURS_NOM),
				    statut_code((enum statut)i));
	}
}

/* A register's kept copy serves as long as no drop of its night, or before, was erased. */
static void kept_for_a_replay(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(fixture,
		    "INSERT INTO nuits (id, date, programme, regles) VALUES (1, '', '1', "
		    "'r'), (2, '', '1', 'r');"
		    "INSERT INTO fichiers_asp VALUES (1, 1, 'f', 'decisions', 'h', '', 1,"
		    " 'pris', 's', 'r', 1, 1, NULL);" DROP(
			1) "UPDATE depots SET nuit = 2;"
			   "INSERT INTO effacements (date, nature, objet, depot) VALUES ('',"
			   " 'refus', 'archive', 1)");
	assert_int_equal(store_get_int(fixture->root.store, SQL_FICHIER_NEEDED, "h", 0), 1);
	fixture_sql(fixture, DROP(2) "INSERT INTO effacements (date, nature, objet, depot) VALUES"
				     " ('', 'refus', 'archive', 2)");
	assert_int_equal(store_get_int(fixture->root.store, SQL_FICHIER_NEEDED, "h", 0), 0);
}

/* Files that changed at the same instant are told apart by inode and account. */
static void answered_before(void **state)
{
	static const struct {
		const char *compte, *source;
		int64_t answered, incidents;
	} files[] = {{"c", "1-5.000000007", 2, 0},
		     {"c", "2-5.000000007", 0, 1},
		     {"d", "2-5.000000007", 1, 0},
		     {"d", "1-5.000000007", 0, 0},
		     {"c", "1-5.000000008", 0, 0}};
	struct fixture *fixture = *state;

	fixture_sql(
	    fixture,
	    DROP(1) DROP(2) DROP(3) DROP(
		4) "UPDATE depots SET source = iif(id < 3, '1', '2') || '-5.000000007', compte ="
		   " iif(id = 4, 'd', 'c'), etat = iif(id = 3, 'INCIDENT', 'KO')");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct store *store = fixture->root.store;
		sqlite3_stmt *stmt = store_stmt(store, SQL_DEPOT_HISTORY);

		bind_text(stmt, DEPOT_HISTORY_P_COMPTE, files[i].compte);
		bind_text(stmt, DEPOT_HISTORY_P_SOURCE, files[i].source);
		assert_true(store_step(store, stmt));
		assert_int_equal(column_int(stmt, DEPOT_HISTORY_ANSWERED), files[i].answered);
		assert_int_equal(column_int(stmt, DEPOT_HISTORY_INCIDENTS), files[i].incidents);
		sqlite3_reset(stmt);
		assert_int_equal(store_has(store, SQL_DEPOT_ANSWERED, DEPOT_ANSWERED_P_COMPTE,
					   files[i].compte, DEPOT_ANSWERED_P_SOURCE,
					   files[i].source),
				 files[i].answered > 0);
	}
}

/* One establishment's, of any status or of one. */
static void listed_by_siret(void **state)
{
	static const struct {
		const char *siret, *statut;
		int64_t after, wanted;
	} lists[] = {{OURS "00016", NULL, 0, 1},
		     {OURS "00016", NULL, 1, 3},
		     {OURS "00016", "EN_COURS", 0, 3},
		     {OURS "00016", "VALIDEE", 1, 0},
		     {OURS "00024", NULL, 0, 2}};
	struct fixture *fixture = *state;

	fixture_sql(
	    fixture,
	    REQUEST(1, OURS, ANA, "") REQUEST(2, OURS, ANA, "") REQUEST(
		3, OURS, ANA,
		"") "UPDATE demandes SET siret = siren || iif(id = 2, '00024', '00016'), statut ="
		    " iif(id = 1, 'VALIDEE', statut)");
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		sqlite3_stmt *stmt = store_stmt(fixture->root.store, SQL_DEMANDES_SIRET_LIST);
		bool found;

		bind_int(stmt, DEMANDES_SIRET_LIST_P_AFTER, lists[i].after);
		bind_text(stmt, DEMANDES_SIRET_LIST_P_SIRET, lists[i].siret);
		bind_text(stmt, DEMANDES_SIRET_LIST_P_STATUT, lists[i].statut);
		found = store_step(fixture->root.store, stmt);
		assert_int_equal(found ? column_int(stmt, LISTED_ID) : 0, lists[i].wanted);
		sqlite3_reset(stmt);
	}
}

/* As far as the newest file that was taken. */
static void stock_seen(void **state)
{
	struct fixture *fixture = *state;

	fixture_sql(fixture, STOCK(1, "etablissements", "pris") STOCK(2, "unites_legales", "pris")
				 STOCK(3, "comptes", "pris") STOCK(4, "etablissements", "refuse"));
	store_run(fixture->root.store, store_stmt(fixture->root.store, SQL_FOLLOW_UP_STOCK_SEEN));
	assert_string_equal(fixture_rows(fixture, "SELECT nom, valeur FROM reperes"), "stock|2\n");
}

/* Whether the column is named as the end of the key's path: "iban" for "banque.iban". */
static bool is_named_after(const char *column, const char *path)
{
	size_t length = strlen(path), tail = strlen(column);

	if (tail > length || (tail < length && path[length - tail - 1] != '.'))
		return false;
	for (const char *end = path + length - tail; *end != '\0'; end++, column++)
		if (*column != (*end == '.' ? '_' : *end))
			return false;
	return true;
}

/* Each column of the table that holds a key of dossier.yaml is written and read, as that key. */
static void columns_of_a_dossier(void **state)
{
	struct fixture *fixture = *state;
	sqlite3_stmt *get = store_stmt(fixture->root.store, SQL_DOSSIER_GET);
	struct buf names = {0};

	assert_int_equal(sqlite3_column_count(get), DOSSIER_COLUMNS);
	for (size_t i = 0; i < DOSSIER_COLUMNS; i++) {
		const char *name = sqlite3_column_name(get, dossier_columns[i].column);
		const char *path = champ_table[dossier_columns[i].champ].chemin;

		if (!is_named_after(name, path))
			fail_msg("%s holds %s", name, path);
		buf_printf(&names, "%s\n", name);
	}
	assert_string_equal(
	    fixture_rows(fixture, "SELECT name FROM pragma_table_info('dossiers') WHERE name NOT IN"
				  " ('demande', 'rang', 'depot', 'domiciliation') ORDER BY cid"),
	    names.data);
	buf_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(choices),
	    cmocka_unit_test_setup_teardown(last_event, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(one_deadline, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(stock_seen, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(columns_of_a_dossier, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(counters, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(a_counter_a_status, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(kept_for_a_replay, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(listed_by_siret, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(answered_before, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(awaited_since, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
