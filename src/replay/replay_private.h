/* Shared by the files of the replay's room. */
#ifndef SEGUR_REPLAY_REPLAY_PRIVATE_H
#define SEGUR_REPLAY_REPLAY_PRIVATE_H

#include "night/night.h"
#include "replay/replay.h"

/* Where the night that is being played has its drops and the ASP's files from, and how far the
 * original came. */
void replay_source(struct replay *replay, struct night_source *source);
/* The decisions of `segur decide` that came after that night of the original (0: before the first).
 */
const struct error *replay_commands(struct replay *replay, int64_t after);

#endif
