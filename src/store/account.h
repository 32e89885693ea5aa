/*
 * The folders of accounts, inbox/<compte> and outbox/fournisseurs/<compte>. Others close them, put
 * something else in their place, mount them and take the mount away. What fails there is that
 * account's own incident, whatever the step: it is said, and nobody else waits for it.
 */
#ifndef SEGUR_STORE_ACCOUNT_H
#define SEGUR_STORE_ACCOUNT_H

#include "store/root.h"

/* To be asked after a failure in that folder of an account: true when errno tells a fault of the
 * folder. It is said then, unless it was said since the root was opened; `what` (NULL: nothing more)
 * tells which file. False when the machine is short of descriptors or memory, or the disk below the
 * ASP's folder fails: that is no account's fault. errno stays. */
bool account_bears(struct root *root, const char *folder, const char *what);

#endif
