/* Texts for readers who need not know a bank account. */
#ifndef SEGUR_LIB_IBAN_SHOWN_H
#define SEGUR_LIB_IBAN_SHOWN_H

/* A copy in which each IBAN, sound or not, keeps its first four and last three signs:
 * "FR14…606". For the caller to free. */
char *iban_masked(const char *text);
/* The same in which `value`, given as an IBAN whatever it is, is masked too. */
char *iban_masked_value(const char *text, const char *value);

#endif
