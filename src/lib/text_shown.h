/* Texts from outside made fit for what people read. */
#ifndef SEGUR_LIB_TEXT_SHOWN_H
#define SEGUR_LIB_TEXT_SHOWN_H

/* A copy in valid UTF-8, which the caller frees. A text that is not UTF-8 is read as Windows-1252,
 * or as code page 850 when it has bytes that mean nothing in Windows-1252. */
char *text_valid(const char *text);
/* The same on one line that shows what it holds: each control character and line separator becomes
 * a space, each bidirectional control U+FFFD. */
char *text_shown(const char *text);

#endif
