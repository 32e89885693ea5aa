/* Key paths and types in the words of schemas/: people read « Commune » and not
 * demandeur.adresse.commune. */
#ifndef SEGUR_MODEL_CHAMP_WORDS_H
#define SEGUR_MODEL_CHAMP_WORDS_H

/* A section of dossier.yaml, or a key of an item of its list, and its words; generated. */
struct section_words {
	const char *chemin, *words;
};
extern const struct section_words section_words[]; /* ends with a NULL path */

/* The words of a key, of a section or of an item of the list of pieces; the path itself when nothing
 * is known by it. The caller frees it. */
char *champ_words(const char *chemin);

/* The words of a type of document; NULL when `name` is none. */
const char *piece_words(const char *name);

#endif
