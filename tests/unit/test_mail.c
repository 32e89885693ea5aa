#include "lib/array.h"
#include "lib/text.h"
#include "outbox_fixture.h"
#include "publish/law.h"
#include "publish/mail.h"
#include "publish/mail_text.h"
#include "publish/mime.h"
#include "request/token.h"

#include <ctype.h>

/* The bytes that "=XX" and, in a header, "_" stand for; `text` is rewritten. */
static void decode_q(char *text, bool header)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		unsigned byte;

		if (*text == '=' && text[1] == '\n') {
			text++;
		} else if (*text == '=') {
			assert_true(isxdigit((unsigned char)text[1]) &&
				    isxdigit((unsigned char)text[2]));
			assert_int_equal(sscanf(text + 1, "%2X", &byte), 1);
			*out++ = (char)byte;
			text += 2;
		} else {
			*out++ = header && *text == '_' ? ' ' : *text;
		}
	}
	*out = '\0';
}

/* The decoded value of a field; the caller frees it. */
static char *field(const char *message, const char *name)
{
	char *start = mem_printf("\n%s: ", name), *value, *word;
	const char *at = strstr(message, start), *end;
	struct buf text = {0};

	if (at == NULL)
		fail_msg("%s manque", name);
	at += strlen(start);
	for (end = strchr(at, '\n'); end[1] == ' '; end = strchr(end + 1, '\n'))
		continue;
	value = mem_strndup(at, (size_t)(end - at));
	for (char *rest = value; (word = strstr(rest, "=?utf-8?Q?")) != NULL;) {
		char *close = strstr(word + 10, "?=");

		assert_non_null(close);
		if (rest == value)
			buf_add(&text, rest, (size_t)(word - rest));
		*close = '\0';
		decode_q(word + 10, true);
		assert_true(text_is_utf8(word + 10, strlen(word + 10)));
		buf_puts(&text, word + 10);
		rest = close + 2;
		if (strstr(rest, "=?utf-8?Q?") == NULL)
			buf_puts(&text, rest);
	}
	if (text.length == 0)
		buf_puts(&text, value);
	free(value);
	free(start);
	return buf_take(&text);
}

/* The text as it would be typed: plain spaces and apostrophes. */
static char *typed(const char *text)
{
	static const char *const set[][2] = {{"\u00A0", " "}, {"\u202F", " "}, {"\u2019", "'"}};
	struct buf out = {0};

	while (*text != '\0') {
		size_t i = 0;

		while (i < ARRAY_SIZE(set) && strncmp(text, set[i][0], strlen(set[i][0])) != 0)
			i++;
		if (i == ARRAY_SIZE(set)) {
			buf_putc(&out, *text++);
			continue;
		}
		buf_puts(&out, set[i][1]);
		text += strlen(set[i][0]);
	}
	return buf_take(&out);
}

static char *set_body(const char *message)
{
	const char *start = strstr(message, "\n\n");
	char *text;

	assert_non_null(start);
	text = mem_strdup(start + 2);
	decode_q(text, false);
	return text;
}

static char *body(const char *message)
{
	char *set = set_body(message), *text = typed(set);

	free(set);
	return text;
}

/* What every message must be, whatever it says. */
static void check_form(const char *message)
{
	size_t column = 0;

	for (const char *at = message; *at != '\0'; at++) {
		assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
		column = *at == '\n' ? 0 : column + 1;
		assert_true(column <= 76);
	}
	assert_int_equal(message[strlen(message) - 1], '\n');
}

static void contains(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("« %s » manque dans :\n%s", part, text);
}

static void lacks(const char *text, const char *part)
{
	if (strstr(text, part) != NULL)
		fail_msg("« %s » est de trop dans :\n%s", part, text);
}

/* What each mail of the fixture says, and must not say. */
struct mail_case {
	int64_t id;
	const char *type, *demande, *subject;
	const char *says[8], *omits[4];
};

static const struct mail_case cases[] = {
    {1,
     "accuse_reception_anticipe",
     "ENR0001M0",
     "Accusé de réception de votre demande d'enrôlement « anticipé » ENR0001M0 déposée le "
     "1er mars 2026",
     {"enrôlement anticipé n° ENR0001M0, déposée le 1er mars 2026 à 2 h 15", "DSR : SONS DPI",
      "Statut de la demande : En cours", "l'hébergement de données de santé vous seront demandés",
      "dossier.zip_retour.yaml",
      "SIRET 73282932000074)\nSolution : ", "Service chargé de votre dossier : "},
     {"enrôlement complémentaire", "112-11", "alerte"}},
    {2,
     "depot_refuse",
     NULL,
     "Dépôt non enregistré : été \"1\"\xF0\x9F\x98\x80.zip, deux anomalies bloquantes",
     {"reçu le 2 mars 2026 à 2 h 15, n'a pas été enregistré : il comporte deux anomalies bloquantes "
      "et une alerte.\n\nAucune demande d'enrôlement n'a été créée pour l'entreprise LOGICIELS "
      "EXEMPLE (SIRET 73282932000074) et la solution Logiciel (version 2.1) référencée 27f99871b4.",
      "1. Le SIRET est faux. (SIR-003)\n   Où : dossier.yaml, ligne 12, colonne 10 "
      "(demandeur.siret)\n"
      "   Que faire : Vérifiez-le.",
      "2. Pièce vide. (PJ-001)\n   Où : rib.pdf, dans l'archive\n",
      "3. Banque inconnue. (BNK-011, alerte)", "Une fois tous ces points réglés",
      "Le fichier « été \"1\"\xF0\x9F\x98\x80.zip_a_corriger.yaml », dans votre espace de retrait"},
     {"inchangée"}},
    {3,
     "validation_partielle",
     "ENR0001M0",
     "Acceptation de votre demande d'enrôlement « anticipé » dans le cadre du financement « "
     "numérique en "
     "santé » déposée le 1er mars 2026 pour la solution référencée ans1 du SONS DPI",
     {"deux documents complémentaires simultanément", "attestation sur l'honneur",
      "    type: finalisation\n", "    demande: ENR0001M0\n", "type: certificat_hds",
      "hebergement_donnees_sante: oui", "Si vous ne possédez pas de compte ASP"},
     {"désormais déposer vos demandes"}},
    {4,
     "validation",
     "ENR0003M2",
     "Acceptation de votre demande d'enrôlement dans le cadre du financement « numérique en santé "
     "» déposée le 1er mars 2026 pour la solution référencée ans3 du DSR LGC",
     {"au statut « Validée »", "désormais déposer vos demandes de financement",
      "Si vous possédez un compte"},
     {"anticipé", "finalis"}},
    {5,
     "refus",
     "ENR0004M0",
     "Refus de votre demande d'enrôlement dans le cadre du financement « numérique en santé » "
     "déposée le "
     "1er mars 2026 pour la solution référencée ans4 du DSR LGC",
     {"motif suivant :\n\nLe RIB est illisible.\nSubject: faux\n", "déposer une nouvelle demande"},
     {"reste ouvert", "contester", "Décision prise"}},
    {6,
     "refus",
     "ENR0005M0",
     "Refus de votre demande d'enrôlement « anticipé » dans le cadre du financement « numérique "
     "en santé » déposée le 1er mars 2026 pour la solution référencée ans5 du DSR LGC",
     {"reste ouvert", "type: complementaire"},
     {0}},
    {7,
     "demande_pieces",
     "ENR0006M0",
     "Pièces justificatives à fournir pour votre demande d'enrôlement complémentaire « anticipé » "
     "ENR0006M0",
     {"- extrait Kbis (code : kbis) ;\n- relevé d'identité bancaire (RIB) (code : rib).\n",
      "    type: pieces\n    demande: ENR0006M0\n    pieces:\n      - {type: kbis, fichier: "
      "kbis.pdf}\n",
      "Précision du gestionnaire :\n\nLe RIB est flou.", "En attente de pièce(s)",
      "au plus tard le 1er avril 2026"},
     {"L. 114-5"}},
    {8,
     "demande_modification",
     "ENR0007M1",
     "Correction à apporter à votre demande d'enrôlement ENR0007M1",
     {"Corrigez {numero}.", "    type: modification\n    demande: ENR0007M1\n",
      "ne peuvent pas être modifiés"},
     {"pieces:"}},
    {9,
     "accuse_reception",
     "ENR12345M0",
     "Accusé de réception de vos documents de finalisation de la demande d'enrôlement ENR12345M0",
     {"Statut de la demande : Certificat(s) à valider", "données de santé déposés le"},
     {0}},
    {10,
     "accuse_reception",
     "ENR0007M1",
     "Accusé de réception de votre correction de la demande d'enrôlement ENR0007M1",
     {"porte désormais le numéro ENR0007M1"},
     {0}},
    {11,
     "accuse_reception",
     "ENR0006M0",
     "Accusé de réception de vos pièces pour la demande d'enrôlement ENR0006M0",
     {"pièces justificatives déposées le", "ENR0006M0 :\n- extrait Kbis (code : kbis) ;\n"},
     {0}},
    {12,
     "validation",
     "ENR12345M0",
     "Validation complète de votre demande d'enrôlement ENR12345M0 dans le cadre du financement "
     "« numérique en santé » pour la solution référencée ans12345 du SONS DPI",
     {"finalise l'enrôlement que vous aviez déposé à titre anticipé",
      "désormais déposer vos demandes"},
     {"Si vous ne possédez pas de compte"}},
    {13,
     "accuse_reception",
     "ENR0002M0",
     "Accusé de réception de votre demande d'enrôlement complémentaire ENR0002M0 déposée le "
     "1er mars 2026",
     {"enrôlement complémentaire n° ENR0002M0",
      "a relevé une alerte, sans effet sur son enregistrement :\n\n1. Banque inconnue. (BNK-011, "
      "alerte)\n   Où : dossier.yaml, ligne 20, colonne 3 (banque.iban)\n"},
     {"anticipé", "certificat", "aucune action n'est attendue"}},
    {14,
     "identifiant",
     "ENR0001M0",
     "Portail Ségur Numérique : votre identifiant",
     {"Votre identifiant est : elise.durand\n"},
     {0}},
    {15,
     "mot_de_passe",
     "ENR0001M0",
     "Portail Ségur Numérique : définition de votre mot de passe",
     {"code à usage unique", "ouvrez le portail à l'adresse "
			     "https://segurnum.asp-public.fr/segurnum/, saisissez"},
     {"elise.durand"}},
    {16,
     "ouverture_acces",
     "ENR0003M2",
     "Portail Ségur Numérique : ouverture de vos accès",
     {"l'identifiant qui vous a déjà été attribué"},
     {"code à usage unique"}},
    {17,
     "validation_partielle",
     "ENR0006M0",
     "Acceptation de votre demande d'enrôlement complémentaire « anticipé » dans le cadre du "
     "financement "
     "« numérique en santé » déposée le 1er mars 2026 pour la solution référencée ans6 du DSR LGC",
     {"déposer votre certificat de référencement dès que", "Vous conservez le compte"},
     {"deux documents", "hébergement", "hebergement", "certificat_hds"}},
    {18, "type_futur", "ENR0002M0", "Votre dossier d'enrôlement ENR0002M0", {"a évolué"}, {0}},
};

/* Reminders, after reminder_rows. */
static const struct mail_case reminders[] = {
    {30,
     "relance",
     "ENR0006M0",
     "Rappel : pièces justificatives à fournir pour votre demande d'enrôlement complémentaire "
     "« anticipé » ENR0006M0",
     {"Le 2 mars 2026, nous vous avons prié de nous transmettre les documents suivants, que nous "
      "n'avons pas encore reçus :\n- ",
      "(code : kbis) ;\n- relevé d'identité bancaire (RIB) (code : rib).\n",
      "Précision du gestionnaire :\n\nLe RIB est flou.",
      "    format: 1\n    type: pieces\n    demande: ENR0006M0\n    pieces:\n"
      "      - {type: kbis, fichier: kbis.pdf}\n      - {type: rib, fichier: rib.pdf}\n",
      "« En attente de pièce(s) jointe(s) complémentaire(s) »"},
     {"certificat", "rubriques", "code : autre"}},
    {31,
     "relance",
     "ENR0007M1",
     "Rappel : correction à apporter à votre demande d'enrôlement ENR0007M1",
     {"Le 2 mars 2026, nous vous avons prié d'apporter à cette demande la correction suivante",
      "\n\nCorrigez {numero}.\n", "    type: modification\n    demande: ENR0007M1\n"},
     {"type: pieces", "    pieces:", "certificat", "Précision"}},
    {32,
     "relance",
     "ENR0005M0",
     "Rappel : votre demande d'enrôlement « anticipé » ENR0005M0 reste à finaliser",
     {"Le 1er mars 2026, votre demande a été validée partiellement ; elle est au statut « Validation "
      "partielle : En attente de certificat(s) »",
      "déposez votre certificat de référencement.",
      "    type: finalisation\n    demande: ENR0005M0\n    pieces:\n      - {type: "
      "certificat_referencement, fichier: certificat_referencement.pdf}\n"},
     {"deux documents", "hébergement", "hebergement", "certificat_hds"}},
    {33,
     "relance",
     "ENR0001M0",
     "Rappel : votre demande d'enrôlement « anticipé » ENR0001M0 reste à finaliser",
     {"Le 2 mars 2026, votre demande a été validée partiellement",
      "déposez simultanément deux documents :\n- votre certificat de référencement ;\n- concernant "
      "l'hébergement",
      "    type: finalisation\n    demande: ENR0001M0\n    hebergement_donnees_sante: oui",
      "{type: certificat_hds, fichier: certificat_hds.pdf, valide_jusqu_au: AAAA-MM-JJ}"},
     {"déposez votre certificat de référencement."}},
    /* a second one, after a document was told */
    {35,
     "relance",
     "ENR0001M0",
     "Rappel : votre demande d'enrôlement « anticipé » ENR0001M0 reste à finaliser",
     {"Le 2 mars 2026, votre demande a été validée partiellement"},
     {0}},
};

/* Each asked anew, then reminded; what comes later changes nothing in a mail that is written late.
 */
static const char reminder_rows[] =
    "WITH r(id, date, demande, numero, evenement, statut, motif, pieces) AS (VALUES"
    " (20, '2026-03-02', 6, 'ENR0006M0', 'demander_pieces', 'ATTENTE_PIECES', 'Le RIB est flou.',"
    "  'kbis|rib'),"
    " (21, '2026-03-02', 7, 'ENR0007M1', 'demander_modification', 'ATTENTE_PIECES',"
    "  'Corrigez {numero}.', ''),"
    " (22, '2026-03-01', 5, 'ENR0005M0', 'valider', 'VALIDATION_PARTIELLE', '', ''),"
    " (30, '2026-03-20', 6, 'ENR0006M0', 'relance', 'ATTENTE_PIECES', '', 'autre'),"
    " (31, '2026-03-20', 7, 'ENR0007M1', 'relance', 'ATTENTE_PIECES', '', ''),"
    " (32, '2026-03-20', 5, 'ENR0005M0', 'relance', 'VALIDATION_PARTIELLE', '', ''),"
    " (33, '2026-03-20', 1, 'ENR0001M0', 'relance', 'VALIDATION_PARTIELLE', '', ''),"
    " (34, '2026-03-20', 1, 'ENR0001M0', 'echeance', 'VALIDATION_PARTIELLE', '', ''),"
    " (35, '2026-03-20', 1, 'ENR0001M0', 'relance', 'VALIDATION_PARTIELLE', '', ''),"
    " (36, '2026-03-20', 7, 'ENR0007M2', 'depot_modification', 'EN_COURS', '', ''),"
    " (37, '2026-03-20', 6, 'ENR0006M0', 'rejeter', 'REJETEE', 'Non.', ''))"
    "INSERT INTO evenements (id, nuit, date, demande, numero, evenement, acteur, de, vers, motif,"
    "  pieces, fichier) SELECT id, 2, date, demande, numero, evenement, 'service', statut, statut,"
    "  motif, pieces, '' FROM r;"
    "INSERT INTO mails SELECT id, '2026-03-20', 'relance', 'd@exemple.fr', 'D', demande, numero,"
    "  id, NULL, NULL, 0, NULL FROM evenements WHERE evenement = 'relance';";

static void check_mail(const struct mail_case *wanted)
{
	struct buf message = {0};
	char *subject, *text, *value;

	mail_render(&root, wanted->id, &message);
	check_form(message.data);
	value = field(message.data, "Subject");
	subject = typed(value);
	free(value);
	assert_string_equal(subject, wanted->subject);
	text = body(message.data);
	for (size_t j = 0; j < ARRAY_SIZE(wanted->says) && wanted->says[j] != NULL; j++)
		contains(text, wanted->says[j]);
	for (size_t j = 0; j < ARRAY_SIZE(wanted->omits) && wanted->omits[j] != NULL; j++)
		lacks(text, wanted->omits[j]);
	if (wanted->id != 8 && wanted->id != 31) /* whose reason holds braces */
		lacks(text, "{numero}");
	assert_int_equal(strncmp(text, "Madame, Monsieur,\n\n", 19), 0);
	contains(text, "Cordialement.\n\nAgence de services et de paiement\n");
	value = field(message.data, "X-Segur-Mail");
	assert_string_equal(value, wanted->type);
	free(value);
	if (wanted->demande != NULL) {
		value = field(message.data, "X-Segur-Demande");
		assert_string_equal(value, wanted->demande);
		free(value);
	} else {
		lacks(message.data, "X-Segur-Demande");
	}
	free(text);
	free(subject);
	buf_free(&message);
}

static void every_mail(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_mail(&cases[i]);
}

static void every_reminder(void **state)
{
	(void)state;
	fixture_sql(&root, reminder_rows);
	for (size_t i = 0; i < ARRAY_SIZE(reminders); i++)
		check_mail(&reminders[i]);
}

static void other_headers(void **state)
{
	static const struct {
		const char *name, *value;
	} headers[] = {
	    {"To", "Élise DURAND\n <elise.durand@exemple.fr>"},
	    {"Date", "Mon, 02 Mar 2026 00:00:00 +0000"},
	    {"MIME-Version", "1.0"},
	    {"Content-Type", "text/plain; charset=utf-8"},
	    {"Content-Transfer-Encoding", "quoted-printable"},
	    {"Content-Language", "fr"},
	    {"Auto-Submitted", "auto-generated"},
	};
	struct buf one = {0}, again = {0};
	char *id, token[TOKEN_SIZE];

	(void)state;
	mail_render(&root, 15, &one);
	mail_render(&root, 15, &again);
	assert_string_equal(one.data, again.data);
	assert_int_equal(
	    strncmp(one.data, "From: Agence de services et de paiement\n <ne-pas-repondre@", 58),
	    0);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		char *value = field(one.data, headers[i].name);

		assert_string_equal(value, headers[i].value);
		free(value);
	}
	token_derive(root.secret, "elise.durand", 1, token);
	contains(one.data, token);
	id = field(one.data, "Message-ID");
	assert_int_equal(strncmp(id, "<segur.mot_de_passe.15.", 23), 0);
	assert_string_equal(id + 31, "@asp.example>");
	free(id);
	buf_clear(&again);
	mail_render(&root, 14, &again);
	assert_string_not_equal(strstr(one.data, "Message-ID"), strstr(again.data, "Message-ID"));
	buf_free(&one);
	buf_free(&again);
}

/* Values that try to leave their field. */
static void no_injection(void **state)
{
	struct buf message = {0};
	char *to, *numero;

	(void)state;
	fixture_sql(
	    &root,
	    "INSERT INTO mails VALUES (100, '2026-03-02', 'refus', 'a@b.fr' || char(10) || 'Bcc: "
	    "x@y.fr',"
	    " 'Nom\" <z@z.fr>' || char(13, 10) || 'Bcc: x@y.fr' || char(10, 10) || 'corps', 4,"
	    " 'ENR0004M0' || char(10) || 'Bcc: x@y.fr', 6, NULL, NULL, 1, NULL)");
	mail_render(&root, 100, &message);
	check_form(message.data);
	lacks(message.data, "\nBcc");
	assert_true(strstr(message.data, "\n\n") > strstr(message.data, "X-Segur-Demande"));
	to = field(message.data, "To");
	assert_string_equal(to, "Nom\" <z@z.fr>  Bcc: x@y.fr  corps\n <enrolement@asp.example>");
	numero = field(message.data, "X-Segur-Demande");
	assert_string_equal(numero, "ENR0004M0 Bcc: x@y.fr");
	free(to);
	free(numero);
	buf_free(&message);
	fixture_sql(&root, "DELETE FROM mails WHERE id = 100");
}

/* Where each anomaly of a refused drop stands, in words. */
static void places(void **state)
{
	static const struct {
		const char *columns, *words;
	} anomalies[] = {
	    {"'archive', NULL, NULL", "   Où : l'archive dans son ensemble\n"},
	    {"'archive/a ; b.pdf', NULL, NULL", "   Où : a ; b.pdf, dans l'archive\n"},
	    {"'archive/a.pdf', 7, 2",
	     "   Où : a.pdf, dans l'archive (dossier.yaml, ligne 7, colonne 2)\n"},
	    {"'archive/dossier.yaml', NULL, NULL", "   Où : dossier.yaml\n"},
	    {"'archive/d/dossier.yaml', 3, 5", "   Où : d/dossier.yaml, ligne 3, colonne 5\n"},
	    {"'banque', NULL, NULL", "   Où : dossier.yaml (banque)\n"},
	    {"'banque', 7, NULL", "   Où : dossier.yaml, ligne 7 (banque)\n"},
	    {"'banque', 7, 2", "   Où : dossier.yaml, ligne 7, colonne 2 (banque)\n"},
	};

	(void)state;
	fixture_sql(&root,
		    "INSERT INTO mails VALUES (101, '2026-03-02', 'depot_refuse', 'a@b.fr', '',"
		    " NULL, '', NULL, 6, NULL, 1, NULL)");
	for (size_t i = 0; i < ARRAY_SIZE(anomalies); i++) {
		struct buf message = {0};
		char *text, *sql = mem_printf("INSERT INTO anomalies VALUES (6, 1, 'BNK-001',"
					      " 'bloquant', %s, NULL, 'M.', 'R.', NULL)",
					      anomalies[i].columns);

		fixture_sql(&root, sql);
		mail_render(&root, 101, &message);
		text = body(message.data);
		contains(text, anomalies[i].words);
		contains(text, "il comporte une anomalie bloquante.");
		contains(message.data, "\nTo: a@b.fr\n");
		fixture_sql(&root, "DELETE FROM anomalies WHERE depot = 6");
		free(text);
		free(sql);
		buf_free(&message);
	}
	fixture_sql(&root, "DELETE FROM mails WHERE id = 101");
}

static char *mail_body(int64_t id)
{
	struct buf message = {0};
	char *text;

	mail_render(&root, id, &message);
	text = body(message.data);
	buf_free(&message);
	return text;
}

/* A receipt tells what was noticed, and says nothing of it otherwise. */
static void alerts(void **state)
{
	char *text = mail_body(1);

	(void)state;
	lacks(text, "Le contrôle de votre dépôt a relevé");
	contains(text, "aucune action n'est attendue de votre part");
	free(text);
	fixture_sql(&root,
		    "INSERT INTO anomalies VALUES (1, 1, 'YML-023', 'alerte', 'banque', 7, 2, "
		    "NULL, 'M.', 'R.', NULL)");
	text = mail_body(1);
	contains(text, "Le contrôle de votre dépôt a relevé une alerte, sans effet");
	contains(text,
		 "1. M. (YML-023, alerte)\n   Où : dossier.yaml, ligne 7, colonne 2 (banque)\n"
		 "   Que faire : R.");
	lacks(text, "aucune action n'est attendue de votre part");
	free(text);
	fixture_sql(&root, "DELETE FROM anomalies WHERE depot = 1");
}

/* A file to correct that is a model repeats nothing. */
static void model_for_an_unread_dossier(void **state)
{
	char *text;

	(void)state;
	fixture_sql(&root,
		    "INSERT INTO mails VALUES (102, '2026-03-02', 'depot_refuse', 'a@b.fr', '',"
		    " NULL, '', NULL, 2, NULL, 1, NULL)");
	text = mail_body(102);
	contains(text, "reprend votre dossier.yaml");
	lacks(text, "modèle vide");
	free(text);
	fixture_sql(&root, "SAVEPOINT model; UPDATE corrections SET modele = 1"
			   " WHERE depot = 2");
	text = mail_body(102);
	contains(text, "modèle vide");
	lacks(text, "reprend votre dossier.yaml");
	free(text);
	fixture_sql(&root, "ROLLBACK TO model; RELEASE model; DELETE FROM mails WHERE id = 102");
}

/* What is ours is set; values keep their bytes. */
static void typography(void **state)
{
	struct buf message = {0};
	char *text;

	(void)state;
	fixture_sql(&root,
		    "UPDATE depots SET archive = 'a ; b ! l''été.pdf' WHERE id = 2;"
		    "UPDATE anomalies SET valeur = 'FR14 2004 1010 0505 0001 3M02 606', message ="
		    " 'L''IBAN « FR14 2004 1010 0505 0001 3M02 606 » expire le 2026-03-02 ;'"
		    " || ' le fichier « c ; d.pdf » aussi.' WHERE depot = 2 AND ordre = 3");
	mail_render(&root, 2, &message);
	text = set_body(message.data);
	contains(text, "Votre dépôt «\u00A0a ; b ! l'été.pdf\u00A0», reçu le 2\u00A0mars 2026 à "
		       "2\u00A0h\u00A015, n\u2019a pas été enregistré\u00A0: il");
	contains(text, "3. L\u2019IBAN «\u00A0FR14…606\u00A0» expire le 2\u00A0mars 2026\u202F; le "
		       "fichier «\u00A0c ; d.pdf\u00A0» aussi.");
	free(text);
	buf_free(&message);
}

/* Not before what it acknowledges. */
static void date_of_receipt(void **state)
{
	struct buf message = {0};
	char *date;

	(void)state;
	mail_render(&root, 2, &message);
	date = field(message.data, "Date");
	assert_string_equal(date, "Mon, 02 Mar 2026 01:15:00 +0000");
	free(date);
	buf_free(&message);
}

static void masked_reason(void **state)
{
	struct buf message = {0};
	char *text;

	(void)state;
	fixture_sql(
	    &root,
	    "INSERT INTO evenements (id, nuit, date, demande, numero, evenement, acteur, de, vers,"
	    " motif, pieces, fichier) VALUES (82, 2, '2026-03-05', 4, 'ENR0004M0', 'rejeter', 's',"
	    " 'EN_COURS', 'REJETEE', 'Le RIB dit' || char(10) ||"
	    " 'FR14 2004 1010 0505 0001 3M02 606, lequel ?', '', '');"
	    "INSERT INTO mails VALUES (82, '2026-03-05', 'refus', 'a@b.fr', '', 4, 'ENR0004M0',"
	    " 82, NULL, NULL, 1, NULL)");
	mail_render(&root, 82, &message);
	text = set_body(message.data);
	contains(text, "\n\nLe RIB dit\nFR14…606, lequel ?\n");
	free(text);
	buf_free(&message);
}

/* --- what the law asks for --- */

struct law_case {
	int64_t mail;
	const char *says[3], *omits[2];
};

static void check_law(const struct law_case *wanted)
{
	struct buf message = {0};
	char *text;

	mail_render(&root, wanted->mail, &message);
	text = body(message.data);
	for (size_t i = 0; i < ARRAY_SIZE(wanted->says) && wanted->says[i] != NULL; i++)
		contains(text, wanted->says[i]);
	for (size_t i = 0; i < ARRAY_SIZE(wanted->omits) && wanted->omits[i] != NULL; i++)
		lacks(text, wanted->omits[i]);
	free(text);
	buf_free(&message);
}

static void set_text(char **field, const char *text)
{
	free(*field);
	*field = mem_strdup(text);
}

static void law_of_rejection(void **state)
{
	static const struct law_case wanted[] = {
	    {1,
	     {"articles L. 112-11 et R. 112-11-1",
	      "réputée rejetée si aucune décision ne vous est notifiée au plus tard le 1er mai 2026",
	      "dans un délai de deux mois à compter de cette date, par un recours gracieux auprès de "
	      "l'ASP, ou par un recours contentieux devant le tribunal."},
	     {"L. 232-3"}},
	    {11, {"suspendu dans l'attente de cet envoi, court de nouveau"}, {0}},
	    {9, {0}, {"112-11", "réputée"}},
	    {2, {0}, {"112-11"}},
	    {5,
	     {"contester cette décision dans un délai de deux mois à compter de sa notification, par un "
	      "recours gracieux auprès de l'ASP, ou",
	      "Décision prise par Ada Brume, cheffe du service, Agence de services et de paiement."},
	     {0}},
	    {7, {"est suspendu jusqu'à la réception de cet envoi (article L. 114-5"}, {0}},
	};
	struct buf keys = {0};

	(void)state;
	law_missing(&root.conf, &keys);
	assert_string_equal(keys.data, "silence, recours_contentieux, auteur, auteur_qualite");
	root.conf.silence = SILENCE_REJECTS;
	set_text(&root.conf.recours_gracieux, "auprès de l'ASP");
	check_law(&(struct law_case){1, {0}, {"112-11", "réputée"}}); /* no appeal, no claim */
	set_text(&root.conf.recours_contentieux, "devant le tribunal");
	set_text(&root.conf.auteur, "Ada Brume");
	set_text(&root.conf.auteur_qualite, "cheffe du service");
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		check_law(&wanted[i]);
	buf_clear(&keys);
	law_missing(&root.conf, &keys);
	assert_int_equal(keys.length, 0);
	buf_free(&keys);
}

static void law_of_acceptance(void **state)
{
	struct buf keys = {0};

	(void)state;
	root.conf.silence = SILENCE_ACCEPTS;
	root.conf.silence_mois = 4;
	law_missing(&root.conf, &keys);
	assert_string_equal(keys.data, "attestation");
	check_law(&(struct law_case){1, {0}, {"112-11", "réputée"}});
	set_text(&root.conf.attestation, "au service ci-dessus");
	check_law(&(struct law_case){
	    1,
	    {"R. 112-11-1",
	     "réputée acceptée si aucune décision ne vous est notifiée au plus tard le "
	     "1er juillet 2026",
	     "l'article L. 232-3 du même code au service ci-dessus."},
	    {"réputée rejetée"}});
	buf_free(&keys);
}

/* Documents asked for on 5 March came on 9 March: four days later. */
static void silence_after_a_suspension(void **state)
{
	(void)state;
	root.conf.silence = SILENCE_REJECTS;
	root.conf.silence_mois = 2;
	fixture_sql(
	    &root,
	    "INSERT INTO evenements (id, nuit, date, demande, numero, evenement, acteur, de, vers,"
	    " motif, pieces, fichier) VALUES (80, 2, '2026-03-05', 4, 'ENR0004M0',"
	    " 'demander_pieces', 's', 'EN_COURS', 'ATTENTE_PIECES', '', 'rib', ''),"
	    " (81, 2, '2026-03-09', 4, 'ENR0004M0', 'depot_pieces', 's', 'ATTENTE_PIECES',"
	    " 'EN_COURS', '', 'rib', '');"
	    "INSERT INTO mails VALUES (81, '2026-03-09', 'accuse_reception', 'a@b.fr', '', 4,"
	    " 'ENR0004M0', 81, NULL, NULL, 1, NULL)");
	check_law(&(struct law_case){81, {"au plus tard le 5 mai 2026"}, {0}});
}

static void header_forms(void **state)
{
	static const struct {
		const char *text, *written;
	} headers[] = {
	    {"Bonjour", "X: Bonjour\n"},
	    {"", "X: \n"},
	    {"a =?utf-8?Q?b?=", "X: =?utf-8?Q?a_=3D=3Futf-8=3FQ=3Fb=3F=3D?=\n"},
	    {"é_", "X: =?utf-8?Q?=C3=A9=5F?=\n"},
	    {" a", "X: =?utf-8?Q?_a?=\n"},
	};
	struct buf out = {0}, words = {0};
	char *message, *value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		buf_clear(&out);
		mime_header(&out, "X", headers[i].text);
		assert_string_equal(out.data, headers[i].written);
	}
	/* 300 words, then one of 300 letters, with characters of one to four bytes */
	for (int i = 0; i < 300; i++)
		buf_puts(&words, "mot\xC3\xA9 \xE2\x82\xAC\xF0\x9F\x98\x80 ");
	for (int i = 0; i < 300; i++)
		buf_puts(&words, "a");
	buf_clear(&out);
	mime_header(&out, "X-Long", words.data);
	check_form(out.data);
	message = mem_printf("\n%s\n", out.data);
	value = field(message, "X-Long");
	assert_string_equal(value, words.data);
	free(value);
	free(message);
	buf_clear(&out);
	mime_address(&out, "To", "", "a@b.fr");
	mime_address(&out, "To", "S.A. Exemple", "a@b.fr");
	assert_string_equal(out.data, "To: a@b.fr\nTo: =?utf-8?Q?S=2EA=2E_Exemple?=\n <a@b.fr>\n");
	buf_free(&out);
	buf_free(&words);
}

static void quoted_printable(void **state)
{
	static const struct {
		const char *text, *written;
	} bodies[] = {
	    {"a=b\n", "a=3Db\n"},     {"fin \n\t\n", "fin=20\n=09\n"},	 {"fin ", "fin=20"},
	    {"a b\tc\n", "a b\tc\n"}, {"été\r\n", "=C3=A9t=C3=A9=0D\n"},
	};
	struct buf out = {0}, text = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		buf_clear(&out);
		mime_quoted_printable(&out, bodies[i].text);
		assert_string_equal(out.data, bodies[i].written);
	}
	for (int i = 0; i < 1000; i++)
		buf_puts(&text, i % 7 == 0 ? "é" : i % 5 == 0 ? " " : "=x");
	buf_puts(&text, "\n");
	buf_clear(&out);
	mime_quoted_printable(&out, text.data);
	check_form(out.data);
	decode_q(out.data, false);
	assert_string_equal(out.data, text.data);
	buf_free(&out);
	buf_free(&text);
}

/* No template names a word that there is not: each would show as nothing. */
static void every_word_is_used(void **state)
{
	struct mail_facts facts = {.traits = ~0u};
	struct buf subject = {0}, body = {0};
	char words[WORD_COUNT][16];

	(void)state;
	for (size_t i = 0; i < WORD_COUNT; i++) {
		snprintf(words[i], sizeof(words[i]), "<mot %zu>", i);
		facts.words[i] = words[i];
	}
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		facts.type = cases[i].type;
		mail_text_render(&facts, &subject, &body);
	}
	facts.type = "depot_en_attente";
	mail_text_render(&facts, &subject, &body);
	facts.type = "relance";
	facts.traits = IF_SILENCE_ACCEPTS;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		facts.type = cases[i].type;
		mail_text_render(&facts, &subject, &body);
	}
	facts.type = "relance";
	for (unsigned what = IF_AWAITS_PIECES; what <= IF_AWAITS_CERTIFICATS; what <<= 1) {
		facts.traits = what | IF_MOTIF | IF_SONS_DPI | IF_OTHER_DSR | IF_SEVERAL;
		mail_text_render(&facts, &subject, &body);
	}
	facts.traits = 0;
	facts.type = "accuse_reception";
	mail_text_render(&facts, &subject, &body);
	buf_puts(&body, subject.data);
	for (size_t i = 0; i < WORD_COUNT; i++)
		contains(body.data, words[i]);
	lacks(body.data, "{");
	lacks(body.data, "}");
	lacks(body.data, "()");
	buf_free(&subject);
	buf_free(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_mail),
	    cmocka_unit_test(other_headers),
	    cmocka_unit_test(no_injection),
	    cmocka_unit_test(places),
	    cmocka_unit_test(header_forms),
	    cmocka_unit_test(quoted_printable),
	    cmocka_unit_test(every_word_is_used),
	    cmocka_unit_test(every_reminder),
	    cmocka_unit_test(date_of_receipt),
	    cmocka_unit_test(typography),
	    cmocka_unit_test(masked_reason),
	    cmocka_unit_test(law_of_rejection),
	    cmocka_unit_test(law_of_acceptance),
	    cmocka_unit_test(silence_after_a_suspension),
	    cmocka_unit_test(alerts),
	    cmocka_unit_test(model_for_an_unread_dossier),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
