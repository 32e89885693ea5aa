/* French as it is set, for what people read: mails. */
#ifndef SEGUR_PUBLISH_TYPOGRAPHY_H
#define SEGUR_PUBLISH_TYPOGRAPHY_H

#include "lib/buf.h"

#define NO_BREAK "\u00A0"

/*
 * Adds a sentence of ours, set as French is: U+202F before ; ! ? and between thousands, U+00A0
 * before : and inside « », in « n° 12 », « 2 mars », « 3 h 05 » and « 4 Mo », and ’ for an
 * apostrophe. It replaces plain spaces and apostrophes that stand there, and adds none. What stands
 * between « and » keeps its bytes, and so does a word that is a name for machines: a file, a key, an
 * address, YAML.
 */
void typography_set(struct buf *out, const char *text);
/* The same as a new text, for the caller to free. */
char *typography_of(const char *text);

#endif
