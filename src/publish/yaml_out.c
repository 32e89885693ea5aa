#include "publish/yaml_out.h"
#include "lib/error.h"
#include "lib/notice.h"
#include "lib/text_shown.h"

#include <stdlib.h>
#include <string.h>

/* Every text is valid UTF-8 here: only memory can be wanting, which ends the process (mem.h). */
void yaml_out_emit(yaml_emitter_t *emitter, yaml_event_t *event, int made)
{
	if (made && yaml_emitter_emit(emitter, event))
		return;
	notice(NOTICE_CRITICAL, "mémoire insuffisante");
	_Exit(ERR_FAULT);
}

static int append_bytes(void *context, unsigned char *bytes, size_t count)
{
	buf_add(context, bytes, count);
	return 1;
}

void yaml_out_scalar(yaml_emitter_t *emitter, const char *text, yaml_scalar_style_t style)
{
	yaml_event_t event;
	char *valid = text_valid(text);

	yaml_out_emit(emitter, &event,
		      yaml_scalar_event_initialize(&event, NULL, NULL, (yaml_char_t *)valid,
						   (int)strlen(valid), 1, 1, style));
	free(valid);
}

void yaml_out_open(yaml_emitter_t *emitter)
{
	yaml_event_t event;

	yaml_out_emit(
	    emitter, &event,
	    yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE));
}

void yaml_out_close(yaml_emitter_t *emitter)
{
	yaml_event_t event;

	yaml_out_emit(emitter, &event, yaml_mapping_end_event_initialize(&event));
}

void yaml_out_key(yaml_emitter_t *emitter, const char *name)
{
	yaml_out_scalar(emitter, name, YAML_PLAIN_SCALAR_STYLE);
}

void yaml_out_text(yaml_emitter_t *emitter, const char *name, const char *value)
{
	yaml_out_key(emitter, name);
	yaml_out_scalar(emitter, value, YAML_DOUBLE_QUOTED_SCALAR_STYLE);
}

void yaml_out_plain(yaml_emitter_t *emitter, const char *name, const char *value)
{
	yaml_out_key(emitter, name);
	yaml_out_scalar(emitter, value, YAML_PLAIN_SCALAR_STYLE);
}

void yaml_out_begin(yaml_emitter_t *emitter, struct buf *out)
{
	yaml_event_t event;

	if (!yaml_emitter_initialize(emitter))
		yaml_out_emit(emitter, &event, 0);
	yaml_emitter_set_output(emitter, append_bytes, out);
	yaml_emitter_set_unicode(emitter, 1);
	yaml_emitter_set_width(emitter, -1);
	yaml_out_emit(emitter, &event,
		      yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	yaml_out_emit(emitter, &event,
		      yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
}

void yaml_out_end(yaml_emitter_t *emitter)
{
	yaml_event_t event;

	yaml_out_emit(emitter, &event, yaml_document_end_event_initialize(&event, 1));
	yaml_out_emit(emitter, &event, yaml_stream_end_event_initialize(&event));
	yaml_emitter_delete(emitter);
}
