/*
 * Why a value is refused, and what to type instead: in French, the same words for a supplier's
 * dossier.yaml and for the ASP's files. Each function is for a text that the check of its kind has
 * refused.
 */
#ifndef SEGUR_MODEL_REASON_H
#define SEGUR_MODEL_REASON_H

/* Both are the caller's to free, by reason_free. */
struct reason {
	char *why;    /* goes on after a colon, without a final point */
	char *remedy; /* a sentence without its final point */
};

struct reason reason_siret(const char *text);
struct reason reason_siren(const char *text);
struct reason reason_code_postal(const char *text);
struct reason reason_code_banque(const char *text);
struct reason reason_phone(const char *text);
struct reason reason_iban(const char *text);
struct reason reason_bic(const char *text);
struct reason reason_email(const char *text);
struct reason reason_date(const char *text);
struct reason reason_demande(const char *text); /* its `why` begins with its colon, or is empty */
struct reason reason_sha256(const char *text);
void reason_free(struct reason *reason);

#endif
