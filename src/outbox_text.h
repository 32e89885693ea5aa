/* Texts from outside made fit for what goes out. Private to the publishing room. */
#ifndef SEGUR_OUTBOX_TEXT_H
#define SEGUR_OUTBOX_TEXT_H

/* A copy that is valid UTF-8: other bytes are read as Windows-1252, or as code page 850
 * where they mean nothing there. The caller frees it. */
char *text_valid(const char *text);
/* The same on one line that shows what it holds: each control character and line separator becomes
 * a space, each bidirectional control U+FFFD. The caller frees it. */
char *text_shown(const char *text);
/* An instant (AAAA-MM-JJTHH:MM:SSZ) as French reads it in the process's time zone, "lundi 2 mars
 * 2026 à 3 h 05"; a date alone (AAAA-MM-JJ), "lundi 2 mars 2026"; anything else as it stands, cut
 * to fit. */
void instant_french(const char *instant, char out[static 64]);
/* A date (AAAA-MM-JJ) as "02/03/2026"; anything else as "". */
void date_french(const char *date, char out[static 11]);

#endif
