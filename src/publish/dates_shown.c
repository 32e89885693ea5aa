#include "publish/dates_shown.h"

#include "lib/array.h"
#include "lib/buf.h"
#include "lib/date.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* "AAAA-MM-JJTHH:MM:SSZ", all of it and nothing after. */
static bool parse_instant(const char *text, time_t *instant)
{
	struct tm tm = {0};
	const char *end;
	char day[DATE_SIZE];
	int32_t days;

	if (strlen(text) != strlen("AAAA-MM-JJTHH:MM:SSZ"))
		return false;
	memcpy(day, text, 10);
	day[10] = '\0';
	end = strptime(text + 10, "T%H:%M:%SZ", &tm);
	if (!date_parse(day, &days) || end == NULL || *end != '\0')
		return false;
	*instant = (time_t)days * DAY_S + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
	return true;
}

void instant_french(const char *instant, char out[static INSTANT_FRENCH_SIZE])
{
	char day[DATE_FRENCH_SIZE];
	int32_t days;
	time_t time;
	struct tm tm;

	if (date_parse(instant, &days)) {
		date_format_french(days, out);
	} else if (parse_instant(instant, &time) && localtime_r(&time, &tm) != NULL) {
		date_format_french(date_from_time(time), day);
		snprintf(out, INSTANT_FRENCH_SIZE, "%s à %d h %02d", day, tm.tm_hour, tm.tm_min);
	} else {
		snprintf(out, INSTANT_FRENCH_SIZE, "%s", instant);
	}
}

void date_french(const char *date, char out[static DATE_FRENCH_SIZE])
{
	int32_t days;

	out[0] = '\0';
	if (date_parse(date, &days))
		date_format_french(days, out);
}

void instant_rfc5322(const char *date, const char *instant, char out[static DATE_RFC5322_SIZE])
{
	int32_t days = 0;
	time_t time, begin;

	date_parse(date, &days);
	begin = (time_t)days * DAY_S;
	if (!parse_instant(instant, &time) || time < begin)
		time = begin;
	date_format_rfc5322((int32_t)(time / DAY_S), (unsigned)(time % DAY_S), out);
}

/* The length of the article and space that a word begins with; else 0. */
static size_t article(const char *text, const char *at)
{
	static const char *const articles[] = {"le ", "du ", "au "};

	if (at > text && at[-1] != ' ')
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(articles); i++)
		if (strncmp(at, articles[i], strlen(articles[i])) == 0)
			return strlen(articles[i]);
	return 0;
}

char *dates_in_words(const char *text)
{
	const char *at = text;
	struct buf out = {0};

	while (*at != '\0') {
		size_t length = article(text, at);
		char day[DATE_SIZE] = "", french[DATE_FRENCH_SIZE];

		if (length > 0)
			snprintf(day, sizeof(day), "%s", at + length);
		date_french(day, french);
		if (french[0] == '\0') {
			buf_putc(&out, *at++);
			continue;
		}
		buf_add(&out, at, length);
		buf_puts(&out, french);
		at += length + strlen(day);
	}
	return buf_take(&out);
}
