/* Dates and instants as French reads them. */
#ifndef SEGUR_PUBLISH_DATES_SHOWN_H
#define SEGUR_PUBLISH_DATES_SHOWN_H

#include "lib/date.h"

#define INSTANT_FRENCH_SIZE 64

/* An instant (AAAA-MM-JJTHH:MM:SSZ) as French reads it in the process's time zone, "lundi 2 mars
 * 2026 à 3 h 05"; a date alone (AAAA-MM-JJ), "lundi 2 mars 2026"; anything else as it stands, cut
 * to fit. */
void instant_french(const char *instant, char out[static INSTANT_FRENCH_SIZE]);
/* A date (AAAA-MM-JJ) as "02/03/2026"; anything else as "". */
void date_french(const char *date, char out[static DATE_SIZE]);

#endif
