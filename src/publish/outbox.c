#include "publish/outbox.h"

#include "lib/file.h"
#include "lib/mem.h"
#include "lib/notice.h"
#include "lib/sha256.h"
#include "lib/tree.h"
#include "publish/outputs.h"
#include "store/account.h"
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_BATCH 256 /* outputs between two syncs; each holds one descriptor */

enum output_state {
	OUTPUT_DUE,
	OUTPUT_WRITTEN, /* under its temporary name */
	OUTPUT_RENAMED, /* or taken away again */
	OUTPUT_FAILED,	/* left due */
	OUTPUT_REFUSED, /* left due: the folder of its account refuses it */
};

struct output {
	int64_t id;
	enum output_state state;
	char *folder, *name;
	char *temporary;	      /* NULL once renamed, or not written */
	char sha256[SHA256_HEX_SIZE]; /* of what was written; "" before */
	bool beside;		      /* the temporary lies beside the file, on its file system */
	bool inside;		      /* what is done now is done in the folder of its account */
	bool handover; /* its row says so: only the temporary tells that it has not gone */
	int dir;       /* the destination's; outputs for one folder in a row share it */
	dev_t device;
};

struct batch {
	const struct output_kind *kind;
	struct output outputs[OUTPUT_BATCH];
	size_t count;
	int temporaries; /* -1: beside each file */
	dev_t device;	 /* of the temporaries; 0, which no file system is, without them */
	int parent;	 /* the folder above the destinations; -1 before it is open */
};

/* After these errors no other output of ours could be written either. */
static bool stops_everything(int number)
{
	return number == ENOSPC || number == EIO || number == EROFS;
}

static int temporary_dir(const struct batch *batch, const struct output *output)
{
	return output->beside ? output->dir : batch->temporaries;
}

static const struct error *open_temporaries(struct root *root, struct batch *batch)
{
	const char *path = batch->kind->temporaries;
	const struct error *err = batch->kind->open(root->fd, path, &batch->temporaries);
	struct stat info;

	if (err != NULL) {
		if (stops_everything(errno))
			return err;
		notice(NOTICE_WARNING, "%s", err->message);
		return NULL;
	}
	if (fstat(batch->temporaries, &info) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", path);
	batch->device = info.st_dev;
	return NULL;
}

static const struct error *batch_select(struct root *root, struct batch *batch, enum sql_id rows,
					int64_t after)
{
	sqlite3_stmt *stmt = store_stmt(root->store, rows);

	bind_int(stmt, parameter(stmt, ":limit"), OUTPUT_BATCH);
	bind_int(stmt, parameter(stmt, ":after"), after);
	while (batch->count < OUTPUT_BATCH && store_step(root->store, stmt)) {
		batch->outputs[batch->count++] = (struct output){
		    .id = column_int(stmt, OUTPUT_ID),
		    .folder = mem_strdup(column_text(stmt, OUTPUT_FOLDER)),
		    .name = mem_strdup(column_text(stmt, OUTPUT_NAME)),
		    .dir = -1,
		};
	}
	sqlite3_reset(stmt);
	return store_error(root->store);
}

/* Whether the name stays in its folder, whatever the database holds. */
static bool is_file_name(const char *name)
{
	return *name != '\0' && *name != '.' && strchr(name, '/') == NULL;
}

/* Whether something of that name lies there; errno stays. */
static bool lies_in(int dir, const char *name)
{
	int number = errno;
	bool lies = faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;

	errno = number;
	return lies;
}

/* The folder above is the same for all outputs of a kind: it stays open. Folders of accounts that
 * are missing are ours to make. */
static const struct error *open_below(struct root *root, struct batch *batch, struct output *output)
{
	const char *slash = strrchr(output->folder, '/');
	const struct error *err = NULL;

	if (batch->parent < 0) {
		char *parent = mem_strndup(output->folder, (size_t)(slash - output->folder));

		err = dir_open(root->fd, parent, &batch->parent);
		free(parent);
	}
	if (err == NULL) {
		err = dir_open(batch->parent, slash + 1, &output->dir);
		output->inside = err != NULL && lies_in(batch->parent, slash + 1);
	}
	return err;
}

static const struct error *output_open(struct root *root, struct batch *batch,
				       struct output *output)
{
	const struct output *before = output > batch->outputs ? output - 1 : NULL;
	const struct error *err;
	struct stat info;

	errno = EINVAL;
	if (!is_file_name(output->name))
		return error_set(ERR_FAULT, "nom de sortie inattendu : « %s »", output->name);
	if (before != NULL && before->dir >= 0 && strcmp(before->folder, output->folder) == 0) {
		output->dir = before->dir;
		output->device = before->device;
		return NULL;
	}
	err = open_below(root, batch, output);
	if (err != NULL)
		return err;
	output->inside = true;
	if (fstat(output->dir, &info) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", output->folder);
	output->device = info.st_dev;
	return NULL;
}

/* The id names it: the output's own name may have all the bytes that a file system allows. */
static char *temporary_name(const struct output *output)
{
	return mem_printf(".segur-%lld.tmp", (long long)output->id);
}

static const struct error *output_write(struct root *root, struct batch *batch,
					struct output *output, struct buf *text)
{
	const struct error *err = output->dir < 0 ? output_open(root, batch, output) : NULL;
	int number;

	if (err != NULL)
		return err;
	output->beside = output->beside || batch->device != output->device;
	output->inside = output->beside;
	buf_clear(text);
	batch->kind->render(root, output->id, text);
	err = store_error(root->store);
	if (err != NULL)
		return err;
	output->temporary = temporary_name(output);
	sha256_hex_of(text->data, text->length, output->sha256);
	err = file_write_new(temporary_dir(batch, output), output->temporary, text->data,
			     text->length);
	if (err == NULL)
		return NULL;
	number = errno;
	err = error_set(err->code, "%s/%s : %s", output->folder, output->name, err->message);
	errno = number;
	return err;
}

/* Whether it is the folder of an account that fails, and not the disk that all share. */
static bool account_refuses(struct root *root, const struct batch *batch,
			    const struct output *output)
{
	bool shared = !output->beside && (errno == ENOSPC || errno == EDQUOT);

	return batch->kind->accounts && output->inside && !shared &&
	       account_bears(root, output->folder, NULL);
}

/* NULL when the failure is this output's own: it is told, and the output stays due. */
static const struct error *output_fail(struct root *root, const struct batch *batch,
				       struct output *output, const struct error *err)
{
	int number = errno;

	if (store_error(root->store) != NULL)
		return err;
	errno = number;
	if (account_refuses(root, batch, output)) {
		output->state = OUTPUT_REFUSED;
		return NULL;
	}
	if (stops_everything(number))
		return err;
	output->state = OUTPUT_FAILED;
	notice(NOTICE_WARNING, "%s", err->message);
	return NULL;
}

static const struct error *batch_write(struct root *root, struct batch *batch)
{
	struct buf text = {0};
	const struct error *err = NULL, *end;

	/* One read transaction serves all outputs: one for each would take SQLite's locks anew. */
	store_begin_read(root->store);
	for (size_t i = 0; i < batch->count && err == NULL; i++) {
		struct output *output = &batch->outputs[i];

		if (output->state != OUTPUT_DUE)
			continue;
		err = output_write(root, batch, output, &text);
		if (err == NULL)
			output->state = OUTPUT_WRITTEN;
		else
			err = output_fail(root, batch, output, err);
	}
	buf_free(&text);
	end = store_commit(root->store);
	return err != NULL ? err : end;
}

/* Leaves due what a file system of an account's own does not make durable. */
static const struct error *sync_fail(struct root *root, struct batch *batch, size_t first,
				     const struct error *err)
{
	enum output_state state = batch->outputs[first].state;
	int number = errno;

	for (size_t i = first; i < batch->count; i++) {
		struct output *output = &batch->outputs[i];

		output->inside = true;
		errno = number;
		if (output->state != state || output->device != batch->outputs[first].device)
			continue;
		if (!output->beside || !account_refuses(root, batch, output))
			return err;
		output->state = OUTPUT_REFUSED;
	}
	return NULL;
}

/* One syncfs a file system: suppliers' folders may be mounts of their own. */
static const struct error *batch_sync(struct root *root, struct batch *batch,
				      enum output_state state, const struct error *(*sync)(int dir))
{
	for (size_t i = 0; i < batch->count; i++) {
		size_t same = 0;
		const struct error *err;

		if (batch->outputs[i].state != state)
			continue;
		while (batch->outputs[same].state != state ||
		       batch->outputs[same].device != batch->outputs[i].device)
			same++;
		if (same < i)
			continue;
		err = sync(batch->outputs[i].dir);
		if (err != NULL)
			err = sync_fail(root, batch, i, err);
		if (err != NULL)
			return err;
	}
	return NULL;
}

/* *again: some outputs belong on another file system than their temporary. They are due again, to
 * be written beside their names. */
static const struct error *batch_rename(struct root *root, struct batch *batch, bool *again)
{
	const struct error *err = NULL;

	for (size_t i = 0; i < batch->count && err == NULL; i++) {
		struct output *output = &batch->outputs[i];
		int from = temporary_dir(batch, output);

		if (output->state != OUTPUT_WRITTEN)
			continue;
		output->inside = true;
		if (renameat(from, output->temporary, output->dir, output->name) == 0) {
			output->state = OUTPUT_RENAMED;
		} else if (errno == EXDEV && !output->beside && !output->handover) {
			unlinkat(from, output->temporary, 0);
			output->state = OUTPUT_DUE;
			*again = output->beside = true;
		} else {
			err = error_errno(ERR_CANT_WRITE, "%s/%s", output->folder, output->name);
			err = output_fail(root, batch, output, err);
			continue; /* its temporary is removed with the batch */
		}
		free(output->temporary);
		output->temporary = NULL;
	}
	return err;
}

/* Runs a statement on the output's row; one that takes it writes the hash of what went out. */
static void run_on_row(struct root *root, enum sql_id sql, const struct output *output)
{
	sqlite3_stmt *stmt = store_stmt(root->store, sql);

	bind_int(stmt, parameter(stmt, ":id"), output->id);
	bind_text(stmt, parameter_if_any(stmt, ":sha256"), output->sha256);
	store_run(root->store, stmt);
}

/* After this commit only the temporary says that an output has not gone. A commit that fails may
 * have happened all the same: the temporaries stay. */
static const struct error *batch_hand_over(struct root *root, struct batch *batch)
{
	if (batch->kind->handover == NULL)
		return NULL;
	store_begin(root->store);
	for (size_t i = 0; i < batch->count; i++)
		if (batch->outputs[i].state == OUTPUT_WRITTEN) {
			batch->outputs[i].handover = true;
			run_on_row(root, batch->kind->handover->begin, &batch->outputs[i]);
		}
	return store_commit(root->store);
}

/* An output that has its name is done; one that was being handed over without it is due again. */
static const struct error *batch_mark(struct root *root, struct batch *batch)
{
	const struct error *err;

	store_begin(root->store);
	for (size_t i = 0; i < batch->count; i++) {
		const struct output *output = &batch->outputs[i];

		if (output->state == OUTPUT_RENAMED)
			run_on_row(root, batch->kind->published, output);
		else if (output->handover)
			run_on_row(root, batch->kind->handover->take_back, output);
	}
	err = store_commit(root->store);
	for (size_t i = 0; i < batch->count && err == NULL; i++)
		batch->outputs[i].handover = false;
	return err;
}

static const struct error *batch_publish(struct root *root, struct batch *batch)
{
	const struct error *err = NULL;
	bool again = true;

	while (err == NULL && again) {
		again = false;
		err = batch_write(root, batch);
		if (err == NULL)
			err = batch_sync(root, batch, OUTPUT_WRITTEN, durable_outputs);
		if (err == NULL)
			err = batch_hand_over(root, batch);
		if (err == NULL)
			err = batch_rename(root, batch, &again);
	}
	if (err == NULL)
		err = batch_sync(root, batch, OUTPUT_RENAMED, durable_names);
	if (err == NULL)
		err = batch_mark(root, batch);
	return err;
}

/* Sets *found when the temporary is in that folder; `dir` -1: there is no folder. */
static const struct error *look_for(int dir, const char *name, bool *found)
{
	if (dir < 0)
		return NULL;
	if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		*found = true;
	else if (errno != ENOENT)
		return error_errno(ERR_CANT_WRITE, "%s", name);
	return NULL;
}

/* Resumes outputs that a stopped run was handing over. Those whose temporary is left are due; the
 * others have gone, and the relay may have taken them since. */
static const struct error *batch_resume(struct root *root, struct batch *batch)
{
	const struct error *err = NULL;

	for (size_t i = 0; i < batch->count && err == NULL; i++) {
		struct output *output = &batch->outputs[i];
		char *name = temporary_name(output);
		bool found = false;

		err = output_open(root, batch, output);
		if (err == NULL)
			err = look_for(batch->temporaries, name, &found);
		if (err == NULL)
			err = look_for(output->dir, name, &found);
		free(name);
		/* Without the folder of temporaries nothing tells: its row stays. */
		output->state = found			 ? OUTPUT_DUE
				: batch->temporaries < 0 ? OUTPUT_FAILED
							 : OUTPUT_RENAMED;
		output->handover = output->state != OUTPUT_FAILED;
	}
	if (err == NULL)
		err = batch_sync(root, batch, OUTPUT_RENAMED, durable_names);
	if (err == NULL)
		err = batch_mark(root, batch);
	return err;
}

/* Takes files back out of the folders that they were published in. */
static const struct error *batch_withdraw(struct root *root, struct batch *batch)
{
	const struct error *err = NULL;

	for (size_t i = 0; i < batch->count && err == NULL; i++) {
		struct output *output = &batch->outputs[i];

		output->beside = true; /* all is done in its folder */
		err = output_open(root, batch, output);
		if (err == NULL && unlinkat(output->dir, output->name, 0) != 0 && errno != ENOENT)
			err = error_errno(ERR_CANT_WRITE, "%s/%s", output->folder, output->name);
		if (err == NULL)
			output->state = OUTPUT_RENAMED;
		else
			err = output_fail(root, batch, output, err);
	}
	if (err == NULL)
		err = batch_sync(root, batch, OUTPUT_RENAMED, durable_names);
	if (err != NULL)
		return err;
	store_begin(root->store);
	for (size_t i = 0; i < batch->count; i++)
		if (batch->outputs[i].state == OUTPUT_RENAMED)
			run_on_row(root, batch->kind->removed, &batch->outputs[i]);
	return store_commit(root->store);
}

static void count_left(const struct batch *batch, struct unpublished *left)
{
	for (size_t i = 0; i < batch->count; i++) {
		left->ours += batch->outputs[i].state == OUTPUT_FAILED;
		left->accounts += batch->outputs[i].state == OUTPUT_REFUSED;
	}
}

static void batch_free(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct output *output = &batch->outputs[i];

		if (output->temporary != NULL && !output->handover)
			unlinkat(temporary_dir(batch, output), output->temporary, 0);
		if (output->dir >= 0 && (i == 0 || output->dir != batch->outputs[i - 1].dir))
			close(output->dir);
		free(output->temporary);
		free(output->folder);
		free(output->name);
	}
	file_let_go(batch->temporaries);
	file_let_go(batch->parent);
	free(batch);
}

/* Does `each` with all that `rows` selects of a kind, in batches. */
static const struct error *kind_all(struct root *root, const struct output_kind *kind,
				    enum sql_id rows,
				    const struct error *(*each)(struct root *, struct batch *),
				    struct unpublished *left)
{
	const struct error *err;
	int64_t after = 0;
	bool more;

	do {
		struct batch *batch = mem_alloc(sizeof(*batch));

		batch->kind = kind;
		batch->temporaries = batch->parent = -1;
		err = batch_select(root, batch, rows, after);
		if (err == NULL && batch->count > 0)
			err = open_temporaries(root, batch);
		if (err == NULL)
			err = each(root, batch);
		count_left(batch, left);
		more = batch->count == OUTPUT_BATCH;
		after = batch->outputs[OUTPUT_BATCH - 1].id; /* the last, when there are more */
		batch_free(batch);
	} while (err == NULL && more);
	return err;
}

const struct error *outbox_publish(struct root *root, struct unpublished *left)
{
	const struct error *err = NULL;
	struct unpublished stay = {0};

	for (size_t i = 0; i < output_count && err == NULL; i++) {
		const struct output_kind *kind = &outputs[i];

		if (kind->withdrawn != NO_STATEMENT)
			err = kind_all(root, kind, kind->withdrawn, batch_withdraw, &stay);
		if (err == NULL && kind->handover != NULL)
			err = kind_all(root, kind, kind->handover->under_way, batch_resume, &stay);
		if (err == NULL && kind->due != NO_STATEMENT)
			err = kind_all(root, kind, kind->due, batch_publish, &stay);
	}
	if (left != NULL)
		*left = stay;
	return err;
}
