#include "publish/answer.h"
#include "lib/text.h"
#include "model/anomalie.h"
#include "publish/dates_shown.h"
#include "publish/yaml_out.h"
#include "record/journal.h"
#include "request/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char heading[] = "# Réponse du service à un dépôt d'enrôlement Ségur numérique : "
			      "accusé de réception et verdict.\n"
			      "# etat : OK (enregistré), ANO (enregistré, avec alertes), KO (non "
			      "enregistré), INCIDENT (de notre fait).\n";

static void text_column(yaml_emitter_t *emitter, const char *name, sqlite3_stmt *stmt, int column)
{
	if (column_null(stmt, column))
		yaml_out_plain(emitter, name, "null");
	else
		yaml_out_text(emitter, name, column_text(stmt, column));
}

static void number_column(yaml_emitter_t *emitter, const char *name, sqlite3_stmt *stmt, int column)
{
	yaml_out_plain(emitter, name,
		       column_null(stmt, column) ? "null" : column_text(stmt, column));
}

static void service(yaml_emitter_t *emitter, const struct conf *conf)
{
	yaml_out_key(emitter, "service");
	yaml_out_open(emitter);
	yaml_out_text(emitter, "nom", conf->nom);
	yaml_out_text(emitter, "adresse", conf->adresse);
	yaml_out_text(emitter, "telephone", conf->telephone);
	yaml_out_text(emitter, "courriel", conf->courriel);
	yaml_out_text(emitter, "assistance", conf->assistance);
	yaml_out_close(emitter);
}

static void anomalies(yaml_emitter_t *emitter, struct store *store, int64_t depot)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_OUTPUT_ANOMALIES);
	yaml_event_t event;

	yaml_out_key(emitter, "anomalies");
	yaml_out_emit(
	    emitter, &event,
	    yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE));
	bind_int(stmt, OUTPUT_ANOMALIES_P_DEPOT, depot);
	while (store_step(store, stmt)) {
		yaml_out_open(emitter);
		text_column(emitter, "code", stmt, OUTPUT_ANOMALIES_CODE);
		text_column(emitter, "gravite", stmt, OUTPUT_ANOMALIES_GRAVITE);
		text_column(emitter, "chemin", stmt, OUTPUT_ANOMALIES_CHEMIN);
		number_column(emitter, "ligne", stmt, OUTPUT_ANOMALIES_LIGNE);
		number_column(emitter, "colonne", stmt, OUTPUT_ANOMALIES_COLONNE);
		text_column(emitter, "valeur", stmt, OUTPUT_ANOMALIES_VALEUR);
		text_column(emitter, "message", stmt, OUTPUT_ANOMALIES_MESSAGE);
		text_column(emitter, "remede", stmt, OUTPUT_ANOMALIES_REMEDE);
		number_column(emitter, "page_guide", stmt, OUTPUT_ANOMALIES_PAGE_GUIDE);
		yaml_out_close(emitter);
	}
	yaml_out_emit(emitter, &event, yaml_sequence_end_event_initialize(&event));
}

bool answer_is_final(struct store *store, int64_t depot)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_OUTPUT_ANOMALIES);
	size_t blocking = 0, final = 0;

	bind_int(stmt, OUTPUT_ANOMALIES_P_DEPOT, depot);
	while (store_step(store, stmt)) {
		enum anomalie_code code = anomalie_from(column_text(stmt, OUTPUT_ANOMALIES_CODE));

		blocking += strcmp(column_text(stmt, OUTPUT_ANOMALIES_GRAVITE), "bloquant") == 0;
		final += code != ANO_COUNT && catalogue[code].is_final;
	}
	return final > 0 && final == blocking;
}

/* "3 anomalies bloquantes", "1 alerte". */
static void count_words(struct buf *out, int64_t count, const char *one, const char *many)
{
	buf_printf(out, "%lld %s", (long long)count, text_plural((uint64_t)count, one, many));
}

/* Names the file to correct that goes with a refusal. */
static void name_correction(struct buf *out, struct store *store, int64_t depot)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_OUTPUT_CORRECTION_NOM);

	bind_int(stmt, OUTPUT_CORRECTION_NOM_P_DEPOT, depot);
	if (!store_step(store, stmt))
		return;
	buf_printf(out,
		   !column_int(stmt, OUTPUT_CORRECTION_NOM_MODELE)
		       ? " Le fichier « %s » reprend votre dossier.yaml et signale en place ce qui "
			 "est à corriger."
		       : " Votre dossier.yaml n'a pas pu être lu : le fichier « %s » est un modèle "
			 "vide, dont vous n'avez pas besoin si le vôtre est bon.",
		   column_text(stmt, OUTPUT_CORRECTION_NOM_NOM));
	sqlite3_reset(stmt);
}

/* What the verdict means, in one sentence. */
static void verdict(struct buf *out, struct store *store, sqlite3_stmt *depot)
{
	const char *etat = column_text(depot, OUTPUT_RETOUR_ETAT);
	const char *libelle = statut_libelle(statut_from(column_text(depot, OUTPUT_RETOUR_STATUT)));
	sqlite3_stmt *counts = store_stmt(store, SQL_OUTPUT_ANOMALIES_COUNT);
	bool essai = column_int(depot, OUTPUT_RETOUR_ESSAI) != 0;
	int64_t blocking = 0, alerts = 0;
	bool is_final = answer_is_final(store, column_int(depot, OUTPUT_RETOUR_ID));

	bind_int(counts, OUTPUT_ANOMALIES_COUNT_P_DEPOT, column_int(depot, OUTPUT_RETOUR_ID));
	if (store_step(store, counts)) {
		blocking = column_int(counts, OUTPUT_ANOMALIES_COUNT_BLOQUANTS);
		alerts = column_int(counts, OUTPUT_ANOMALIES_COUNT_ALERTES);
		sqlite3_reset(counts);
	}
	if (strcmp(etat, "INCIDENT") == 0) {
		buf_puts(out, "Un incident de notre fait a empêché de traiter ce dépôt : il est "
			      "conservé et sera repris la nuit prochaine, sans action de votre "
			      "part.");
	} else if (strcmp(etat, "KO") == 0) {
		buf_puts(out, essai ? "Cet essai relève "
				    : "Ce dépôt n'est pas enregistré : il comporte ");
		count_words(out, blocking, "anomalie bloquante", "anomalies bloquantes");
		if (essai)
			buf_puts(out, " ; rien n'a été enregistré, comme pour tout essai.");
		else
			buf_puts(out, is_final
					  ? ". Suivez ce qui est dit ci-dessus : corriger cette "
					    "archive et la déposer de nouveau ne servirait pas."
					  : ". Corrigez tout ce qui est signalé ci-dessus, puis "
					    "déposez de nouveau l'archive entière.");
		name_correction(out, store, column_int(depot, OUTPUT_RETOUR_ID));
	} else if (essai) {
		buf_puts(out, "Cet essai est concluant : le dossier serait enregistré");
		if (alerts > 0) {
			buf_puts(out, ", avec ");
			count_words(out, alerts, "alerte", "alertes");
		}
		buf_puts(out, " ; rien n'a été enregistré, comme pour tout essai. Pour qu'il le "
			      "soit, ôtez « essai: oui » de dossier.yaml, puis déposez de nouveau "
			      "l'archive.");
	} else {
		buf_printf(out, "Ce dépôt est enregistré sous la demande %s, au statut « %s »",
			   column_text(depot, OUTPUT_RETOUR_NUMERO), libelle);
		if (alerts > 0) {
			buf_puts(out, ", avec ");
			count_words(out, alerts, "alerte qu'un gestionnaire examinera",
				    "alertes qu'un gestionnaire examinera");
		}
		buf_puts(out, " ; vous serez informé de la suite par courriel.");
	}
	buf_putc(out, '\n');
}

/* What was received when, by whom, contacts. What the law says of it is the mail's (law.h). */
static void accuse(yaml_emitter_t *emitter, const struct root *root, sqlite3_stmt *depot)
{
	const struct conf *conf = &root->conf;
	struct buf out = {0};
	char received[INSTANT_FRENCH_SIZE];

	instant_french(column_text(depot, OUTPUT_RETOUR_RECU_LE), received);
	buf_printf(&out, "Votre dépôt « %s » a été reçu le %s.\n",
		   column_text(depot, OUTPUT_RETOUR_ARCHIVE), received);
	buf_printf(&out,
		   "Service chargé de votre dossier : %s, %s ; téléphone : %s ; courriel : %s.\n",
		   conf->nom, conf->adresse, conf->telephone, conf->courriel);
	verdict(&out, root->store, depot);
	yaml_out_key(emitter, "accuse");
	yaml_out_scalar(emitter, out.data, YAML_LITERAL_SCALAR_STYLE);
	buf_free(&out);
}

/* The link of the event that the drop made, with which a supplier can check the chain. */
static void journal(yaml_emitter_t *emitter, struct store *store, int64_t depot)
{
	sqlite3_stmt *stmt = store_stmt(store, SQL_OUTPUT_JOURNAL);
	const char *before;

	bind_int(stmt, OUTPUT_JOURNAL_P_DEPOT, depot);
	if (!store_step(store, stmt)) {
		yaml_out_plain(emitter, "journal", "null");
		return;
	}
	before = column_text(stmt, OUTPUT_JOURNAL_PRECEDENT);
	yaml_out_key(emitter, "journal");
	yaml_out_open(emitter);
	number_column(emitter, "rang", stmt, OUTPUT_JOURNAL_RANG);
	yaml_out_text(emitter, "precedent", *before != '\0' ? before : JOURNAL_GENESIS);
	text_column(emitter, "texte", stmt, OUTPUT_JOURNAL_TEXTE);
	text_column(emitter, "maillon", stmt, OUTPUT_JOURNAL_MAILLON);
	yaml_out_close(emitter);
	sqlite3_reset(stmt);
}

static void answer_document(yaml_emitter_t *emitter, const struct root *root, sqlite3_stmt *depot)
{
	const char *statut = column_text(depot, OUTPUT_RETOUR_STATUT);

	yaml_out_open(emitter);
	text_column(emitter, "archive", depot, OUTPUT_RETOUR_ARCHIVE);
	number_column(emitter, "taille", depot, OUTPUT_RETOUR_TAILLE);
	text_column(emitter, "sha256", depot, OUTPUT_RETOUR_SHA256);
	text_column(emitter, "recu_le", depot, OUTPUT_RETOUR_RECU_LE);
	service(emitter, &root->conf);
	text_column(emitter, "programme", depot, OUTPUT_RETOUR_PROGRAMME);
	text_column(emitter, "regles", depot, OUTPUT_RETOUR_REGLES);
	text_column(emitter, "etat", depot, OUTPUT_RETOUR_ETAT);
	yaml_out_plain(emitter, "essai", column_int(depot, OUTPUT_RETOUR_ESSAI) ? "oui" : "non");
	text_column(emitter, "numero", depot, OUTPUT_RETOUR_NUMERO);
	text_column(emitter, "statut", depot, OUTPUT_RETOUR_STATUT);
	if (*statut != '\0')
		yaml_out_text(emitter, "statut_libelle", statut_libelle(statut_from(statut)));
	else
		yaml_out_plain(emitter, "statut_libelle", "null");
	anomalies(emitter, root->store, column_int(depot, OUTPUT_RETOUR_ID));
	if (!column_null(depot, OUTPUT_RETOUR_INCIDENT))
		text_column(emitter, "incident", depot, OUTPUT_RETOUR_INCIDENT);
	accuse(emitter, root, depot);
	journal(emitter, root->store, column_int(depot, OUTPUT_RETOUR_ID));
	yaml_out_close(emitter);
}

void answer_render(struct root *root, int64_t depot, struct buf *out)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_OUTPUT_RETOUR);
	yaml_emitter_t emitter;

	bind_int(stmt, OUTPUT_RETOUR_P_ID, depot);
	if (!store_step(root->store, stmt))
		return;
	buf_puts(out, heading);
	yaml_out_begin(&emitter, out);
	answer_document(&emitter, root, stmt);
	yaml_out_end(&emitter);
	sqlite3_reset(stmt);
}
