/* Writes out a request's documents. */
#include "cli/cmd.h"
#include "keep/extract.h"
#include "lib/mem.h"
#include "model/numero.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

static const struct error *open_document(void *folder, const struct document *document, int *fd)
{
	*fd = openat(*(const int *)folder, document->path,
		     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return *fd >= 0 ? NULL : error_errno(ERR_CANT_WRITE, "%s", document->path);
}

/* Removes what is not as it was recorded: nobody must take it for a document of the request. */
static const struct error *keep_recorded(void *folder, const struct document *document, int fd,
					 bool recorded, const struct error *err)
{
	(void)fd;
	if (recorded)
		return err;
	unlinkat(*(const int *)folder, document->path, 0);
	return err != NULL ? err
			   : error_set(ERR_FAULT, "%s ne porte pas l'empreinte enregistrée",
				       document->path);
}

static const struct error *write_documents(struct root *root, struct vault *room,
					   const char *target, const struct documents *documents)
{
	int folder;
	struct extraction extraction = {.root = root,
					.room = room,
					.open = open_document,
					.take = keep_recorded,
					.context = &folder};
	const struct error *err;

	if (mkdir(target, 0700) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", target);
	folder = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_errno(ERR_CANT_WRITE, "%s", target);
	err = extract_documents(&extraction, documents);
	pool_close(extraction.pool);
	close(folder);
	return err;
}

static const struct error *load(struct root *root, const char *numero, struct documents *documents)
{
	load_documents(root, demande_numero_parse(numero), documents);
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
