#include "signaux.h"

void signaux_demande(struct root *root, const struct record_night *night, int64_t demande,
		     int64_t depot)
{
	(void)root, (void)night, (void)demande, (void)depot;
}

void signal_numero_dispute(struct root *root, const struct record_night *night, int64_t demande,
			   int64_t depot, const char *compte)
{
	(void)root, (void)night, (void)demande, (void)depot, (void)compte;
}
