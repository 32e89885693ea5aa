#include "parser/piece_private.h"

#include <png.h>
#include <setjmp.h>
#include <string.h>
#include <zlib.h>

enum {
	CHUNK_MEMORY_MAX = 1 << 20, /* for one chunk that libpng keeps (PLTE, tRNS) */
	IHDR_AT = 12,		    /* its name, where what its CRC covers begins */
	IHDR_LENGTH = 17,	    /* the name and 13 bytes */
	IHDR_END = 33,		    /* signature, length, "IHDR", 13 bytes, CRC */
};

/* Lives in the caller of the function that calls setjmp: nothing of it is lost by a longjmp. */
struct png_job {
	const uint8_t *bytes;
	size_t size;
	size_t position;
	png_structp png;
	png_infop info;
	struct piece_verdict *verdict;
	jmp_buf failed;
};

static void give_bytes(png_structp png, png_bytep into, size_t count)
{
	struct png_job *job = png_get_io_ptr(png);

	if (count > job->size - job->position) {
		piece_condemn(job->verdict, PIECE_TRUNCATED, "l'image PNG s'interrompt");
		longjmp(job->failed, 1);
	}
	memcpy(into, job->bytes + job->position, count);
	job->position += count;
}

static void on_png_error(png_structp png, png_const_charp message)
{
	struct png_job *job = png_get_error_ptr(png);

	(void)message;
	piece_condemn(job->verdict, PIECE_DAMAGED, "l'image PNG est illisible");
	longjmp(job->failed, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
	(void)png;
	(void)message;
}

/* Row by row with no buffer of ours: libpng checks CRCs, filters and the amount of data. */
static void read_png(struct png_job *job)
{
	png_structp png = job->png;
	int passes;

	png_set_read_fn(png, job, give_bytes);
	png_set_user_limits(png, PIECE_SIDE_MAX, PIECE_SIDE_MAX);
	png_set_chunk_malloc_max(png, CHUNK_MEMORY_MAX);
	/* Chunks other than IHDR, PLTE, tRNS, IDAT and IEND: their CRC alone is checked. */
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
	png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
	png_read_info(png, job->info);
	passes = png_set_interlace_handling(png);
	png_start_read_image(png);
	for (int pass = 0; pass < passes; pass++) {
		for (uint32_t row = 0; row < job->verdict->height; row++)
			png_read_row(png, NULL, NULL);
	}
	png_read_end(png, NULL);
}

static void guard_png(struct png_job *job)
{
	if (setjmp(job->failed))
		return;
	job->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, job, on_png_error, on_warning);
	job->info = job->png ? png_create_info_struct(job->png) : NULL;
	if (job->info)
		read_png(job);
	else
		piece_condemn(job->verdict, PIECE_TOO_COSTLY, "il demande trop de mémoire");
}

void piece_check_png(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		     struct piece_verdict *verdict)
{
	struct png_job job = {.bytes = bytes, .size = size, .verdict = verdict};

	if (size < IHDR_END) {
		piece_condemn(verdict, PIECE_TRUNCATED, "l'image PNG s'interrompt");
		return;
	}
	if (crc32_z(0, bytes + IHDR_AT, IHDR_LENGTH) != piece_u32(bytes + IHDR_AT + IHDR_LENGTH)) {
		piece_condemn(verdict, PIECE_DAMAGED, "l'en-tête de l'image PNG est altéré");
		return;
	}
	if (!piece_size_allowed(piece_u32(bytes + 16), piece_u32(bytes + 20), limits, verdict))
		return;
	guard_png(&job);
	png_destroy_read_struct(&job.png, &job.info, NULL);
	if (piece_hides_file(bytes + job.position, size - job.position))
		piece_condemn(verdict, PIECE_DAMAGED, "un autre fichier suit la fin de l'image");
	else if (size - job.position > PIECE_TAIL_MAX)
		piece_condemn(verdict, PIECE_DAMAGED, "d'autres octets suivent la fin de l'image");
}
