/* A progress bar on standard error, on a terminal only: none in cron. */
#ifndef SEGUR_LIB_PROGRESS_H
#define SEGUR_LIB_PROGRESS_H

#include <stddef.h>

/* Without it nothing is shown. */
void progress_enable(void);
/* `total` is 0 when it is not known: the count stands alone then. */
void progress_show(const char *what, size_t done, size_t total);
void progress_clear(void);

#endif
