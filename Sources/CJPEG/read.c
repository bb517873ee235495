#include <jerror.h>
#include <string.h>

#include "entropy.h"
#include "errors.h"

// Whether some coefficient is incomplete, so that libjpeg estimates it from the blocks
// around it ("block smoothing"): then no part can be decoded without its surroundings.
static int is_smoothed(j_decompress_ptr jpeg) {
  if (!jpeg->progressive_mode || jpeg->coef_bits == NULL) return 0;
  for (int component = 0; component < jpeg->num_components; component++) {
    for (int k = 0; k < DCTSIZE2; k++) {
      if (jpeg->coef_bits[component][k] != 0) return 1;
    }
  }
  return 0;
}

// Whether a part of the image can be decoded alone with the pixels it has in the whole. Reduced
// images whose chroma is sampled at a quarter are the exception: libjpeg-turbo 2.1 then loses
// track of its lines.
static int is_separable(j_decompress_ptr jpeg) {
  int is_quartered = jpeg->max_h_samp_factor > 2 || jpeg->max_v_samp_factor > 2;
  return !is_smoothed(jpeg) && !(is_quartered && jpeg->scale_denom > 1);
}

// Tells libjpeg to decode the region's columns and skip the lines above it; returns what it will
// give. Chroma is interpolated from the samples on both sides, and only in planes of more than two
// columns, so one more pixel is requested on either side, and at least eight.
static graft_jpeg_region narrow(j_decompress_ptr jpeg, graft_jpeg_region region) {
  enum { LEAST = 8 };
  JDIMENSION first = 0;
  JDIMENSION width = jpeg->output_width;
  if (is_separable(jpeg)) {
    if (region.width < width && width > LEAST) {
      JDIMENSION end = region.x + region.width + 1;
      first = region.x == 0 ? 0 : region.x - 1;
      if (first > width - LEAST) first = width - LEAST;
      if (end < first + LEAST) end = first + LEAST;
      width = (end < width ? end : width) - first;
      jpeg_crop_scanline(jpeg, &first, &width);
    }
    if (region.y > 0) jpeg_skip_scanlines(jpeg, region.y);
  }
  return (graft_jpeg_region){first, region.y, width, region.height};
}

// Reads lines up to the region's last and keeps what belongs to the region.
static void read_lines(
    j_decompress_ptr jpeg, graft_jpeg_region region, graft_jpeg_region given, int channels,
    uint8_t *out) {
  enum { LINES = 16 };
  size_t row_bytes = (size_t)region.width * channels;
  size_t margin = (size_t)(region.x - given.x) * channels;
  JDIMENSION bottom = region.y + region.height;
  int is_cut = given.width != region.width || jpeg->output_scanline != region.y;
  JSAMPROW lines[LINES];
  if (is_cut) {
    // An odd address: to aligned lines libjpeg-turbo writes past the caches, and they are read soon.
    size_t line_bytes = ((size_t)given.width * channels + 63) & ~(size_t)63;
    JSAMPROW buffer =
        jpeg->mem->alloc_large((j_common_ptr)jpeg, JPOOL_IMAGE, LINES * line_bytes + 1);
    for (int i = 0; i < LINES; i++) lines[i] = buffer + 1 + i * line_bytes;
  }
  while (jpeg->output_scanline < bottom) {
    JDIMENSION y = jpeg->output_scanline;
    JDIMENSION count = bottom - y < LINES ? bottom - y : LINES;
    for (JDIMENSION i = 0; !is_cut && i < count; i++) lines[i] = out + (y + i - region.y) * row_bytes;
    count = jpeg_read_scanlines(jpeg, lines, count);
    for (JDIMENSION i = 0; is_cut && i < count; i++) {
      if (y + i < region.y) continue;
      memcpy(out + (y + i - region.y) * row_bytes, lines[i] + margin, row_bytes);
    }
  }
}

// One attempt, with libjpeg's entropy decoder or Graft's; `retreats` is set if the latter gave up.
static graft_jpeg_status attempt(
    const uint8_t *bytes, size_t count, int channels, int reduction, graft_jpeg_region region,
    uint8_t *out, char *message, graft_jpeg_entropy *entropy, int *retreats) {
  struct jpeg_decompress_struct jpeg;
  graft_jpeg_errors errors;
  jpeg.err = graft_jpeg_catch(&errors, message);
  if (setjmp(errors.escape)) {
    jpeg_destroy_decompress(&jpeg);
    return errors.status;
  }
  if (entropy != NULL && setjmp(entropy->retreat)) {
    jpeg_destroy_decompress(&jpeg);
    *retreats = 1;
    return GRAFT_JPEG_DAMAGED;
  }
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, bytes, count);
  jpeg_read_header(&jpeg, TRUE);
  jpeg.out_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg.dct_method = JDCT_ISLOW;
  jpeg.scale_num = 1;
  jpeg.scale_denom = (unsigned)reduction;
  jpeg_start_decompress(&jpeg);
  if (jpeg.output_components != channels || region.x + region.width > jpeg.output_width ||
      region.y + region.height > jpeg.output_height) {
    ERREXIT(&jpeg, JERR_BAD_CROP_SPEC);
  }
  int is_attached = entropy != NULL && graft_jpeg_attach(&jpeg, entropy);
  JDIMENSION height = jpeg.output_height;
  read_lines(&jpeg, region, narrow(&jpeg, region), channels, out);
  if (is_attached) graft_jpeg_detach(&jpeg, entropy);
  if (region.y + region.height == height) jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  return GRAFT_JPEG_OK;
}

graft_jpeg_status graft_jpeg_read(
    const uint8_t *bytes, size_t count, int channels, int reduction, graft_jpeg_region region,
    uint8_t *out, char *message) {
  graft_jpeg_entropy entropy;
  int retreats = 0;
  graft_jpeg_status status = attempt(
      bytes, count, channels, reduction, region, out, message, &entropy, &retreats);
  if (!retreats) return status;
  return attempt(bytes, count, channels, reduction, region, out, message, NULL, &retreats);
}
