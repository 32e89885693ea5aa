/*
 * A zip that a parser of its own inflates into a pipe, while we read the other end. What comes out
 * is as little believed as any other file: it is the parser's word alone that the zip was whole.
 */
#ifndef SEGUR_INTAKE_INFLATION_H
#define SEGUR_INTAKE_INFLATION_H

#include "lib/error.h"
#include "model/message.h"
#include "store/conf.h"

#include <sys/types.h>

struct inflation;

/* Starts a template with one parser, and gives it the zip, which must not be open for writing; the
 * descriptor stays the caller's. `size_max`: bytes that may come out. *out is NULL after a
 * failure. `conf` must outlive it. */
const struct error *inflation_open(const struct conf *conf, int zip, uint64_t size_max,
				   struct inflation **out);
/* As read(2); 0 at the end, and when nothing has come for `delai_s`. */
ssize_t inflation_read(struct inflation *inflation, void *bytes, size_t count);
/* What came of the zip; `size`: all bytes that were read. INFLATED_STOPPED when the parser died,
 * fell silent, said nonsense, or says that it wrote other than what was read. */
enum inflated_state inflation_end(struct inflation *inflation, uint64_t size);
/* Ends the parser, wherever it is. */
void inflation_close(struct inflation *inflation);

#endif
