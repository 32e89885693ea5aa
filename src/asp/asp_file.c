#include "asp/asp_file.h"

#include "asp/asp_zip.h"
#include "intake/inflation.h"
#include "lib/array.h"
#include "lib/dir.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/text.h"
#include "model/slip.h"
#include "record/record.h"
#include "store/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEMPORARY    "var/references/en-cours.tmp" /* one at a time: the run holds the lock */
#define COPY_BLOCK   (1u << 20)
#define ASP_NAME_MAX 40 /* bytes of a name that are compared with the usual ones */

static const struct {
	const char *name;
	const char *pattern; /* of the folded file name */
	const char *stem;    /* what a name that was meant to be one begins with, */
	const char *usual;   /* and how it should read */
} asp_kinds[] = {
    [ASP_REFERENCEMENTS] = {"referencements", "referencements.csv", "referencements",
			    "referencements.csv"},
    [ASP_COMPTES] = {"comptes", "comptes.csv", "comptes", "comptes.csv"},
    [ASP_ACCES] = {"acces", "acces.csv", "acces", "acces.csv"},
    [ASP_BANQUES] = {"banques", "banques.csv", "banques", "banques.csv"},
    [ASP_CALENDRIER] = {"calendrier", "calendrier.csv", "calendrier", "calendrier.csv"},
    [ASP_UNITES_LEGALES] = {"unites_legales", "stockunitelegale*.@(csv|zip)", "stockunitelegale",
			    "StockUniteLegale_utf8.csv"},
    [ASP_ETABLISSEMENTS] = {"etablissements", "stocketablissement*.@(csv|zip)",
			    "stocketablissement", "StockEtablissement_utf8.csv"},
    [ASP_DECISIONS] = {"decisions", "decisions*.csv", "decisions", "decisions.csv"},
    [ASP_UNKNOWN] = {"inconnu", "*", "", NULL},
};

/* INSEE's files of the past have other columns. */
static bool is_of_the_past(const char *folded)
{
	return fnmatch("stock*historique*", folded, 0) == 0;
}

enum asp_kind asp_kind_from(const char *name)
{
	char *folded = text_fold(name);
	size_t kind = 0;

	if (folded != NULL && is_of_the_past(folded))
		kind = ASP_UNKNOWN;
	while (kind < ASP_UNKNOWN &&
	       (folded == NULL || fnmatch(asp_kinds[kind].pattern, folded, FNM_EXTMATCH) != 0))
		kind++;
	free(folded);
	return (enum asp_kind)kind;
}

/* The kind whose stem is nearest to a word, in as many letters as `best`, or fewer. */
static void consider_stem(const char *word, unsigned *best, enum asp_kind *kind)
{
	for (size_t i = 0; i < ASP_UNKNOWN; i++) {
		unsigned letters = slip_between(word, asp_kinds[i].stem);

		if (letters < *best) {
			*best = letters;
			*kind = (enum asp_kind)i;
		}
	}
}

/* What a name begins with, up to any of its separators, is compared with the stems. */
const char *asp_kind_near(const char *name)
{
	char *folded = text_fold(name), word[ASP_NAME_MAX + 1];
	enum asp_kind kind = ASP_UNKNOWN;
	unsigned best = SLIP_NONE;
	size_t length = 0;

	for (const char *c = folded; c != NULL && !is_of_the_past(folded); c++) {
		if (length > 0 && strchr(" -_.()0123456789", *c) != NULL) {
			word[length] = '\0';
			consider_stem(word, &best, &kind);
		} else if (length < ASP_NAME_MAX) {
			word[length++] = *c;
		}
		if (*c == '\0')
			break;
	}
	free(folded);
	return asp_kinds[kind].usual;
}

const char *asp_kind_name(enum asp_kind kind)
{
	return asp_kinds[kind].name;
}

const char *asp_lines(int64_t count)
{
	return count > 1 ? "lignes" : "ligne";
}

bool asp_kind_is_stock(enum asp_kind kind)
{
	return kind == ASP_UNITES_LEGALES || kind == ASP_ETABLISSEMENTS;
}

/* --- the copy --- */

void asp_file_path(const char *sha256, char path[static ASP_PATH_SIZE])
{
	snprintf(path, ASP_PATH_SIZE, "var/references/%s.csv", sha256);
}

static uint64_t count_lines(const char *bytes, size_t length)
{
	const char *end = bytes + length;
	uint64_t count = 0;

	while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
		bytes++;
		count++;
	}
	return count;
}

/* Where the bytes of a copy come from: the file, or whoever inflates it. */
struct origin {
	const struct asp_file *file;
	struct inflation *inflation; /* NULL: the file is no zip */
	uint64_t size;		     /* as announced; of a zip, at most */
};

static ssize_t read_origin(const struct origin *origin, char *block, uint64_t offset)
{
	return origin->inflation != NULL
		   ? inflation_read(origin->inflation, block, COPY_BLOCK)
		   : file_read_block(origin->file->fd, block, COPY_BLOCK, (off_t)offset);
}

/* Copies, hashes and counts in one read: INSEE's files have several gigabytes. */
static const struct error *copy_bytes(const struct origin *origin, struct asp_copy *copy,
				      struct sha256 *sum, uint64_t *copied)
{
	char *block = mem_alloc(COPY_BLOCK);
	const struct error *err = NULL;
	char last = '\n';
	ssize_t got = 0;

	while (err == NULL && *copied <= origin->size &&
	       (got = read_origin(origin, block, *copied)) > 0) {
		sha256_update(sum, block, (size_t)got);
		copy->rows += count_lines(block, (size_t)got);
		last = block[got - 1];
		*copied += (uint64_t)got;
		if (file_write_all(copy->fd, block, (size_t)got) != 0)
			err = error_errno(ERR_CANT_WRITE, "%s", TEMPORARY);
	}
	if (got < 0)
		err = error_errno(ERR_FAULT, "lecture de %s", origin->file->name);
	copy->rows += last != '\n';
	copy->ended = last == '\n' || last == '\r';
	free(block);
	return err;
}

/* Says what keeps the copy from holding all that its origin has. */
static void judge_copy(const struct origin *origin, uint64_t copied, struct asp_copy *copy,
		       struct anomalies *faults)
{
	if (origin->inflation == NULL) {
		copy->whole = copied == origin->size;
		if (copy->whole)
			return;
		anomalies_add(faults, ANO_REF_ILLISIBLE, "", NULL, "il a changé pendant sa lecture",
			      NULL);
		anomalies_remedy(faults, ANO_REF_ILLISIBLE,
				 "Déposez-le de nouveau une fois entier ; le temps de la copie, "
				 "donnez-lui un nom qui finit par .part.");
		return;
	}
	copy->whole = asp_zip_check(
	    copied > origin->size ? INFLATED_TOO_BIG : inflation_end(origin->inflation, copied),
	    origin->size, copy->rows, faults);
}

static const struct error *copy_origin(struct root *root, const struct origin *origin,
				       struct asp_copy *copy, struct anomalies *faults)
{
	struct sha256 *sum;
	const struct error *err;
	uint64_t copied = 0;
	uint8_t digest[SHA256_SIZE];

	unlinkat(root->fd, TEMPORARY, 0);
	copy->fd = file_open(root->fd, TEMPORARY,
			     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (copy->fd < 0)
		return error_errno(ERR_CANT_WRITE, "%s", TEMPORARY);
	sum = sha256_new();
	sha256_begin(sum);
	err = copy_bytes(origin, copy, sum, &copied);
	sha256_end(sum, digest);
	sha256_free(sum);
	sha256_hex(digest, copy->sha256);
	if (err == NULL)
		judge_copy(origin, copied, copy, faults);
	return err;
}

const struct error *asp_file_copy(struct root *root, const struct asp_file *file, uint64_t limit,
				  struct asp_copy *copy, struct anomalies *faults)
{
	struct origin origin = {.file = file, .size = file->size};
	const struct error *err = NULL;

	*copy = (struct asp_copy){.fd = -1};
	if (asp_zip_named(file->name)) {
		origin.size = limit;
		err = inflation_open(&root->conf, file->fd, limit, &origin.inflation);
	} else if (file->size > limit) {
		anomalies_add(faults, ANO_REF_TROP_GROS, "", NULL, WEIGHT(limit), NULL);
		return NULL;
	}
	if (err == NULL)
		err = copy_origin(root, &origin, copy, faults);
	inflation_close(origin.inflation);
	return err;
}

const struct error *asp_file_keep(struct root *root, const struct asp_copy *copy)
{
	char path[ASP_PATH_SIZE];

	asp_file_path(copy->sha256, path);
	return durable_reference(root, copy->fd, TEMPORARY, path, "var/references");
}

void asp_file_discard(struct root *root, struct asp_copy *copy)
{
	if (copy->fd < 0)
		return;
	close(copy->fd);
	copy->fd = -1;
	unlinkat(root->fd, TEMPORARY, 0); /* a kept copy has left this name */
}

static bool is_needed(struct root *root, const char *name)
{
	char sha256[SHA256_HEX_SIZE];
	uint8_t digest[SHA256_SIZE];

	if (strlen(name) != 68 || strcmp(name + 64, ".csv") != 0)
		return false;
	snprintf(sha256, sizeof(sha256), "%.64s", name);
	return sha256_from_hex(sha256, digest) &&
	       store_get_int(root->store, SQL_FICHIER_NEEDED, sha256, 0) != 0;
}

static const struct error *prune_entry(void *context, int dir, const struct dirent *entry)
{
	struct root *root = context;

	/* When the store fails, no file is known to be superfluous. */
	if (entry->d_name[0] != '.' && !is_needed(root, entry->d_name) &&
	    store_error(root->store) == NULL && unlinkat(dir, entry->d_name, 0) != 0 &&
	    errno != ENOENT && errno != EISDIR)
		return error_errno(ERR_CANT_WRITE, "var/references/%s", entry->d_name);
	return store_error(root->store);
}

const struct error *asp_file_prune(struct root *root)
{
	return dir_each(root->fd, "var/references", DIR_STRICT, prune_entry, root);
}

/* --- the record --- */

static const struct {
	const char *name, *one, *many;
} outcomes[] = {
    [ASP_FILE_TAKEN] = {"pris", "pris", "pris"},
    [ASP_FILE_REFUSED] = {"refuse", "refusé", "refusés"},
    [ASP_ROW_APPLIED] = {"appliquee", "appliquée", "appliquées"},
    [ASP_ROW_REFUSED] = {"refusee", "refusée", "refusées"},
};
_Static_assert(ARRAY_SIZE(outcomes) == ASP_OUTCOME_COUNT, "one row an outcome");

const char *asp_outcome_name(enum asp_outcome outcome)
{
	return outcomes[outcome].name;
}

const char *asp_outcome_label(const char *name, uint64_t count)
{
	for (size_t i = 0; i < ASP_OUTCOME_COUNT; i++)
		if (strcmp(outcomes[i].name, name) == 0)
			return text_plural(count, outcomes[i].one, outcomes[i].many);
	return name;
}

static bool is_file_answer(void *context, const char *name)
{
	const struct root *root = context;

	return store_get_int(root->store, SQL_FICHIER_RETOUR_TAKEN, name, 0) != 0;
}

int64_t asp_file_record(struct root *root, const struct asp_file *file, enum asp_kind kind,
			const char *sha256, uint64_t rows, enum asp_outcome outcome)
{
	char *answer_file = answer_file_name(file->name, ".csv", is_file_answer, root);
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FICHIER_INSERT);

	bind_int(stmt, FICHIER_INSERT_P_NUIT, file->night_id);
	bind_text(stmt, FICHIER_INSERT_P_NOM, file->name);
	bind_text(stmt, FICHIER_INSERT_P_NATURE, asp_kind_name(kind));
	bind_text(stmt, FICHIER_INSERT_P_SHA256, sha256[0] != '\0' ? sha256 : NULL);
	bind_text(stmt, FICHIER_INSERT_P_RECU_LE, file->received_at);
	bind_int(stmt, FICHIER_INSERT_P_LIGNES, (int64_t)rows);
	bind_text(stmt, FICHIER_INSERT_P_ETAT, asp_outcome_name(outcome));
	bind_text(stmt, FICHIER_INSERT_P_SOURCE, file->source);
	bind_text(stmt, FICHIER_INSERT_P_RETOUR_NOM, answer_file);
	store_run(root->store, stmt);
	free(answer_file);
	return store_last_id(root->store);
}

void row_answer_insert(struct root *root, const struct row_answer *row_answer,
		       const struct anomalie *anomalie)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_RETOUR_INSERT);
	char *message = anomalie_message(anomalie);
	char *remede = anomalie_remede(anomalie);

	if (row_answer->consequence != NULL) {
		char *both = mem_printf("%s %s", remede, row_answer->consequence);

		free(remede);
		remede = both;
	}
	bind_int(stmt, RETOUR_INSERT_P_FICHIER, row_answer->fichier);
	bind_int(stmt, RETOUR_INSERT_P_ORDRE, (int64_t)row_answer->order);
	bind_int(stmt, RETOUR_INSERT_P_LIGNE, row_answer->ligne);
	bind_text(stmt, RETOUR_INSERT_P_NUMERO, row_answer->numero);
	bind_text(stmt, RETOUR_INSERT_P_DECISION, row_answer->decision);
	bind_text(stmt, RETOUR_INSERT_P_ETAT, asp_outcome_name(row_answer->etat));
	bind_text(stmt, RETOUR_INSERT_P_CODE, catalogue[anomalie->code].code);
	bind_text(stmt, RETOUR_INSERT_P_MESSAGE, message);
	bind_text(stmt, RETOUR_INSERT_P_REMEDE, remede);
	store_run(root->store, stmt);
	free(message);
	free(remede);
}

/* What holds when a file is refused; NULL: its name says nothing of what it might have been. */
static const char *refusal_consequence(struct root *root, enum asp_kind kind)
{
	if (kind == ASP_UNKNOWN)
		return NULL;
	if (kind == ASP_DECISIONS)
		return "Aucune décision de ce fichier n'a été appliquée.";
	return store_get_int(root->store, SQL_FICHIER_TAKEN, asp_kind_name(kind), 0) != 0
		   ? "L'ancien fichier reste en vigueur."
		   : "Aucun fichier n'est encore en vigueur.";
}

const struct error *asp_file_refuse(struct root *root, const struct asp_file *file,
				    enum asp_kind kind, const struct asp_copy *copy, uint64_t rows,
				    const struct anomalies *faults)
{
	struct row_answer row_answer = {
	    .numero = "",
	    .decision = "",
	    .etat = kind == ASP_DECISIONS ? ASP_ROW_REFUSED : ASP_FILE_REFUSED,
	    .consequence = refusal_consequence(root, kind),
	};
	const struct error *err = NULL;

	if (copy != NULL && copy->whole && !asp_kind_is_stock(kind))
		err = asp_file_keep(root, copy);
	if (err != NULL)
		return err;
	store_begin(root->store);
	row_answer.fichier = asp_file_record(root, file, kind, copy != NULL ? copy->sha256 : "",
					     rows, ASP_FILE_REFUSED);
	for (size_t i = 0; i < faults->count; i++) {
		row_answer.order = i;
		row_answer.ligne = faults->items[i].ligne > 0 ? faults->items[i].ligne : 1;
		row_answer_insert(root, &row_answer, &faults->items[i]);
	}
	return store_commit(root->store);
}
