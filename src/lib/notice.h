/*
 * What the operator must hear, a line a fact, on standard error: cron mails it, systemd files it.
 * Takes no memory from the heap.
 */
#ifndef SEGUR_LIB_NOTICE_H
#define SEGUR_LIB_NOTICE_H

/* Levels of syslog (RFC 5424, 6.2.1). */
enum notice_level {
	NOTICE_CRITICAL = 2, /* the program ends at once */
	NOTICE_ERROR = 3,    /* what was asked for is not done, or not wholly */
	NOTICE_WARNING = 4,  /* it is done, and something waits for a person */
};

/* Writes one line, the program's name in front. The journal of systemd gets the level too, as its
 * prefix "<4>" (sd-daemon(3)), which nobody else could read. */
void notice(enum notice_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
