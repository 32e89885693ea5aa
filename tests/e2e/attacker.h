/* What the files of the attacker share: the words of the archive, and changes of what was found. */
#ifndef SEGUR_ATTACKER_H
#define SEGUR_ATTACKER_H

#include "model/message.h"

#define NAME_SIZE 33

extern char attack_argument[NAME_SIZE]; /* what the archive hands to its attack */

void forge_sizes(struct findings *findings);
void forge_size(struct findings *findings);
void forget_size(struct findings *findings);
void forge_digests(struct findings *findings);
void forge_ordinals(struct findings *findings);
void forge_far_ordinals(struct findings *findings);
void forge_format(struct findings *findings);
void forge_piece_type(struct findings *findings);
void forge_deposit_type(struct findings *findings);
void forge_archive_kind(struct findings *findings);
void forge_code(struct findings *findings);
void forge_service_code(struct findings *findings);
void forge_absent_pieces(struct findings *findings);
void forge_unreadable(struct findings *findings);
void forge_many_pieces(struct findings *findings);
void forget_anomalies(struct findings *findings);
void forge_anomalies(struct findings *findings);
void forge_source(struct findings *findings);
void forge_texts(struct findings *findings);
void forge_siret(struct findings *findings);
void forge_request(struct findings *findings);

#endif
