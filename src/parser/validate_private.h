/* Shared by the files of validate. */
#ifndef SEGUR_PARSER_VALIDATE_PRIVATE_H
#define SEGUR_PARSER_VALIDATE_PRIVATE_H

#include "parser/validate.h"

struct validation {
	struct dossier *dossier;
	const struct yaml_positions *positions;
	int32_t date_depot;
	struct anomalies *anomalies;
	bool off_subject[CHAMP_COUNT]; /* not of this submission: said, or not to be judged */
	char *normal[CHAMP_COUNT]; /* of the values that pass; the dossier gets them at the end */
};

/* validate_value.c: the normal form of a value alone, which the caller frees; NULL when it is badly
 * formed, with the anomaly in *code. */
char *value_normal(const struct champ_info *info, const char *text, enum anomalie_code *code);

/* validate_cross.c: what values say together. One that another contradicts loses its normal
 * form. */
void check_persons(struct validation *validation);
void check_bank(struct validation *validation);

/* validate_pieces.c */
void check_pieces(struct validation *validation);

#endif
