#ifndef GRAFT_CGIF_SHIM_H
#define GRAFT_CGIF_SHIM_H

#include <gif_lib.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
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

typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} graft_gif_sink;

static int graft_gif_on_write(GifFileType *gif, const GifByteType *bytes, int count) {
  graft_gif_sink *sink = (graft_gif_sink *)gif->UserData;
  if (count < 0) return 0;
  if ((size_t)count > sink->capacity - sink->count) {
    size_t capacity = 2 * sink->capacity + (size_t)count + 65536;
    uint8_t *bytes = (uint8_t *)realloc(sink->bytes, capacity);
    if (bytes == NULL) return 0;
    sink->bytes = bytes;
    sink->capacity = capacity;
  }
  memcpy(sink->bytes + sink->count, bytes, (size_t)count);
  sink->count += (size_t)count;
  return count;
}

// Begins an animation of that size that is repeated forever, with `comment` in it. Returns NULL where
// giflib cannot, with its number in `*error`.
static GifFileType *graft_gif_begin(
    graft_gif_sink *sink, int width, int height, const char *comment, int *error) {
  GifFileType *gif = EGifOpen(sink, graft_gif_on_write, error);
  if (gif == NULL) return NULL;
  EGifSetGifVersion(gif, 1);
  const uint8_t forever[3] = {1, 0, 0};
  if (EGifPutScreenDesc(gif, width, height, 8, 0, NULL) == GIF_ERROR ||
      EGifPutExtensionLeader(gif, APPLICATION_EXT_FUNC_CODE) == GIF_ERROR ||
      EGifPutExtensionBlock(gif, 11, "NETSCAPE2.0") == GIF_ERROR ||
      EGifPutExtensionBlock(gif, 3, forever) == GIF_ERROR ||
      EGifPutExtensionTrailer(gif) == GIF_ERROR || EGifPutComment(gif, comment) == GIF_ERROR) {
    *error = gif->Error;
    EGifCloseFile(gif, NULL);
    return NULL;
  }
  return gif;
}

// Adds a frame of color numbers, height x width bytes, with its palette of 256 RGB triples, shown for
// `delay` hundredths of a second. Returns 0 or giflib's number of an error.
static int graft_gif_add(
    GifFileType *gif, int width, int height, const uint8_t *pixels, const uint8_t *palette,
    int delay) {
  const uint8_t control[4] = {1 << 2, (uint8_t)(delay & 255), (uint8_t)(delay >> 8), 0};
  GifColorType colors[256];
  for (int i = 0; i < 256; i++) {
    colors[i].Red = palette[3 * i];
    colors[i].Green = palette[3 * i + 1];
    colors[i].Blue = palette[3 * i + 2];
  }
  ColorMapObject *map = GifMakeMapObject(256, colors);
  if (map == NULL) return E_GIF_ERR_NOT_ENOUGH_MEM;
  int ok = EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, 4, control) != GIF_ERROR &&
      EGifPutImageDesc(gif, 0, 0, width, height, 0, map) != GIF_ERROR;
  GifFreeMapObject(map);
  uint8_t *row = ok ? (uint8_t *)malloc((size_t)width) : NULL;
  if (ok && row == NULL) return E_GIF_ERR_NOT_ENOUGH_MEM;
  for (int y = 0; y < height && ok; y++) {
    // giflib may change what it is given.
    memcpy(row, pixels + (size_t)y * width, (size_t)width);
    ok = EGifPutLine(gif, row, width) != GIF_ERROR;
  }
  free(row);
  return ok ? 0 : gif->Error;
}

// Ends the file; returns 0 or giflib's number of an error.
static int graft_gif_end(GifFileType *gif) {
  int error = 0;
  return EGifCloseFile(gif, &error) == GIF_ERROR ? error : 0;
}

static inline const char *graft_gif_text(int error) {
  const char *text = GifErrorString(error);
  return text == NULL ? "unknown error" : text;
}

#endif
