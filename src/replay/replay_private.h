/* Shared by the files of the replay's room. */
#ifndef SEGUR_REPLAY_REPLAY_PRIVATE_H
#define SEGUR_REPLAY_REPLAY_PRIVATE_H

#include "night/night.h"
#include "replay/replay.h"

/* Makes the source of the night that is being played: its drops, the ASP's files, and
 * how far the original came. */
void replay_source(struct replay *replay, struct night_source *source);
/* Applies the decisions made after that night of the original; 0: before the first. */
const struct error *replay_commands(struct replay *replay, int64_t after);

#endif
