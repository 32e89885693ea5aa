/* What `measure` and its preloaded library share: a page that lives in memory alone, so that
 * counting writes to no disk. */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stdatomic.h>

#define COUNTERS_VARIABLE "BENCH_COUNTERS" /* names the page to every process of the tree */

enum sync_call {
	CALL_FSYNC,
	CALL_FDATASYNC,
	CALL_SYNCFS,
	CALL_SYNC_FILE_RANGE,
	CALL_MSYNC,
	CALL_SYNC,
	CALL_COUNT,
};

struct counters {
	atomic_int command; /* process of the command itself */
	atomic_int off;	    /* the calls are counted, and do nothing */
	atomic_ullong calls[CALL_COUNT];
	atomic_long own_kb;	 /* ru_maxrss of the command's own process */
	atomic_long children_kb; /* the largest of the children that it waited for */
};

#endif
