#include "parser/piece_private.h"

#include <stdio.h> /* jpeglib.h needs FILE */

#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <stddef.h>
#include <string.h>

enum {
	SCANS_MAX = 64, /* encoders write about 10; each scan costs a walk over the image */
};

/* Lives in the caller of the function that calls setjmp: nothing of it is lost by a longjmp. */
struct jpeg_job {
	struct jpeg_decompress_struct jpeg;
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	struct piece_verdict *verdict;
	const struct piece_limits *limits;
	const uint8_t *bytes;
	size_t size;
	size_t memory; /* bytes that libjpeg may take */
	size_t tail;   /* bytes after the end of the image */
	jmp_buf failed;
};

/*
 * Walks from marker to marker up to EOI. An image in several scans may have coefficients that take
 * more than PIECE_MEMORY_MAX (9 megapixels in the usual 4:2:0): only its structure is checked, its
 * entropy-coded data is not.
 */
static void walk_markers(struct jpeg_job *job)
{
	size_t position = 2;

	while (position + 2 <= job->size) {
		const uint8_t *at = job->bytes + position;
		size_t length;

		if (at[0] != 0xFF || at[1] == 0xFF || at[1] == 0x00 || at[1] == 0x01 ||
		    (at[1] >= 0xD0 && at[1] <= 0xD8)) {
			position++;
			continue;
		}
		if (at[1] == 0xD9) {
			job->tail = job->size - position - 2;
			return;
		}
		if (position + 4 > job->size)
			break;
		length = (size_t)at[2] << 8 | at[3];
		position += 2 + length;
	}
	piece_condemn(job->verdict, PIECE_TRUNCATED, "l'image JPEG s'interrompt");
}

static void on_jpeg_error(j_common_ptr common)
{
	struct jpeg_job *job = common->client_data;

	switch (common->err->msg_code) {
	case JERR_INPUT_EOF:
	case JERR_INPUT_EMPTY:
		piece_condemn(job->verdict, PIECE_TRUNCATED, "l'image JPEG s'interrompt");
		break;
	case JERR_NO_BACKING_STORE:
		walk_markers(job);
		break;
	case JERR_OUT_OF_MEMORY:
		piece_condemn(job->verdict, PIECE_TOO_COSTLY, "il demande trop de mémoire");
		break;
	default:
		piece_condemn(job->verdict, PIECE_DAMAGED, "l'image JPEG est illisible");
	}
	longjmp(job->failed, 1);
}

/*
 * Whether bytes that libjpeg skipped before a marker are padding, as cameras and editors leave it
 * between segments. Behind entropy-coded data they are data that the image had no more use for: the
 * decoder lost its place in it. Zeros alone are no such data.
 */
static bool is_padding(const struct jpeg_job *job)
{
	size_t skipped = (size_t)job->errors.msg_parm.i[0];
	const uint8_t *end = job->jpeg.src->next_input_byte;

	if (job->jpeg.input_scan_number == 0)
		return true;
	for (size_t back = 1; back <= skipped && back <= (size_t)(end - job->bytes); back++)
		if (end[-(ptrdiff_t)back] != 0)
			return false;
	return true;
}

/* libjpeg mends what it can and warns; a mended image is a damaged one. */
static void on_message(j_common_ptr common, int level)
{
	struct jpeg_job *job = common->client_data;

	if (level >= 0)
		return;
	switch (common->err->msg_code) {
	case JWRN_EXTRANEOUS_DATA:
		if (!is_padding(job))
			on_jpeg_error(common);
		return;
	case JWRN_ADOBE_XFORM:
	case JWRN_JFIF_MAJOR:
	case JWRN_BOGUS_ICC:
		return;
	case JWRN_JPEG_EOF:
		piece_condemn(job->verdict, PIECE_TRUNCATED, "l'image JPEG s'interrompt");
		longjmp(job->failed, 1);
	default:
		on_jpeg_error(common);
	}
}

static void on_progress(j_common_ptr common)
{
	struct jpeg_job *job = common->client_data;

	if (job->jpeg.input_scan_number > SCANS_MAX) {
		piece_condemn(job->verdict, PIECE_TOO_COSTLY, "plus de %d balayages", SCANS_MAX);
		longjmp(job->failed, 1);
	}
}

/* An eighth of the size, in grey: every entropy-coded bit is read, little else is computed. */
static void decode_jpeg(struct jpeg_decompress_struct *jpeg)
{
	JSAMPARRAY row;

	jpeg->scale_num = 1;
	jpeg->scale_denom = 8;
	jpeg->dct_method = JDCT_IFAST;
	jpeg->do_fancy_upsampling = FALSE;
	jpeg->do_block_smoothing = FALSE;
	if (jpeg->jpeg_color_space == JCS_YCbCr || jpeg->jpeg_color_space == JCS_RGB)
		jpeg->out_color_space = JCS_GRAYSCALE;
	jpeg_start_decompress(jpeg);
	row = jpeg->mem->alloc_sarray((j_common_ptr)jpeg, JPOOL_IMAGE,
				      jpeg->output_width * (JDIMENSION)jpeg->output_components, 1);
	while (jpeg->output_scanline < jpeg->output_height)
		jpeg_read_scanlines(jpeg, row, 1);
	jpeg_finish_decompress(jpeg);
}

static void read_jpeg(struct jpeg_job *job)
{
	struct jpeg_decompress_struct *jpeg = &job->jpeg;

	jpeg_create_decompress(jpeg);
	jpeg->progress = &job->progress;
	jpeg->mem->max_memory_to_use = (long)job->memory;
	jpeg_mem_src(jpeg, job->bytes, job->size);
	jpeg_read_header(jpeg, TRUE);
	if (!piece_size_allowed(jpeg->image_width, jpeg->image_height, job->limits, job->verdict))
		return;
	/* Each of several scans refines what the ones before gave: all are read, no pixel is made. */
	if (jpeg_has_multiple_scans(jpeg))
		jpeg_read_coefficients(jpeg);
	else
		decode_jpeg(jpeg);
	job->tail = jpeg->src->bytes_in_buffer;
}

static void guard_jpeg(struct jpeg_job *job)
{
	if (!setjmp(job->failed))
		read_jpeg(job);
}

/* How many bytes stand after the end of the image. */
static size_t check_image(const uint8_t *bytes, size_t size, size_t memory,
			  const struct piece_limits *limits, struct piece_verdict *verdict)
{
	struct jpeg_job job = {
	    .verdict = verdict, .limits = limits, .bytes = bytes, .size = size, .memory = memory};

	job.jpeg.err = jpeg_std_error(&job.errors);
	job.jpeg.client_data = &job;
	job.errors.error_exit = on_jpeg_error;
	job.errors.emit_message = on_message;
	job.progress.progress_monitor = on_progress;
	guard_jpeg(&job);
	jpeg_destroy_decompress(&job.jpeg);
	return job.tail;
}

void piece_check_scanned_jpeg(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
			      struct piece_verdict *verdict)
{
	check_image(bytes, size, PIECE_MEMORY_MAX - piece_budget_used(), limits, verdict);
}

/*
 * What phones and cameras put after the image, of any length: further JPEGs (CIPA DC-007
 * multi-picture format), the film of a motion photo (ISO 14496-12 "ftyp" box), Samsung's trailer
 * ("SEFT" at the very end); zeros as padding before them or alone.
 */
static bool is_usual_tail(const uint8_t *tail, size_t length)
{
	while (length > 0 && tail[0] == 0 && !(length >= 8 && memcmp(tail + 4, "ftyp", 4) == 0)) {
		tail++;
		length--;
	}
	return length <= PIECE_TAIL_MAX || memcmp(tail, "\xFF\xD8\xFF", 3) == 0 ||
	       memcmp(tail + 4, "ftyp", 4) == 0 || memcmp(tail + length - 4, "SEFT", 4) == 0;
}

void piece_check_jpeg(const uint8_t *bytes, size_t size, const struct piece_limits *limits,
		      struct piece_verdict *verdict)
{
	size_t tail = check_image(bytes, size, PIECE_MEMORY_MAX, limits, verdict);

	if (verdict->defect != PIECE_OK)
		return;
	if (piece_hides_file(bytes + size - tail, tail))
		piece_condemn(verdict, PIECE_DAMAGED, "un autre fichier suit la fin de l'image");
	verdict->tail = !is_usual_tail(bytes + size - tail, tail);
}
