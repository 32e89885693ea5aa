/* The keys of segur.conf: what each may be, and why a value is refused. */
#ifndef SEGUR_STORE_CONF_KEY_H
#define SEGUR_STORE_CONF_KEY_H

#include "lib/buf.h"
#include "store/conf.h"

#include <stdbool.h>

/* Sets a key from its text. False when there is no such key or its value is refused: why is added
 * to `fault`, in French and without a final point, with what to write instead. */
bool conf_set(struct conf *conf, const char *section, const char *name, const char *value,
	      struct buf *fault);

#endif
