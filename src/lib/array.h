/* How many elements an array has; not for a pointer or a parameter. */
#ifndef SEGUR_LIB_ARRAY_H
#define SEGUR_LIB_ARRAY_H

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
