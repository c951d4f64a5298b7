#include "czlib.h"

int comfykeep_inflate_raw_start(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }
