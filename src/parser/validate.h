/*
 * What can be said of a dossier without database and without archive: which keys its kind of
 * submission holds and calls for, how each value is formed, and whether the values agree (guide
 * p. 9 to 21). Which documents are expected needs the registers: the parent's rules say that.
 */
#ifndef SEGUR_PARSER_VALIDATE_H
#define SEGUR_PARSER_VALIDATE_H

#include "parser/parse_yaml.h"

/*
 * `date_depot` counts days as lib/date.h does. A value that passes gets its normal form and
 * `valid`; one that fails stays as written, and so it is cited. Normal forms: SIRET 14 digits, IBAN
 * and BIC compact in upper case, telephone in pairs, enumerations in lower case, booleans oui or
 * non, e-mail with its domain in lower-case ASCII, request number in upper case, sha256 in lower
 * case. In a text that was cut nothing is called missing; when the kind of submission is unknown,
 * only the keys that all kinds share are checked.
 */
void validate_dossier(struct dossier *dossier, const struct yaml_positions *positions,
		      int32_t date_depot, struct anomalies *anomalies);

#endif
