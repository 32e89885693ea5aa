/* Texts in UTF-8 that a program took for Windows-1252, and wrote as UTF-8 once more. */
#ifndef SEGUR_LIB_MANGLED_H
#define SEGUR_LIB_MANGLED_H

/* What a text must have been ("LefÃ¨vre" was "Lefèvre"), for the caller to free; NULL when nothing
 * in it looks so. Latin letters and typographic signs are known, as names of people have them. */
char *text_unmangled(const char *text);
/* The same, and also what a text in Mac Roman or CP850 was that a program took for Windows-1252
 * ("rŽcent" was "récent"). */
char *text_before_misreading(const char *text);

#endif
