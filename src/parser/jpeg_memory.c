#include "parser/jpeg_memory.h"

#include <string.h>

/* One component's blocks; what libjpeg knows as a virtual array. */
struct blocks {
	uint64_t *nonzero; /* a block: bit i for coefficient i; row after row */
	JDIMENSION columns;
	JBLOCKARRAY window; /* the rows that libjpeg has in hand, unpacked */
	JDIMENSION window_rows;
	JDIMENSION first, held; /* which rows these are; `held` is 0 before the first */
};

static uint64_t round_up(uint64_t value, uint64_t step)
{
	return (value + step - 1) / step * step;
}

uint64_t jpeg_memory_needed(const struct jpeg_decompress_struct *jpeg)
{
	uint64_t bytes = 0;

	for (int i = 0; i < jpeg->num_components; i++) {
		const jpeg_component_info *component = &jpeg->comp_info[i];
		uint64_t rows = (uint64_t)component->v_samp_factor;
		uint64_t columns =
		    round_up(component->width_in_blocks, (uint64_t)component->h_samp_factor);

		bytes += columns * round_up(component->height_in_blocks, rows) * sizeof(uint64_t) +
			 columns * rows * sizeof(JBLOCK);
	}
	return bytes;
}

/* Four coefficients at a time: most are zero. */
static uint64_t pack(const JCOEF *block)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < DCTSIZE2; i += 4) {
		uint64_t four;

		memcpy(&four, block + i, sizeof(four));
		if (four == 0)
			continue;
		for (unsigned j = i; j < i + 4; j++)
			bits |= (uint64_t)(block[j] != 0) << j;
	}
	return bits;
}

static void unpack(uint64_t bits, JCOEF *block)
{
	memset(block, 0, sizeof(JBLOCK));
	for (; bits != 0; bits &= bits - 1)
		block[__builtin_ctzll(bits)] = 1;
}

static void store_window(struct blocks *blocks)
{
	for (JDIMENSION row = 0; row < blocks->held; row++) {
		uint64_t *bits = blocks->nonzero + (size_t)(blocks->first + row) * blocks->columns;

		for (JDIMENSION i = 0; i < blocks->columns; i++)
			bits[i] = pack(blocks->window[row][i]);
	}
}

static void load_window(struct blocks *blocks, JDIMENSION first, JDIMENSION count)
{
	blocks->first = first;
	blocks->held = count;
	for (JDIMENSION row = 0; row < count; row++) {
		const uint64_t *bits = blocks->nonzero + (size_t)(first + row) * blocks->columns;

		for (JDIMENSION i = 0; i < blocks->columns; i++)
			unpack(bits[i], blocks->window[row][i]);
	}
}

static jvirt_barray_ptr request(j_common_ptr common, int pool, boolean pre_zero, JDIMENSION columns,
				JDIMENSION rows, JDIMENSION window_rows)
{
	struct jpeg_memory_mgr *memory = common->mem;
	struct blocks *blocks = memory->alloc_small(common, pool, sizeof(*blocks));
	size_t size = (size_t)columns * rows * sizeof(uint64_t);

	(void)pre_zero; /* it always is for a decompressor */
	*blocks = (struct blocks){.columns = columns, .window_rows = window_rows};
	blocks->nonzero = memory->alloc_large(common, pool, size);
	memset(blocks->nonzero, 0, size);
	blocks->window = memory->alloc_barray(common, pool, columns, window_rows);
	return (jvirt_barray_ptr)blocks;
}

static JBLOCKARRAY access_rows(j_common_ptr common, jvirt_barray_ptr array, JDIMENSION first,
			       JDIMENSION count, boolean writable)
{
	struct blocks *blocks = (struct blocks *)array;

	(void)common, (void)writable;
	if (blocks->held == 0 || first != blocks->first || count != blocks->held) {
		store_window(blocks);
		load_window(blocks, first, count);
	}
	return blocks->window;
}

void jpeg_memory_install(struct jpeg_decompress_struct *jpeg)
{
	jpeg->mem->request_virt_barray = request;
	jpeg->mem->access_virt_barray = access_rows;
}
