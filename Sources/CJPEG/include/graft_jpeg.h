#ifndef GRAFT_JPEG_H
#define GRAFT_JPEG_H

#include <stddef.h>
#include <stdint.h>

// JPEG by libjpeg-turbo. libjpeg reports errors by longjmp, which Swift cannot cross, so all calls
// between setjmp and the end of a file live in this target; no type of libjpeg leaves it.

// Bytes of an error text, including the terminating zero.
enum { GRAFT_JPEG_MESSAGE = 200 };

typedef enum {
  GRAFT_JPEG_OK,
  GRAFT_JPEG_DAMAGED,
  GRAFT_JPEG_TRUNCATED,
} graft_jpeg_status;

// A rectangle in pixels of the reduced image.
typedef struct {
  uint32_t x, y, width, height;
} graft_jpeg_region;

// Decodes a region of the JPEG of `count` bytes, reduced by `reduction` (1, 2, 4 or 8) in its
// cosine transform, into `out`: region height x width x channels bytes (1 gray, 3 RGB, 4 CMYK).
// They are the bytes the same region has in the whole image. Data after the region's last line
// are not read. Unless the result is GRAFT_JPEG_OK, `message` says what is wrong.
graft_jpeg_status graft_jpeg_read(
    const uint8_t *bytes, size_t count, int channels, int reduction, graft_jpeg_region region,
    uint8_t *out, char *message);

// Writes height x width x channels bytes as a baseline JPEG with the standard tables, color at
// 4:2:0; returns its length, or 0 with a text in `message`.
size_t graft_jpeg_write(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, uint8_t *out,
    size_t capacity, char *message);

#endif
