#include "delais.h"

const struct error *delais_appliquer(struct root *root, const struct record_night *night)
{
	(void)root, (void)night;
	return NULL;
}
