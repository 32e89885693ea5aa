/* Writes out a request's documents. */
#include "cli/cmd.h"
#include "keep/extract.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "lib/sha256.h"
#include "request/demande.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void load_documents(struct root *root, int64_t id, struct documents *documents)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_PIECES);

	bind_int(stmt, DEMANDE_PIECES_P_DEMANDE, id);
	while (store_step(root->store, stmt)) {
		const char *place = column_text(stmt, DEMANDE_PIECES_LIEU);
		struct document *one =
		    documents_add(documents, column_text(stmt, DEMANDE_PIECES_ARCHIVE_SHA256),
				  column_text(stmt, DEMANDE_PIECES_SHA256),
				  (uint32_t)column_int(stmt, DEMANDE_PIECES_ORDINAL));

		/* Several deposits of one request may give the same type: their order keeps them
		 * apart, and the name says which are no longer in force. */
		one->path = mem_printf(
		    "%02zu-%s%s.%s", documents->count, column_text(stmt, DEMANDE_PIECES_TYPE),
		    strcmp(column_text(stmt, DEMANDE_PIECES_EN_VIGUEUR), "oui") == 0 ? ""
										     : "-remplacee",
		    column_text(stmt, DEMANDE_PIECES_FORMAT));
		one->alone = strcmp(place, "seule") == 0;
		one->erased = strcmp(place, "effacee") == 0;
	}
}

/* A document has its own name once it is whole: until then, and after a kill, one that is hidden. */
static char *unfinished_name(const struct document *document)
{
	return mem_printf(".%s.tmp", document->path);
}

static const struct error *open_document(void *folder, const struct document *document, int *fd)
{
	int dir = *(const int *)folder;
	char *hidden = unfinished_name(document);

	unlinkat(dir, hidden, 0);
	*fd = file_open(dir, hidden, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	free(hidden);
	return *fd >= 0 ? NULL : error_errno(ERR_CANT_WRITE, "%s", document->path);
}

/* An interrupted run, or an earlier one, may have written it out. */
static bool was_written(int dir, const struct document *document)
{
	int fd = file_open(dir, document->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	bool same = fd >= 0 && sha256_is_of_file(fd, document->sha256);

	file_let_go(fd);
	return same;
}

static const struct error *give_name(int dir, const struct document *document, int fd,
				     const char *hidden)
{
	if (file_sync(fd) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", document->path);
	if (renameat2(dir, hidden, dir, document->path, RENAME_NOREPLACE) == 0)
		return NULL;
	if (errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", document->path);
	if (!was_written(dir, document))
		return error_set(ERR_CANT_WRITE,
				 "%s existe déjà, et n'est pas ce document : rien n'y a été écrit",
				 document->path);
	unlinkat(dir, hidden, 0);
	return NULL;
}

/* Gives the document its name, if it is what was recorded: nobody must take another for a document
 * of the request. */
static const struct error *take_document(void *folder, const struct document *document, int fd,
					 bool recorded, const struct error *err)
{
	int dir = *(const int *)folder;
	char *hidden = unfinished_name(document);
	const struct error *own = err;

	if (recorded)
		own = give_name(dir, document, fd, hidden);
	else if (err == NULL)
		own =
		    error_set(ERR_FAULT, "%s ne porte pas l'empreinte enregistrée", document->path);
	if (own != NULL)
		unlinkat(dir, hidden, 0);
	free(hidden);
	return own != NULL ? own : err;
}

static const struct error *write_documents(struct root *root, struct vault *room,
					   const char *target, const struct documents *documents)
{
	int folder;
	struct extraction extraction = {.root = root,
					.room = room,
					.open = open_document,
					.take = take_document,
					.context = &folder};
	const struct error *err;

	if (mkdir(target, 0700) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", target);
	folder = file_open(AT_FDCWD, target, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (folder < 0)
		return error_errno(ERR_CANT_WRITE, "%s", target);
	err = extract_documents(&extraction, documents);
	pool_close(extraction.pool);
	close(folder);
	return err;
}

static const struct error *load(struct root *root, const char *numero, struct documents *documents)
{
	struct demande demande;
	enum named named = demande_named(root, numero, &demande);

	if (named == NAMED_NOW || named == NAMED_BEFORE)
		load_documents(root, demande.id, documents);
	demande_free(&demande);
	if (store_error(root->store) == NULL && documents->count == 0)
		return error_set(ERR_DATA, "la demande %s n'existe pas, ou n'a pas de pièce",
				 numero);
	return store_error(root->store);
}

static void print_documents(const char *target, const struct documents *documents)
{
	for (size_t i = 0; i < documents->count; i++)
		if (documents->items[i].erased)
			fprintf(stderr, "segur : %s : effacé par une purge\n",
				documents->items[i].path);
		else
			printf("%s/%s\n", target, documents->items[i].path);
}

int cmd_pieces(int argc, char **argv)
{
	const char *where = NULL, *key = NULL;
	const struct cmd_option options[] = {
	    {"root", "DIR", "racine", &where},
	    {"cle", "CLE.pem", "clé privée du certificat, pour des archives chiffrées", &key},
	    {0},
	};
	const struct cmd_usage usage = {
	    "pieces NUMERO DIR [--cle CLE.pem] [--root DIR]",
	    "Extrait les documents d'une demande dans un répertoire, empreintes vérifiées.",
	    options};
	struct documents documents = {0};
	struct vault *room = NULL;
	const struct error *err;
	struct root root;
	int code, first = cmd_parse(argc, argv, &usage, 2, 2, &code);

	if (first < 0)
		return code;
	err = root_open(cmd_root(where), &root);
	if (err == NULL)
		err = load(&root, argv[first], &documents);
	if (err == NULL)
		err = vault_open_reader(&root, key, &room);
	if (err == NULL)
		err = write_documents(&root, room, argv[first + 1], &documents);
	code = err != NULL ? cmd_fail(err) : 0;
	if (err == NULL)
		print_documents(argv[first + 1], &documents);
	documents_free(&documents);
	vault_close(room);
	root_close(&root);
	return code;
}
