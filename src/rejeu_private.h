/* Shared by the files of the replay's room. */
#ifndef SEGUR_REJEU_PRIVATE_H
#define SEGUR_REJEU_PRIVATE_H

#include "night.h"
#include "rejeu.h"

/* Where the night that is being played has its drops from. */
void rejeu_source(struct rejeu *rejeu, struct night_source *source);
/* The ASP's files that the original's night took or refused, in their order. */
const struct error *rejeu_fichiers(struct rejeu *rejeu, struct night *night);
/* The decisions of `segur decide` that came after that night of the original (0: before the first).
 */
const struct error *rejeu_commandes(struct rejeu *rejeu, int64_t apres);

#endif
