#include "store/conf_key.h"

#include "lib/array.h"
#include "lib/email.h"
#include "lib/mem.h"
#include "lib/text.h"
#include "lib/text_shown.h"
#include "model/formats.h"
#include "model/slip.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define VALUE_MAX 180 /* so that a key and its value fit into a line of libinih's */
#define ZONES	  "/usr/share/zoneinfo"

enum kind {
	TEXT,
	EMAIL,
	DOMAIN_NAME,
	ZONE,
	SIGNED,
	UNSIGNED32,
	UNSIGNED64,
	ARCHIVES,
	PIECES,
	DIALECT,
	REPORTS,
	SILENCE,
};

#define SECTION_KEY(section_, field_, kind_, low_, high_)                                          \
	{                                                                                          \
		section_, #field_, kind_, offsetof(struct conf, field_), low_, high_               \
	}

static const struct key {
	const char *section, *name;
	enum kind kind;
	size_t offset;
	uint64_t low, high;
} keys[] = {
    SECTION_KEY("service", nom, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", adresse, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", telephone, TEXT, 1, 40),
    SECTION_KEY("service", courriel, EMAIL, 1, VALUE_MAX),
    SECTION_KEY("service", assistance, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", portail, TEXT, 1, VALUE_MAX),
    SECTION_KEY("service", expediteur, EMAIL, 1, VALUE_MAX),
    SECTION_KEY("service", domaine, DOMAIN_NAME, 1, VALUE_MAX),
    SECTION_KEY("service", fuseau, ZONE, 1, 60),
    SECTION_KEY("depot", stabilite_s, SIGNED, 0, 86400),
    SECTION_KEY("depot", formats_archive, ARCHIVES, 0, 0),
    SECTION_KEY("depot", formats_piece, PIECES, 0, 0),
    SECTION_KEY("limites", archive_octets, UNSIGNED64, 1024, 1ull << 30),
    SECTION_KEY("limites", contenu_octets, UNSIGNED64, 1024, 1ull << 32),
    SECTION_KEY("limites", entrees, UNSIGNED32, 2, 10000),
    SECTION_KEY("limites", piece_octets, UNSIGNED64, 1024, 16ull << 20),
    SECTION_KEY("limites", pixels, UNSIGNED64, 10000, 1000000000),
    SECTION_KEY("limites", dossier_octets, UNSIGNED32, 1024, 1u << 20),
    SECTION_KEY("limites", dictionnaire_octets, UNSIGNED32, 1u << 16, 64u << 20),
    SECTION_KEY("limites", piece_cpu_s, UNSIGNED32, 1, 600),
    SECTION_KEY("limites", delai_s, UNSIGNED32, 2, 3600),
    SECTION_KEY("limites", reference_octets, UNSIGNED64, 1024, 1ull << 40),
    SECTION_KEY("registres", perte_insee, UNSIGNED32, 0, 100),
    SECTION_KEY("registres", insee_octets, UNSIGNED64, 1024, 1ull << 40),
    SECTION_KEY("nuit", analyseurs, UNSIGNED32, 0, 64),
    SECTION_KEY("nuit", duree_max_s, UNSIGNED32, 0, 86400),
    SECTION_KEY("nuit", saut_jours, UNSIGNED32, 1, 3650),
    SECTION_KEY("droit", silence, SILENCE, 0, 0),
    SECTION_KEY("droit", silence_mois, UNSIGNED32, 1, 24),
    SECTION_KEY("droit", attestation, TEXT, 1, VALUE_MAX),
    SECTION_KEY("droit", recours_gracieux, TEXT, 1, VALUE_MAX),
    SECTION_KEY("droit", recours_contentieux, TEXT, 1, VALUE_MAX),
    SECTION_KEY("droit", recours_mois, UNSIGNED32, 1, 24),
    SECTION_KEY("droit", auteur, TEXT, 1, VALUE_MAX),
    SECTION_KEY("droit", auteur_qualite, TEXT, 1, VALUE_MAX),
    SECTION_KEY("delais", reponse_jours, UNSIGNED32, 1, 3650),
    SECTION_KEY("delais", relance_jours, UNSIGNED32, 1, 3650),
    SECTION_KEY("delais", relance_anticipe_jours, UNSIGNED32, 1, 3650),
    SECTION_KEY("delais", echeance_jours, UNSIGNED32, 0, 3650),
    SECTION_KEY("conservation", certificat, TEXT, 1, VALUE_MAX),
    SECTION_KEY("conservation", identite_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("conservation", dossier_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("conservation", refus_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("conservation", rapports_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("sauvegarde", repertoire, TEXT, 1, VALUE_MAX),
    SECTION_KEY("sauvegarde", garder_jours, UNSIGNED32, 1, 36500),
    SECTION_KEY("rapports", dialecte, DIALECT, 0, 0),
    SECTION_KEY("rapports", etat, REPORTS, 0, 0),
};

/* A list of names separated by commas or spaces, as the set of their places among `names`; 0 when
 * one is unknown or none is given. */
static unsigned parse_set(const char *text, const char *const *names, size_t count)
{
	unsigned set = 0;

	for (;;) {
		size_t length, found = 0;

		text += strspn(text, ", \t");
		length = strcspn(text, ", \t");
		if (length == 0)
			return set;
		while (found < count && (strlen(names[found]) != length ||
					 strncasecmp(names[found], text, length) != 0))
			found++;
		if (found == count)
			return 0;
		set |= 1u << found;
		text += length;
	}
}

static bool parse_number(const char *text, uint64_t low, uint64_t high, uint64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *number >= low && *number <= high;
}

static bool is_text(enum kind kind)
{
	return kind <= ZONE;
}

/* A name of the time zone database (tzset(3) takes any other for UTC without a word). */
static bool is_zone(const char *name)
{
	char *path = mem_printf(ZONES "/%s", name);
	struct stat info;
	bool is = name[0] != '/' && strstr(name, "..") == NULL && stat(path, &info) == 0 &&
		  S_ISREG(info.st_mode);

	free(path);
	return is;
}

static bool is_domain(const char *text)
{
	char *address = mem_printf("a@%s", text);
	bool is = email_check(address, NULL) == EMAIL_OK;

	free(address);
	return is;
}

static bool is_of_kind(const struct key *key, const char *value)
{
	size_t length = strlen(value);

	if (length < key->low || length > key->high || text_has_forbidden(value))
		return false;
	switch (key->kind) {
	case EMAIL:
		return email_check(value, NULL) == EMAIL_OK;
	case DOMAIN_NAME:
		return is_domain(value);
	case ZONE:
		return is_zone(value);
	default:
		return true;
	}
}

static const char *const silence_names[] = {
    [SILENCE_UNTOLD] = CONF_NONE,
    [SILENCE_REJECTS] = "rejet",
    [SILENCE_ACCEPTS] = "acceptation",
};

static bool set_silence(enum silence *silence, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(silence_names); i++) {
		if (strcasecmp(value, silence_names[i]) != 0)
			continue;
		*silence = (enum silence)i;
		return true;
	}
	return false;
}

static bool set_key(struct conf *conf, const struct key *key, const char *value)
{
	void *field = (char *)conf + key->offset;
	uint64_t number = 0;

	switch (key->kind) {
	case TEXT:
	case EMAIL:
	case DOMAIN_NAME:
	case ZONE:
		if (!is_of_kind(key, value))
			return false;
		free(*(char **)field);
		*(char **)field = mem_strdup(value);
		return true;
	case SIGNED:
	case UNSIGNED32:
	case UNSIGNED64:
		if (!parse_number(value, key->low, key->high, &number))
			return false;
		if (key->kind == SIGNED)
			*(int *)field = (int)number;
		else if (key->kind == UNSIGNED32)
			*(uint32_t *)field = (uint32_t)number;
		else
			*(uint64_t *)field = number;
		return true;
	case ARCHIVES:
		return (*(unsigned *)field =
			    parse_set(value, archive_kind_names, ARCHIVE_KIND_COUNT)) != 0;
	case PIECES:
		return (*(unsigned *)field =
			    parse_set(value, piece_format_names, PIECE_FORMAT_COUNT)) != 0;
	case DIALECT:
		*(enum dialect *)field =
		    strcasecmp(value, "opendata") == 0 ? DIALECT_OPENDATA : DIALECT_EXCEL;
		return strcasecmp(value, "opendata") == 0 || strcasecmp(value, "excel") == 0;
	case REPORTS:
		*(enum state_reports *)field =
		    strcasecmp(value, "nuit") == 0 ? REPORTS_NIGHT : REPORTS_WHOLE;
		return strcasecmp(value, "nuit") == 0 || strcasecmp(value, "complet") == 0;
	case SILENCE:
		return set_silence(field, value);
	}
	return false;
}

/* --- why a line is refused --- */

static void say_wanted(struct buf *words, const struct key *key)
{
	switch (key->kind) {
	case TEXT:
		buf_printf(words, "un texte de %u à %u octets, sans caractère de contrôle",
			   (unsigned)key->low, (unsigned)key->high);
		break;
	case EMAIL:
		buf_puts(words, "une adresse de courriel, comme nom@exemple.fr");
		break;
	case DOMAIN_NAME:
		buf_puts(words, "un nom de domaine, comme exemple.fr");
		break;
	case ZONE:
		buf_puts(words, "un fuseau de " ZONES ", comme Europe/Paris");
		break;
	case SIGNED:
	case UNSIGNED32:
	case UNSIGNED64:
		buf_printf(words, "un nombre entier de %llu à %llu", (unsigned long long)key->low,
			   (unsigned long long)key->high);
		break;
	case ARCHIVES:
		buf_puts(words, "un ou plusieurs de ");
		formats_list(words, ~0u, archive_kind_names, ARCHIVE_KIND_COUNT);
		break;
	case PIECES:
		buf_puts(words, "un ou plusieurs de ");
		formats_list(words, ~0u, piece_format_names, PIECE_FORMAT_COUNT);
		break;
	case DIALECT:
		buf_puts(words, "excel ou opendata");
		break;
	case REPORTS:
		buf_puts(words, "complet ou nuit");
		break;
	case SILENCE:
		buf_puts(words, "rejet, acceptation ou " CONF_NONE);
		break;
	}
}

static void say_value(struct buf *words, const struct key *key, const char *value)
{
	char *shown = text_shown(value);

	buf_printf(words, "[%s] %s = « %s » ne convient pas ; écrivez ", key->section, key->name,
		   shown);
	say_wanted(words, key);
	free(shown);
}

/* The key of another section, or the one that is spelled nearly so. */
static const struct key *find_meant(const char *section, const char *name)
{
	const struct key *meant = NULL;
	unsigned nearest = SLIP_NONE - 1;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		unsigned distance = slip_between(name, keys[i].name);
		bool here = strcmp(keys[i].section, section) == 0;

		if (distance < nearest || (distance == nearest && here)) {
			meant = &keys[i];
			nearest = distance;
		}
	}
	return meant;
}

static void say_unknown(struct buf *words, const char *section, const char *name)
{
	const struct key *meant = find_meant(section, name);
	char *shown_section = text_shown(section), *shown_name = text_shown(name);

	if (section[0] == '\0')
		buf_printf(words, "la clé « %s » est hors de toute section", shown_name);
	else
		buf_printf(words, "la clé « %s » n'existe pas dans [%s]", shown_name,
			   shown_section);
	if (meant != NULL)
		buf_printf(words, " ; écrivez « %s » dans [%s]", meant->name, meant->section);
	free(shown_section);
	free(shown_name);
}

bool conf_set(struct conf *conf, const char *section, const char *name, const char *value,
	      struct buf *fault)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].name, name) != 0)
			continue;
		if (set_key(conf, &keys[i], value))
			return true;
		say_value(fault, &keys[i], value);
		return false;
	}
	say_unknown(fault, section, name);
	return false;
}

void conf_free(struct conf *conf)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (is_text(keys[i].kind))
			free(*(char **)((char *)conf + keys[i].offset));
	*conf = (struct conf){0};
}
