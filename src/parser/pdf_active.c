#include "lib/array.h"
#include "parser/pdf_private.h"

#include <string.h>

enum {
	FOLLOWING_MAX = 16, /* actions of a chain that are looked at */
};

static const char script[] = "un script";
static const char file[] = "un fichier joint";
static const char media[] = "un contenu multimédia";
static const char sending[] = "l'envoi d'un formulaire";
static const char starting[] = "une action qui se lance toute seule";

/* Values that make a document act by itself or carry a file (ISO 32000-1, 12.6.4 and 12.5.6). */
static const struct {
	const char *key, *name, *what;
} active_names[] = {
    {"/S", "/JavaScript", script},
    {"/S", "/Launch", "le lancement d'un programme"},
    {"/S", "/SubmitForm", sending},
    {"/S", "/ImportData", "l'import de données dans un formulaire"},
    {"/S", "/RichMediaExecute", media},
    {"/S", "/Rendition", media},
    {"/S", "/Movie", media},
    {"/S", "/Sound", media},
    {"/S", "/GoToE", "un lien vers un fichier joint"},
    {"/Subtype", "/RichMedia", media},
    {"/Subtype", "/FileAttachment", file},
    {"/Subtype", "/Screen", media},
    {"/Subtype", "/Movie", media},
    {"/Subtype", "/Sound", media},
    {"/Subtype", "/3D", "un objet en trois dimensions"},
    {"/Type", "/EmbeddedFile", file},
};

bool pdf_has_key(qpdf_data pdf, qpdf_oh dictionary, const char *key)
{
	return qpdf_oh_has_key(pdf, dictionary, key);
}

bool pdf_key_is(qpdf_data pdf, qpdf_oh dictionary, const char *key, const char *name)
{
	qpdf_oh value = qpdf_oh_get_key(pdf, dictionary, key);
	bool same = qpdf_oh_is_name_and_equals(pdf, value, name);

	qpdf_oh_release(pdf, value);
	return same;
}

/* The keys below are also met as names of fonts or images in resources: the value's shape tells. */

static bool is_script(qpdf_data pdf, qpdf_oh value)
{
	enum qpdf_object_type_e type = qpdf_oh_get_type_code(pdf, value);

	return type == ot_string || type == ot_stream;
}

static bool is_tree(qpdf_data pdf, qpdf_oh value)
{
	return qpdf_oh_is_dictionary(pdf, value);
}

static bool is_form(qpdf_data pdf, qpdf_oh value)
{
	enum qpdf_object_type_e type = qpdf_oh_get_type_code(pdf, value);

	return type == ot_array || type == ot_stream;
}

static bool is_file(qpdf_data pdf, qpdf_oh value)
{
	return qpdf_oh_is_dictionary(pdf, value) &&
	       (pdf_has_key(pdf, value, "/F") || pdf_has_key(pdf, value, "/UF"));
}

/* Editors leave an empty tree behind when the last attachment is removed. */
static bool is_filled_tree(qpdf_data pdf, qpdf_oh value)
{
	qpdf_oh names;
	bool empty;

	if (!qpdf_oh_is_dictionary(pdf, value))
		return false;
	names = qpdf_oh_get_key(pdf, value, "/Names");
	empty = !pdf_has_key(pdf, value, "/Kids") &&
		(!qpdf_oh_is_array(pdf, names) || qpdf_oh_get_array_n_items(pdf, names) == 0);
	qpdf_oh_release(pdf, names);
	return !empty;
}

static const char *named_activity(qpdf_data pdf, const char *key, qpdf_oh value)
{
	for (size_t i = 0; i < ARRAY_SIZE(active_names); i++)
		if (strcmp(key, active_names[i].key) == 0 &&
		    qpdf_oh_is_name_and_equals(pdf, value, active_names[i].name))
			return active_names[i].what;
	return NULL;
}

/* What one action does; NULL for going to a page and for a viewer's own commands. What has no /S is
 * a destination. */
static const char *action_risk(qpdf_data pdf, qpdf_oh action)
{
	qpdf_oh kind = qpdf_oh_get_key(pdf, action, "/S");
	const char *what = named_activity(pdf, "/S", kind);

	if (what == NULL && !qpdf_oh_is_null(pdf, kind) &&
	    !qpdf_oh_is_name_and_equals(pdf, kind, "/GoTo") &&
	    !qpdf_oh_is_name_and_equals(pdf, kind, "/Named"))
		what = starting;
	qpdf_oh_release(pdf, kind);
	return what;
}

/* The same of an action that an event starts, and of those that follow it. Several that follow at
 * once, or a chain without end, is nothing that an honest tool writes. */
static const char *started_risk(qpdf_data pdf, qpdf_oh value)
{
	qpdf_oh action = qpdf_oh_new_object(pdf, value);
	const char *what = NULL;
	int left = FOLLOWING_MAX;

	while (what == NULL && is_tree(pdf, action)) {
		qpdf_oh next = qpdf_oh_get_key(pdf, action, "/Next");

		what = action_risk(pdf, action);
		if (what == NULL && (qpdf_oh_is_array(pdf, next) || left-- == 0))
			what = starting;
		qpdf_oh_release(pdf, action);
		action = next;
	}
	qpdf_oh_release(pdf, action);
	return what;
}

/* Of the viewer's own commands these turn pages (ISO 32000-1, 12.6.4.11); nobody expects others, as
 * printing, of an event. */
static bool is_page_turn(qpdf_data pdf, qpdf_oh action)
{
	return !pdf_key_is(pdf, action, "/S", "/Named") ||
	       pdf_key_is(pdf, action, "/N", "/NextPage") ||
	       pdf_key_is(pdf, action, "/N", "/PrevPage") ||
	       pdf_key_is(pdf, action, "/N", "/FirstPage") ||
	       pdf_key_is(pdf, action, "/N", "/LastPage");
}

/* Events of a page, a field or the document (ISO 32000-1, 12.6.3), each with its action. */
static const char *event_risk(qpdf_data pdf, qpdf_oh value)
{
	static const char *const events[] = {"/E",  "/X",  "/D",  "/U",	 "/Fo", "/Bl", "/PO",
					     "/PC", "/PV", "/PI", "/O",	 "/C",	"/K",  "/F",
					     "/V",  "/WC", "/WS", "/DS", "/WP", "/DP"};
	const char *what = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(events) && what == NULL && is_tree(pdf, value); i++) {
		qpdf_oh action = qpdf_oh_get_key(pdf, value, events[i]);

		what = started_risk(pdf, action);
		if (what == NULL && is_tree(pdf, action) && !is_page_turn(pdf, action))
			what = starting;
		qpdf_oh_release(pdf, action);
	}
	return what;
}

static const struct {
	const char *key, *what;
	bool (*is_active)(qpdf_data, qpdf_oh);
	const char *(*risk)(qpdf_data, qpdf_oh); /* in its place, where what happens has names */
} active_keys[] = {
    {"/JS", script, is_script, NULL},
    {"/JavaScript", script, is_tree, NULL},
    {"/AA", starting, NULL, event_risk},
    {"/XFA", "un formulaire XFA", is_form, NULL},
    {"/EF", file, is_file, NULL},
    {"/EmbeddedFiles", file, is_filled_tree, NULL},
    {"/OpenAction", starting, NULL, started_risk},
};

const char *pdf_active_entry(qpdf_data pdf, const char *key, qpdf_oh value)
{
	for (size_t i = 0; i < ARRAY_SIZE(active_keys); i++) {
		if (strcmp(key, active_keys[i].key) != 0)
			continue;
		if (qpdf_oh_is_bool(pdf, value)) /* no honest document has one there */
			return active_keys[i].what;
		if (active_keys[i].risk != NULL)
			return active_keys[i].risk(pdf, value);
		return active_keys[i].is_active(pdf, value) ? active_keys[i].what : NULL;
	}
	return named_activity(pdf, key, value);
}
