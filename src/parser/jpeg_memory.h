/*
 * A sixteenth of the memory that libjpeg takes to follow a JPEG in several scans. Which bits a scan
 * takes from the file depends on the coefficients before it by one thing only: whether each is zero
 * (ITU-T T.81, G.1.2.3, G.1.3.3). So that alone is kept, one bit a coefficient, and libjpeg sees
 * ones. The image that it would then make is meaningless: for jpeg_read_coefficients alone.
 */
#ifndef SEGUR_PARSER_JPEG_MEMORY_H
#define SEGUR_PARSER_JPEG_MEMORY_H

#include <stdint.h>
#include <stdio.h> /* jpeglib.h needs FILE */

#include <jpeglib.h>

enum { JPEG_MEMORY_MAX = 7 << 20 }; /* bytes: 36 megapixels in the usual 4:2:0 */

/* Bytes that an image would take, once its header is read. */
uint64_t jpeg_memory_needed(const struct jpeg_decompress_struct *jpeg);

/* Between jpeg_read_header and jpeg_read_coefficients. */
void jpeg_memory_install(struct jpeg_decompress_struct *jpeg);

#endif
