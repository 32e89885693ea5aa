/* A progress bar on standard error, on a terminal only: none in cron. */
#ifndef SEGUR_LIB_PROGRESS_H
#define SEGUR_LIB_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

/* `quiet` turns it off for the whole run. */
void progress_setup(bool quiet);
/* `total` is 0 when it is not known: the count stands alone then. */
void progress_show(const char *what, size_t done, size_t total);
void progress_clear(void);

#endif
