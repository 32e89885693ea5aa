/*
 * The form of a mail: header fields and bodies as RFC 5322, 2045 and 2047 want them, with LF ends.
 * Whatever a value holds, it stays inside its own field or body.
 */
#ifndef SEGUR_PUBLISH_MIME_H
#define SEGUR_PUBLISH_MIME_H

#include "lib/buf.h"

/* A field with free text: as it stands when that is plain ASCII and fits on a line of 76, else
 * encoded words (RFC 2047, Q) folded at 76. */
void mime_header(struct buf *out, const char *field, const char *text);
/* A field with one address: `name` may be empty; `address` is one that email_check accepts. */
void mime_address(struct buf *out, const char *field, const char *name, const char *address);
/* Quoted-printable (RFC 2045, 6.7), lines of at most 76; `text` has LF ends. */
void mime_quoted_printable(struct buf *out, const char *text);

#endif
