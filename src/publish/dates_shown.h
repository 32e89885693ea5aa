/* Dates and instants as French reads them, and as mails carry them. */
#ifndef SEGUR_PUBLISH_DATES_SHOWN_H
#define SEGUR_PUBLISH_DATES_SHOWN_H

#include "lib/date.h"

#define INSTANT_FRENCH_SIZE 64

/* An instant (AAAA-MM-JJTHH:MM:SSZ) as French reads it in the process's time zone, "2 mars 2026 à
 * 3 h 05"; a date alone (AAAA-MM-JJ), "2 mars 2026"; anything else as it stands, cut to fit. */
void instant_french(const char *instant, char out[static INSTANT_FRENCH_SIZE]);
/* A date (AAAA-MM-JJ) as "2 mars 2026"; anything else as "". */
void date_french(const char *date, char out[static DATE_FRENCH_SIZE]);
/* The beginning of a date in UTC (RFC 5322), or the instant where that comes later. */
void instant_rfc5322(const char *date, const char *instant, char out[static DATE_RFC5322_SIZE]);
/* A sentence in which "le 2024-06-30", and so after "du" and "au", is "le 30 juin 2024"; a date that
 * is to be copied, in a quotation or after another word, stays. For the caller to free. */
char *dates_in_words(const char *text);

#endif
