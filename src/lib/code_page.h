/*
 * Bytes of an old code page as UTF-8. The tables are here because iconv would open its modules as
 * files, which the parser's sandbox forbids.
 */
#ifndef SEGUR_LIB_CODE_PAGE_H
#define SEGUR_LIB_CODE_PAGE_H

#include <stdbool.h>

/* The text in UTF-8, for the caller to free. Code page 1252 leaves five bytes undefined: a text
 * that holds one gives NULL. Code page 850 defines all. */
char *text_from_cp850(const char *bytes);
char *text_from_cp1252(const char *bytes);

/* The bytes in Windows-1252 of a text in UTF-8, for the caller to free; NULL when it has others. */
char *text_to_cp1252(const char *text);
char *text_from_mac_roman(const char *bytes);

enum code_page {
	PAGE_1252,	 /* Windows: what Excel writes as "CSV" */
	PAGE_MAC_OR_DOS, /* Mac Roman, "CSV (Macintosh)", or CP850, "CSV (MS-DOS)" */
	PAGE_MIXED,	 /* some of it is UTF-8, and some is not */
	PAGE_UNKNOWN,
};

/* The page that a French text which is not UTF-8 is in. It is Windows-1252, unless that makes of it
 * what no text has ("rŽcent", "illisib‚e") and another page a French text, or bytes are undefined. */
enum code_page text_code_page(const char *bytes);
/* Of PAGE_MAC_OR_DOS, whether Mac Roman makes a French text of it. */
bool text_page_is_mac(const char *bytes);

#endif
