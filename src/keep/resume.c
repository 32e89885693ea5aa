/* What a restored root goes on behind, as far as it is known what the nights since gave. */
#include "keep/evidence.h"
#include "keep/keep_private.h"
#include "lib/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Links that `segur decide` may have added since the outbox was last written to: `segur show` may
 * have told them. */
#define DECIDED_MAX 1000000

/* What is known. Days are those of nights. */
struct known {
	struct given backup; /* what it had given */
	int32_t first;	     /* the day of its last night */
	bool any;	     /* it has a night */
	struct evidence evidence;
	struct given given; /* at least this was given */
	int32_t from;	    /* until this day */
	int32_t last;	    /* the day of the last night that went out */
};

static const struct error *check_after(const struct known *known, int32_t after)
{
	char first[DATE_SIZE];

	date_format(known->first, first);
	if (known->any && after < known->first)
		return error_set(ERR_USAGE,
				 "--apres : la sauvegarde contient déjà la nuit du %s ; donnez la "
				 "date de la dernière nuit qui est partie, celle-là ou une autre "
				 "d'après",
				 first);
	if (known->any && after - known->first > EVIDENCE_DAYS_MAX)
		return error_set(ERR_USAGE,
				 "--apres : plus d'un an après la dernière nuit de la sauvegarde "
				 "(%s) ; vérifiez cette date",
				 first);
	return NULL;
}

static const struct error *learn_from_outbox(struct known *known, const char *path)
{
	struct evidence *evidence = &known->evidence;
	const struct error *err = evidence_read(path, known->first, &known->backup, evidence);

	if (err == NULL && evidence->told) {
		known->given = evidence->file.given;
		known->from = evidence->file.last;
	}
	if (err == NULL && evidence->any && evidence->last > known->last)
		known->last = evidence->last;
	return err;
}

/* What the backup says of itself, then what the options tell of the nights since. */
static const struct error *learn(struct root *root, const struct restore_options *options,
				 struct restart *restart, char night[static DATE_SIZE],
				 struct known *known)
{
	const struct error *err;
	int32_t after = 0;

	restart_given(root, &known->backup, night, &restart->night);
	known->any = date_parse(night, &known->first);
	if (options->after != NULL)
		date_parse(options->after, &after);
	/* Of a root without a night nothing says since when there were some. */
	if (!known->any)
		known->first = options->after != NULL ? after - EVIDENCE_DAYS_MAX : 0;
	known->given = known->backup;
	known->from = known->last = known->first;
	err = store_error(root->store);
	if (err == NULL && options->after != NULL)
		err = check_after(known, after);
	if (err == NULL && options->after != NULL)
		known->last = after;
	if (err == NULL && options->outbox != NULL)
		err = learn_from_outbox(known, options->outbox);
	if (err == NULL && options->after == NULL && options->outbox != NULL &&
	    !known->evidence.any)
		err = error_set(ERR_DATA,
				"%s ne montre aucune nuit depuis la sauvegarde : donnez la date de "
				"la dernière qui est partie (--apres AAAA-MM-JJ)",
				options->outbox);
	return err;
}

static bool same(const struct given *one, const struct given *other)
{
	return one->demande == other->demande && one->mail == other->mail &&
	       one->evenement == other->evenement && one->rang == other->rang;
}

/* Sets what comes next behind all that the nights can have given. */
static void set_bounds(const struct known *known, struct restart *restart)
{
	bool exact = known->evidence.told && known->last == known->from;
	int64_t days = exact ? 0 : known->last - known->from + 1;
	int64_t rows = days * DAY_ROWS_MAX;

	restart->gap = !exact || known->last > known->first || !same(&known->given, &known->backup);
	if (known->evidence.told && restart->gap)
		rows += DECIDED_MAX;
	restart->behind = known->given;
	restart->behind.demande += days * DAY_DROPS_MAX;
	restart->behind.mail += rows;
	restart->behind.evenement += rows;
	restart->behind.rang += rows + (restart->gap ? 1 : 0); /* its own link */
	/* Of the day that may have another night: what the days before cannot have given. */
	restart->lost = known->given.demande - known->backup.demande -
			(int64_t)(known->last - known->first) * DAY_DROPS_MAX;
	if (!exact || restart->lost < 0)
		restart->lost = 0;
	date_format(known->last, restart->last);
	/* A day whose gap holds all that it may give has no room for another night. */
	date_format(exact ? known->last : known->last + 1, restart->first);
}

/* The days after the backup's last night that are known to have had one. */
static char *missing_nights(const struct known *known)
{
	struct buf list = {0};

	for (int32_t day = 1; day <= EVIDENCE_DAYS_MAX; day++) {
		char date[DATE_SIZE];

		if (!known->evidence.nights[day])
			continue;
		date_format(known->first + day, date);
		buf_printf(&list, "%s%s", list.length > 0 ? "|" : "", date);
	}
	return list.data != NULL ? buf_take(&list) : mem_strdup("");
}

/* A later night has sent what was due before it. */
static void mails_have_gone(struct root *root, struct backup_report *report)
{
	store_run(root->store, store_stmt(root->store, SQL_RESTORE_MAILS_GONE));
	if (store_error(root->store) == NULL)
		report->mails_gone = (size_t)store_changes(root->store);
}

const struct error *resume_after(struct root *root, const char *backup,
				 const struct restore_options *options,
				 struct backup_report *report)
{
	bool told = options->after != NULL || options->outbox != NULL;
	struct known *known = mem_alloc(sizeof(*known));
	struct restart *restart = &report->restart;
	const struct error *err = learn(root, options, restart, report->night, known);

	if (err == NULL) {
		date_format(date_from_time(time(NULL)), restart->day);
		restart->backup = backup;
		restart->source = options->outbox != NULL ? "outbox" : told ? "date" : "aucune";
		restart->missing = report->missing = missing_nights(known);
		restart->previous = known->backup.rang;
		restart->behind = known->backup;
		if (told)
			set_bounds(known, restart);
		store_begin(root->store);
		restart_record(root, restart);
		if (told && known->last > known->first)
			mails_have_gone(root, report);
		err = store_commit(root->store);
	}
	free(known);
	return err;
}

void backup_report_free(struct backup_report *report)
{
	free(report->missing);
	*report = (struct backup_report){0};
}
