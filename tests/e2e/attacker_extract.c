/* What a parser that was taken over writes where documents are asked for. */
#include "attacker.h"

#include "lib/file.h"
#include "model/message.h"

#include <unistd.h>

bool write_rubbish(const struct job *job, int archive, const int *outputs)
{
	(void)archive;
	for (uint32_t i = 0; i < job->ordinal_count; i++)
		file_write_all(outputs[i], "faux", 4);
	return true;
}

bool write_nothing(const struct job *job, int archive, const int *outputs)
{
	(void)job, (void)archive, (void)outputs;
	return true;
}

/* Each document where its neighbour should be. */
bool exchange(const struct job *job, int archive, const int *outputs)
{
	int others[JOB_FDS_MAX];

	for (uint32_t i = 0; i < job->ordinal_count; i++)
		others[i] = outputs[(i + 1) % job->ordinal_count];
	return __real_extract_pieces(job, archive, others);
}

bool lengthen(const struct job *job, int archive, const int *outputs)
{
	bool written = __real_extract_pieces(job, archive, outputs);

	for (uint32_t i = 0; i < job->ordinal_count; i++)
		file_write_all(outputs[i], "x", 1);
	return written;
}

/* As large as a file may be; the last byte too many ends us. */
bool write_without_end(const struct job *job, int archive, const int *outputs)
{
	(void)job, (void)archive;
	while (file_write_all(outputs[0], "0123456789abcdef", 16) == 0)
		continue;
	return true;
}

/* A hole, as far as a descriptor goes. */
bool write_far_away(const struct job *job, int archive, const int *outputs)
{
	(void)archive;
	for (uint32_t i = 0; i < job->ordinal_count; i++)
		if (lseek(outputs[i], (off_t)1 << 40, SEEK_SET) > 0)
			file_write_all(outputs[i], "x", 1);
	return true;
}

bool extract_and_exit(const struct job *job, int archive, const int *outputs)
{
	__real_extract_pieces(job, archive, outputs);
	_exit(0);
}

bool extract_in_silence(const struct job *job, int archive, const int *outputs)
{
	__real_extract_pieces(job, archive, outputs);
	wait_for_end();
}

bool answer_findings(const struct job *job, int archive, const int *outputs)
{
	struct buf frame = {0};

	__real_extract_pieces(job, archive, outputs);
	put_honest(job, archive, &frame);
	say(frame.data, frame.length);
	wait_for_end();
}

/* The answer is right; then the documents change, while the parent checks them. */
bool write_after_answer(const struct job *job, int archive, const int *outputs)
{
	struct buf frame = {0};

	__real_extract_pieces(job, archive, outputs);
	message_write_extracted(&frame);
	say(frame.data, frame.length);
	while (lseek(outputs[0], 0, SEEK_SET) == 0)
		file_write_all(outputs[0], "faux", 4);
	_exit(0);
}
