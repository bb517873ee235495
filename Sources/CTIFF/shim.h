#ifndef GRAFT_CTIFF_SHIM_H
#define GRAFT_CTIFF_SHIM_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

// libtiff 4.5 or later, which takes handlers of errors for each file instead of for the process.

enum { GRAFT_TIFF_MESSAGE = 160 };

// How the pixels of the first page lie in a file: pieces, which are strips or tiles.
typedef struct {
  uint32_t width, height;
  uint32_t piece_width, piece_height;
  uint16_t bits, samples;
  int is_tiled, is_planar;
} graft_tiff_layout;

typedef struct {
  const uint8_t *bytes;
  uint64_t count;
  uint64_t offset;
  TIFF *tiff;
  int is_tiled;
  int is_decoding;
  int is_damaged;
  char message[GRAFT_TIFF_MESSAGE];
} graft_tiff;

static tmsize_t graft_tiff_on_read(thandle_t handle, void *out, tmsize_t count) {
  graft_tiff *file = (graft_tiff *)handle;
  if (count < 0 || file->offset >= file->count) return 0;
  uint64_t rest = file->count - file->offset;
  uint64_t taken = (uint64_t)count < rest ? (uint64_t)count : rest;
  memcpy(out, file->bytes + file->offset, taken);
  file->offset += taken;
  return (tmsize_t)taken;
}

static tmsize_t graft_tiff_on_write(thandle_t handle, void *bytes, tmsize_t count) {
  (void)handle, (void)bytes, (void)count;
  return 0;
}

static toff_t graft_tiff_on_seek(thandle_t handle, toff_t offset, int whence) {
  graft_tiff *file = (graft_tiff *)handle;
  switch (whence) {
    case SEEK_SET: file->offset = offset; break;
    case SEEK_CUR: file->offset += offset; break;
    default: file->offset = file->count + offset; break;
  }
  return file->offset;
}

static int graft_tiff_on_close(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t graft_tiff_on_size(thandle_t handle) { return ((graft_tiff *)handle)->count; }

// Keeps the first message; returning 1 stops libtiff from printing it.
static int graft_tiff_on_error(
    TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)module;
  graft_tiff *file = (graft_tiff *)user;
  if (!file->is_damaged) vsnprintf(file->message, GRAFT_TIFF_MESSAGE, format, arguments);
  file->is_damaged = 1;
  return 1;
}

// A warning about pixels means wrong ones; one about a tag does not. Unused bytes do
// no harm.
static int graft_tiff_on_warning(
    TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
  (void)tiff, (void)module;
  graft_tiff *file = (graft_tiff *)user;
  if (!file->is_decoding || file->is_damaged) return 1;
  vsnprintf(file->message, GRAFT_TIFF_MESSAGE, format, arguments);
  file->is_damaged = strstr(file->message, "xtraneous") == NULL &&
                     strncmp(file->message, "Discarding", 10) != 0 &&
                     strncmp(file->message, "JPEG strip size exceeds", 23) != 0;
  return 1;
}

// Whether libtiff reads the same out of the header as the caller, who checked it against limits.
static int graft_tiff_agrees(TIFF *tiff, const graft_tiff_layout *layout) {
  uint32_t width = 0, height = 0, piece_width = 0, piece_height = 0;
  uint16_t bits = 0, samples = 0, planar = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
  if (layout->is_tiled) {
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &piece_width);
    TIFFGetField(tiff, TIFFTAG_TILELENGTH, &piece_height);
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &piece_height);
    piece_width = width;
    if (piece_height > height) piece_height = height;
  }
  return !TIFFIsTiled(tiff) == !layout->is_tiled && width == layout->width &&
         height == layout->height && bits == layout->bits && samples == layout->samples &&
         (samples == 1 || (planar == PLANARCONFIG_SEPARATE) == !!layout->is_planar) &&
         piece_width == layout->piece_width && piece_height == layout->piece_height;
}

static inline void graft_tiff_close(graft_tiff *file) {
  if (file == NULL) return;
  if (file->tiff != NULL) TIFFClose(file->tiff);
  free(file);
}

// Opens the first page of a file in memory, which must outlive the result. `is_ycbcr` asks the JPEG
// decoder for RGB; `piece_bytes` is what a whole piece decodes to. Never returns a file that
// libtiff understands differently: then, and at any error, NULL and a text in `message`
// (GRAFT_TIFF_MESSAGE bytes).
__attribute__((noinline)) static graft_tiff *graft_tiff_open(
    const uint8_t *bytes, size_t count, const graft_tiff_layout *layout, int is_ycbcr,
    int64_t piece_bytes, char *message) {
  snprintf(message, GRAFT_TIFF_MESSAGE, "out of memory");
  graft_tiff *file = (graft_tiff *)calloc(1, sizeof *file);
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (file == NULL || options == NULL) {
    free(file);
    TIFFOpenOptionsFree(options);
    return NULL;
  }
  file->bytes = bytes;
  file->count = count;
  file->is_tiled = layout->is_tiled;
  TIFFOpenOptionsSetErrorHandlerExtR(options, graft_tiff_on_error, file);
  TIFFOpenOptionsSetWarningHandlerExtR(options, graft_tiff_on_warning, file);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)256 << 20);
  // m: no mapping; c: strips as they are.
  file->tiff = TIFFClientOpenExt(
      "image", "rmc", (thandle_t)file, graft_tiff_on_read, graft_tiff_on_write,
      graft_tiff_on_seek, graft_tiff_on_close, graft_tiff_on_size, NULL, NULL, options);
  TIFFOpenOptionsFree(options);
  int is_fine = file->tiff != NULL;
  if (is_fine && is_ycbcr) {
    is_fine = TIFFSetField(file->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  }
  if (is_fine) {
    is_fine = graft_tiff_agrees(file->tiff, layout) &&
              (layout->is_tiled ? TIFFTileSize(file->tiff) : TIFFStripSize(file->tiff)) ==
                  piece_bytes;
    if (!is_fine) snprintf(message, GRAFT_TIFF_MESSAGE, "its header contradicts itself");
  } else {
    snprintf(message, GRAFT_TIFF_MESSAGE, "%s", file->is_damaged ? file->message : "no image");
  }
  if (!is_fine) {
    graft_tiff_close(file);
    return NULL;
  }
  // What libtiff did not like about some tag and could do without.
  file->is_damaged = 0;
  return file;
}

// Decodes a piece of `count` bytes; samples of 16 bits come in the processor's byte order. Returns
// 1, or 0 with a text in the file's message.
static inline int graft_tiff_read(graft_tiff *file, uint32_t piece, uint8_t *out, int64_t count) {
  file->is_decoding = 1;
  tmsize_t read = file->is_tiled ? TIFFReadEncodedTile(file->tiff, piece, out, count)
                                 : TIFFReadEncodedStrip(file->tiff, piece, out, count);
  if (read != count && !file->is_damaged) {
    snprintf(file->message, GRAFT_TIFF_MESSAGE, "its image data end early");
    file->is_damaged = 1;
  }
  return !file->is_damaged;
}

static inline const char *graft_tiff_text(const graft_tiff *file) { return file->message; }

#endif
