/* SPDX-License-Identifier: MIT */
/*
 * files - folders of the file system served over HTTP (protocol-notes/files.md).
 *
 * Only regular files inside the mounted folder are served, whatever a path or a symbolic link says.
 * The file system is asked during the call: a folder on a slow disk slows the loop down.
 */
#ifndef NET_FILES_H
#define NET_FILES_H

#include "../wire/http.h"
#include "response.h"
#include <stdbool.h>

typedef struct files files;

files *files_new(void); /* NULL: out of memory */
void files_free(files *f);

/*
 * Serves the folder `directory` at the path `url` and below, both copied.  url begins with '/', is
 * compared with paths as they are sent, without decoding, and may end with a slash.  A relative
 * directory is taken from the working directory of now; the folder is looked up anew for each
 * request, so that it may be replaced.  0, or an errno value: EINVAL for an url that no request can
 * have, EEXIST if it is mounted already, ENOENT, ENOTDIR, EACCES or the like for the folder,
 * ENOMEM.
 */
int files_mount(files *f, const char *url, const char *directory);

/* false: no folder is mounted there, and r is as it was.  Otherwise r, which is a RESPONSE() to
 * which fields may have been added, is the answer. */
bool files_answer(const files *f, const http_head *head, response *r);

#endif
