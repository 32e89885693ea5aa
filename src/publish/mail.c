#include "publish/mail.h"
#include "lib/email.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "publish/dates_shown.h"
#include "publish/mail_words.h"
#include "publish/mime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

	mime_address(out, "From", conf->nom, conf->expediteur);
	/* When the address cannot be written to, the service gets the mail: the mail is not lost,
	 * and the address lets nothing into the header. */
	email_check(column_text(mail, OUTPUT_MAIL_DESTINATAIRE), &address);
	mime_address(out, "To", column_text(mail, OUTPUT_MAIL_DESTINATAIRE_NOM),
		     address != NULL ? address : conf->courriel);
	free(address);
	mime_header(out, "Subject", subject);
	instant_rfc5322(column_text(mail, OUTPUT_MAIL_DATE), column_text(mail, OUTPUT_MAIL_RECU_LE),
			date);
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
	struct mail_words words = {0};

	bind_int(stmt, OUTPUT_MAIL_P_ID, mail);
	if (!store_step(root->store, stmt))
		return;
	facts.type = column_text(stmt, OUTPUT_MAIL_TYPE);
	facts.traits = mail_words_collect(root, stmt, &words);
	for (size_t i = 0; i < WORD_COUNT; i++)
		facts.words[i] = words.texts[i];
	mail_text_render(&facts, &subject, &body);
	put_headers(out, root, stmt, mail, subject.data);
	mime_quoted_printable(out, body.data);
	buf_free(&subject);
	buf_free(&body);
	mail_words_free(&words);
	sqlite3_reset(stmt);
}
