/* What a folder must be before a command opens it as a root. Errors name it by `path`. */
#ifndef SEGUR_STORE_ROOT_PRIVATE_H
#define SEGUR_STORE_ROOT_PRIVATE_H

#include "store/root.h"

#include <stdbool.h>

/* Whether it has the secret or the database; else errno says why not. */
bool root_has_var(int fd);
/* Says why it cannot be opened: it is no root, or something else that errno tells. */
const struct error *root_not_opened(const char *path);
/* Refuses whoever does not own var: what he would write there the next night may not touch, not
 * even when he is root. */
const struct error *root_check_owner(int fd, const char *path);
/* Refuses a root whose database was lost, and says which way out there is. */
const struct error *root_check_database(int fd, const char *path);
/* Refuses a folder where nights were played, and whose database is missing. */
const struct error *root_check_played(int fd, const char *path);

#endif
