/* Texts from outside made fit for what people read. */
#ifndef SEGUR_LIB_TEXT_SHOWN_H
#define SEGUR_LIB_TEXT_SHOWN_H

/* A copy that is valid UTF-8: other bytes are read as Windows-1252, or as code page 850 where they
 * mean nothing there. The caller frees it. */
char *text_valid(const char *text);
/* The same on one line that shows what it holds: each control character and line separator becomes
 * a space, each bidirectional control U+FFFD. The caller frees it. */
char *text_shown(const char *text);

#endif
