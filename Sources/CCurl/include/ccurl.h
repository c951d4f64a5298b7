#ifndef COMFYKEEP_CCURL_H
#define COMFYKEEP_CCURL_H
#include <curl/curl.h>
#endif
