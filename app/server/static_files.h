// server/static_files.h: answers requests from files (RFC 9110).
#ifndef WEFT_SERVER_STATIC_FILES_H
#define WEFT_SERVER_STATIC_FILES_H

#include "server/site.h"

/** Answers a GET or HEAD; `answer` is only initialised. For HEAD too it has the content, which is not sent then. */
void weft_static_files(struct weft_site *site, const struct weft_http_head *request,
                       struct weft_answer *answer);

/** Answers with the whole of a file; what was in `answer` is not looked at. */
void weft_static_files_whole(const struct weft_site *site, struct weft_file *file,
                             struct weft_answer *answer);

/** Does a decoded path name what is hidden: a segment that begins with a dot, other than a /.well-known/ in front? */
bool weft_path_is_hidden(struct weft_span path);

#endif
