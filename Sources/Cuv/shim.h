#include <uv.h>

/* Variadic functions cannot be called from Swift: from now on the loop counts how long it waits in poll. */
static inline int uv_count_idle_time(uv_loop_t *loop) { return uv_loop_configure(loop, UV_METRICS_IDLE_TIME); }
