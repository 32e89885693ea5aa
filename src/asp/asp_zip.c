#include "asp/asp_zip.h"

#include "lib/text.h"

#include <fnmatch.h>
#include <stdlib.h>

bool asp_zip_named(const char *name)
{
	char *folded = text_fold(name);
	bool zip = folded != NULL && fnmatch("*.zip", folded, 0) == 0;

	free(folded);
	return zip;
}

/* The end of a sentence that begins with « Le zip est refusé : ». */
static const char *const reasons[] = {
    [INFLATED_NO_ZIP] = "ce n'est pas un zip",
    [INFLATED_CUT] = "il est coupé avant sa fin",
    [INFLATED_DAMAGED] = "il est endommagé (structure, taille ou somme de contrôle CRC)",
    [INFLATED_TRAILING] = "d'autres octets suivent sa fin",
    [INFLATED_ENCRYPTED] = "il est chiffré",
    [INFLATED_METHOD] = "il est compressé autrement que par Deflate",
    [INFLATED_ENTRIES] = "il ne contient pas un seul fichier",
    [INFLATED_NAME] = "le fichier qu'il contient n'est pas un .csv",
    [INFLATED_STOPPED] = "sa décompression s'est arrêtée avant la fin",
};

bool asp_zip_check(enum inflated_state state, uint64_t limit, uint64_t lines,
		   struct anomalies *faults)
{
	if (state == INFLATED_TOO_BIG)
		anomalies_add(faults, ANO_REF_TROP_GROS, "", NULL, WEIGHT(limit), NULL);
	else if (state != INFLATED_WHOLE)
		anomalies_add_at(faults, ANO_REF_ZIP, "", (uint32_t)lines, 0, NULL, reasons[state],
				 NULL);
	return state == INFLATED_WHOLE;
}
