#ifndef SEGUR_VERSION_H
#define SEGUR_VERSION_H

#define SEGUR_VERSION "1.0.0"

#endif
