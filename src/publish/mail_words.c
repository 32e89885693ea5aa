#include "publish/mail_words.h"
#include "lib/array.h"
#include "lib/date.h"
#include "lib/iban_shown.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "model/dossier.h"
#include "publish/answer.h"
#include "publish/dates_shown.h"
#include "publish/law.h"
#include "publish/typography.h"
#include "request/status.h"
#include "request/token.h"
#include "rules/rules.h"

#include <stdlib.h>
#include <string.h>

#define DOSSIER_NAME   "dossier.yaml"
#define WAITING_LISTED 100 /* drops that one mail names */
#define IBAN_PATH      champ_table[CHAMP_BANQUE_IBAN].chemin

void mail_words_free(struct mail_words *words)
{
	for (size_t i = 0; i < WORD_COUNT; i++)
		free(words->texts[i]);
	*words = (struct mail_words){0};
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

static unsigned law_traits(const struct conf *conf)
{
	unsigned traits = law_has_author(conf) ? IF_AUTHOR : 0;

	if (law_has_appeal(conf))
		traits |= IF_APPEAL;
	if (!law_has_receipt(conf))
		return traits;
	return traits |
	       (conf->silence == SILENCE_REJECTS ? IF_SILENCE_REJECTS : IF_SILENCE_ACCEPTS);
}

static unsigned traits_of(const struct conf *conf, sqlite3_stmt *mail)
{
	const char *event = column_text(mail, OUTPUT_MAIL_EVENEMENT);
	unsigned traits = is_sons_dpi(mail) ? IF_SONS_DPI : IF_OTHER_DSR;

	traits |= column_int(mail, OUTPUT_MAIL_ANTICIPE) ? IF_ANTICIPE : IF_NOT_ANTICIPE;
	if (strcmp(column_text(mail, OUTPUT_MAIL_TYPE_DEMANDE), "complementaire") == 0)
		traits |= IF_COMPLEMENTAIRE;
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
		traits |= column_int(mail, OUTPUT_MAIL_MODELE) ? IF_MODEL : IF_CORRECTION;
	else
		traits |= IF_MODEL;
	if (column_int(mail, OUTPUT_MAIL_COMPTE_OUVERT))
		traits |= IF_COMPTE_OPENED;
	traits |= column_int(mail, OUTPUT_MAIL_NEW_ACCESS) ? IF_ACCESS_NEW : IF_ACCESS_OLD;
	return traits | law_traits(conf);
}

static char *qualifier(unsigned traits, const char *anticipe)
{
	return mem_printf("%s%s", traits & IF_COMPLEMENTAIRE ? " complémentaire" : "",
			  traits & IF_ANTICIPE ? anticipe : "");
}

/* The text with each line made fit to be shown, IBANs masked; line ends stay. */
static char *lines_shown(const char *text)
{
	struct buf out = {0};
	char *masked;

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
	masked = iban_masked(out.data != NULL ? out.data : "");
	buf_free(&out);
	return masked;
}

/* The types in `pieces`, separated by |: each on a line, by French name and by code. The traits
 * receive whether there is one or several. */
static char *pieces_list(const char *pieces, unsigned *traits)
{
	bool types[PIECE_TYPE_COUNT] = {false};
	unsigned count = 0;
	struct buf out = {0};

	free(piece_types_parse(pieces, types));
	for (unsigned i = 0; i < PIECE_TYPE_COUNT; i++) {
		char *label;

		if (!types[i])
			continue;
		label = typography_of(piece_type_label((enum piece_type)i));
		typography_set(&out, count > 0 ? " ;\n" : "");
		buf_printf(&out, "- %s (code" NO_BREAK ": %s)", label,
			   piece_type_name((enum piece_type)i));
		free(label);
		count++;
	}
	if (count > 0) {
		buf_putc(&out, '.');
		*traits |= count > 1 ? IF_SEVERAL : IF_ONE;
	}
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

static void put_line(struct buf *out, int64_t ligne, int64_t colonne)
{
	if (ligne > 0)
		buf_printf(out, ", ligne %lld", (long long)ligne);
	if (ligne > 0 && colonne > 0)
		buf_printf(out, ", colonne %lld", (long long)colonne);
}

/* A document, and the line that lists it; or dossier.yaml itself, and its line. */
static void put_entry(struct buf *out, int64_t ligne, int64_t colonne, const char *entry)
{
	const char *slash = strrchr(entry, '/');

	buf_puts(out, entry);
	if (strcmp(slash != NULL ? slash + 1 : entry, DOSSIER_NAME) == 0) {
		put_line(out, ligne, colonne);
		return;
	}
	typography_set(out, ", dans l'archive");
	if (ligne <= 0)
		return;
	buf_puts(out, " (" DOSSIER_NAME);
	put_line(out, ligne, colonne);
	buf_putc(out, ')');
}

/* Where an anomaly stands: "dossier.yaml, ligne 12, colonne 9 (demandeur.siret)", "rib.pdf, dans
 * l'archive (dossier.yaml, ligne 30, colonne 5)". */
static void put_place(struct buf *out, int64_t ligne, int64_t colonne, const char *chemin)
{
	static const char in_archive[] = "archive/";
	char *shown = text_shown(chemin);

	if (*shown == '\0' || strcmp(shown, "archive") == 0) {
		typography_set(out, "l'archive dans son ensemble");
	} else if (strncmp(shown, in_archive, strlen(in_archive)) == 0) {
		put_entry(out, ligne, colonne, shown + strlen(in_archive));
	} else {
		buf_puts(out, DOSSIER_NAME);
		put_line(out, ligne, colonne);
		buf_printf(out, " (%s)", shown);
	}
	free(shown);
}

/* A sentence of the catalogue as it goes out by mail: of an IBAN, the ends alone. */
static char *mailed_sentence(const char *text, sqlite3_stmt *anomaly)
{
	bool is_iban = strcmp(column_text(anomaly, OUTPUT_ANOMALIES_CHEMIN), IBAN_PATH) == 0;
	const char *value = is_iban ? column_text(anomaly, OUTPUT_ANOMALIES_VALEUR) : "";
	char *shown = text_shown(text), *masked = iban_masked_value(shown, value);
	char *dated = dates_in_words(masked), *set = typography_of(dated);

	free(shown);
	free(masked);
	free(dated);
	return set;
}

static void put_anomaly(struct buf *out, unsigned rank, sqlite3_stmt *anomaly, bool blocks)
{
	char *message = mailed_sentence(column_text(anomaly, OUTPUT_ANOMALIES_MESSAGE), anomaly);
	char *remede = mailed_sentence(column_text(anomaly, OUTPUT_ANOMALIES_REMEDE), anomaly);

	buf_printf(out, "%s%u. %s (%s%s)\n   Où" NO_BREAK ": ", rank > 1 ? "\n\n" : "", rank,
		   message, column_text(anomaly, OUTPUT_ANOMALIES_CODE), blocks ? "" : ", alerte");
	put_place(out, column_int(anomaly, OUTPUT_ANOMALIES_LIGNE),
		  column_int(anomaly, OUTPUT_ANOMALIES_COLONNE),
		  column_text(anomaly, OUTPUT_ANOMALIES_CHEMIN));
	buf_printf(out, "\n   Que faire" NO_BREAK ": %s", remede);
	free(message);
	free(remede);
}

/* "une alerte", "trois alertes", "12 alertes". */
static char *counted(unsigned count, const char *one, const char *several)
{
	static const char *const numbers[] = {"deux", "trois", "quatre", "cinq", "six",
					      "sept", "huit",  "neuf",	 "dix"};

	if (count < 2)
		return mem_strdup(one);
	if (count < ARRAY_SIZE(numbers) + 2)
		return mem_printf("%s %s", numbers[count - 2], several);
	return mem_printf("%u" NO_BREAK "%s", count, several);
}

/* The anomalies of a drop, and how many there are in words; the traits that follow. */
static unsigned anomalies_words(struct store *store, int64_t depot, struct mail_words *words)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_OUTPUT_ANOMALIES);
	unsigned rank = 0, blocking = 0;
	struct buf out = {0};

	bind_int(stmt, OUTPUT_ANOMALIES_P_DEPOT, depot);
	while (store_step(store, stmt)) {
		bool blocks = strcmp(column_text(stmt, OUTPUT_ANOMALIES_GRAVITE), "bloquant") == 0;

		put_anomaly(&out, ++rank, stmt, blocks);
		blocking += blocks ? 1 : 0;
	}
	words->texts[WORD_ANOMALIES] = buf_take(&out);
	words->texts[WORD_COMPTE_ANOMALIES] =
	    counted(blocking, "une anomalie bloquante", "anomalies bloquantes");
	words->texts[WORD_COMPTE_ALERTES] = counted(rank - blocking, "une alerte", "alertes");
	if (blocking > 0 && rank > blocking)
		words->texts[WORD_ET_ALERTES] =
		    mem_printf(" et %s", words->texts[WORD_COMPTE_ALERTES]);
	if (blocking > 0)
		return blocking > 1 ? IF_SEVERAL : IF_ONE;
	return rank > 0 ? IF_ALERTS : IF_NO_ALERT;
}

/* A drop that waits: "- « a.zip », reçu le 2 mars 2026 à 3 h 05 (1,2 Mo) : le disque refuse…" */
static void put_waiting(struct buf *out, sqlite3_stmt *drop)
{
	char *archive = text_shown(column_text(drop, OUTPUT_MAIL_WAITING_ARCHIVE));
	char *reason = typography_of(column_text(drop, OUTPUT_MAIL_WAITING_INCIDENT));
	char *size = typography_of(WEIGHT((uint64_t)column_int(drop, OUTPUT_MAIL_WAITING_TAILLE)));
	char received[INSTANT_FRENCH_SIZE], *when;

	instant_french(column_text(drop, OUTPUT_MAIL_WAITING_RECU_LE), received);
	when = typography_of(received);
	typography_set(out, out->length > 0 ? " ;\n" : "");
	buf_printf(out, "- «" NO_BREAK "%s" NO_BREAK "», reçu le %s (%s)" NO_BREAK ": %s", archive,
		   when, size, reason);
	free(archive);
	free(reason);
	free(size);
	free(when);
}

/* The drops that the mail acknowledges, the first hundred by name. */
static unsigned waiting_words(struct store *store, int64_t depot, struct mail_words *words)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_OUTPUT_MAIL_WAITING);
	struct buf out = {0};
	unsigned count = 0, told = 0;

	bind_int(stmt, OUTPUT_MAIL_WAITING_P_DEPOT, depot);
	bind_int(stmt, OUTPUT_MAIL_WAITING_P_LIMIT, WAITING_LISTED);
	while (store_step(store, stmt)) {
		count = (unsigned)column_int(stmt, OUTPUT_MAIL_WAITING_COUNT);
		put_waiting(&out, stmt);
		told++;
	}
	if (count > told) {
		char *others = counted(count - told, "un autre dépôt", "autres dépôts");

		typography_set(&out, " ;\n- ");
		buf_puts(&out, others);
		free(others);
	}
	buf_putc(&out, '.');
	words->texts[WORD_DEPOTS] = buf_take(&out);
	words->texts[WORD_COMPTE_DEPOTS] = counted(count, "un dépôt", "dépôts");
	return count > 1 ? IF_SEVERAL : IF_ONE;
}

/* A day as people read it; `days` of a date that there is not gives "". */
static char *day_words(int32_t days)
{
	char date[DATE_FRENCH_SIZE];

	date_format_french(days, date);
	return typography_of(date);
}

static char *date_words(const char *text)
{
	char date[DATE_FRENCH_SIZE];

	date_french(text, date);
	return typography_of(date);
}

/* The day to answer by: so long after the demand; of a certificate, which has no day of its own,
 * after the mail. */
static unsigned reply_words(const struct conf *conf, sqlite3_stmt *mail, unsigned traits,
			    struct mail_words *words)
{
	bool dated = (traits & (IF_AWAITS_PIECES | IF_AWAITS_MODIFICATION)) != 0;
	int32_t sent = 0, asked = 0;

	date_parse(column_text(mail, OUTPUT_MAIL_DATE), &sent);
	if (!dated || !date_parse(column_text(mail, OUTPUT_MAIL_ATTENTE_DATE), &asked))
		asked = sent;
	words->texts[WORD_DATE_REPONSE] = day_words(asked + (int32_t)conf->reponse_jours);
	return asked + (int32_t)conf->reponse_jours >= sent ? IF_REPLY_OPEN : IF_REPLY_PAST;
}

static void law_words(const struct conf *conf, sqlite3_stmt *mail, unsigned traits,
		      struct mail_words *words)
{
	bool waited = (traits & (IF_DEPOT_PIECES | IF_DEPOT_MODIFICATION)) != 0;
	int32_t received = 0;
	char *appeal = law_appeal(conf);

	if (date_parse(column_text(mail, OUTPUT_MAIL_DATE_DEPOT), &received))
		words->texts[WORD_DATE_SILENCE] = day_words(law_silence_day(
		    conf, received,
		    waited ? (int32_t)column_int(mail, OUTPUT_MAIL_DAYS_WAITED) : 0));
	words->texts[WORD_DELAI_RECOURS] = counted(conf->recours_mois, "un mois", "mois");
	words->texts[WORD_RECOURS] = typography_of(appeal);
	words->texts[WORD_ATTESTATION] = typography_of(conf->attestation);
	words->texts[WORD_AUTEUR] = text_shown(conf->auteur);
	words->texts[WORD_AUTEUR_QUALITE] = typography_of(conf->auteur_qualite);
	free(appeal);
}

/* "LOGICIELS EXEMPLE (SIRET 73282932000074)" */
static char *company(sqlite3_stmt *mail)
{
	char *name = text_shown(column_text(mail, OUTPUT_MAIL_DENOMINATION));
	const char *siret = column_text(mail, OUTPUT_MAIL_SIRET);
	char *words = *name != '\0' ? mem_printf("%s (SIRET" NO_BREAK "%s)", name, siret)
				    : mem_printf("au SIRET" NO_BREAK "%s", siret);

	free(name);
	return words;
}

/* " pour l'entreprise X (SIRET n) et la solution Y (version v) référencée z": what could be read. */
static char *refused_object(sqlite3_stmt *mail)
{
	char *name = company(mail), *software = text_shown(column_text(mail, OUTPUT_MAIL_LOGICIEL));
	char *version = text_shown(column_text(mail, OUTPUT_MAIL_VERSION));
	char *number = text_shown(column_text(mail, OUTPUT_MAIL_NUMERO_ANS));
	bool has_company = *column_text(mail, OUTPUT_MAIL_SIRET) != '\0';
	struct buf out = {0};

	if (has_company) {
		typography_set(&out, " pour l'entreprise ");
		buf_puts(&out, name);
	}
	if (*software != '\0' || *number != '\0')
		buf_puts(&out, has_company ? " et la solution" : " pour la solution");
	if (*software != '\0')
		buf_printf(&out, " %s (version %s)", software, version);
	if (*number != '\0')
		buf_printf(&out, " référencée %s", number);
	free(name);
	free(software);
	free(version);
	free(number);
	return buf_take(&out);
}

static unsigned request_words(sqlite3_stmt *mail, unsigned traits, struct mail_words *words)
{
	const char *dsr = column_text(mail, OUTPUT_MAIL_DSR);

	words->texts[WORD_NUMERO] = text_shown(column_text(mail, OUTPUT_MAIL_NUMERO));
	words->texts[WORD_QUALITE] = qualifier(traits, " anticipé");
	words->texts[WORD_QUALITE_OBJET] = qualifier(traits, " «" NO_BREAK "anticipé" NO_BREAK "»");
	words->texts[WORD_DENOMINATION] = company(mail);
	words->texts[WORD_OBJET] = refused_object(mail);
	words->texts[WORD_DATE_DEPOT] = date_words(column_text(mail, OUTPUT_MAIL_DATE_DEPOT));
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
	    typography_of(statut_libelle(statut_from(column_text(mail, OUTPUT_MAIL_VERS))));
	words->texts[WORD_MOTIF] = lines_shown(column_text(mail, OUTPUT_MAIL_MOTIF));
	words->texts[WORD_PIECES] = pieces_list(column_text(mail, OUTPUT_MAIL_PIECES), &traits);
	words->texts[WORD_DOSSIER] = dossier_model(mail);
	words->texts[WORD_DATE_ATTENTE] = date_words(column_text(mail, OUTPUT_MAIL_ATTENTE_DATE));
	return traits;
}

unsigned mail_words_collect(const struct root *root, sqlite3_stmt *mail, struct mail_words *words)
{
	const struct conf *conf = &root->conf;
	unsigned traits = traits_of(conf, mail);
	char received[INSTANT_FRENCH_SIZE], token[TOKEN_SIZE];

	if (strcmp(column_text(mail, OUTPUT_MAIL_TYPE), "depot_en_attente") == 0)
		traits |= waiting_words(root->store, column_int(mail, OUTPUT_MAIL_DEPOT), words);
	else if (!column_null(mail, OUTPUT_MAIL_DEPOT))
		traits |= anomalies_words(root->store, column_int(mail, OUTPUT_MAIL_DEPOT), words);
	else
		traits |= IF_NO_ALERT;
	/* Where no correction of the drop helps, nothing is said of one. */
	if (answer_is_final(root->store, column_int(mail, OUTPUT_MAIL_DEPOT)))
		traits &= ~(unsigned)(IF_ONE | IF_SEVERAL | IF_CORRECTION | IF_MODEL);
	traits = request_words(mail, traits, words);
	traits |= reply_words(conf, mail, traits, words);
	law_words(conf, mail, traits, words);
	instant_french(column_text(mail, OUTPUT_MAIL_RECU_LE), received);
	words->texts[WORD_RECU] = typography_of(received);
	words->texts[WORD_ARCHIVE] = text_shown(column_text(mail, OUTPUT_MAIL_ARCHIVE));
	words->texts[WORD_RETOUR] = text_shown(column_text(mail, OUTPUT_MAIL_RETOUR_NOM));
	words->texts[WORD_CORRECTION] = text_shown(column_text(mail, OUTPUT_MAIL_CORRECTION_NOM));
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
	return traits;
}
