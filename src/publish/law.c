#include "publish/law.h"

#include "lib/array.h"
#include "lib/mem.h"

#include <string.h>

static bool is_told(const char *words)
{
	return strcmp(words, CONF_NONE) != 0;
}

bool law_has_appeal(const struct conf *conf)
{
	return is_told(conf->recours_contentieux);
}

bool law_has_author(const struct conf *conf)
{
	return is_told(conf->auteur) && is_told(conf->auteur_qualite);
}

bool law_has_receipt(const struct conf *conf)
{
	return (conf->silence == SILENCE_REJECTS && law_has_appeal(conf)) ||
	       (conf->silence == SILENCE_ACCEPTS && is_told(conf->attestation));
}

char *law_appeal(const struct conf *conf)
{
	if (!is_told(conf->recours_gracieux))
		return mem_printf("par un recours contentieux %s", conf->recours_contentieux);
	return mem_printf("par un recours gracieux %s, ou par un recours contentieux %s",
			  conf->recours_gracieux, conf->recours_contentieux);
}

int32_t law_silence_day(const struct conf *conf, int32_t received, int32_t suspended)
{
	return date_add_months(received, conf->silence_mois) + suspended;
}

void law_missing(const struct conf *conf, struct buf *keys)
{
	const struct {
		const char *name;
		bool missing;
	} asked[] = {
	    {"silence", conf->silence == SILENCE_UNTOLD},
	    {"attestation", conf->silence == SILENCE_ACCEPTS && !is_told(conf->attestation)},
	    {"recours_contentieux", !law_has_appeal(conf)},
	    {"auteur", !is_told(conf->auteur)},
	    {"auteur_qualite", !is_told(conf->auteur_qualite)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		if (asked[i].missing)
			buf_printf(keys, "%s%s", keys->length > 0 ? ", " : "", asked[i].name);
}
