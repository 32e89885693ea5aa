/*
 * Civil dates: an int32_t counts the days since 1970-01-01 in the proleptic Gregorian calendar.
 * Only the years 1900 to 2200 exist here. A day outside becomes the nearest bound, so that the
 * texts below always fit their arrays.
 */
#ifndef SEGUR_LIB_DATE_H
#define SEGUR_LIB_DATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define DATE_MIN (-25567) /* 1900-01-01 */
#define DATE_MAX 84370	  /* 2200-12-31 */
#define DAY_S	 86400
#define MONTHS	 12

/* Sizes of buffers for the forms below, with the final NUL. */
#define DATE_SIZE	  11
#define DATE_FRENCH_SIZE  32
#define DATE_RFC5322_SIZE 40

/* Bounds of a window that is open on that side; as texts they come before and after any date. */
#define DATE_OPEN_START "0001-01-01"
#define DATE_OPEN_END	"9999-12-31"

extern const char *const french_months[MONTHS]; /* "janvier" … */

/* Reads "AAAA-MM-JJ" (ISO 8601), a real day and nothing else; *days is set only when true. */
bool date_parse(const char *text, int32_t *days);

/*
 * Reads a date as people give it: "AAAA-MM-JJ", or "JJ/MM/AAAA" with one digit or two for day and
 * month, as Excel in France shows it; what people paste around it (pasted.h) is left out. *days is
 * set only when true.
 */
bool date_read(const char *text, int32_t *days);

/*
 * Guesses the day that a text means which date_read does not take: other separators, "2030-1-31",
 * "31 janvier 2030", "20300131", a time after it, a year of two digits, month and day the other way
 * round, or the number by which a spreadsheet keeps a day. For a remedy only.
 */
bool date_guess(const char *text, int32_t *days);

/* The same day `years` later (earlier if negative); 29 February becomes 28 where there is none. */
int32_t date_add_years(int32_t days, int years);

/* The same day so many months later; the month's last one where it is shorter. */
int32_t date_add_months(int32_t days, unsigned months);

/* The civil date of an instant in the process's time zone (TZ). */
int32_t date_from_time(time_t instant);

void date_format(int32_t days, char out[static DATE_SIZE]); /* "2026-03-02" */
/* "2 mars 2026"; the first of a month is "1er". */
void date_format_french(int32_t days, char out[static DATE_FRENCH_SIZE]);
/* A second of a day in UTC as RFC 5322 section 3.3 writes it: "Mon, 02 Mar 2026 00:00:00 +0000". */
void date_format_rfc5322(int32_t days, unsigned second, char out[static DATE_RFC5322_SIZE]);

#endif
