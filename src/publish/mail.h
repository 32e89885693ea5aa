/* The mails that are due, as RFC 5322 messages. */
#ifndef SEGUR_PUBLISH_MAIL_H
#define SEGUR_PUBLISH_MAIL_H

#include "lib/buf.h"
#include "store/root.h"

/* Renders one mail from its committed rows; lines end with LF. */
void mail_render(struct root *root, int64_t mail, struct buf *out);

#endif
