#include "publish/mail.h"
#include "lib/date.h"
#include "lib/email.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "model/dossier.h"
#include "publish/dates_shown.h"
#include "publish/mail_text.h"
#include "publish/mime.h"
#include "request/status.h"
#include "request/token.h"
#include "rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words of one mail, to be freed. */
struct words {
	char *texts[WORD_COUNT];
};

static void words_free(struct words *words)
{
	for (size_t i = 0; i < WORD_COUNT; i++)
		free(words->texts[i]);
}

static bool is_sons_dpi(sqlite3_stmt *mail)
{
	return text_equal_folded(column_text(mail, OUTPUT_MAIL_DSR), DSR_SONS_DPI);
}

/* What the mail's event asked for. */
static unsigned awaited(sqlite3_stmt *mail)
{
	const char *event = column_text(mail, OUTPUT_MAIL_ATTENTE_EVENEMENT);

	if (strcmp(event, evenement_code(EVENEMENT_DEMANDER_PIECES)) == 0)
		return IF_AWAITS_PIECES;
	if (strcmp(event, evenement_code(EVENEMENT_DEMANDER_MODIFICATION)) == 0)
		return IF_AWAITS_MODIFICATION;
	return strcmp(event, evenement_code(EVENEMENT_VALIDER)) == 0 ? IF_AWAITS_CERTIFICATS : 0;
}

static unsigned traits_of(sqlite3_stmt *mail)
{
	const char *event = column_text(mail, OUTPUT_MAIL_EVENEMENT);
	unsigned traits = is_sons_dpi(mail) ? IF_SONS_DPI : IF_OTHER_DSR;

	traits |= column_int(mail, OUTPUT_MAIL_ANTICIPE) ? IF_ANTICIPE : IF_NOT_ANTICIPE;
	traits |= strcmp(column_text(mail, OUTPUT_MAIL_TYPE_DEMANDE), "complementaire") == 0
		      ? IF_COMPLEMENTAIRE
		      : IF_INITIAL;
	traits |= *column_text(mail, OUTPUT_MAIL_NUMERO) != '\0' ? IF_DEMANDE : IF_NO_DEMANDE;
	if (strcmp(event, evenement_code(EVENEMENT_DEPOT_PIECES)) == 0)
		traits |= IF_DEPOT_PIECES;
	if (strcmp(event, evenement_code(EVENEMENT_DEPOT_MODIFICATION)) == 0)
		traits |= IF_DEPOT_MODIFICATION;
	if (strcmp(event, evenement_code(EVENEMENT_FINALISATION)) == 0)
		traits |= IF_FINALISATION;
	traits |= awaited(mail);
	if (column_int(mail, OUTPUT_MAIL_SUSPENDED))
		traits |= IF_SUSPENDED;
	if (*column_text(mail, OUTPUT_MAIL_MOTIF) != '\0')
		traits |= IF_MOTIF;
	if (*column_text(mail, OUTPUT_MAIL_RETOUR_NOM) != '\0')
		traits |= IF_ANSWER;
	if (*column_text(mail, OUTPUT_MAIL_CORRECTION_NOM) != '\0')
		traits |= column_int(mail, OUTPUT_MAIL_CORRECTION_GIVEN) ? IF_CORRECTION : IF_MODEL;
	if (column_int(mail, OUTPUT_MAIL_ALERTED))
		traits |= IF_ALERTS;
	if (column_int(mail, OUTPUT_MAIL_COMPTE_OUVERT))
		traits |= IF_COMPTE_OPENED;
	traits |= column_int(mail, OUTPUT_MAIL_NEW_ACCESS) ? IF_ACCESS_NEW : IF_ACCESS_OLD;
	return traits;
}

static char *qualifier(unsigned traits, const char *anticipe)
{
	return mem_printf("%s%s", traits & IF_COMPLEMENTAIRE ? " complémentaire" : "",
			  traits & IF_ANTICIPE ? anticipe : "");
}

/* The text with each line made fit to be shown; line ends stay. */
static char *lines_shown(const char *text)
{
	struct buf out = {0};

	while (*text != '\0') {
		size_t length = strcspn(text, "\r\n");
		char *line = mem_strndup(text, length), *shown = text_shown(line);

		buf_puts(&out, shown);
		free(shown);
		free(line);
		text += length;
		if (text[0] == '\r' && text[1] == '\n')
			text++;
		if (*text != '\0') {
			buf_putc(&out, '\n');
			text++;
		}
	}
	return buf_take(&out);
}

/* The types in `pieces`, separated by |: each on a line, by French name and by code. */
static char *pieces_list(const char *pieces)
{
	bool types[PIECE_TYPE_COUNT] = {false};
	struct buf out = {0};

	free(piece_types_parse(pieces, types));
	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++)
		if (types[i])
			buf_printf(&out, "%s- %s (code : %s)", out.length > 0 ? "\n" : "",
				   piece_type_label((enum piece_type)i),
				   piece_type_name((enum piece_type)i));
	return buf_take(&out);
}

/* dossier.yaml of the deposit that this mail asks for. */
static char *dossier_model(sqlite3_stmt *mail)
{
	unsigned what = awaited(mail);
	const char *type = what == IF_AWAITS_MODIFICATION ? "modification" : "pieces";
	bool hds = what == IF_AWAITS_CERTIFICATS && is_sons_dpi(mail);
	bool types[PIECE_TYPE_COUNT] = {false}, any = false;
	struct buf out = {0};

	if (what == IF_AWAITS_CERTIFICATS) {
		type = "finalisation";
		types[PIECE_CERTIFICAT_REFERENCEMENT] = true;
		types[PIECE_CERTIFICAT_HDS] = hds;
	} else {
		free(piece_types_parse(column_text(mail, OUTPUT_MAIL_PIECES), types));
	}
	buf_printf(&out, "    format: 1\n    type: %s\n    demande: %s", type,
		   column_text(mail, OUTPUT_MAIL_NUMERO));
	if (hds)
		buf_puts(&out, "\n    hebergement_donnees_sante: oui   # ou non");
	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++) {
		const char *name = piece_type_name((enum piece_type)i);

		if (!types[i])
			continue;
		/* An HDS certificate must say until when it is valid (guide p. 11). */
		buf_printf(&out, "%s\n      - {type: %s, fichier: %s.pdf%s}",
			   any ? "" : "\n    pieces:", name, name,
			   i == PIECE_CERTIFICAT_HDS ? ", valide_jusqu_au: AAAA-MM-JJ" : "");
		any = true;
	}
	if (hds)
		buf_puts(&out, "   # ou attestation_non_hds, sans date");
	return buf_take(&out);
}

/* ", ligne 12, colonne 9" */
static void put_position(struct buf *out, int64_t ligne, int64_t colonne)
{
	if (ligne > 0)
		buf_printf(out, ", ligne %lld", (long long)ligne);
	if (ligne > 0 && colonne > 0)
		buf_printf(out, ", colonne %lld", (long long)colonne);
}

/* Where an anomaly stands: "dossier.yaml, ligne 12, colonne 9 (demandeur.siret)", "archive/rib.pdf
 * (dossier.yaml, ligne 30, colonne 24)". */
static void put_place(struct buf *out, int64_t ligne, int64_t colonne, const char *chemin)
{
	char *shown = text_shown(chemin);

	if (*shown == '\0' || strcmp(shown, "archive") == 0) {
		buf_puts(out, "l'archive dans son ensemble");
	} else if (strcmp(shown, "archive/dossier.yaml") == 0) {
		buf_puts(out, "dossier.yaml");
		put_position(out, ligne, colonne);
	} else if (strncmp(shown, "archive/", strlen("archive/")) == 0) {
		buf_puts(out, shown);
		buf_puts(out, ligne > 0 ? " (dossier.yaml" : "");
		put_position(out, ligne, colonne);
		buf_puts(out, ligne > 0 ? ")" : "");
	} else {
		buf_puts(out, "dossier.yaml");
		put_position(out, ligne, colonne);
		buf_printf(out, " (%s)", shown);
	}
	free(shown);
}

/* The anomalies of a drop, and how many there are in words. */
static void anomalies_words(struct store *store, int64_t depot, struct words *words)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_OUTPUT_ANOMALIES);
	unsigned rank = 0, blocking = 0;
	struct buf out = {0};

	bind_int(stmt, OUTPUT_ANOMALIES_P_DEPOT, depot);
	while (store_step(store, stmt)) {
		bool blocks = strcmp(column_text(stmt, OUTPUT_ANOMALIES_GRAVITE), "bloquant") == 0;
		char *message = text_shown(column_text(stmt, OUTPUT_ANOMALIES_MESSAGE));
		char *remede = text_shown(column_text(stmt, OUTPUT_ANOMALIES_REMEDE));

		buf_printf(&out, "%s%u. %s (%s%s)\n   Où : ", rank > 0 ? "\n\n" : "", rank + 1,
			   message, column_text(stmt, OUTPUT_ANOMALIES_CODE),
			   blocks ? "" : ", alerte");
		put_place(&out, column_int(stmt, OUTPUT_ANOMALIES_LIGNE),
			  column_int(stmt, OUTPUT_ANOMALIES_COLONNE),
			  column_text(stmt, OUTPUT_ANOMALIES_CHEMIN));
		buf_printf(&out, "\n   Que faire : %s", remede);
		blocking += blocks ? 1 : 0;
		rank++;
		free(message);
		free(remede);
	}
	words->texts[WORD_ANOMALIES] = buf_take(&out);
	words->texts[WORD_COMPTE_ANOMALIES] = mem_printf(
	    "%u %s", blocking, blocking > 1 ? "anomalies bloquantes" : "anomalie bloquante");
}

static void request_words(sqlite3_stmt *mail, unsigned traits, struct words *words)
{
	const char *dsr = column_text(mail, OUTPUT_MAIL_DSR);
	char date[DATE_SIZE];

	words->texts[WORD_NUMERO] = text_shown(column_text(mail, OUTPUT_MAIL_NUMERO));
	words->texts[WORD_QUALITE] = qualifier(traits, " anticipé");
	words->texts[WORD_QUALITE_OBJET] = qualifier(traits, " « anticipé »");
	date_french(column_text(mail, OUTPUT_MAIL_DATE_DEPOT), date);
	words->texts[WORD_DATE_DEPOT] = mem_strdup(date);
	words->texts[WORD_LOGICIEL] = text_shown(column_text(mail, OUTPUT_MAIL_LOGICIEL));
	words->texts[WORD_VERSION] = text_shown(column_text(mail, OUTPUT_MAIL_VERSION));
	words->texts[WORD_NUMERO_ANS] = text_shown(column_text(mail, OUTPUT_MAIL_NUMERO_ANS));
	/* The guide says "du SONS DPI"; other DSRs have bare codes. */
	words->texts[WORD_DSR] = strncmp(dsr, "SONS", strlen("SONS")) == 0 ? text_shown(dsr) : NULL;
	if (words->texts[WORD_DSR] == NULL) {
		char *shown = text_shown(dsr);

		words->texts[WORD_DSR] = mem_printf("DSR %s", shown);
		free(shown);
	}
	words->texts[WORD_STATUT] =
	    mem_strdup(statut_libelle(statut_from(column_text(mail, OUTPUT_MAIL_VERS))));
	words->texts[WORD_MOTIF] = lines_shown(column_text(mail, OUTPUT_MAIL_MOTIF));
	words->texts[WORD_PIECES] = pieces_list(column_text(mail, OUTPUT_MAIL_PIECES));
	words->texts[WORD_DOSSIER] = dossier_model(mail);
	date_french(column_text(mail, OUTPUT_MAIL_ATTENTE_DATE), date);
	words->texts[WORD_DATE_ATTENTE] = mem_strdup(date);
}

static void collect_words(const struct root *root, sqlite3_stmt *mail, unsigned traits,
			  struct words *words)
{
	const struct conf *conf = &root->conf;
	char received[INSTANT_FRENCH_SIZE], token[TOKEN_SIZE];

	request_words(mail, traits, words);
	instant_french(column_text(mail, OUTPUT_MAIL_RECU_LE), received);
	words->texts[WORD_RECU] = mem_strdup(received);
	words->texts[WORD_ARCHIVE] = text_shown(column_text(mail, OUTPUT_MAIL_ARCHIVE));
	words->texts[WORD_RETOUR] = text_shown(column_text(mail, OUTPUT_MAIL_RETOUR_NOM));
	words->texts[WORD_CORRECTION] = text_shown(column_text(mail, OUTPUT_MAIL_CORRECTION_NOM));
	if (!column_null(mail, OUTPUT_MAIL_DEPOT))
		anomalies_words(root->store, column_int(mail, OUTPUT_MAIL_DEPOT), words);
	words->texts[WORD_IDENTIFIANT] = text_shown(column_text(mail, OUTPUT_MAIL_IDENTIFIANT));
	if (strcmp(column_text(mail, OUTPUT_MAIL_TYPE), "mot_de_passe") == 0) {
		token_derive(root->secret, column_text(mail, OUTPUT_MAIL_IDENTIFIANT),
			     column_int(mail, OUTPUT_MAIL_DEMANDE), token);
		words->texts[WORD_JETON] = mem_strdup(token);
	}
	words->texts[WORD_SERVICE] = text_shown(conf->nom);
	words->texts[WORD_ADRESSE] = text_shown(conf->adresse);
	words->texts[WORD_TELEPHONE] = text_shown(conf->telephone);
	words->texts[WORD_COURRIEL] = text_shown(conf->courriel);
	words->texts[WORD_ASSISTANCE] = text_shown(conf->assistance);
	words->texts[WORD_PORTAIL] = text_shown(conf->portail);
}

/* The identifier is the same for the same mail, and cannot be guessed for another. */
static void message_id(struct buf *out, const struct root *root, const char *type, int64_t mail)
{
	char data[sizeof(root->secret) + DECIMAL_SIZE], hex[SHA256_HEX_SIZE];
	uint8_t sum[SHA256_SIZE];

	memcpy(data, root->secret, sizeof(root->secret));
	snprintf(data + sizeof(root->secret), DECIMAL_SIZE, "%lld", (long long)mail);
	sha256_of(data, sizeof(root->secret) + strlen(data + sizeof(root->secret)), sum);
	explicit_bzero(data, sizeof(data));
	sha256_hex(sum, hex);
	buf_printf(out, "Message-ID: <segur.%s.%lld.%.8s@%s>\n", type, (long long)mail, hex,
		   root->conf.domaine);
}

static void put_headers(struct buf *out, const struct root *root, sqlite3_stmt *mail, int64_t id,
			const char *subject)
{
	const struct conf *conf = &root->conf;
	char *address = NULL, date[DATE_RFC5322_SIZE];
	int32_t days = 0;

	mime_address(out, "From", conf->nom, conf->expediteur);
	/* When the address cannot be written to, the service gets the mail: the mail is not lost,
	 * and the address lets nothing into the header. */
	email_check(column_text(mail, OUTPUT_MAIL_DESTINATAIRE), &address);
	mime_address(out, "To", column_text(mail, OUTPUT_MAIL_DESTINATAIRE_NOM),
		     address != NULL ? address : conf->courriel);
	free(address);
	mime_header(out, "Subject", subject);
	date_parse(column_text(mail, OUTPUT_MAIL_DATE), &days);
	date_format_rfc5322(days, date);
	buf_printf(out, "Date: %s\n", date);
	message_id(out, root, column_text(mail, OUTPUT_MAIL_TYPE), id);
	buf_puts(out, "MIME-Version: 1.0\n"
		      "Content-Type: text/plain; charset=utf-8\n"
		      "Content-Transfer-Encoding: quoted-printable\n"
		      "Content-Language: fr\n"
		      "Auto-Submitted: auto-generated\n");
	mime_header(out, "X-Segur-Mail", column_text(mail, OUTPUT_MAIL_TYPE));
	if (*column_text(mail, OUTPUT_MAIL_NUMERO) != '\0')
		mime_header(out, "X-Segur-Demande", column_text(mail, OUTPUT_MAIL_NUMERO));
	if (!column_null(mail, OUTPUT_MAIL_RANG)) /* on two lines: it is over 76 characters */
		buf_printf(out, "X-Segur-Journal: %s\n %s\n", column_text(mail, OUTPUT_MAIL_RANG),
			   column_text(mail, OUTPUT_MAIL_MAILLON));
	buf_putc(out, '\n');
}

void mail_render(struct root *root, int64_t mail, struct buf *out)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_OUTPUT_MAIL);
	struct buf subject = {0}, body = {0};
	struct mail_facts facts = {0};
	struct words words = {0};

	bind_int(stmt, OUTPUT_MAIL_P_ID, mail);
	if (!store_step(root->store, stmt))
		return;
	facts.type = column_text(stmt, OUTPUT_MAIL_TYPE);
	facts.traits = traits_of(stmt);
	collect_words(root, stmt, facts.traits, &words);
	for (size_t i = 0; i < WORD_COUNT; i++)
		facts.words[i] = words.texts[i];
	mail_text_render(&facts, &subject, &body);
	put_headers(out, root, stmt, mail, subject.data);
	mime_quoted_printable(out, body.data);
	buf_free(&subject);
	buf_free(&body);
	words_free(&words);
	sqlite3_reset(stmt);
}
