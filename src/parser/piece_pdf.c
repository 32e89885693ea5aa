#include "lib/array.h"
#include "lib/mem.h"
#include "parser/piece_private.h"

#include <malloc.h>
#include <qpdf/qpdf-c.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEAP_ROOM = 4 << 20,  /* bytes that objects may hold before all are read anew */
	WARNINGS_MAX = 10000, /* damages mended: each can cost a look at the whole table */
	END_WINDOW = 1024,    /* where readers look for %%EOF (ISO 32000-1, annex H, note 18) */
	GENERATIONS_MAX = 16, /* distinct generation numbers met: nearly always one */
};

/* One generation of object numbers, to be visited from `next` to `top`. */
struct sweep {
	int generation;
	int next;
	int top;
};

struct walk {
	qpdf_data pdf;
	const uint8_t *bytes;
	size_t size;
	const struct piece_limits *limits;
	struct piece_verdict *verdict;
	int object; /* being walked, for the detail; 0: trailer */
	struct sweep sweeps[GENERATIONS_MAX];
	size_t sweep_count;
	qpdf_oh *pending; /* containers still to look into */
	size_t pending_count;
	size_t pending_capacity;
	size_t settled; /* bytes that the document held with its first object; 0 until then */
	unsigned warning_count;
};

/* Values that make a document act by itself or carry a file (ISO 32000-1, 12.6.4 and 12.5.6). */
static const struct {
	const char *key;
	const char *name;
} active_names[] = {
    {"/S", "/JavaScript"},
    {"/S", "/Launch"},
    {"/S", "/SubmitForm"},
    {"/S", "/ImportData"},
    {"/S", "/RichMediaExecute"},
    {"/S", "/Rendition"},
    {"/S", "/Movie"},
    {"/S", "/Sound"},
    {"/S", "/GoToE"},
    {"/Subtype", "/RichMedia"},
    {"/Subtype", "/FileAttachment"},
    {"/Subtype", "/Screen"},
    {"/Subtype", "/Movie"},
    {"/Subtype", "/Sound"},
    {"/Subtype", "/3D"},
    {"/Type", "/EmbeddedFile"},
};

static enum qpdf_object_type_e type_of(struct walk *walk, qpdf_oh value)
{
	return qpdf_oh_get_type_code(walk->pdf, value);
}

static bool has_key(struct walk *walk, qpdf_oh dictionary, const char *key)
{
	return qpdf_oh_has_key(walk->pdf, dictionary, key);
}

static bool is_name(struct walk *walk, qpdf_oh value, const char *name)
{
	return qpdf_oh_is_name_and_equals(walk->pdf, value, name);
}

static bool key_is(struct walk *walk, qpdf_oh dictionary, const char *key, const char *name)
{
	qpdf_oh value = qpdf_oh_get_key(walk->pdf, dictionary, key);
	bool same = is_name(walk, value, name);

	qpdf_oh_release(walk->pdf, value);
	return same;
}

/* The keys below are also met as names of fonts or images in resources: the value's shape tells. */

static bool is_script(struct walk *walk, qpdf_oh value)
{
	enum qpdf_object_type_e type = type_of(walk, value);

	return type == ot_string || type == ot_stream;
}

static bool is_actions(struct walk *walk, qpdf_oh value)
{
	return type_of(walk, value) == ot_dictionary && !has_key(walk, value, "/Type");
}

static bool is_tree(struct walk *walk, qpdf_oh value)
{
	return type_of(walk, value) == ot_dictionary;
}

static bool is_form(struct walk *walk, qpdf_oh value)
{
	enum qpdf_object_type_e type = type_of(walk, value);

	return type == ot_array || type == ot_stream;
}

static bool is_file(struct walk *walk, qpdf_oh value)
{
	return type_of(walk, value) == ot_dictionary &&
	       (has_key(walk, value, "/F") || has_key(walk, value, "/UF"));
}

/* Editors leave an empty tree behind when the last attachment is removed. */
static bool is_filled_tree(struct walk *walk, qpdf_oh value)
{
	qpdf_oh names;
	bool empty;

	if (type_of(walk, value) != ot_dictionary)
		return false;
	names = qpdf_oh_get_key(walk->pdf, value, "/Names");
	empty =
	    !has_key(walk, value, "/Kids") &&
	    (type_of(walk, names) != ot_array || qpdf_oh_get_array_n_items(walk->pdf, names) == 0);
	qpdf_oh_release(walk->pdf, names);
	return !empty;
}

/* Many documents open with a destination, a page to go to or a viewer's own command. */
static bool is_risky_opening(struct walk *walk, qpdf_oh value)
{
	return type_of(walk, value) == ot_dictionary && has_key(walk, value, "/S") &&
	       !key_is(walk, value, "/S", "/GoTo") && !key_is(walk, value, "/S", "/Named");
}

static const struct {
	const char *key;
	bool (*is_active)(struct walk *, qpdf_oh);
} active_keys[] = {
    {"/JS", is_script},
    {"/JavaScript", is_tree},
    {"/AA", is_actions},
    {"/XFA", is_form},
    {"/EF", is_file},
    {"/EmbeddedFiles", is_filled_tree},
    {"/OpenAction", is_risky_opening},
};

static void condemn_active(struct walk *walk, const char *what)
{
	if (walk->object)
		piece_condemn(walk->verdict, PIECE_ACTIVE, "%s dans l'objet %d", what,
			      walk->object);
	else
		piece_condemn(walk->verdict, PIECE_ACTIVE, "%s dans l'index", what);
}

static void inspect_entry(struct walk *walk, const char *key, qpdf_oh value)
{
	for (size_t i = 0; i < ARRAY_SIZE(active_keys); i++) {
		/* No honest document has a boolean there. */
		if (strcmp(key, active_keys[i].key) == 0 &&
		    (type_of(walk, value) == ot_boolean || active_keys[i].is_active(walk, value)))
			condemn_active(walk, key);
	}
	for (size_t i = 0; i < ARRAY_SIZE(active_names); i++) {
		if (strcmp(key, active_names[i].key) == 0 &&
		    is_name(walk, value, active_names[i].name))
			condemn_active(walk, active_names[i].name);
	}
}

static struct sweep *sweep_of(struct walk *walk, int generation)
{
	struct sweep *sweep = walk->sweeps;

	for (size_t i = 0; i < walk->sweep_count; i++) {
		if (sweep[i].generation == generation)
			return &sweep[i];
	}
	if (walk->sweep_count == GENERATIONS_MAX) {
		piece_condemn(walk->verdict, PIECE_TOO_COSTLY, "plus de %d générations d'objets",
			      GENERATIONS_MAX);
		return &sweep[0];
	}
	sweep += walk->sweep_count++;
	*sweep = (struct sweep){.generation = generation, .next = 1};
	return sweep;
}

static void condemn_objects(struct walk *walk)
{
	piece_condemn(walk->verdict, PIECE_TOO_COSTLY, "plus de %u objets",
		      walk->limits->pdf_objects_max);
}

/* Makes sure that the object referred to gets its turn, even if its number is over /Size. */
static void note_reference(struct walk *walk, qpdf_oh reference)
{
	int number = qpdf_oh_get_object_id(walk->pdf, reference);
	struct sweep *sweep = sweep_of(walk, qpdf_oh_get_generation(walk->pdf, reference));

	if (number <= sweep->top)
		return;
	if ((uint32_t)number <= walk->limits->pdf_objects_max)
		sweep->top = number;
	else if (type_of(walk, reference) != ot_null)
		condemn_objects(walk);
}

/* Takes over the handle of a value that is to be looked into, or releases it. */
static void take_value(struct walk *walk, qpdf_oh value)
{
	enum qpdf_object_type_e type;

	if (qpdf_oh_is_indirect(walk->pdf, value)) {
		note_reference(walk, value);
		qpdf_oh_release(walk->pdf, value);
		return;
	}
	type = type_of(walk, value);
	if (type != ot_array && type != ot_dictionary) {
		qpdf_oh_release(walk->pdf, value);
		return;
	}
	walk->pending =
	    mem_grow(walk->pending, walk->pending_count, &walk->pending_capacity, sizeof(qpdf_oh));
	walk->pending[walk->pending_count++] = value;
}

static bool going_on(const struct walk *walk)
{
	return walk->verdict->defect == PIECE_OK;
}

static void walk_dictionary(struct walk *walk, qpdf_oh dictionary)
{
	qpdf_oh_begin_dict_key_iter(walk->pdf, dictionary);
	while (going_on(walk) && qpdf_oh_dict_more_keys(walk->pdf)) {
		const char *key = qpdf_oh_dict_next_key(walk->pdf);
		qpdf_oh value = qpdf_oh_get_key(walk->pdf, dictionary, key);

		inspect_entry(walk, key, value);
		take_value(walk, value);
	}
}

static void walk_array(struct walk *walk, qpdf_oh array)
{
	int count = qpdf_oh_get_array_n_items(walk->pdf, array);

	for (int i = 0; i < count && going_on(walk); i++)
		take_value(walk, qpdf_oh_get_array_item(walk->pdf, array, i));
}

/* Looks into one value and all that is nested in it, references excepted. */
static void walk_value(struct walk *walk, qpdf_oh value)
{
	qpdf_oh current = value;

	for (;;) {
		qpdf_oh dictionary;

		switch (type_of(walk, current)) {
		case ot_stream:
			dictionary = qpdf_oh_get_dict(walk->pdf, current);
			walk_dictionary(walk, dictionary);
			qpdf_oh_release(walk->pdf, dictionary);
			break;
		case ot_dictionary:
			walk_dictionary(walk, current);
			break;
		case ot_array:
			walk_array(walk, current);
			break;
		default:
			break;
		}
		if (current != value)
			qpdf_oh_release(walk->pdf, current);
		if (walk->pending_count == 0 || !going_on(walk))
			return;
		current = walk->pending[--walk->pending_count];
	}
}

static void walk_object(struct walk *walk, int number, int generation)
{
	qpdf_oh object = qpdf_get_object_by_id(walk->pdf, number, generation);

	walk->object = number;
	walk_value(walk, object);
	qpdf_oh_release(walk->pdf, object);
}

static struct sweep *unfinished_sweep(struct walk *walk)
{
	for (size_t i = 0; i < walk->sweep_count; i++) {
		if (walk->sweeps[i].next <= walk->sweeps[i].top)
			return &walk->sweeps[i];
	}
	return NULL;
}

/* libqpdf reads an object nested over 500 levels as null; another reader would see into it. */
static void judge_warnings(struct walk *walk)
{
	while (going_on(walk) && qpdf_more_warnings(walk->pdf)) {
		qpdf_error warning = qpdf_next_warning(walk->pdf);

		if (++walk->warning_count > WARNINGS_MAX)
			piece_condemn(walk->verdict, PIECE_TOO_COSTLY, "plus de %d défauts",
				      WARNINGS_MAX);
		if (strstr(qpdf_get_error_message_detail(walk->pdf, warning), "deeply nested"))
			piece_condemn(walk->verdict, PIECE_TOO_COSTLY, "imbrication trop profonde");
	}
}

static void judge_unreadable(struct walk *walk)
{
	switch (qpdf_get_error_code(walk->pdf, qpdf_get_error(walk->pdf))) {
	case qpdf_e_password:
		piece_condemn(walk->verdict, PIECE_ENCRYPTED, "mot de passe demandé à l'ouverture");
		break;
	case qpdf_e_unsupported:
		piece_condemn(walk->verdict, PIECE_ENCRYPTED, "chiffrement non pris en charge");
		break;
	default:
		piece_condemn(walk->verdict, PIECE_DAMAGED, "structure du PDF illisible");
	}
}

/* False when it could not be read; why is in the verdict. */
static bool open_pdf(struct walk *walk)
{
	QPDF_ERROR_CODE code;

	walk->pdf = qpdf_init();
	qpdf_silence_errors(walk->pdf);
	qpdf_set_suppress_warnings(walk->pdf, QPDF_TRUE);
	code = qpdf_read_memory(walk->pdf, "", (const char *)walk->bytes, walk->size, "");
	if (code & (QPDF_ERRORS))
		judge_unreadable(walk);
	walk->settled = 0;
	return going_on(walk);
}

static void close_document(struct walk *walk)
{
	qpdf_get_error(walk->pdf); /* an error that nobody fetched is printed by the clean-up */
	qpdf_cleanup(&walk->pdf);
}

/*
 * libqpdf keeps each object that it ever read, some 300 bytes a value, and has no call to let one
 * go: 30 000 elements of an honest tagged document would be 106 MiB of the 28 that a piece has. The
 * walk goes by numbers and comes back to no object, so that it can go on in the same document read
 * anew. Objects that bring the same large ones along each time end by the processor time.
 */
static void read_afresh(struct walk *walk)
{
	close_document(walk);
	open_pdf(walk);
}

/* Every object up to the trailer's /Size, and every one that these refer to. */
static void walk_objects(struct walk *walk)
{
	qpdf_oh trailer = qpdf_get_trailer(walk->pdf);
	qpdf_oh size = qpdf_oh_get_key(walk->pdf, trailer, "/Size");
	struct sweep *sweep = sweep_of(walk, 0);
	long long count = 0;

	if (type_of(walk, size) == ot_integer)
		count = qpdf_oh_get_int_value(walk->pdf, size);
	if (count > (long long)walk->limits->pdf_objects_max + 1)
		condemn_objects(walk);
	else
		sweep->top = count > 0 ? (int)count - 1 : 0;
	walk_value(walk, trailer);
	while (going_on(walk) && (sweep = unfinished_sweep(walk)) != NULL) {
		walk_object(walk, sweep->next++, sweep->generation);
		judge_warnings(walk);
		if (walk->settled == 0)
			walk->settled = piece_budget_used();
		else if (piece_budget_used() > walk->settled + HEAP_ROOM)
			read_afresh(walk);
	}
}

/*
 * libqpdf calls any leaf of the tree a page, null and an empty tree's root included. Those that
 * have something of a page are counted.
 */
static void count_pages(struct walk *walk)
{
	int leaves = qpdf_get_num_pages(walk->pdf);

	if (leaves > 0 && (uint32_t)leaves > walk->limits->pdf_pages_max)
		piece_condemn(walk->verdict, PIECE_TOO_COSTLY, "%d pages", leaves);
	for (int i = 0; i < leaves && going_on(walk); i++) {
		qpdf_oh page = qpdf_get_page_n(walk->pdf, (size_t)i);

		if (type_of(walk, page) == ot_dictionary &&
		    (has_key(walk, page, "/Parent") || has_key(walk, page, "/MediaBox") ||
		     has_key(walk, page, "/Contents")))
			walk->verdict->pages++;
		qpdf_oh_release(walk->pdf, page);
	}
	if (going_on(walk) && walk->verdict->pages == 0)
		piece_condemn(walk->verdict, PIECE_NO_PAGE, "aucune page lisible");
}

static void read_document(struct walk *walk)
{
	piece_budget_open(PIECE_MEMORY_MAX);
	if (!open_pdf(walk))
		return;
	walk->verdict->opens_with_empty_password = qpdf_is_encrypted(walk->pdf);
	count_pages(walk);
	judge_warnings(walk);
	if (going_on(walk))
		walk_objects(walk);
	judge_warnings(walk);
}

/* Whether the end mark is there; blanks and zeros after it do not count (mail gateways pad). */
static bool has_end_mark(const uint8_t *bytes, size_t size)
{
	static const uint8_t blanks[] = {0, '\t', '\n', '\f', '\r', ' '};
	size_t window;

	while (size > 0 && memchr(blanks, bytes[size - 1], sizeof(blanks)))
		size--;
	window = size < END_WINDOW ? size : END_WINDOW;
	return memmem(bytes + size - window, window, "%%EOF", 5) != NULL;
}

/*
 * A linearized file (ISO 32000-1, annex F) has an end mark near its beginning too, but says its
 * whole length in the /L of its first object.
 */
static bool is_shorter_than_said(const uint8_t *bytes, size_t size)
{
	char head[END_WINDOW + 1];
	size_t length = size < END_WINDOW ? size : END_WINDOW;
	const char *linearized;
	const char *end;

	for (size_t i = 0; i < length; i++)
		head[i] = bytes[i] ? (char)bytes[i] : ' ';
	head[length] = '\0';
	linearized = strstr(head, "/Linearized");
	end = linearized ? strstr(linearized, ">>") : NULL;
	for (const char *at = linearized; end && at && at < end; at = strstr(at + 1, "/L")) {
		char *stop;
		unsigned long long said = strtoull(at + 2, &stop, 10);

		if (stop != at + 2 && said > size)
			return true;
	}
	return false;
}

void piece_check_pdf(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		     struct piece_verdict *verdict)
{
	struct walk walk = {.bytes = bytes, .size = size, .limits = limits, .verdict = verdict};

	if (!has_end_mark(bytes, size)) {
		piece_condemn(verdict, PIECE_TRUNCATED, "marque de fin %%%%EOF absente");
		return;
	}
	if (is_shorter_than_said(bytes, size)) {
		piece_condemn(verdict, PIECE_TRUNCATED,
			      "fichier plus court que la longueur qu'il annonce");
		return;
	}
	read_document(&walk);
	close_document(&walk);
	free(walk.pending);
	malloc_trim(0); /* what it took, the next piece's library may need */
}
