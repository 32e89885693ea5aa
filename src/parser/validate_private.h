/* Shared by the files of validate. */
#ifndef SEGUR_PARSER_VALIDATE_PRIVATE_H
#define SEGUR_PARSER_VALIDATE_PRIVATE_H

#include "model/reason.h"
#include "parser/validate.h"

struct validation {
	struct dossier *dossier;
	const struct yaml_positions *positions;
	int32_t date_depot;
	struct anomalies *anomalies;
	bool off_subject[CHAMP_COUNT]; /* not of this submission: said, or not to be judged */
	char *normal[CHAMP_COUNT]; /* of the values that pass; the dossier gets them at the end */
};

/* Why a value is refused; the caller frees the reason. */
struct refusal {
	enum anomalie_code code;
	struct reason reason; /* what `code` puts into its words, if it asks for any */
};

/* validate_value.c: the normal form of a value alone, which the caller frees; NULL when it is badly
 * formed, with the anomaly in *refusal. */
char *value_normal(const struct champ_info *info, const char *text, struct refusal *refusal);

/* validate_cross.c: what values say together. One that another contradicts loses its normal
 * form. */
void check_swapped_bank(struct validation *validation); /* before the values are judged */
void check_persons(struct validation *validation);
void check_bank(struct validation *validation);

/* validate_doubts.c: valid values that a person should look at. */
void check_doubts(const struct validation *validation);

/* validate_pieces.c */
void check_pieces(struct validation *validation);

#endif
