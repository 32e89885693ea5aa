#include "record/restart.h"

#include "lib/sha256.h"
#include "record/journal.h"
#include "record/record_private.h"

#include <stdio.h>
#include <string.h>

void restart_given(struct root *root, struct given *given, char day[static DATE_SIZE],
		   int64_t *night)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_GIVEN);

	*given = (struct given){0};
	*night = 0;
	day[0] = '\0';
	if (!store_step(root->store, stmt))
		return;
	*given = (struct given){.demande = column_int(stmt, GIVEN_DEMANDE),
				.mail = column_int(stmt, GIVEN_MAIL),
				.evenement = column_int(stmt, GIVEN_EVENEMENT),
				.rang = column_int(stmt, GIVEN_RANG)};
	snprintf(day, DATE_SIZE, "%s", column_text(stmt, GIVEN_NUIT));
	*night = column_int(stmt, GIVEN_DERNIERE_NUIT);
	sqlite3_reset(stmt);
}

/* Only the installation can have written the text. */
static void add_mention(const struct root *root, struct buf *out)
{
	struct buf text = {0};
	uint8_t mac[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];

	buf_printf(&text, "reprise|%zu:%s", out->length, out->data);
	hmac_sha256(root->secret, sizeof(root->secret), text.data, text.length, mac);
	sha256_hex(mac, hex);
	journal_field(out, hex, JOURNAL_TEXT);
	buf_free(&text);
}

void restart_text(const struct root *root, const struct restart *restart, int64_t rang,
		  struct buf *out)
{
	const struct given *behind = &restart->behind;
	struct buf details = {0};

	buf_printf(&details, "precedent=%lld|derniere=%s|source=%s|demande=%lld|mail=%lld",
		   (long long)restart->previous, restart->last, restart->source,
		   (long long)behind->demande, (long long)behind->mail);
	buf_printf(&details, "|evenement=%lld", (long long)behind->evenement);
	buf_printf(out, "%lld", (long long)rang);
	journal_field(out, "", JOURNAL_TEXT);
	journal_field(out, restart->day, JOURNAL_TEXT);
	journal_field(out, "reprise", JOURNAL_TEXT);
	journal_field(out, "service", JOURNAL_TEXT);
	for (size_t i = 0; i < 3; i++) /* neither status nor documents */
		journal_field(out, "", JOURNAL_TEXT);
	journal_field(out, restart->backup, JOURNAL_TEXT);
	journal_field(out, details.data, JOURNAL_LIST);
	add_mention(root, out);
	buf_free(&details);
}

static void bind_link(struct root *root, const struct restart *restart, sqlite3_stmt *stmt)
{
	char before[SHA256_HEX_SIZE], maillon[SHA256_HEX_SIZE];
	struct buf text = {0};

	restart_text(root, restart, restart->behind.rang, &text);
	journal_last(root, before);
	journal_link(before, text.data, maillon);
	bind_int(stmt, RESTART_INSERT_P_RANG, restart->behind.rang);
	bind_text(stmt, RESTART_INSERT_P_TEXTE, text.data);
	bind_text(stmt, RESTART_INSERT_P_MAILLON, maillon);
	buf_free(&text);
}

static void set_sequence(struct root *root, int64_t demande)
{
	store_run(root->store, store_stmt(root->store, SQL_RESTART_SEQUENCE_MAKE));
	store_run_int(root->store, SQL_RESTART_SEQUENCE_SET, demande);
}

void restart_record(struct root *root, const struct restart *restart)
{
	const struct given *behind = &restart->behind;
	int64_t id = store_get_int(root->store, SQL_RESTART_NEXT_ID, NULL, 1);
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_RESTART_INSERT);

	bind_int(stmt, RESTART_INSERT_P_ID, id);
	bind_text(stmt, RESTART_INSERT_P_LE, restart->day);
	bind_int(stmt, RESTART_INSERT_P_APRES, restart->night);
	bind_text(stmt, RESTART_INSERT_P_SAUVEGARDE, restart->backup);
	bind_text(stmt, RESTART_INSERT_P_SOURCE, restart->source);
	bind_text(stmt, RESTART_INSERT_P_DERNIERE, restart->last);
	bind_text(stmt, RESTART_INSERT_P_JOUABLE, restart->first);
	bind_text(stmt, RESTART_INSERT_P_MANQUANTES, restart->missing);
	bind_int(stmt, RESTART_INSERT_P_PERDUES, restart->lost);
	bind_int(stmt, RESTART_INSERT_P_DEMANDE, behind->demande);
	bind_int(stmt, RESTART_INSERT_P_MAIL, behind->mail);
	bind_int(stmt, RESTART_INSERT_P_EVENEMENT, behind->evenement);
	bind_int(stmt, RESTART_INSERT_P_PRECEDENT, restart->previous);
	if (restart->gap)
		bind_link(root, restart, stmt);
	store_run(root->store, stmt);
	if (restart->gap)
		set_sequence(root, behind->demande);
}

void restart_repeat(struct root *root, sqlite3_stmt *row)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_RESTART_INSERT);

	bind_row(stmt, row);
	store_run(root->store, stmt);
	if (!column_null(row, RESTART_ALL_RANG))
		set_sequence(root, column_int(row, RESTART_ALL_DEMANDE));
}

const struct error *restart_check_day(struct root *root, const char *day)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_RESTART_FIRST_DAY);
	const struct error *err = NULL;

	if (!store_step(root->store, stmt))
		return store_error(root->store);
	if (strcmp(day, column_text(stmt, RESTART_FIRST_DAY_JOUABLE)) < 0)
		err = error_set(
		    ERR_DATA,
		    "la nuit du %s ne peut plus être jouée : la racine a été restaurée, et des "
		    "nuits qu'elle n'a plus sont parties ; la première qui peut l'être est celle "
		    "du %s",
		    day, column_text(stmt, RESTART_FIRST_DAY_JOUABLE));
	sqlite3_reset(stmt);
	return err;
}

size_t restart_room(struct root *root, const char *day)
{
	int64_t count = store_get_int(root->store, SQL_RESTART_DROPS, day, 0);

	return count < DAY_DROPS_MAX ? (size_t)(DAY_DROPS_MAX - count) : 0;
}
