#include "lib/identity.h"

#include "lib/date.h"

#include <stdlib.h>
#include <string.h>

#define CARD_PRINTED_YEARS 10
#define CARD_EXTRA_YEARS   5
#define CARD_SLACK_DAYS	   2 /* a card may print the eve of its tenth anniversary */

int32_t identity_last_day(const char *nature, int32_t printed, int32_t issued)
{
	int32_t first, last;

	if (nature == NULL || strcmp(nature, "cni") != 0 || !date_parse("2004-01-02", &first) ||
	    !date_parse("2013-12-31", &last) || issued < first || issued > last ||
	    abs(printed - date_add_years(issued, CARD_PRINTED_YEARS)) > CARD_SLACK_DAYS)
		return printed;
	return date_add_years(printed, CARD_EXTRA_YEARS);
}
