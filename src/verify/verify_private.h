/* The checks of `segur verify`, and how they tell faults. */
#ifndef SEGUR_VERIFY_VERIFY_PRIVATE_H
#define SEGUR_VERIFY_VERIFY_PRIVATE_H

#include "verify/verify.h"

/* Tells a fault and what to do about it. */
void verify_fault(struct verify *verify, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Tells what is no fault, and may be worth a look. */
void verify_remark(struct verify *verify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Counts one more as examined, of `total`; 0: nobody knows of how many. */
void verify_examined(struct verify *verify, size_t total);

/* The journal and what hangs on it (verify_journal.c). */
void verify_chain(struct verify *verify);
void verify_events(struct verify *verify);
void verify_statuses(struct verify *verify);
void verify_links(struct verify *verify);
/* Kept files (verify_files.c). */
void verify_archives(struct verify *verify);
/* What lies in the outbox and in the inbox (verify_outbox.c). */
void verify_outbox(struct verify *verify);
void verify_inbox(struct verify *verify);

#endif
