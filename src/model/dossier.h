/*
 * What a submission holds, as plain structs shared by the parser, which fills them, and the parent,
 * which judges them. The tables of keys and types are generated from schemas/champs.yaml and
 * types.yaml.
 */
#ifndef SEGUR_MODEL_DOSSIER_H
#define SEGUR_MODEL_DOSSIER_H

#include "champs_gen.h"
#include "lib/sha256.h"
#include "model/anomalie.h"
#include "model/choice.h"
#include "model/formats.h"

#define DOSSIER_TEXT_MAX (1u << 20) /* bytes of dossier.yaml; segur.conf may set less */
#define PLACES_MAX	 20 /* the table of keys has 10 sections; besides, the top and `pieces` */
#define PLACE_PATH_SIZE	 48
#define DEPOSITAIRE	 "depositaire" /* a section of keys, and who may be `declarant` */
#define PROTECTIONS_MAX	 2000	       /* as many as the events that are read of a dossier */

struct depot_type_info {
	const char *name, *label;
	bool may_lack_pieces; /* the documents that it calls for are then asked for by name */
};
extern const struct depot_type_info depot_type_table[DEPOT_TYPE_COUNT];
#define TYPE_BIT(type) (1u << (type))

struct piece_type_info {
	const char *name, *label;
};
extern const struct piece_type_info piece_type_table[PIECE_TYPE_COUNT];
extern const struct choice
    piece_type_usual[]; /* what people also call them; {NULL, NULL} ends it */

/* How the parser checks and normalises a value. */
enum value_kind {
	KIND_ENUM,
	KIND_BOOLEEN,
	KIND_ENGAGEMENT,
	KIND_DATE,
	KIND_TEXTE,
	KIND_SIRET,
	KIND_NUMERO_ANS,
	KIND_EMAIL,
	KIND_TELEPHONE,
	KIND_IBAN,
	KIND_BIC,
	KIND_TITULAIRE,
	KIND_CODE_POSTAL,
	KIND_DEMANDE,
};

struct champ_info {
	const char *chemin;
	enum value_kind kind;
	const char *const *values;    /* of an enumeration, NULL-terminated */
	const struct choice *choices; /* the same with their other names, for choice_read */
	unsigned types, required;     /* masks of TYPE_BIT */
	enum anomalie_code absent, invalid;
	unsigned max;		  /* characters */
	const char *title;	  /* what it is, for people */
	const char *words;	  /* the same, shorter, in a message */
	const char *const *usual; /* what people also call the key, NULL-terminated; NULL: none */
};

extern const struct champ_info champ_table[CHAMP_COUNT];

/* The part of a key path below a section ("siret" for "demandeur.siret" and "demandeur", all of it
 * for ""); NULL when it is not in the section. */
const char *champ_below(const char *chemin, const char *section);

struct piece {
	struct valeur type, fichier, sha256, valide_jusqu_au;
	enum piece_type code;	     /* PIECE_TYPE_UNKNOWN when `type` is not known */
	uint32_t ligne, colonne;     /* of the list item */
	bool present;		     /* the file is in the archive; else what follows is unset */
	uint32_t ordinal;	     /* which entry of the archive it is, from 0 */
	uint64_t size;		     /* bytes */
	uint8_t digest[SHA256_SIZE]; /* SHA-256 of its bytes */
	enum piece_format format;
};

/* The keys of an item of the list. */
enum piece_key {
	PIECE_KEY_TYPE,
	PIECE_KEY_FICHIER,
	PIECE_KEY_SHA256,
	PIECE_KEY_VALIDE_JUSQU_AU,
	PIECE_KEY_COUNT,
};
extern const char *const piece_keys[PIECE_KEY_COUNT]; /* "type"… */
struct valeur *piece_valeur(struct piece *piece, enum piece_key key);

struct dossier {
	enum depot_type type;
	bool essai;
	struct valeur champs[CHAMP_COUNT];
	struct piece *pieces;
	size_t piece_count, piece_capacity;
	uint32_t pieces_ligne, pieces_colonne; /* of the key `pieces`; 0 when it is missing */
};

/* The normalised text of a valid value; NULL when it is missing or was found wrong. */
const char *dossier_get(const struct dossier *dossier, enum champ champ);
bool dossier_is(const struct dossier *dossier, enum champ champ, const char *text);
const struct piece *dossier_piece(const struct dossier *dossier, enum piece_type type);
/* Adds an anomaly at a champ, with its path and, where the key is there, its position and value. */
void dossier_anomalie(const struct dossier *dossier, struct anomalies *list,
		      enum anomalie_code code, enum champ champ, const char *detail,
		      const char *detail2);
/* Whether every value that is called valid has a valid form. The parent's rules build upon that
 * form, and a parser that was taken over may call anything valid. */
bool dossier_plausible(const struct dossier *dossier);
/* Makes *copy, which holds nothing yet, the same dossier with texts of its own. */
void dossier_copy(const struct dossier *dossier, struct dossier *copy);
void dossier_free(struct dossier *dossier);

/* Whether a submission of that type may hold no document at all (guide p. 32). */
bool depot_type_may_lack_pieces(enum depot_type type);
const char *depot_type_name(enum depot_type type);  /* "initial"; "" for DEPOT_UNKNOWN */
const char *depot_type_label(enum depot_type type); /* "un enrôlement initial"; the same */
/* The name read back (choice.h); DEPOT_UNKNOWN when it is none. */
enum depot_type depot_type_from(const char *name);
const char *piece_type_name(enum piece_type type); /* "rib"; NULL for PIECE_TYPE_UNKNOWN */
/* French, for mails: "relevé d'identité bancaire (RIB)"; "pièce" for PIECE_TYPE_UNKNOWN. */
const char *piece_type_label(enum piece_type type);
/* By its name or its label (choice.h). */
enum piece_type piece_type_from(const char *name);
/* The name that an unknown one was meant to be (slip.h), or what people usually call it; NULL for
 * none. */
const char *piece_type_near(const char *name);
/* The same of an item of the list whose type is unknown: a type that no other item has. */
const char *piece_type_meant(const struct dossier *dossier, const struct piece *piece);
/* Adds the types that "kbis|autre, rib" names to a set. White space separates them too, unless it
 * joins words that make a type only together: "certificat hds". Stops at the first name that is no
 * type and returns it, for the caller to free; NULL when all are types. */
char *piece_types_parse(const char *text, bool types[static PIECE_TYPE_COUNT]);
/* "kbis, rib": the types of a set, in the order of the enumeration; the caller frees it. */
char *piece_types_list(const bool types[static PIECE_TYPE_COUNT], const char *separator);
bool piece_types_any(const bool types[static PIECE_TYPE_COUNT]);

/* How a section, or the list of pieces, is written. */
enum place_style {
	PLACE_BLOCK, /* a key or an item a line */
	PLACE_FLOW,  /* between braces or brackets */
	PLACE_EMPTY, /* nothing after the colon */
	PLACE_OTHER, /* a value, where a section is wanted */
};

/* Where a section of dossier.yaml stands; "" is the top. Lines and columns from 1. */
struct section_place {
	char chemin[PLACE_PATH_SIZE];
	enum place_style style;
	uint32_t ligne, colonne; /* of its key; 0 at the top */
	/* Where what follows the key begins: in a block, at its first key or dash. */
	uint32_t first_line, first_column;
	/* The line before which the top may go on; 0 when it was not read to its end. */
	uint32_t end_line;
};

/* Lines on which a value from further up goes on: a comment put before one of them would become a
 * part of the value, or cut it. */
struct continued_lines {
	uint32_t first_line, last_line;
};

/* dossier.yaml itself, to be given back annotated. Its line ends are those of YAML (text_break). */
struct source {
	char *text; /* UTF-8 without controls; NULL when there is none */
	struct section_place *places;
	size_t place_count, place_capacity;
	struct continued_lines *protections; /* in order, disjoint */
	size_t protection_count, protection_capacity;
};

void source_free(struct source *source);

/* What was found out about one drop: its size and hash by the parent, as it copied it; all else by
 * the parser, whose pieces' sizes and hashes count for that drop alone. */
struct findings {
	char *format_archive;	     /* "zip", "tar.gz"…; "" when unknown */
	uint64_t size;		     /* bytes of the archive */
	uint8_t digest[SHA256_SIZE]; /* SHA-256 of the archive */
	bool readable; /* dossier.yaml is a mapping, read as far as its syntax allows */
	struct dossier dossier;
	struct anomalies anomalies;
	struct source source;
};

/* Whether the parent may build upon the findings: dossier_plausible holds and, when nothing blocks,
 * all is there that an acceptable submission must hold. */
bool findings_acceptable(const struct findings *findings);
void findings_free(struct findings *findings);

#endif
