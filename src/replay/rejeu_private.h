/* Shared by the files of the replay's room. */
#ifndef SEGUR_REJEU_PRIVATE_H
#define SEGUR_REJEU_PRIVATE_H

#include "night/night.h"
#include "replay/rejeu.h"

/* Where the night that is being played has its drops and the ASP's files from, and how far the
 * original came. */
void rejeu_source(struct rejeu *rejeu, struct night_source *source);
/* The decisions of `segur decide` that came after that night of the original (0: before the first).
 */
const struct error *rejeu_commandes(struct rejeu *rejeu, int64_t apres);

#endif
