#include "snapshot.h"

#include <blotter/core/buf.h>

bool snapshot_array(const struct snapshot_part *part, enum resource resource, struct span *ret,
                    char **ret_own)
{
    struct span body;
    *ret_own = NULL;
    if (part->body == NULL || !span_check(part->body, part->body_len, &body, NULL) ||
        !span_member(body, resource_info(resource)->member, ret)) {
        return false;
    }
    bool rows = resource == RESOURCE_ORDERS || resource == RESOURCE_POSITIONS;
    if (part->filter == NULL || !rows || part->rows == NULL) {
        return true;
    }
    struct buf out;
    buf_init(&out, SIZE_MAX);
    buf_append(&out, "[", 1);
    for (size_t i = 0; i < part->rows->row_count; i++) {
        const struct row *row = model_row(part->rows, i);
        if (row->raw.ptr != NULL && filter_passes(part->filter, (enum pane)resource, row)) {
            buf_append(&out, ",", out.len > 1 ? 1 : 0);
            buf_append(&out, row->raw.ptr, row->raw.len);
        }
    }
    buf_append(&out, "]", 1);
    size_t len;
    *ret_own = buf_take(&out, &len);
    *ret = (struct span){*ret_own, len};
    return true;
}
