/* What the files of the attacker share: the words of the archive, and what a parser may do with them. */
#ifndef SEGUR_ATTACKER_H
#define SEGUR_ATTACKER_H

#include "lib/buf.h"
#include "model/message.h"

#define SOCKET	  3
#define NAME_SIZE 33

extern char attack_argument[NAME_SIZE]; /* what the archive hands to its attack */

/* attacker_findings.c: changes of what was found. */
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

/* attacker_acts.c: words to the parent. Until we are killed, at no cost. */
void say(const void *bytes, size_t count);
_Noreturn void wait_for_end(void);
/* Appends the answer that the archive deserves. */
void put_honest(const struct job *job, int archive, struct buf *frame);

/* What is done before the archive is read; the honest answer follows where it returns. */
void exit_within_frame(const struct job *job, int archive);
void stop_within_frame(const struct job *job, int archive);
void lengthen_frame(const struct job *job, int archive);
void trickle(const struct job *job, int archive);
void flood_with_frames(const struct job *job, int archive);
void flood_with_bytes(const struct job *job, int archive);
void fill_socket(const struct job *job, int archive);
void answer_twice(const struct job *job, int archive);
void answer_blindly(const struct job *job, int archive);
void blame_first_entry(const struct job *job, int archive);
void blame_no_entry(const struct job *job, int archive);
void close_socket(const struct job *job, int archive);
void be_silent(const struct job *job, int archive);
void be_busy(const struct job *job, int archive);
void be_busy_for_ever(const struct job *job, int archive);
void exit_early(const struct job *job, int archive);
void take_all_memory(const struct job *job, int archive);
void keep_descriptor(const struct job *job, int archive);
void write_to_archive(const struct job *job, int archive);
void write_to_log(const struct job *job, int archive);

/* attacker_extract.c: what is done in place of the documents' extraction. */
bool write_rubbish(const struct job *job, int archive, const int *outputs);
bool write_nothing(const struct job *job, int archive, const int *outputs);
bool exchange(const struct job *job, int archive, const int *outputs);
bool lengthen(const struct job *job, int archive, const int *outputs);
bool write_without_end(const struct job *job, int archive, const int *outputs);
bool write_far_away(const struct job *job, int archive, const int *outputs);
bool extract_and_exit(const struct job *job, int archive, const int *outputs);
bool extract_in_silence(const struct job *job, int archive, const int *outputs);
bool answer_findings(const struct job *job, int archive, const int *outputs);
bool write_after_answer(const struct job *job, int archive, const int *outputs);

/* What the linker makes of the parser's own two jobs. */
bool __real_check_archive(const struct job *job, int archive, struct findings *findings);
bool __real_extract_pieces(const struct job *job, int archive, const int *outputs);

#endif
