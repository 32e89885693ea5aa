/*
 * INSEE's stock files as they are published: StockEtablissement (address, state) and
 * StockUniteLegale (name).
 *
 * The scan sees every line but parses few: it looks at the number in the key column and hands only
 * what is wanted to libcsv. A line inside a quoted cell that happens to
 * begin like a wanted record is found out by what follows: its closing quote is misplaced for
 * libcsv, or the cells do not number as in the header. Such a candidate is not taken, and the
 * search goes on.
 */
#include "asp/insee.h"

#include "asp/asp_file.h"
#include "asp/insee_lines.h"
#include "lib/array.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "lib/siret.h"
#include "lib/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Adds the values of a record, each with a NUL after it, in the order of stock.values. */
typedef void (*render_fn)(struct csv_source *source, struct buf *out);

#define VALUES_MAX 9 /* of a record, and the 0 that ends them */

struct stock {
	enum asp_kind kind;
	const struct csv_column *columns; /* the key is the first */
	size_t count;
	unsigned digits; /* of the key */
	render_fn render;
	enum sql_id known, insert;
	int values[VALUES_MAX]; /* parameters of `insert` for what `render` gives; 0 ends them */
};

static void put(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text) + 1);
}

static const char *cell(struct csv_source *source, size_t column)
{
	const char *text = csv_source_cell(source, column);

	return text != NULL ? text : "";
}

/* The first that is not empty. */
static const char *either(const char *first, const char *second)
{
	return first[0] != '\0' ? first : second;
}

enum {
	ETABLISSEMENT_SIRET,
	ETABLISSEMENT_ETAT,
	ETABLISSEMENT_NUMERO,
	ETABLISSEMENT_EXTENSION,
	ETABLISSEMENT_TYPE_VOIE,
	ETABLISSEMENT_NOM_VOIE,
	ETABLISSEMENT_COMPLEMENT,
	ETABLISSEMENT_CODE_POSTAL,
	ETABLISSEMENT_COMMUNE,
	ETABLISSEMENT_COMMUNE_ETRANGER,
	ETABLISSEMENT_COUNT,
};

static const struct csv_column etablissement_columns[ETABLISSEMENT_COUNT] = {
    [ETABLISSEMENT_SIRET] = {"siret", false},
    [ETABLISSEMENT_ETAT] = {"etatAdministratifEtablissement", false},
    [ETABLISSEMENT_NUMERO] = {"numeroVoieEtablissement", false},
    [ETABLISSEMENT_EXTENSION] = {"indiceRepetitionEtablissement", true},
    [ETABLISSEMENT_TYPE_VOIE] = {"typeVoieEtablissement", false},
    [ETABLISSEMENT_NOM_VOIE] = {"libelleVoieEtablissement", false},
    [ETABLISSEMENT_COMPLEMENT] = {"complementAdresseEtablissement", true},
    [ETABLISSEMENT_CODE_POSTAL] = {"codePostalEtablissement", false},
    [ETABLISSEMENT_COMMUNE] = {"libelleCommuneEtablissement", false},
    [ETABLISSEMENT_COMMUNE_ETRANGER] = {"libelleCommuneEtrangerEtablissement", true},
};

static void render_etablissement(struct csv_source *source, struct buf *out)
{
	for (size_t i = ETABLISSEMENT_ETAT; i < ETABLISSEMENT_COMMUNE; i++)
		put(out, cell(source, i));
	put(out, either(cell(source, ETABLISSEMENT_COMMUNE),
			cell(source, ETABLISSEMENT_COMMUNE_ETRANGER)));
}

enum {
	UNITE_SIREN,
	UNITE_ETAT,
	UNITE_DENOMINATION,
	UNITE_NOM,
	UNITE_NOM_USAGE,
	UNITE_PRENOM_USUEL,
	UNITE_PRENOM_1,
	UNITE_COUNT,
};

static const struct csv_column unite_columns[UNITE_COUNT] = {
    [UNITE_SIREN] = {"siren", false},
    [UNITE_ETAT] = {"etatAdministratifUniteLegale", false},
    [UNITE_DENOMINATION] = {"denominationUniteLegale", false},
    [UNITE_NOM] = {"nomUniteLegale", false},
    [UNITE_NOM_USAGE] = {"nomUsageUniteLegale", true},
    [UNITE_PRENOM_USUEL] = {"prenomUsuelUniteLegale", true},
    [UNITE_PRENOM_1] = {"prenom1UniteLegale", false},
};

/* "NOM PRENOM"; the caller frees it. */
static char *join_names(const char *nom, const char *prenom)
{
	return mem_printf("%s%s%s", nom, nom[0] != '\0' && prenom[0] != '\0' ? " " : "", prenom);
}

/* A sole trader has no dénomination but the name of birth and the forename in use, else the first
 * one, as on the SIRENE certificate. A name that is not published is said so once. The name in use
 * stands apart. */
static void render_unite(struct csv_source *source, struct buf *out)
{
	const char *nom = cell(source, UNITE_NOM);
	const char *prenom = either(cell(source, UNITE_PRENOM_USUEL), cell(source, UNITE_PRENOM_1));
	const char *legal_person = cell(source, UNITE_DENOMINATION);
	char *name = join_names(nom, prenom);
	char *in_use = join_names(either(cell(source, UNITE_NOM_USAGE), nom), prenom);

	put(out, cell(source, UNITE_ETAT));
	put(out, either(legal_person,
			strstr(name, INSEE_UNPUBLISHED) != NULL ? INSEE_UNPUBLISHED : name));
	put(out, legal_person[0] != '\0' ? "" : in_use);
	free(name);
	free(in_use);
}

static const struct stock stocks[] = {
    {ASP_ETABLISSEMENTS,
     etablissement_columns,
     ETABLISSEMENT_COUNT,
     14,
     render_etablissement,
     SQL_ETABLISSEMENT_KNOWN,
     SQL_ETABLISSEMENT_INSERT,
     {ETABLISSEMENT_INSERT_P_ETAT, ETABLISSEMENT_INSERT_P_NUMERO, ETABLISSEMENT_INSERT_P_EXTENSION,
      ETABLISSEMENT_INSERT_P_TYPE_VOIE, ETABLISSEMENT_INSERT_P_NOM_VOIE,
      ETABLISSEMENT_INSERT_P_COMPLEMENT, ETABLISSEMENT_INSERT_P_CODE_POSTAL,
      ETABLISSEMENT_INSERT_P_COMMUNE}},
    {ASP_UNITES_LEGALES,
     unite_columns,
     UNITE_COUNT,
     9,
     render_unite,
     SQL_UNITE_LEGALE_KNOWN,
     SQL_UNITE_LEGALE_INSERT,
     {UNITE_LEGALE_INSERT_P_ETAT, UNITE_LEGALE_INSERT_P_DENOMINATION,
      UNITE_LEGALE_INSERT_P_ENTREPRENEUR}},
};

static const struct stock *stock_of(enum asp_kind kind)
{
	const struct stock *stock = stocks;

	while (stock->kind != kind)
		stock++;
	return stock;
}

const struct error *register_open(struct insee_lines *lines, int descriptor, enum asp_kind kind,
				  struct anomalies *faults)
{
	const struct stock *stock = stock_of(kind);

	return insee_lines_open(lines, descriptor, stock->columns, stock->count, stock->digits,
				faults);
}

const char *register_key_name(enum asp_kind kind)
{
	return stock_of(kind)->columns[0].name;
}

/* --- what is wanted --- */

/* Numbers that are looked for, ascending, and what was found of each. */
struct wanted {
	uint64_t *keys;
	struct found {
		bool read;     /* its values stand at `offset` of `values` */
		bool doubtful; /* a candidate could not be read */
		size_t offset;
	} * found;
	size_t count, remaining;
	struct buf values;
	/* One bit for each value of a hash turns most lines down at one look. */
	uint64_t *filter;
	unsigned shift;
};

static size_t filter_bit(const struct wanted *wanted, uint64_t key)
{
	return (size_t)((key * 0x9E3779B97F4A7C15u) >> wanted->shift);
}

static void wanted_prepare(struct wanted *wanted)
{
	unsigned bits = 10;

	/* About 16 bits a key: one line in 16 goes on to the search by halves. */
	while (bits < 26 && ((size_t)1 << bits) < 16 * wanted->count)
		bits++;
	wanted->shift = 64 - bits;
	wanted->filter = mem_alloc(((size_t)1 << bits) / 8);
	wanted->found = mem_alloc((wanted->count + 1) * sizeof(*wanted->found));
	wanted->remaining = wanted->count;
	for (size_t i = 0; i < wanted->count; i++) {
		size_t bit = filter_bit(wanted, wanted->keys[i]);

		wanted->filter[bit / 64] |= (uint64_t)1 << (bit % 64);
	}
}

static void wanted_free(struct wanted *wanted)
{
	free(wanted->keys);
	free(wanted->found);
	free(wanted->filter);
	buf_free(&wanted->values);
}

/* The key's index; `count` when it is not wanted. */
static size_t wanted_find(const struct wanted *wanted, uint64_t key)
{
	size_t bit = filter_bit(wanted, key), low = 0, high = wanted->count;

	if ((wanted->filter[bit / 64] >> (bit % 64) & 1) == 0)
		return wanted->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (wanted->keys[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < wanted->count && wanted->keys[low] == key ? low : wanted->count;
}

/* --- the scan --- */

/* Keeps the values of the wanted record that the current line begins. */
static const struct error *keep_record(const struct stock *stock, struct insee_lines *lines,
				       struct wanted *wanted, struct found *found)
{
	struct csv_source *source = &lines->source;
	struct csv_window *window = &source->window;
	const struct error *err = NULL;
	enum csv_outcome outcome;
	char *misread;

	while (err == NULL &&
	       (outcome = csv_record_parse(&source->record, window->data + window->start,
					   window->end - window->start, window->last)) ==
		   CSV_OUTCOME_PARTIAL)
		err = csv_window_more(window);
	if (err != NULL)
		return err;
	found->doubtful = true;
	if (outcome != CSV_OUTCOME_RECORD || source->record.count != source->width)
		return NULL;
	found->offset = wanted->values.length;
	stock->render(source, &wanted->values);
	misread = csv_source_fault(source);
	found->read = misread == NULL;
	wanted->remaining -= found->read;
	free(misread);
	return NULL;
}

/* Scans until nothing more is wanted, or to the end. */
static const struct error *scan_lines(const struct stock *stock, struct insee_lines *lines,
				      struct wanted *wanted)
{
	struct insee_line line;
	const struct error *err = NULL;

	while (wanted->remaining > 0 && err == NULL) {
		size_t index;

		err = insee_lines_next(lines, &line);
		if (err != NULL || (line.size == 0 && !line.too_long))
			break;
		index = wanted_find(wanted, line.key);
		if (index < wanted->count && !wanted->found[index].read)
			err = keep_record(stock, lines, wanted, &wanted->found[index]);
	}
	return err;
}

static const struct error *scan_file(struct root *root, const struct stock *stock,
				     const char *sha256, struct wanted *wanted)
{
	struct insee_lines lines;
	struct anomalies faults = {0};
	const struct error *err;
	char path[ASP_PATH_SIZE];
	int fd;

	asp_file_path(sha256, path);
	fd = file_open(root->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(ERR_FAULT, "%s", path);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	err = register_open(&lines, fd, stock->kind, &faults);
	if (err == NULL && faults.count > 0)
		err = error_set(ERR_FAULT,
				"%s : l'en-tête a changé depuis que le fichier a été pris", path);
	if (err == NULL)
		err = scan_lines(stock, &lines, wanted);
	insee_lines_close(&lines);
	close(fd);
	anomalies_free(&faults);
	return err;
}

/* --- the night's question --- */

static void format_key(const struct stock *stock, uint64_t key, char text[static DECIMAL_SIZE])
{
	snprintf(text, DECIMAL_SIZE, "%0*llu", (int)stock->digits, (unsigned long long)key);
}

/* The keys of these SIRETs that lack a row for the file; a SIREN is a SIRET
 * without its last five digits. */
static void find_missing_keys(struct root *root, const struct stock *stock, int64_t file,
			      const uint64_t *sirets, size_t count, struct wanted *wanted)
{
	uint64_t last = INSEE_NO_KEY;

	wanted->keys = mem_alloc((count + 1) * sizeof(*wanted->keys));
	for (size_t i = 0; i < count; i++) {
		uint64_t key = stock->digits == 14 ? sirets[i] : sirets[i] / 100000;
		sqlite3_stmt *stmt;
		char text[DECIMAL_SIZE];

		if (key == last)
			continue;
		last = key;
		format_key(stock, key, text);
		stmt = store_stmt(root->store, stock->known);
		bind_text(stmt, parameter(stmt, ":key"), text);
		bind_int(stmt, parameter(stmt, ":fichier"), file);
		if (!store_step(root->store, stmt))
			wanted->keys[wanted->count++] = key;
	}
}

static void insert_found(struct root *root, const struct stock *stock, int64_t file,
			 const struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct found *found = &wanted->found[i];
		bool read = found->read && wanted->values.data != NULL;
		const char *value = read ? wanted->values.data + found->offset : "";
		sqlite3_stmt *stmt;
		char text[DECIMAL_SIZE];

		/* A doubtful record is not absent: the supplier would pay for INSEE's fault. */
		if (!read && found->doubtful)
			continue;
		format_key(stock, wanted->keys[i], text);
		stmt = store_stmt(root->store, stock->insert);
		bind_text(stmt, parameter(stmt, ":key"), text);
		bind_int(stmt, parameter(stmt, ":fichier"), file);
		for (const int *number = stock->values; *number != 0; number++) {
			bind_text(stmt, *number, value);
			value += read ? strlen(value) + 1 : 0;
		}
		store_run(root->store, stmt);
	}
}

/* Nothing is read inside the transaction, so nothing but the store can fail there. */
static const struct error *scan_stock(struct root *root, const struct stock *stock,
				      const uint64_t *sirets, size_t count)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_FICHIER_NEWEST);
	struct wanted wanted = {0};
	const struct error *err = NULL;
	char sha256[SHA256_HEX_SIZE] = "";
	int64_t file = 0;

	bind_text(stmt, FICHIER_NEWEST_P_NATURE, asp_kind_name(stock->kind));
	if (store_step(root->store, stmt)) {
		file = column_int(stmt, FICHIER_NEWEST_ID);
		snprintf(sha256, sizeof(sha256), "%s", column_text(stmt, FICHIER_NEWEST_SHA256));
		sqlite3_reset(stmt);
	}
	/* One read transaction serves all look-ups: one for each would take SQLite's locks anew. */
	store_begin_read(root->store);
	find_missing_keys(root, stock, file, sirets, count, &wanted);
	err = store_commit(root->store);
	if (err == NULL && wanted.count > 0) {
		wanted_prepare(&wanted);
		err = scan_file(root, stock, sha256, &wanted);
	}
	if (err == NULL) {
		store_begin(root->store);
		insert_found(root, stock, file, &wanted);
		err = store_commit(root->store);
	}
	wanted_free(&wanted);
	return err;
}

bool register_available(struct store *store)
{
	for (size_t i = 0; i < ARRAY_SIZE(stocks); i++)
		if (store_get_int(store, SQL_FICHIER_TAKEN, asp_kind_name(stocks[i].kind), 0) == 0)
			return false;
	return true;
}

const struct error *register_scan(struct root *root, const uint64_t *sirets, size_t count)
{
	const struct error *err = NULL;

	if (!register_available(root->store))
		return store_error(root->store);
	for (size_t i = 0; i < ARRAY_SIZE(stocks) && err == NULL; i++)
		err = scan_stock(root, &stocks[i], sirets, count);
	return err;
}
