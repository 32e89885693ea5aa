#include "lib/date.h"

#include "lib/array.h"
#include "lib/pasted.h"
#include "lib/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_YEAR 1900
#define LAST_YEAR  2200

struct civil {
	unsigned year, month, day;
};

static const char *const english_days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const english_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
const char *const french_months[MONTHS] = {"janvier",	"février", "mars",     "avril",
					   "mai",	"juin",	   "juillet",  "août",
					   "septembre", "octobre", "novembre", "décembre"};

static unsigned month_length(unsigned year, unsigned month)
{
	static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return lengths[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* The first of January. Every fourth year before this one was leap, 1900 and 2100 excepted. */
static int32_t year_start(unsigned year)
{
	unsigned since = year - FIRST_YEAR;
	unsigned fourths = since == 0 ? 0 : (since - 1) / 4;

	return (int32_t)(365 * since + fourths - (year > 2100 ? 1 : 0)) + DATE_MIN;
}

static int32_t civil_to_days(struct civil date)
{
	int32_t days = year_start(date.year);

	for (unsigned month = 1; month < date.month; month++)
		days += (int32_t)month_length(date.year, month);
	return days + (int32_t)date.day - 1;
}

static int32_t within_bounds(int32_t days)
{
	return days < DATE_MIN ? DATE_MIN : days > DATE_MAX ? DATE_MAX : days;
}

static struct civil civil_from_days(int32_t days)
{
	struct civil date = {.month = 1};
	unsigned rest;

	days = within_bounds(days);
	date.year = FIRST_YEAR + (unsigned)(days - DATE_MIN) / 365;
	/* 300 years have fewer than 365 leap days: the year is too late by one at most. */
	if (year_start(date.year) > days)
		date.year--;
	rest = (unsigned)(days - year_start(date.year));
	while (rest >= month_length(date.year, date.month))
		rest -= month_length(date.year, date.month++);
	date.day = rest + 1;
	return date;
}

/* 0 is Monday, as 1900-01-01 was. */
static unsigned weekday(int32_t days)
{
	return (unsigned)(within_bounds(days) - DATE_MIN) % 7;
}

static bool read_digits(const char *text, size_t count, unsigned *value)
{
	*value = 0;
	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*value = *value * 10 + (unsigned)(text[i] - '0');
	}
	return true;
}

static bool is_real(struct civil date)
{
	return date.year >= FIRST_YEAR && date.year <= LAST_YEAR && date.month >= 1 &&
	       date.month <= 12 && date.day >= 1 && date.day <= month_length(date.year, date.month);
}

static bool take_civil(struct civil date, int32_t *days)
{
	if (!is_real(date))
		return false;
	*days = civil_to_days(date);
	return true;
}

bool date_parse(const char *text, int32_t *days)
{
	struct civil date = {0};

	return strlen(text) == 10 && text[4] == '-' && text[7] == '-' &&
	       read_digits(text, 4, &date.year) && read_digits(text + 5, 2, &date.month) &&
	       read_digits(text + 8, 2, &date.day) && take_civil(date, days);
}

/* Reads one or two digits and the slash behind them. */
static const char *read_part(const char *text, unsigned *value)
{
	size_t count = strspn(text, TEXT_DIGITS);

	if (count < 1 || count > 2 || text[count] != '/')
		return NULL;
	read_digits(text, count, value);
	return text + count + 1;
}

static bool parse_slashes(const char *text, int32_t *days)
{
	struct civil date;

	text = read_part(text, &date.day);
	if (text != NULL)
		text = read_part(text, &date.month);
	return text != NULL && strlen(text) == 4 && read_digits(text, 4, &date.year) &&
	       take_civil(date, days);
}

#define WRITTEN_SIZE sizeof("AAAA-MM-JJ")

bool date_read(const char *text, int32_t *days)
{
	char written[WRITTEN_SIZE] = "";
	const char *start = pasted_text(text);
	size_t length = strspn(start, TEXT_DIGITS "-/");
	const char *rest = start + length;

	while (pasted_decoration(rest) > 0)
		rest += pasted_decoration(rest);
	if (length >= sizeof(written) || *rest != '\0')
		return false;
	memcpy(written, start, length);
	return date_parse(written, days) || parse_slashes(written, days);
}

/* --- guesses --- */

#define SPREADSHEET_EPOCH (-25569) /* 1899-12-30, day 0 of Excel and LibreOffice */
#define SPREADSHEET_FIRST 20000	   /* 1954: smaller numbers are no dates of papers */

/* The month that a word begins: three letters tell all but juin and juillet. */
static unsigned month_of(const char *word)
{
	for (unsigned i = 0; i < ARRAY_SIZE(french_months); i++) {
		char *month = text_fold(french_months[i]);
		size_t letters = strncmp(month, "jui", 3) == 0 ? 4 : 3;
		bool begins = strncmp(word, month, letters) == 0;

		free(month);
		if (begins)
			return i + 1;
	}
	return 0;
}

struct groups {
	unsigned value[3];
	size_t digits[3]; /* 0 for a month's name */
	size_t count;
};

/* Reads the first three numbers, or month's names, of a folded text. */
static void read_groups(const char *text, struct groups *groups)
{
	while (*text != '\0' && groups->count < ARRAY_SIZE(groups->value)) {
		size_t digits = strspn(text, TEXT_DIGITS), letters = strspn(text, TEXT_LOWER);
		unsigned *value = &groups->value[groups->count];

		if (digits > 0 && digits <= 8)
			read_digits(text, digits, value);
		else
			*value = month_of(text);
		if (digits > 0 || *value > 0)
			groups->digits[groups->count++] = digits;
		text += digits + letters > 0 ? digits + letters : 1;
		/* "1er" */
		if (digits > 0)
			text += strspn(text, TEXT_LOWER);
	}
}

static unsigned whole_year(unsigned year, size_t digits)
{
	if (digits != 2)
		return year;
	return year < 70 ? 2000 + year : 1900 + year;
}

static bool guess_groups(const struct groups *groups, int32_t *days)
{
	const unsigned *value = groups->value;
	struct civil date = {whole_year(value[2], groups->digits[2]), value[1], value[0]};

	if (groups->digits[0] == 4)
		date = (struct civil){value[0], value[1], value[2]};
	else if (groups->digits[2] != 4 && groups->digits[2] != 2)
		return false;
	if (take_civil(date, days))
		return true;
	return take_civil((struct civil){date.year, date.day, date.month}, days);
}

/* A number without separators. */
static bool guess_number(unsigned value, size_t digits, int32_t *days)
{
	if (digits == 8)
		return take_civil((struct civil){value / 10000, value / 100 % 100, value % 100},
				  days) ||
		       take_civil(
			   (struct civil){value % 10000, value / 10000 % 100, value / 1000000},
			   days);
	if (digits != 5 || value < SPREADSHEET_FIRST)
		return false;
	*days = (int32_t)value + SPREADSHEET_EPOCH;
	return true;
}

bool date_guess(const char *text, int32_t *days)
{
	char *folded = text_fold(text);
	struct groups groups = {0};
	bool found;

	if (folded == NULL)
		return false;
	read_groups(folded, &groups);
	free(folded);
	found = groups.count == 1 ? guess_number(groups.value[0], groups.digits[0], days)
				  : groups.count == 3 && guess_groups(&groups, days);
	return found;
}

int32_t date_add_months(int32_t days, unsigned months)
{
	struct civil date = civil_from_days(days);

	if (months > 12 * (LAST_YEAR - FIRST_YEAR + 1))
		return DATE_MAX;
	months += date.month - 1;
	date.year += months / 12;
	date.month = months % 12 + 1;
	if (date.year > LAST_YEAR)
		return DATE_MAX;
	if (date.day > month_length(date.year, date.month))
		date.day = month_length(date.year, date.month);
	return civil_to_days(date);
}

int32_t date_add_years(int32_t days, int years)
{
	struct civil date = civil_from_days(days);

	if (years > LAST_YEAR - (int)date.year)
		return DATE_MAX;
	if (years < FIRST_YEAR - (int)date.year)
		return DATE_MIN;
	date.year = (unsigned)((int)date.year + years);
	if (date.day > month_length(date.year, date.month))
		date.day = month_length(date.year, date.month);
	return civil_to_days(date);
}

int32_t date_from_time(time_t instant)
{
	struct tm local;

	if (localtime_r(&instant, &local) == NULL || local.tm_year > LAST_YEAR - 1900)
		return instant < 0 ? DATE_MIN : DATE_MAX;
	if (local.tm_year < FIRST_YEAR - 1900)
		return DATE_MIN;
	return civil_to_days((struct civil){.year = (unsigned)local.tm_year + 1900,
					    .month = (unsigned)local.tm_mon + 1,
					    .day = (unsigned)local.tm_mday});
}

void date_format(int32_t days, char out[static DATE_SIZE])
{
	struct civil date = civil_from_days(days);

	snprintf(out, DATE_SIZE, "%04u-%02u-%02u", date.year % 10000, date.month % 100,
		 date.day % 100);
}

void date_format_french(int32_t days, char out[static DATE_FRENCH_SIZE])
{
	struct civil date = civil_from_days(days);

	snprintf(out, DATE_FRENCH_SIZE, "%u%s %s %u", date.day % 100, date.day == 1 ? "er" : "",
		 french_months[date.month - 1], date.year % 10000);
}

void date_format_rfc5322(int32_t days, unsigned second, char out[static DATE_RFC5322_SIZE])
{
	struct civil date = civil_from_days(days);

	snprintf(out, DATE_RFC5322_SIZE, "%s, %02u %s %04u %02u:%02u:%02u +0000",
		 english_days[weekday(days)], date.day % 100, english_months[date.month - 1],
		 date.year % 10000, second / 3600 % 24, second / 60 % 60, second % 60);
}
