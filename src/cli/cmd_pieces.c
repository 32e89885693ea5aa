/* Writes out a request's documents: the sandboxed parser reads the kept archive, the parent opens
 * the files. */
#include "cli/cmd.h"
#include "keep/extract.h"
#include "keep/vault.h"
#include "lib/file.h"
#include "lib/mem.h"
#include "model/numero.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct chosen {
	char *path, *sha256, *archive;
	uint32_t ordinal;
	bool alone;  /* kept by itself: its archive was erased */
	bool erased; /* a purge took it away */
};

struct documents {
	struct chosen *items;
	size_t count, capacity;
};

static void load_documents(struct root *root, int64_t id, struct documents *documents)
{
	sqlite3_stmt *stmt = store_stmt(root->store, SQL_DEMANDE_PIECES);

	bind_int(stmt, DEMANDE_PIECES_P_DEMANDE, id);
	while (store_step(root->store, stmt)) {
		struct chosen *one;

		documents->items = mem_grow(documents->items, documents->count,
					    &documents->capacity, sizeof(*documents->items));
		one = &documents->items[documents->count++];
		/* Several deposits of one request may give the same type: their order keeps them
		 * apart, and the name says which are no longer in force. */
		one->path = mem_printf(
		    "%02zu-%s%s.%s", documents->count, column_text(stmt, DEMANDE_PIECES_TYPE),
		    strcmp(column_text(stmt, DEMANDE_PIECES_EN_VIGUEUR), "oui") == 0 ? ""
										     : "-remplacee",
		    column_text(stmt, DEMANDE_PIECES_FORMAT));
		one->sha256 = mem_strdup(column_text(stmt, DEMANDE_PIECES_SHA256));
		one->ordinal = (uint32_t)column_int(stmt, DEMANDE_PIECES_ORDINAL);
		one->archive = mem_strdup(column_text(stmt, DEMANDE_PIECES_ARCHIVE_SHA256));
		one->alone = strcmp(column_text(stmt, DEMANDE_PIECES_LIEU), "seule") == 0;
		one->erased = strcmp(column_text(stmt, DEMANDE_PIECES_LIEU), "effacee") == 0;
	}
}

/* What the commands that write documents out share. */
struct session {
	struct root *root;
	struct vault *room;
	struct pool *pool;
	int dir; /* where they go */
};

/* A document has its own name once it is whole: until then, and after a kill, one that is hidden. */
static char *hidden_name(const struct chosen *one)
{
	return mem_printf(".%s.tmp", one->path);
}

static const struct error *open_document(const struct session *session, const struct chosen *one,
					 struct document *document)
{
	char *hidden = hidden_name(one);

	*document = (struct document){.ordinal = one->ordinal, .sha256 = one->sha256};
	unlinkat(session->dir, hidden, 0);
	document->fd = file_open(session->dir, hidden,
				 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	free(hidden);
	return document->fd >= 0 ? NULL : error_errno(ERR_CANT_WRITE, "%s", one->path);
}

/* An interrupted run, or an earlier one, may have written it out. */
static bool is_there(const struct session *session, const struct chosen *one)
{
	struct document found = {.sha256 = one->sha256};
	bool same;

	found.fd =
	    file_open(session->dir, one->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	same = found.fd >= 0 && document_is_recorded(&found);
	file_let_go(found.fd);
	return same;
}

/* Gives the document its name, if it is what was recorded: nobody must take another for a document
 * of the request. */
static const struct error *give_name(const struct session *session, const struct chosen *one,
				     const struct document *document, const char *hidden)
{
	if (!document_is_recorded(document))
		return error_set(ERR_FAULT, "%s ne porte pas l'empreinte enregistrée", one->path);
	if (file_sync(document->fd) != 0)
		return error_errno(ERR_CANT_WRITE, "%s", one->path);
	if (renameat2(session->dir, hidden, session->dir, one->path, RENAME_NOREPLACE) == 0)
		return NULL;
	if (errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", one->path);
	if (!is_there(session, one))
		return error_set(ERR_CANT_WRITE,
				 "%s existe déjà, et n'est pas ce document : rien n'y a été écrit",
				 one->path);
	unlinkat(session->dir, hidden, 0);
	return NULL;
}

/* Closes the outputs and gives those their names that are what was recorded. */
static const struct error *keep_verified(const struct session *session, const struct chosen *first,
					 const struct document *documents, size_t count,
					 const struct error *err)
{
	bool extracted = err == NULL;

	for (size_t i = 0; i < count; i++) {
		char *hidden = hidden_name(&first[i]);
		const struct error *one =
		    extracted ? give_name(session, &first[i], &documents[i], hidden) : err;

		if (one != NULL)
			unlinkat(session->dir, hidden, 0);
		err = one != NULL ? one : err;
		file_let_go(documents[i].fd);
		free(hidden);
	}
	return err;
}

/* Extracts documents [0, wanted) of one archive. */
static const struct error *extract_wanted(const struct session *session, const struct chosen *first,
					  size_t wanted)
{
	struct document documents[EXTRACTION_MAX];
	const struct error *err = NULL;
	size_t count = 0;
	int fd = -1;

	err = vault_read(session->room, first->archive, &fd);
	while (count < wanted && err == NULL) {
		err = open_document(session, &first[count], &documents[count]);
		count += err == NULL;
	}
	if (err == NULL)
		err = extraction_run(&session->root->conf, session->pool, fd, first->archive,
				     documents, count);
	else if (fd >= 0)
		close(fd);
	return keep_verified(session, first, documents, count, err);
}

static const struct error *copy(int from, int to)
{
	char block[1 << 15];
	ssize_t got;

	while ((got = read(from, block, sizeof(block))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || file_write_all(to, block, (size_t)got) != 0)
			return error_errno(ERR_CANT_WRITE, "copie d'un document");
	}
	return NULL;
}

/* A document that is kept by itself is not parsed: its bytes are those that were checked once. */
static const struct error *write_alone(const struct session *session, const struct chosen *one)
{
	struct document document;
	const struct error *err;
	int fd;

	err = vault_read(session->room, one->sha256, &fd);
	if (err != NULL)
		return err;
	err = open_document(session, one, &document);
	if (err == NULL)
		err = keep_verified(session, one, &document, 1, copy(fd, document.fd));
	close(fd);
	return err;
}

/* Writes out the first document and those after it from the same archive; *done: how many. */
static const struct error *write_some(const struct session *session, const struct chosen *first,
				      size_t left, size_t *done)
{
	*done = 1;
	if (first->erased)
		return NULL;
	if (first->alone)
		return write_alone(session, first);
	while (*done < left && *done < EXTRACTION_MAX && !first[*done].alone &&
	       !first[*done].erased && strcmp(first[*done].archive, first->archive) == 0)
		(*done)++;
	return extract_wanted(session, first, *done);
}

static const struct error *write_documents(struct root *root, struct vault *room,
					   const char *target, const struct documents *documents)
{
	struct session session = {.root = root, .room = room};
	const struct error *err = NULL;

	if (mkdir(target, 0700) != 0 && errno != EEXIST)
		return error_errno(ERR_CANT_WRITE, "%s", target);
	session.dir = file_open(AT_FDCWD, target, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (session.dir < 0)
		return error_errno(ERR_CANT_WRITE, "%s", target);
	err = pool_open(&root->conf, 1, &session.pool);
	for (size_t i = 0, done; i < documents->count && err == NULL; i += done)
		err = write_some(&session, &documents->items[i], documents->count - i, &done);
	pool_close(session.pool);
	close(session.dir);
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

static void free_documents(struct documents *documents)
{
	for (size_t i = 0; i < documents->count; i++) {
		free(documents->items[i].path);
		free(documents->items[i].sha256);
		free(documents->items[i].archive);
	}
	free(documents->items);
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
	free_documents(&documents);
	vault_close(room);
	root_close(&root);
	return code;
}
