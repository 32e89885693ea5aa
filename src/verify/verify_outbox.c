/*
 * Holds the outbox and the inbox against the rows. A file that was fetched or relayed is gone, and
 * that is no fault; a file that still lies there must say what its row says.
 */
#include "intake/inbox.h"
#include "lib/buf.h"
#include "lib/mem.h"
#include "publish/answer.h"
#include "publish/asp_return.h"
#include "record/correction.h"
#include "verify/verify_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUT_MAX (8u << 20) /* bytes of one output; an answer with all its anomalies has 200 KB */

/* In the order of the statement verify_outputs. */
enum output_kind { ANSWER, CORRECTION, ASP_ANSWER };

/* The bytes of a published file; false when it is not there any more, or is no file. */
static bool read_published(struct root *root, const char *path, struct buf *out)
{
	int fd = openat(root->fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char block[1 << 14];
	struct stat info;
	ssize_t got = 0;

	if (fd < 0)
		return false;
	if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
		close(fd);
		return false;
	}
	while (out->length < OUTPUT_MAX && (got = read(fd, block, sizeof(block))) > 0)
		buf_add(out, block, (size_t)got);
	close(fd);
	return got >= 0;
}

/* What an answer says of its drop: from `programme` to the acknowledgement, without the words of
 * segur.conf, which may have changed. An empty part when it lacks either. */
static void verdict_of(const struct buf *text, const char **part, size_t *length)
{
	const char *whole = text->data != NULL ? text->data : "";
	const char *first = strstr(whole, "\nprogramme:");
	const char *last = first != NULL ? strstr(first, "\naccuse:") : NULL;

	*part = last != NULL ? first : "";
	*length = last != NULL ? (size_t)(last - first) : 0;
}

static bool same_verdict(const struct buf *found, const struct buf *wanted)
{
	const char *a, *b;
	size_t a_length, b_length;

	verdict_of(found, &a, &a_length);
	verdict_of(wanted, &b, &b_length);
	return a_length == b_length && memcmp(a, b, a_length) == 0;
}

static bool same_bytes(const struct buf *found, const struct buf *wanted)
{
	return found->length == wanted->length &&
	       (found->length == 0 || memcmp(found->data, wanted->data, found->length) == 0);
}

/* Whether both are of one dialect: segur.conf may have changed it since. */
static bool same_dialect(const struct buf *found, const struct buf *wanted)
{
	const char *a = found->data != NULL ? found->data : "";
	const char *b = wanted->data != NULL ? wanted->data : "";

	return (strncmp(a, "\xef\xbb\xbf", 3) == 0) == (strncmp(b, "\xef\xbb\xbf", 3) == 0);
}

static bool agrees(struct root *root, enum output_kind kind, int64_t id, const struct buf *found)
{
	struct buf wanted = {0};
	bool same;

	switch (kind) {
	case ANSWER:
		answer_render(root, id, &wanted);
		same = same_verdict(found, &wanted);
		break;
	case CORRECTION:
		correction_render(root, id, &wanted);
		same = same_bytes(found, &wanted);
		break;
	default:
		asp_return_render(root, id, &wanted);
		same = !same_dialect(found, &wanted) || same_bytes(found, &wanted);
		break;
	}
	buf_free(&wanted);
	return same;
}

void verify_outbox(struct verify *verify)
{
	struct store *store = verify->root->store;
	size_t total = (size_t)store_get_int(store, SQL_VERIFY_OUTPUTS_COUNT, NULL, 0);
	sqlite3_stmt *stmt = store_stmt(store, SQL_VERIFY_OUTPUTS);

	while (store_step(store, stmt)) {
		enum output_kind kind = (enum output_kind)column_int(stmt, VERIFY_OUTPUTS_KIND);
		char *path = mem_printf("%s/%s", column_text(stmt, VERIFY_OUTPUTS_DIRECTORY),
					column_text(stmt, VERIFY_OUTPUTS_NAME));
		struct buf found = {0};

		if (read_published(verify->root, path, &found) &&
		    !agrees(verify->root, kind, column_int(stmt, VERIFY_OUTPUTS_ID), &found))
			verify_fault(verify,
				     "quelqu'un l'a modifiée : supprimez-la, prévenez son "
				     "destinataire, et redonnez-la depuis « segur replay »",
				     "%s ne dit pas ce que la base a enregistré", path);
		buf_free(&found);
		free(path);
		verify_examined(verify, total);
	}
}

void verify_inbox(struct verify *verify)
{
	struct store *store = verify->root->store;
	struct drops drops;
	const struct error *err = inbox_scan(verify->root, INBOX_SUPPLIERS, INBOX_BY_NAME, &drops);

	if (err != NULL)
		verify_fault(verify, "rétablissez ce répertoire et ses droits",
			     "inbox ne se lit pas (%s)", err->message);
	for (size_t i = 0; i < drops.count; i++) {
		const struct drop *drop = &drops.items[i];

		/* A link or a folder is answered and left alone. */
		if (drop->regular && store_has(store, SQL_DEPOT_ANSWERED, DEPOT_ANSWERED_P_COMPTE,
					       drop->compte, DEPOT_ANSWERED_P_SOURCE, drop->source))
			verify_fault(verify,
				     "la prochaine nuit l'en retire ; s'il y reste, les droits du "
				     "répertoire l'empêchent",
				     "inbox/%s/%s est déjà répondu et enregistré, mais encore là",
				     drop->compte, drop->archive);
		verify_examined(verify, drops.count);
	}
	drops_free(&drops);
}
