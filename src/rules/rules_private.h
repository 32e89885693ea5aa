/* The steps of the rules, shared by their files; rules_apply calls them in this order. */
#ifndef SEGUR_RULES_RULES_PRIVATE_H
#define SEGUR_RULES_RULES_PRIVATE_H

#include "rules/rules.h"

void rules_access(struct root *root, struct findings *findings, struct facts *facts);
/* Of what follows a first deposit: which request, and whether its status lets it (guide p. 35 to
 * 43); false when that is not so, and nothing more can be judged. */
bool rules_demande(struct root *root, struct findings *findings, struct facts *facts);
void rules_referencement(struct root *root, struct findings *findings, struct facts *facts);
/* Makes faits->dossier whole: sections that a modification does not give are the request's; false
 * when there is nothing in it. */
bool rules_modification(struct root *root, struct findings *findings, struct facts *facts);
void rules_demandeur(struct root *root, struct findings *findings, struct facts *facts);
void rules_titulaire(struct root *root, const struct dossier *dossier, struct facts *facts);
/* The same for what cannot change the holder. */
void rules_titulaire_kept(struct facts *facts);
void rules_banque(struct root *root, struct findings *findings, struct facts *facts);
void rules_cycle(struct root *root, struct findings *findings, struct facts *facts);
/* What a modification changes, once its dossier is whole. */
void rules_changes(struct root *root, struct findings *findings, struct facts *facts);
/* The documents of an enrolment, of pieces asked for, of a finalisation. */
void rules_pieces(struct findings *findings, struct facts *facts);
/* After them: a value that a modification changes while the document that proves it stays. */
void rules_earlier_pieces(struct findings *findings, const struct facts *facts);
void rules_asked_pieces(struct findings *findings, const struct facts *facts);
void rules_finalisation(struct findings *findings, struct facts *facts);

#endif
