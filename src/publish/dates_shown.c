#include "publish/dates_shown.h"

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
	*instant = (time_t)days * 86400 + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
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

void date_french(const char *date, char out[static DATE_SIZE])
{
	int32_t days;

	out[0] = '\0';
	if (date_parse(date, &days))
		date_format_slash(days, out);
}
