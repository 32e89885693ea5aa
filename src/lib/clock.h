/* A clock for durations: it only goes on, whatever is done to the machine's date. */
#ifndef SEGUR_LIB_CLOCK_H
#define SEGUR_LIB_CLOCK_H

#include <stdint.h>

int64_t clock_ms(void); /* milliseconds since some start */

#endif
