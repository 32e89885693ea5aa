#include "model/formats.h"

const char *const archive_kind_names[] = {
    [ARCHIVE_UNKNOWN] = "",	 [ARCHIVE_ZIP] = "zip",	      [ARCHIVE_TAR] = "tar",
    [ARCHIVE_TAR_GZ] = "tar.gz", [ARCHIVE_TAR_XZ] = "tar.xz", [ARCHIVE_TAR_ZST] = "tar.zst",
};
const char *const piece_format_names[] = {
    [PIECE_UNKNOWN] = "", [PIECE_PDF] = "pdf", [PIECE_JPEG] = "jpeg", [PIECE_PNG] = "png"};
const char *const piece_format_labels[] = {
    [PIECE_UNKNOWN] = "", [PIECE_PDF] = "PDF", [PIECE_JPEG] = "JPEG", [PIECE_PNG] = "PNG"};

void formats_list(struct buf *out, unsigned set, const char *const *names, unsigned count)
{
	const char *before = "";

	for (unsigned i = 0; i < count; i++) {
		if ((set & (1u << i)) == 0 || names[i][0] == '\0')
			continue;
		buf_puts(out, before);
		buf_puts(out, names[i]);
		before = ", ";
	}
}
