// client/client.h: the face of this folder: a client of HTTP/1.0, 1.1 and 2 that others build on.
#ifndef WEFT_CLIENT_H
#define WEFT_CLIENT_H

#include "client/url.h"

#endif
