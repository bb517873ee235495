#ifndef GRAFT_CWEBP_SHIM_H
#define GRAFT_CWEBP_SHIM_H

#include <stddef.h>
#include <stdint.h>
#include <webp/decode.h>
#include <webp/demux.h>

// What the chunks of a WebP say: the canvas, where its first frame lies, whether that frame is
// lossless and has alpha, and where in the file its coded bytes and the EXIF block are (size 0: none).
typedef struct {
  uint32_t width, height;
  int frame_count;
  int x, y, frame_width, frame_height;
  int is_lossless, has_alpha;
  size_t frame_offset, frame_size;
  size_t exif_offset, exif_size;
} graft_webp_header;

// Reads the chunks and decodes nothing. Returns 1, or 0 where the file is damaged or incomplete.
static inline int graft_webp_read_header(
    const uint8_t *bytes, size_t count, graft_webp_header *header) {
  *header = (graft_webp_header){0};
  WebPData data = {bytes, count};
  WebPDemuxer *demuxer = WebPDemux(&data);
  if (demuxer == NULL) return 0;
  header->width = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_WIDTH);
  header->height = WebPDemuxGetI(demuxer, WEBP_FF_CANVAS_HEIGHT);
  header->frame_count = (int)WebPDemuxGetI(demuxer, WEBP_FF_FRAME_COUNT);
  WebPIterator frame;
  int is_found = 0;
  if (WebPDemuxGetFrame(demuxer, 1, &frame)) {
    WebPBitstreamFeatures features;
    header->x = frame.x_offset;
    header->y = frame.y_offset;
    header->frame_width = frame.width;
    header->frame_height = frame.height;
    header->has_alpha = frame.has_alpha;
    header->frame_offset = (size_t)(frame.fragment.bytes - bytes);
    header->frame_size = frame.fragment.size;
    is_found = frame.complete &&
               WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &features) ==
                   VP8_STATUS_OK &&
               features.width == frame.width && features.height == frame.height;
    header->is_lossless = is_found && features.format == 2;
    WebPDemuxReleaseIterator(&frame);
  }
  WebPChunkIterator chunk;
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk)) {
    header->exif_offset = (size_t)(chunk.chunk.bytes - bytes);
    header->exif_size = chunk.chunk.size;
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  WebPDemuxDelete(demuxer);
  return is_found;
}

// Decodes a window of a frame into `out`, height x width x 3 bytes (RGB; alpha is dropped). The
// window's corner has even coordinates.
static inline VP8StatusCode graft_webp_decode(
    const uint8_t *frame, size_t size, int x, int y, int width, int height, uint8_t *out) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return VP8_STATUS_INVALID_PARAM;
  config.options.use_cropping = 1;
  config.options.crop_left = x;
  config.options.crop_top = y;
  config.options.crop_width = width;
  config.options.crop_height = height;
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = out;
  config.output.u.RGBA.stride = 3 * width;
  config.output.u.RGBA.size = (size_t)3 * width * height;
  VP8StatusCode status = WebPDecode(frame, size, &config);
  WebPFreeDecBuffer(&config.output);
  return status;
}

#endif
