#include <zlib.h>

// A macro, which Swift does not import.
static inline int shim_deflateInit2(z_streamp stream, int level, int window_bits) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}
