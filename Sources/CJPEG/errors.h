#ifndef GRAFT_JPEG_ERRORS_H
#define GRAFT_JPEG_ERRORS_H

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "graft_jpeg.h"

// What libjpeg calls instead of exit(): stores the text and jumps to `escape`.
typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf escape;
  char *message;
  graft_jpeg_status status;
} graft_jpeg_errors;

// Initializes `errors`; the caller sets `escape` before any other call of libjpeg.
struct jpeg_error_mgr *graft_jpeg_catch(graft_jpeg_errors *errors, char *message);

#endif
