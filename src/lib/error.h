/*
 * One error object for the whole program: a code, a message in French (operators read it).
 * Functions that can fail return `const struct error *`; NULL means success.
 * The object is static: the next error overwrites it, so report it or pass it up at once.
 * A refused dossier is never an error: it is a result (see anomalie.h).
 * A failed _open, _begin or _prepare has closed what it took: there is nothing to close. Closing
 * the NULL, or the zeroed struct, that it leaves does no harm.
 */
#ifndef SEGUR_LIB_ERROR_H
#define SEGUR_LIB_ERROR_H

/* The values are the command's exit codes (sysexits.h numbering). */
enum error_code {
	ERR_USAGE = 64,	     /* wrong command line */
	ERR_DATA = 65,	     /* a file given by hand is bad */
	ERR_WAITS = 69,	     /* the night is done, but drops wait for something of ours */
	ERR_FAULT = 70,	     /* our fault: bug, failed library call, no sandbox, no memory */
	ERR_CANT_WRITE = 73, /* disk full, permission denied on our own tree */
	ERR_BUSY = 75,	     /* another run holds the lock, database locked */
	ERR_CONFIG = 78,     /* segur.conf */
};

#define ERROR_SIZE 512
struct error {
	enum error_code code;
	char message[ERROR_SIZE];
};

/* Sets and returns the error; never NULL. Control characters and line ends become spaces. */
const struct error *error_set(enum error_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));

/* What an errno means, in French for an operator; valid until the next call. */
const char *error_words(int number);
/* The same as error_set, with ": " and the words of errno at the end. ENOSPC, EDQUOT, EROFS and EACCES turn
 * ERR_FAULT into ERR_CANT_WRITE. */
const struct error *error_errno(enum error_code code, const char *format, ...)
    __attribute__((format(printf, 2, 3), returns_nonnull));

#endif
