#include <jerror.h>
#include <stdlib.h>

#include "errors.h"

size_t graft_jpeg_write(
    const uint8_t *pixels, uint32_t width, uint32_t height, int channels, int quality, uint8_t *out,
    size_t capacity, char *message) {
  struct jpeg_compress_struct jpeg;
  graft_jpeg_errors errors;
  // libjpeg continues in its own memory where `out` is too small.
  unsigned char *volatile buffer = out;
  volatile unsigned long count = capacity;
  jpeg.err = graft_jpeg_catch(&errors, message);
  if (setjmp(errors.escape)) {
    jpeg_destroy_compress(&jpeg);
    if (buffer != out) free(buffer);
    return 0;
  }
  jpeg_create_compress(&jpeg);
  jpeg_mem_dest(&jpeg, (unsigned char **)&buffer, (unsigned long *)&count);
  jpeg.image_width = width;
  jpeg.image_height = height;
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, quality, TRUE);
  jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < height) {
    JSAMPROW line = (JSAMPROW)pixels + (size_t)jpeg.next_scanline * width * channels;
    jpeg_write_scanlines(&jpeg, &line, 1);
  }
  jpeg_finish_compress(&jpeg);
  if (buffer != out) ERREXIT(&jpeg, JERR_BUFFER_SIZE);
  jpeg_destroy_compress(&jpeg);
  return count;
}
