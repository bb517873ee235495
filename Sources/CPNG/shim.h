#ifndef GRAFT_CPNG_SHIM_H
#define GRAFT_CPNG_SHIM_H

#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// libpng reports errors by longjmp, which Swift cannot cross, so the calls between setjmp and the
// end of a file live here. Sizes were checked by the caller; they are checked again against the
// buffer before a row is written.

enum { GRAFT_PNG_MESSAGE = 120 };

typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t offset;
  char *message;
  int is_data_damaged;
} graft_png_source;

static inline void graft_png_note(char *message, const char *text) {
  strncpy(message, text, GRAFT_PNG_MESSAGE - 1);
  message[GRAFT_PNG_MESSAGE - 1] = 0;
}

static void graft_png_on_error(png_structp png, png_const_charp text) {
  graft_png_source *source = (graft_png_source *)png_get_error_ptr(png);
  graft_png_note(source->message, text);
  longjmp(png_jmpbuf(png), 1);
}

// A warning about an image's own data makes it damaged; one about an ancillary chunk does not.
static void graft_png_on_warning(png_structp png, png_const_charp text) {
  graft_png_source *source = (graft_png_source *)png_get_error_ptr(png);
  if (strncmp(text, "IDAT", 4) == 0 || strstr(text, "Extra compressed") ||
      strstr(text, "Too much image data")) {
    graft_png_note(source->message, text);
    source->is_data_damaged = 1;
  }
}

static void graft_png_on_read(png_structp png, png_bytep out, size_t count) {
  graft_png_source *source = (graft_png_source *)png_get_io_ptr(png);
  if (count > source->count - source->offset) png_error(png, "the file ends early");
  memcpy(out, source->bytes + source->offset, count);
  source->offset += count;
}

// Reads a PNG into `out`, height x width x channels bytes: 3 = RGB, 1 = gray or palette index
// (`palette`, RGB triples, gets `*palette_count` entries, 0 for gray). Alpha is dropped, not
// composited; 16-bit samples keep their high byte, or with `keeps_16` both in the processor's order,
// so that `out` is twice as long; gray of fewer bits is scaled to 0..255.
// Returns 0, or -1 with a text in `message` (GRAFT_PNG_MESSAGE bytes).
__attribute__((noinline)) static int graft_png_read(
    const uint8_t *bytes, size_t count, uint8_t *out, uint32_t width, uint32_t height, int channels,
    int keeps_16, uint8_t *palette, int *palette_count, char *message) {
  graft_png_source source = {bytes, count, 0, message, 0};
  png_bytep *volatile rows = NULL;
  png_infop info = NULL;
  *palette_count = 0;
  graft_png_note(message, "out of memory");
  png_structp png = png_create_read_struct(
      PNG_LIBPNG_VER_STRING, &source, graft_png_on_error, graft_png_on_warning);
  if (png == NULL) return -1;
  info = png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_read_struct(&png, NULL, NULL);
    return -1;
  }
  if (setjmp(png_jmpbuf(png))) {
    free(rows);
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  png_set_read_fn(png, &source, graft_png_on_read);
  png_set_user_limits(png, width, height);
  // Text, color profiles and the like are skipped without being inflated.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, info);
  png_byte type = png_get_color_type(png, info);
  png_byte depth = png_get_bit_depth(png, info);
  size_t row_bytes = (size_t)width * channels;
  if (keeps_16 && depth != 16) png_error(png, "its header contradicts itself");
  if (keeps_16) {
    row_bytes *= 2;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    png_set_swap(png);
#endif
  } else if (depth == 16) {
    png_set_strip_16(png);
  }
  if (type == PNG_COLOR_TYPE_PALETTE) {
    png_colorp entries = NULL;
    int entry_count = 0;
    if (!png_get_PLTE(png, info, &entries, &entry_count)) png_error(png, "it has no palette");
    for (int i = 0; i < entry_count && i < 256; i++) {
      palette[3 * i] = entries[i].red;
      palette[3 * i + 1] = entries[i].green;
      palette[3 * i + 2] = entries[i].blue;
    }
    *palette_count = entry_count;
    png_set_packing(png);
  } else if (type == PNG_COLOR_TYPE_GRAY && depth < 8) {
    png_set_expand_gray_1_2_4_to_8(png);
  }
  if (type & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height ||
      png_get_rowbytes(png, info) != row_bytes) {
    png_error(png, "its header contradicts itself");
  }
  rows = (png_bytep *)malloc(height * sizeof(png_bytep));
  if (rows == NULL) png_error(png, "out of memory");
  for (uint32_t y = 0; y < height; y++) rows[y] = out + (size_t)y * row_bytes;
  png_read_image(png, rows);
  png_read_end(png, NULL);
  free(rows);
  png_destroy_read_struct(&png, &info, NULL);
  return source.is_data_damaged ? -1 : 0;
}

// Copies the ICC profile of a PNG, inflated, into `out`; returns its length, 0 where there is none, or
// none that is whole and fits `capacity` bytes.
__attribute__((noinline)) static size_t graft_png_profile(
    const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity) {
  char message[GRAFT_PNG_MESSAGE];
  graft_png_source source = {bytes, count, 0, message, 0};
  png_infop info = NULL;
  volatile size_t length = 0;
  png_structp png = png_create_read_struct(
      PNG_LIBPNG_VER_STRING, &source, graft_png_on_error, graft_png_on_warning);
  if (png == NULL) return 0;
  info = png_create_info_struct(png);
  if (info == NULL || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
  }
  png_set_read_fn(png, &source, graft_png_on_read);
  png_set_chunk_malloc_max(png, capacity);
  png_read_info(png, info);
  png_charp name = NULL;
  png_bytep profile = NULL;
  png_uint_32 size = 0;
  int method = 0;
  if (png_get_iCCP(png, info, &name, &method, &profile, &size) && size <= capacity) {
    memcpy(out, profile, size);
    length = size;
  }
  png_destroy_read_struct(&png, &info, NULL);
  return length;
}

static inline png_image graft_png_image(uint32_t width, uint32_t height, int channels) {
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  return image;
}

// The most bytes graft_png_write can need.
static inline size_t graft_png_bound(uint32_t width, uint32_t height, int channels) {
  png_image image = graft_png_image(width, height, channels);
  return PNG_IMAGE_PNG_SIZE_MAX(image);
}

// Writes height x width x channels bytes as a PNG without time stamps or text; returns its length,
// or 0 with a text in `message`.
static inline size_t graft_png_write(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, uint8_t *out,
    size_t capacity, char *message) {
  png_image image = graft_png_image(width, height, channels);
  png_alloc_size_t count = capacity;
  if (png_image_write_to_memory(&image, out, &count, 0, pixels, 0, NULL)) return count;
  graft_png_note(message, image.message);
  png_image_free(&image);
  return 0;
}

#endif
