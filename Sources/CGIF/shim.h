#ifndef GRAFT_CGIF_SHIM_H
#define GRAFT_CGIF_SHIM_H

#include <gif_lib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t offset;
} graft_gif_source;

static int graft_gif_on_read(GifFileType *gif, GifByteType *out, int count) {
  graft_gif_source *source = (graft_gif_source *)gif->UserData;
  size_t rest = source->count - source->offset;
  size_t taken = count < 0 ? 0 : (size_t)count < rest ? (size_t)count : rest;
  memcpy(out, source->bytes + source->offset, taken);
  source->offset += taken;
  return (int)taken;
}

// Steps over everything before the first image. Returns 0 or giflib's number of an error.
static int graft_gif_find_image(GifFileType *gif) {
  while (1) {
    GifRecordType type;
    if (DGifGetRecordType(gif, &type) == GIF_ERROR) return gif->Error;
    if (type == IMAGE_DESC_RECORD_TYPE) {
      return DGifGetImageDesc(gif) == GIF_ERROR ? gif->Error : 0;
    }
    if (type != EXTENSION_RECORD_TYPE) return D_GIF_ERR_NO_IMAG_DSCR;
    int code;
    GifByteType *block;
    if (DGifGetExtension(gif, &code, &block) == GIF_ERROR) return gif->Error;
    while (block != NULL) {
      if (DGifGetExtensionNext(gif, &block) == GIF_ERROR) return gif->Error;
    }
  }
}

// Decodes the first image, color numbers of one byte, into `out`, whose rows are `stride` bytes
// apart; interlaced rows come in order. The sides are those the caller found in the file; where
// giflib finds others nothing is written. Returns 0 or giflib's number of an error.
static int graft_gif_read(
    const uint8_t *bytes, size_t count, int width, int height, uint8_t *out, size_t stride) {
  graft_gif_source source = {bytes, count, 0};
  int error = 0;
  GifFileType *gif = DGifOpen(&source, graft_gif_on_read, &error);
  if (gif == NULL) return error;
  error = graft_gif_find_image(gif);
  if (error == 0 && (gif->Image.Width != width || gif->Image.Height != height)) {
    error = D_GIF_ERR_IMAGE_DEFECT;
  }
  static const int starts[] = {0, 4, 2, 1};
  static const int steps[] = {8, 8, 4, 2};
  int passes = gif->Image.Interlace ? 4 : 1;
  for (int pass = 0; pass < passes && error == 0; pass++) {
    int step = passes == 1 ? 1 : steps[pass];
    for (int y = starts[pass]; y < height && error == 0; y += step) {
      if (DGifGetLine(gif, out + (size_t)y * stride, width) == GIF_ERROR) error = gif->Error;
    }
  }
  DGifCloseFile(gif, NULL);
  return error;
}

static inline const char *graft_gif_text(int error) {
  const char *text = GifErrorString(error);
  return text == NULL ? "unknown error" : text;
}

#endif
