#include "errors.h"

#include <jerror.h>

_Static_assert(GRAFT_JPEG_MESSAGE >= JMSG_LENGTH_MAX, "libjpeg's texts fit");

static void fail(j_common_ptr jpeg) {
  graft_jpeg_errors *errors = (graft_jpeg_errors *)jpeg->err;
  errors->base.format_message(jpeg, errors->message);
  longjmp(errors->escape, 1);
}

// Warnings that mean wrong pixels stop decoding as errors do. The others (bytes between segments,
// odd version numbers) are common in the wild and harmless.
static void emit(j_common_ptr jpeg, int level) {
  graft_jpeg_errors *errors = (graft_jpeg_errors *)jpeg->err;
  if (level >= 0) return;
  switch (errors->base.msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
      errors->status = GRAFT_JPEG_TRUNCATED;
      fail(jpeg);
      break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
      fail(jpeg);
      break;
    default: break;
  }
}

struct jpeg_error_mgr *graft_jpeg_catch(graft_jpeg_errors *errors, char *message) {
  jpeg_std_error(&errors->base);
  errors->base.error_exit = fail;
  errors->base.emit_message = emit;
  errors->message = message;
  errors->status = GRAFT_JPEG_DAMAGED;
  message[0] = 0;
  return &errors->base;
}
