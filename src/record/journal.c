#include "record/journal.h"

#include "lib/array.h"
#include "lib/notice.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "record/record_private.h"

#include <stdio.h>
#include <string.h>

void journal_field(struct buf *out, const char *text, enum journal_shape shape)
{
	buf_putc(out, '|');
	for (; *text != '\0'; text++) {
		if (shape == JOURNAL_LIST && *text == '|')
			buf_putc(out, ',');
		else if (*text > ' ' && *text <= '~' && strchr("|,%", *text) == NULL)
			buf_putc(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

/* The actor's role without the name; an unknown role is not shown, since it might be a name. */
static const char *role(const char *acteur)
{
	static const char *const roles[] = {"compte", "gestionnaire", "service"};
	size_t length = strcspn(acteur, ":");

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if (strlen(roles[i]) == length && memcmp(roles[i], acteur, length) == 0)
			return roles[i];
	return "inconnu";
}

void journal_mention(const struct root *root, sqlite3_stmt *event, const char *head, size_t length,
		     char out[static SHA256_HEX_SIZE])
{
	static const int personal[] = {EVENT_ACTEUR, EVENT_MOTIF, EVENT_FICHIER};
	struct buf text = {0};
	uint8_t mac[SHA256_SIZE];

	buf_printf(&text, "journal|%lld|%zu:%.*s", (long long)column_int(event, EVENT_ID), length,
		   (int)length, head);
	for (size_t i = 0; i < ARRAY_SIZE(personal); i++) {
		const char *value = column_text(event, personal[i]);

		buf_printf(&text, "|%zu:%s", strlen(value), value);
	}
	hmac_sha256(root->secret, sizeof(root->secret), text.data, text.length, mac);
	sha256_hex(mac, out);
	buf_free(&text);
}

void journal_text(const struct root *root, sqlite3_stmt *event, int64_t rang, struct buf *out)
{
	char mac[SHA256_HEX_SIZE];

	buf_printf(out, "%lld", (long long)rang);
	journal_field(out, column_text(event, EVENT_NUMERO), JOURNAL_TEXT);
	journal_field(out, column_text(event, EVENT_DATE), JOURNAL_TEXT);
	journal_field(out, column_text(event, EVENT_EVENEMENT), JOURNAL_TEXT);
	journal_field(out, role(column_text(event, EVENT_ACTEUR)), JOURNAL_TEXT);
	journal_field(out, column_text(event, EVENT_DE), JOURNAL_TEXT);
	journal_field(out, column_text(event, EVENT_VERS), JOURNAL_TEXT);
	journal_field(out, column_text(event, EVENT_PIECES), JOURNAL_LIST);
	journal_field(out, column_text(event, EVENT_SHA256), JOURNAL_TEXT);
	journal_field(out, column_text(event, EVENT_DETAILS), JOURNAL_LIST);
	journal_mention(root, event, out->data, out->length, mac);
	journal_field(out, mac, JOURNAL_TEXT);
}

void journal_link(const char *previous, const char *entry, char out[static SHA256_HEX_SIZE])
{
	struct buf text = {0};

	buf_printf(&text, "%s\n%s", previous, entry);
	sha256_hex_of(text.data, text.length, out);
	buf_free(&text);
}

int64_t journal_last(struct root *root, char maillon[static SHA256_HEX_SIZE])
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_JOURNAL_LAST);
	int64_t rang = 0;

	memcpy(maillon, JOURNAL_GENESIS, SHA256_HEX_SIZE);
	if (store_step(root->store, stmt)) {
		rang = column_int(stmt, JOURNAL_LAST_RANG);
		snprintf(maillon, SHA256_HEX_SIZE, "%s", column_text(stmt, JOURNAL_LAST_MAILLON));
		sqlite3_reset(stmt);
	}
	return rang;
}

static void append_row(struct root *root, sqlite3_stmt *event)
{
	char before[SHA256_HEX_SIZE], maillon[SHA256_HEX_SIZE];
	int64_t rang = journal_last(root, before) + 1;
	struct buf entry = {0};
	sqlite3_stmt *stmt;

	journal_text(root, event, rang, &entry);
	journal_link(before, entry.data, maillon);
	stmt = store_stmt(root->store, SQL_JOURNAL_INSERT);
	bind_int(stmt, JOURNAL_INSERT_P_RANG, rang);
	bind_int(stmt, JOURNAL_INSERT_P_EVENEMENT, column_int(event, EVENT_ID));
	bind_text(stmt, JOURNAL_INSERT_P_TEXTE, entry.data);
	bind_text(stmt, JOURNAL_INSERT_P_MAILLON, maillon);
	store_run(root->store, stmt);
	buf_free(&entry);
}

void journal_append(struct root *root, int64_t evenement)
{
	sqlite3_stmt *event = store_stmt(root->store, SQL_JOURNAL_EVENEMENT);

	bind_int(event, JOURNAL_EVENEMENT_P_ID, evenement);
	if (!store_step(root->store, event))
		return;
	append_row(root, event);
	sqlite3_reset(event);
}

bool journal_unsealed(struct root *root)
{
	return store_get_int(root->store, SQL_JOURNAL_UNSEALED, NULL, 0) != 0;
}

const struct error *journal_seal(struct root *root)
{
	const struct error *err;
	sqlite3_stmt *events;
	size_t count = 0;

	if (!journal_unsealed(root))
		return store_error(root->store);
	store_begin(root->store);
	events = store_stmt(root->store, SQL_JOURNAL_EVENEMENTS);
	for (; store_step(root->store, events); count++)
		append_row(root, events);
	err = store_commit(root->store);
	/* An emptied journal looks the same as one that never was. */
	if (err == NULL)
		notice(
		    NOTICE_WARNING,
		    "le journal était vide : %zu %s leur maillon. "
		    "C'est attendu une fois, après la mise à jour d'une installation d'avant le "
		    "journal ; sinon il a été vidé : comparez avec les maillons déjà remis (segur "
		    "verify --maillon)",
		    count, text_plural(count, "événement a reçu", "événements ont reçu"));
	return err;
}
