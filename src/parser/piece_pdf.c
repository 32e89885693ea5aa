#include "lib/mem.h"
#include "lib/text.h"
#include "parser/pdf_private.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum {
	HEAP_ROOM = 4 << 20,  /* bytes that objects may hold before all are read anew */
	WARNINGS_MAX = 10000, /* damages mended: each can cost a look at the whole table */
	END_WINDOW = 1024,    /* where readers look for %%EOF (ISO 32000-1, annex H, note 18) */
	GENERATIONS_MAX = 16, /* distinct generation numbers met: nearly always one */
	TREE_DEPTH_MAX = 64,  /* nodes above a page that may give its size */
};

/* One generation of object numbers, to be visited from `next` to `top`. */
struct sweep {
	int generation;
	int next;
	int top;
};

/* An object that the page tree has for a page. */
struct leaf {
	int number, generation;
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
	size_t opened;	/* bytes that the document held before its first object */
	size_t settled; /* the same with it; 0 until then */
	unsigned warning_count;
	bool overridden; /* libqpdf made a page of what does not say to be one */
	bool damaged;	 /* it met a damage */
};

#define END_MARK "%%EOF"
/* Of a leaf of the page tree without /Type /Page; it has it from then on. */
#define OVERRIDING "/Type key should be /Page but is not; overriding"
static const char bad_structure[] = "la structure du PDF est illisible";
/* What libqpdf says when it finds no table where one should be. */
#define REBUILDING "Attempting to reconstruct cross-reference table"

static enum qpdf_object_type_e type_of(struct walk *walk, qpdf_oh value)
{
	return qpdf_oh_get_type_code(walk->pdf, value);
}

static void inspect_entry(struct walk *walk, const char *key, qpdf_oh value)
{
	const char *what = pdf_active_entry(walk->pdf, key, value);

	if (what == NULL)
		return;
	piece_condemn(walk->verdict, PIECE_ACTIVE, "%s", what);
	walk->verdict->object = walk->object;
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
	piece_condemn(walk->verdict, PIECE_TOO_COSTLY, "plus de %s objets",
		      GROUPED(walk->limits->pdf_objects_max));
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

/* A stream that says to be an image, or a form: instructions that pages share. */
static void check_drawn(struct walk *walk, qpdf_oh stream)
{
	qpdf_oh dictionary = qpdf_oh_get_dict(walk->pdf, stream);
	bool image = pdf_key_is(walk->pdf, dictionary, "/Subtype", "/Image");

	if (image || pdf_key_is(walk->pdf, dictionary, "/Subtype", "/Form"))
		pdf_check_stream(walk->pdf, stream, image, walk->limits, walk->verdict);
	qpdf_oh_release(walk->pdf, dictionary);
}

static void walk_object(struct walk *walk, int number, int generation)
{
	qpdf_oh object = qpdf_get_object_by_id(walk->pdf, number, generation);

	walk->object = number;
	walk_value(walk, object);
	if (going_on(walk) && type_of(walk, object) == ot_stream)
		check_drawn(walk, object);
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
		const char *text = qpdf_get_error_message_detail(walk->pdf, warning);
		bool overriding = strcmp(text, OVERRIDING) == 0;

		if (++walk->warning_count > WARNINGS_MAX)
			piece_condemn(walk->verdict, PIECE_TOO_COSTLY, "plus de %s défauts",
				      GROUPED(WARNINGS_MAX));
		if (strcmp(text, REBUILDING) == 0)
			walk->verdict->rebuilt = true;
		walk->overridden = walk->overridden || overriding;
		walk->damaged =
		    walk->damaged ||
		    (!overriding && qpdf_get_error_code(walk->pdf, warning) == qpdf_e_damaged_pdf);
		if (strstr(text, "deeply nested"))
			piece_condemn(walk->verdict, PIECE_TOO_COSTLY,
				      "son imbrication est trop profonde");
	}
}

static void judge_unreadable(struct walk *walk)
{
	qpdf_error err = qpdf_get_error(walk->pdf);

	switch (qpdf_get_error_code(walk->pdf, err)) {
	case qpdf_e_password:
		piece_condemn(walk->verdict, PIECE_ENCRYPTED,
			      "un mot de passe est demandé à l'ouverture");
		break;
	case qpdf_e_unsupported:
		piece_condemn(walk->verdict, PIECE_ENCRYPTED,
			      memmem(walk->bytes, walk->size, "/Adobe.PubSec", 13) != NULL
				  ? "seuls les détenteurs d'un certificat peuvent l'ouvrir"
				  : "sa méthode de chiffrement est inconnue");
		break;
	default:
		piece_condemn(walk->verdict, PIECE_DAMAGED, bad_structure);
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
	else
		pdf_thin_numbers(walk->pdf, walk->bytes, walk->size);
	walk->settled = 0;
	walk->opened = piece_budget_used();
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

/* Whether what was read takes the room of what comes: most of what there is, as one array of a
 * font's 65 536 widths does, or much more than the first object, which may have brought along those
 * that are compressed together with it. */
static bool is_full(const struct walk *walk)
{
	size_t used = piece_budget_used();

	return used - walk->opened > (PIECE_MEMORY_MAX - walk->opened) / 2 ||
	       (walk->settled != 0 && used > walk->settled + HEAP_ROOM);
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
		if (is_full(walk))
			read_afresh(walk);
		else if (walk->settled == 0)
			walk->settled = piece_budget_used();
	}
}

/* A page's /Contents: one stream, or an array of the parts of one (ISO 32000-1, 7.7.3.3). */
static void check_contents(struct walk *walk, qpdf_oh page)
{
	qpdf_oh contents = qpdf_oh_get_key(walk->pdf, page, "/Contents");
	int count = type_of(walk, contents) == ot_array
			? qpdf_oh_get_array_n_items(walk->pdf, contents)
			: 0;

	if (type_of(walk, contents) == ot_stream)
		pdf_check_stream(walk->pdf, contents, false, walk->limits, walk->verdict);
	for (int i = 0; i < count && going_on(walk); i++) {
		qpdf_oh part = qpdf_oh_get_array_item(walk->pdf, contents, i);

		if (type_of(walk, part) == ot_stream)
			pdf_check_stream(walk->pdf, part, false, walk->limits, walk->verdict);
		qpdf_oh_release(walk->pdf, part);
	}
	qpdf_oh_release(walk->pdf, contents);
}

/* A page says how large it is, or a node above it in the tree does. */
static bool has_media_box(struct walk *walk, qpdf_oh page)
{
	qpdf_oh node = qpdf_oh_new_object(walk->pdf, page);
	bool found = false;

	for (int level = 0;
	     level < TREE_DEPTH_MAX && type_of(walk, node) == ot_dictionary && !found; level++) {
		qpdf_oh parent = qpdf_oh_get_key(walk->pdf, node, "/Parent");

		found = pdf_has_key(walk->pdf, node, "/MediaBox");
		qpdf_oh_release(walk->pdf, node);
		node = parent;
	}
	qpdf_oh_release(walk->pdf, node);
	return found;
}

static bool is_page(struct walk *walk, qpdf_oh leaf)
{
	return type_of(walk, leaf) == ot_dictionary &&
	       pdf_key_is(walk->pdf, leaf, "/Type", "/Page") && has_media_box(walk, leaf);
}

static void check_leaf(struct walk *walk, const struct leaf *at)
{
	qpdf_oh leaf = qpdf_get_object_by_id(walk->pdf, at->number, at->generation);

	if (is_page(walk, leaf)) {
		walk->verdict->pages++;
		check_contents(walk, leaf);
	}
	qpdf_oh_release(walk->pdf, leaf);
}

/* Where the leaves of the page tree stand, in an array that the caller frees. */
static struct leaf *list_leaves(struct walk *walk, int count)
{
	struct leaf *leaves = mem_alloc((size_t)count * sizeof(*leaves));

	for (int i = 0; i < count; i++) {
		qpdf_oh leaf = qpdf_get_page_n(walk->pdf, (size_t)i);

		leaves[i] = (struct leaf){qpdf_oh_get_object_id(walk->pdf, leaf),
					  qpdf_oh_get_generation(walk->pdf, leaf)};
		qpdf_oh_release(walk->pdf, leaf);
	}
	return leaves;
}

/* libqpdf calls any leaf of the tree a page, null and an empty tree's root included, and makes it
 * say so: then the document as it was must be asked. */
static void check_leaves(struct walk *walk, int count)
{
	struct leaf *leaves = list_leaves(walk, count);

	judge_warnings(walk);
	if (walk->overridden)
		read_afresh(walk);
	for (int i = 0; i < count && going_on(walk); i++)
		check_leaf(walk, &leaves[i]);
	free(leaves);
}

/* Viewers show the leaves that say to be pages and have a size. */
static void count_pages(struct walk *walk)
{
	int count = qpdf_get_num_pages(walk->pdf);

	if (count > 0 && (uint32_t)count > walk->limits->pdf_pages_max)
		piece_condemn(walk->verdict, PIECE_TOO_COSTLY, "%s pages",
			      GROUPED((uint64_t)count));
	else if (count > 0)
		check_leaves(walk, count);
	judge_warnings(walk);
	if (!going_on(walk) || walk->verdict->pages > 0)
		return;
	/* What was destroyed may have had pages. */
	if (count < 0 || walk->verdict->rebuilt || walk->damaged)
		piece_condemn(walk->verdict, PIECE_DAMAGED, bad_structure);
	else
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
	if (going_on(walk) && piece_budget_used() > HEAP_ROOM)
		read_afresh(walk);
	if (going_on(walk))
		walk_objects(walk);
	judge_warnings(walk);
}

/* The length without blanks and zeros at the end (mail gateways pad). */
static size_t trimmed(const uint8_t *bytes, size_t size)
{
	static const uint8_t blanks[] = {0, '\t', '\n', '\f', '\r', ' '};

	while (size > 0 && memchr(blanks, bytes[size - 1], sizeof(blanks)))
		size--;
	return size;
}

/* Finds the end mark; what is wrong with the end is in the verdict. */
static void check_end(const uint8_t *bytes, size_t size, struct piece_verdict *verdict)
{
	const uint8_t *end = bytes + size, *last = bytes;
	const uint8_t *mark;

	while ((mark = memmem(last, (size_t)(end - last), END_MARK, strlen(END_MARK))) != NULL)
		last = mark + strlen(END_MARK);
	/* Objects after the last mark are those of a revision that was cut. */
	if (last == bytes || memmem(last, (size_t)(end - last), " obj", 4) != NULL)
		piece_condemn(verdict, PIECE_TRUNCATED, "la marque de fin du PDF manque");
	else if (end - last > END_WINDOW - (ptrdiff_t)strlen(END_MARK))
		piece_condemn(verdict, PIECE_DAMAGED, "d'autres octets suivent la fin du PDF");
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
	/* libqpdf looks for the table near the end: no further than some 1 000 bytes. */
	struct walk walk = {
	    .bytes = bytes, .size = trimmed(bytes, size), .limits = limits, .verdict = verdict};

	check_end(bytes, walk.size, verdict);
	if (!going_on(&walk))
		return;
	if (is_shorter_than_said(bytes, size)) {
		piece_condemn(verdict, PIECE_TRUNCATED,
			      "il est plus court que la longueur qu'il annonce");
		return;
	}
	read_document(&walk);
	close_document(&walk);
	free(walk.pending);
	malloc_trim(0); /* what it took, the next piece's library may need */
}
