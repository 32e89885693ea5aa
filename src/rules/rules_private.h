/* The steps of the rules, shared by their files; rules_apply calls them in this order. */
#ifndef SEGUR_RULES_RULES_PRIVATE_H
#define SEGUR_RULES_RULES_PRIVATE_H

#include "rules/rules.h"

void rules_access(struct root *root, struct findings *findings, struct facts *facts);
/* For a sequel: finds the request, and asks the status table (guide p. 35 to 43). False when there
 * is no such request for this account: nothing more can be judged. */
bool rules_demande(struct root *root, struct findings *findings, struct facts *facts);
void rules_referencement(struct root *root, struct findings *findings, struct facts *facts);
/* Makes facts->dossier whole: sections that a modification does not give are the request's. False
 * when the modification is empty. */
bool rules_modification(struct root *root, struct findings *findings, struct facts *facts);
void rules_demandeur(struct root *root, struct findings *findings, struct facts *facts);
void rules_titulaire(struct root *root, const struct dossier *dossier, struct facts *facts);
/* The same for a sequel that cannot change the holder. */
void rules_titulaire_kept(struct facts *facts);
/* Finds whether a modification of the dossier `before` leaves the account with its holder, and names
 * another dépositaire. The holder whose address it does not touch keeps the one that he has now. */
void rules_titulaire_changes(const struct dossier *before, struct facts *facts);
void rules_banque(struct root *root, struct findings *findings, struct facts *facts);
void rules_cycle(struct root *root, struct findings *findings, struct facts *facts);
/* Finds what a modification changes, once its dossier is whole. */
void rules_changes(struct root *root, struct findings *findings, struct facts *facts);
/* The documents of an enrolment or a modification. */
void rules_pieces(struct findings *findings, struct facts *facts);
/* Whether what the request holds of that type is the dépositaire's before, whom another follows. */
bool rules_piece_of_another(const struct facts *facts, enum piece_type type);
/* After rules_pieces: alerts of a value that changes while the document that proves it stays. */
void rules_earlier_pieces(struct findings *findings, const struct facts *facts);
void rules_asked_pieces(struct findings *findings, const struct facts *facts);
void rules_finalisation(struct findings *findings, struct facts *facts);

#endif
