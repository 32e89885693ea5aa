/* What one mail has to say: its words and traits (mail_text.h), out of its rows. Private to mail.c. */
#ifndef SEGUR_PUBLISH_MAIL_WORDS_H
#define SEGUR_PUBLISH_MAIL_WORDS_H

#include "publish/mail_text.h"
#include "store/root.h"

struct mail_words {
	char *texts[WORD_COUNT]; /* NULL reads as "" */
};

/* Fills `words` for the row of output_mail that `mail` stands at; gives back the mail's traits. */
unsigned mail_words_collect(const struct root *root, sqlite3_stmt *mail, struct mail_words *words);
void mail_words_free(struct mail_words *words);

#endif
