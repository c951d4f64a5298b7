#ifndef COMFYKEEP_CZLIB_H
#define COMFYKEEP_CZLIB_H
#include <zlib.h>
#endif
