/* Holds the journal against itself, against the events, and against the links that others hold. */
#include "lib/mem.h"
#include "lib/sha256.h"
#include "model/numero.h"
#include "record/journal.h"
#include "record/restart.h"
#include "request/status.h"
#include "verify/verify_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMPARE                                                                                    \
	"l'histoire a été modifiée hors du programme : comparez avec les réponses et les "     \
	"rapports déjà publiés, et restaurez la dernière sauvegarde saine"

/* How many rows there will be, for the progress bar. */
static size_t count_of(struct verify *verify, enum sql_id id)
{
	return (size_t)store_get_int(verify->root->store, id, NULL, 0);
}

/* The request's number in a text of the journal, for people; "" when there is none. */
static void entry_numero(const char *entry, char out[static NUMERO_SIZE])
{
	const char *start = strchr(entry, '|');

	snprintf(out, NUMERO_SIZE, "%.*s", start != NULL ? (int)strcspn(start + 1, "|") : 0,
		 start != NULL ? start + 1 : "");
}

/* Where the chain stands: what the next link must follow. */
struct end {
	int64_t rang, evenement;
	char maillon[SHA256_HEX_SIZE];
	bool known; /* `maillon` is there: there is no gap before */
};

static void check_rank(struct verify *verify, struct end *end, int64_t rang)
{
	int64_t expected = end->rang + 1;

	if (rang == expected)
		return;
	if (rang < expected) /* it is the first, and below 1 */
		verify_fault(verify, COMPARE, "le journal a un maillon de rang %lld",
			     (long long)rang);
	else if (rang == expected + 1)
		verify_fault(verify, COMPARE, "il manque au journal le maillon %lld",
			     (long long)expected);
	else
		verify_fault(verify, COMPARE, "il manque au journal les maillons %lld à %lld",
			     (long long)expected, (long long)rang - 1);
	end->known = false;
}

/* The link of a restoration leaves a gap, and says behind which link: only the installation can
 * have written that. */
static void check_restart(struct verify *verify, struct end *end, sqlite3_stmt *link)
{
	const char *entry = column_text(link, VERIFY_JOURNAL_TEXTE);
	sqlite3_stmt *row = store_stmt(verify->root->store, SQL_VERIFY_REPRISE);
	int64_t rang = column_int(link, VERIFY_JOURNAL_RANG);
	struct restart restart = {0};
	struct buf wanted = {0};

	bind_int(row, VERIFY_REPRISE_P_ID, column_int(link, VERIFY_JOURNAL_REPRISE));
	if (!store_step(verify->root->store, row))
		return;
	restart =
	    (struct restart){.backup = column_text(row, VERIFY_REPRISE_SAUVEGARDE),
			     .source = column_text(row, VERIFY_REPRISE_SOURCE),
			     .previous = column_int(row, VERIFY_REPRISE_PRECEDENT),
			     .behind = {.demande = column_int(row, VERIFY_REPRISE_DEMANDE),
					.mail = column_int(row, VERIFY_REPRISE_MAIL),
					.evenement = column_int(row, VERIFY_REPRISE_EVENEMENT)}};

	snprintf(restart.day, sizeof(restart.day), "%s", column_text(row, VERIFY_REPRISE_LE));
	snprintf(restart.last, sizeof(restart.last), "%s",
		 column_text(row, VERIFY_REPRISE_DERNIERE));
	restart_text(verify->root, &restart, rang, &wanted);
	if (strcmp(wanted.data, entry) != 0)
		verify_fault(verify, COMPARE,
			     "maillon %lld (reprise) : il ne dit pas ce que la base dit de cette "
			     "restauration, ou n'a pas été écrit par le programme",
			     (long long)rang);
	if (restart.previous != end->rang)
		verify_fault(verify, COMPARE,
			     "maillon %lld (reprise) : il suit le maillon %lld, et non le %lld",
			     (long long)rang, (long long)end->rang, (long long)restart.previous);
	else
		end->rang = rang - 1; /* the gap is its own */
	buf_free(&wanted);
	sqlite3_reset(row);
}

static void check_link(struct verify *verify, struct end *end, sqlite3_stmt *link)
{
	const char *entry = column_text(link, VERIFY_JOURNAL_TEXTE),
		   *maillon = column_text(link, VERIFY_JOURNAL_MAILLON);
	int64_t rang = column_int(link, VERIFY_JOURNAL_RANG),
		evenement = column_int(link, VERIFY_JOURNAL_EVENEMENT);
	char wanted[SHA256_HEX_SIZE], numero[NUMERO_SIZE];

	if (!column_null(link, VERIFY_JOURNAL_REPRISE))
		check_restart(verify, end, link);
	check_rank(verify, end, rang);
	entry_numero(entry, numero);
	journal_link(end->maillon, entry, wanted);
	if (end->known && strcmp(wanted, maillon) != 0)
		verify_fault(verify, COMPARE,
			     "maillon %lld (%s) : il ne découle pas de son texte et du maillon "
			     "précédent",
			     (long long)rang, numero);
	if (column_null(link, VERIFY_JOURNAL_FOUND))
		verify_fault(verify, COMPARE,
			     "maillon %lld (%s) : son événement (%lld) a été retiré de la base",
			     (long long)rang, numero, (long long)evenement);
	if (evenement <= end->evenement)
		verify_fault(verify, COMPARE,
			     "maillon %lld (%s) : il ne suit pas l'ordre des événements",
			     (long long)rang, numero);
	*end = (struct end){.rang = rang, .evenement = evenement, .known = true};
	snprintf(end->maillon, sizeof(end->maillon), "%s", maillon);
}

void verify_chain(struct verify *verify)
{
	struct end end = {.maillon = JOURNAL_GENESIS, .known = true};
	size_t total = count_of(verify, SQL_VERIFY_EVENEMENTS_COUNT);
	sqlite3_stmt *link = store_stmt(verify->root->store, SQL_VERIFY_JOURNAL);

	while (store_step(verify->root->store, link)) {
		check_link(verify, &end, link);
		verify_examined(verify, total);
	}
}

/* What the fields of a text are for people; the mention has words of its own. */
static const char *const champs[JOURNAL_MENTION] = {
    [JOURNAL_RANG] = "rang",
    [JOURNAL_NUMERO] = "numéro de la demande",
    [JOURNAL_DATE] = "date",
    [JOURNAL_EVENEMENT] = "événement",
    [JOURNAL_ROLE] = "rôle de l'acteur",
    [JOURNAL_DE] = "statut de départ",
    [JOURNAL_VERS] = "statut d'arrivée",
    [JOURNAL_PIECES] = "pièces",
    [JOURNAL_FICHIER] = "empreinte du fichier d'origine",
    [JOURNAL_DETAILS] = "détails",
};

/* An event for people: "ENR0001M0, événement 3 (valider) du 2026-03-02". */
static char *event_words(sqlite3_stmt *event)
{
	return mem_printf("%s, événement %lld (%s) du %s", column_text(event, EVENT_NUMERO),
			  (long long)column_int(event, EVENT_ID),
			  column_text(event, EVENT_EVENEMENT), column_text(event, EVENT_DATE));
}

/* Whether an erasure left nothing that it should erase: it must not hide a change. */
static bool erased_whole(sqlite3_stmt *event)
{
	return strchr(column_text(event, EVENT_ACTEUR), ':') == NULL &&
	       *column_text(event, EVENT_MOTIF) == '\0' &&
	       *column_text(event, EVENT_FICHIER) == '\0';
}

static void check_field(struct verify *verify, sqlite3_stmt *event, enum journal_field champ,
			const char *base, const char *journal)
{
	int base_length = (int)strcspn(base, "|"), length = (int)strcspn(journal, "|");
	char *words;

	if (base_length == length && memcmp(base, journal, (size_t)length) == 0)
		return;
	words = event_words(event);
	verify_fault(verify, COMPARE,
		     "%s : il a changé depuis : %s (au journal « %.*s », dans la base « %.*s »)",
		     words, champs[champ], length, journal, base_length, base);
	free(words);
}

/* Checks the mention, which comes after the journal's own words. It covers these and the texts
 * about people, so that a change of either shows. */
static void check_mention(struct verify *verify, sqlite3_stmt *event, const char *entry,
			  const char *mention)
{
	size_t length = mention > entry ? (size_t)(mention - entry) - 1 : 0;
	char wanted[SHA256_HEX_SIZE], *words;

	journal_mention(verify->root, event, entry, length, wanted);
	if (strcmp(wanted, mention) == 0 || !column_null(event, EVENT_EFFACE_LE))
		return;
	words = event_words(event);
	verify_fault(verify, COMPARE,
		     "%s : l'acteur, le motif ou le nom du fichier a été changé depuis, ou son "
		     "maillon a été récrit",
		     words);
	free(words);
}

/* Compares both texts field by field. */
static void check_entry(struct verify *verify, sqlite3_stmt *event)
{
	const char *entry = column_text(event, VERIFY_EVENEMENTS_TEXTE), *journal = entry, *base;
	struct buf wanted = {0};

	journal_text(verify->root, event, column_int(event, VERIFY_EVENEMENTS_RANG), &wanted);
	base = wanted.data;
	for (enum journal_field champ = 0; champ < JOURNAL_MENTION; champ++) {
		check_field(verify, event, champ, base, journal);
		base += strcspn(base, "|") + 1;
		journal += strcspn(journal, "|");
		journal += *journal == '|';
	}
	check_mention(verify, event, entry, journal);
	buf_free(&wanted);
}

static void check_event(struct verify *verify, sqlite3_stmt *event, bool again)
{
	char *words = event_words(event);

	if (column_null(event, VERIFY_EVENEMENTS_RANG))
		verify_fault(
		    verify, COMPARE,
		    "%s : il n'a pas de maillon ; il a été ajouté hors du programme, ou le "
		    "journal a perdu des maillons",
		    words);
	else
		check_entry(verify, event);
	if (again)
		verify_fault(verify, COMPARE, "%s : il a plusieurs maillons", words);
	if (demande_numero_parse(column_text(event, EVENT_NUMERO)) !=
	    column_int(event, EVENT_DEMANDE))
		verify_fault(verify, COMPARE, "%s : il est rattaché à une autre demande (%lld)",
			     words, (long long)column_int(event, EVENT_DEMANDE));
	if (!column_null(event, EVENT_EFFACE_LE) && !erased_whole(event))
		verify_fault(
		    verify, COMPARE,
		    "%s : effacé le %s, il porte pourtant un acteur, un motif ou un nom de "
		    "fichier",
		    words, column_text(event, EVENT_EFFACE_LE));
	free(words);
}

void verify_events(struct verify *verify)
{
	size_t total = count_of(verify, SQL_VERIFY_EVENEMENTS_COUNT);
	sqlite3_stmt *event = store_stmt(verify->root->store, SQL_VERIFY_EVENEMENTS);
	int64_t last = 0;

	while (store_step(verify->root->store, event)) {
		check_event(verify, event, column_int(event, EVENT_ID) == last);
		last = column_int(event, EVENT_ID);
		verify_examined(verify, total);
	}
}

/* One request while its events go by. */
struct watched_request {
	int64_t demande;
	size_t changes;		  /* events that set a status */
	char numero[NUMERO_SIZE]; /* the request's number now */
	char statut[STATUT_SIZE]; /* the request's status now */
	char last[STATUT_SIZE];	  /* the status that its events led to */
	bool numbered;		  /* its newest event has its number, rank included */
};

static const char *words_of(const char *code)
{
	return statut_from(code) != STATUT_NONE ? statut_libelle(statut_from(code)) : code;
}

/* A request's status must be where its history led. */
static void end_request(struct verify *verify, const struct watched_request *watched)
{
	if (watched->demande == 0)
		return;
	if (watched->changes == 0)
		verify_fault(verify, COMPARE, "%s : la demande n'a aucun événement",
			     watched->numero);
	else if (strcmp(watched->last, watched->statut) != 0)
		verify_fault(
		    verify, COMPARE,
		    "%s : la demande est au statut « %s », son histoire l'a menée à « %s »",
		    watched->numero, words_of(watched->statut), words_of(watched->last));
	if (watched->changes > 0 && !watched->numbered)
		verify_fault(verify, COMPARE,
			     "%s : le dernier événement de la demande porte un autre numéro",
			     watched->numero);
}

static void follow(struct verify *verify, struct watched_request *watched, sqlite3_stmt *row)
{
	const char *event = column_text(row, VERIFY_STATUTS_EVENEMENT),
		   *from = column_text(row, VERIFY_STATUTS_DE);

	watched->numbered = strcmp(column_text(row, VERIFY_STATUTS_NUMERO), watched->numero) == 0;
	if (column_null(row, VERIFY_STATUTS_EVENEMENT_ID) ||
	    strcmp(event, evenement_code(EVENEMENT_RELANCE)) == 0 ||
	    strcmp(event, evenement_code(EVENEMENT_ECHEANCE)) == 0)
		return;
	if ((strcmp(event, evenement_code(EVENEMENT_DEPOT)) == 0) != (watched->changes == 0))
		verify_fault(verify, COMPARE, "%s : son histoire %s (%s du %s)", watched->numero,
			     watched->changes == 0 ? "ne commence pas par un dépôt"
						   : "commence une seconde fois",
			     event, column_text(row, VERIFY_STATUTS_DATE));
	else if (strcmp(from, watched->last) != 0)
		verify_fault(verify, COMPARE,
			     "%s, événement %lld (%s) du %s : il part du statut « %s », l'histoire "
			     "en était à « %s »",
			     column_text(row, VERIFY_STATUTS_NUMERO),
			     (long long)column_int(row, VERIFY_STATUTS_EVENEMENT_ID), event,
			     column_text(row, VERIFY_STATUTS_DATE), words_of(from),
			     words_of(watched->last));
	snprintf(watched->last, sizeof(watched->last), "%s", column_text(row, VERIFY_STATUTS_VERS));
	watched->changes++;
}

void verify_statuses(struct verify *verify)
{
	size_t total = count_of(verify, SQL_VERIFY_DEMANDES_COUNT);
	sqlite3_stmt *row = store_stmt(verify->root->store, SQL_VERIFY_STATUTS);
	struct watched_request watched = {0};

	while (store_step(verify->root->store, row)) {
		if (column_int(row, VERIFY_STATUTS_DEMANDE) != watched.demande) {
			end_request(verify, &watched);
			watched = (struct watched_request){
			    .demande = column_int(row, VERIFY_STATUTS_DEMANDE)};
			demande_numero(watched.demande, column_int(row, VERIFY_STATUTS_RANG),
				       watched.numero);
			snprintf(watched.statut, sizeof(watched.statut), "%s",
				 column_text(row, VERIFY_STATUTS_STATUT));
			verify_examined(verify, total);
		}
		follow(verify, &watched, row);
	}
	end_request(verify, &watched);
}

void verify_links(struct verify *verify)
{
	static const char remedy[] =
	    "l'histoire a été récrite ou tronquée depuis que ce maillon a été remis, ou il vient "
	    "d'une autre installation : comparez avec les rapports déjà publiés";

	for (size_t i = 0; i < verify->held_count; i++) {
		const struct held_link *held = &verify->held_links[i];
		sqlite3_stmt *stmt = store_stmt(verify->root->store, SQL_VERIFY_LINK);

		bind_int(stmt, VERIFY_LINK_P_RANG, held->rang);
		verify->result->examined++;
		if (!store_step(verify->root->store, stmt))
			verify_fault(verify, remedy, "le journal n'a pas de maillon %lld",
				     (long long)held->rang);
		else if (strcmp(column_text(stmt, VERIFY_LINK_MAILLON), held->maillon) != 0)
			verify_fault(verify, remedy,
				     "le maillon %lld du journal n'est pas celui qui est donné",
				     (long long)held->rang);
	}
}
