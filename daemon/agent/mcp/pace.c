/* Two leaky buckets. They may overflow by what one reading brings, which is paid off like the rest. */
#include "daemon/agent/mcp/pace.h"

void pace_take(struct pace *pace, size_t lines, size_t bytes)
{
    pace->lines += lines;
    pace->bytes += bytes;
}

bool pace_is_full(const struct pace *pace)
{
    return pace->lines >= PACE_LINES_MAX || pace->bytes >= PACE_BYTES_MAX;
}

bool pace_next_second(struct pace *pace)
{
    pace->lines -= pace->lines < PACE_LINES ? pace->lines : PACE_LINES;
    pace->bytes -= pace->bytes < PACE_BYTES ? pace->bytes : PACE_BYTES;
    return pace->lines > 0 || pace->bytes > 0;
}
