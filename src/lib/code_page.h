/*
 * Bytes of an old code page as UTF-8. The tables are here because iconv would open its modules as
 * files, which the parser's sandbox forbids.
 */
#ifndef SEGUR_LIB_CODE_PAGE_H
#define SEGUR_LIB_CODE_PAGE_H

/* The text in UTF-8, for the caller to free. Code page 1252 leaves five bytes undefined: a text
 * that holds one gives NULL. Code page 850 defines all. */
char *text_from_cp850(const char *bytes);
char *text_from_cp1252(const char *bytes);

#endif
