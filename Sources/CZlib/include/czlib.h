#ifndef COMFYKEEP_CZLIB_H
#define COMFYKEEP_CZLIB_H
#include <zlib.h>

/* inflateInit2 is a macro, which Swift cannot see. Raw deflate, as ZIP entries hold it. */
int comfykeep_inflate_raw_start(z_stream *stream);
#endif
