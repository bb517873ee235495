#ifndef GRAFT_CHEIF_SHIM_H
#define GRAFT_CHEIF_SHIM_H

#include <libheif/heif.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { GRAFT_HEIF_MESSAGE = 160 };

static inline int graft_heif_failed(struct heif_error error, char *message) {
  if (error.code == heif_error_Ok) return 0;
  strncpy(message, error.message == NULL ? "" : error.message, GRAFT_HEIF_MESSAGE - 1);
  message[GRAFT_HEIF_MESSAGE - 1] = 0;
  return 1;
}

// The primary image of a file; `bytes` must stay where they are until the context is freed. Returns
// 1, or 0 with libheif's words in `message`.
static inline int graft_heif_open(
    const uint8_t *bytes, size_t count, struct heif_context **context,
    struct heif_image_handle **handle, char *message) {
  *handle = NULL;
  *context = heif_context_alloc();
  if (*context == NULL) return 0;
  struct heif_error error =
      heif_context_read_from_memory_without_copy(*context, bytes, count, NULL);
  if (!graft_heif_failed(error, message)) {
    error = heif_context_get_primary_image_handle(*context, handle);
    if (!graft_heif_failed(error, message)) return 1;
  }
  heif_context_free(*context);
  *context = NULL;
  return 0;
}

// Width and height as the image is shown: turns that the file asks for are part of it. Returns 1 or
// 0 as above.
static inline int graft_heif_read_size(
    const uint8_t *bytes, size_t count, int *width, int *height, char *message) {
  struct heif_context *context;
  struct heif_image_handle *handle;
  if (!graft_heif_open(bytes, count, &context, &handle, message)) return 0;
  *width = heif_image_handle_get_width(handle);
  *height = heif_image_handle_get_height(handle);
  heif_image_handle_release(handle);
  heif_context_free(context);
  return 1;
}

// Decodes into `out`, height x width x 3 bytes of RGB; alpha is dropped. An image of another size than
// the caller found is an error. Returns 1 or 0 as above.
static inline int graft_heif_read(
    const uint8_t *bytes, size_t count, int width, int height, uint8_t *out, char *message) {
  struct heif_context *context;
  struct heif_image_handle *handle;
  if (!graft_heif_open(bytes, count, &context, &handle, message)) return 0;
  struct heif_image *image = NULL;
  struct heif_error error = heif_decode_image(
      handle, &image, heif_colorspace_RGB, heif_chroma_interleaved_RGB, NULL);
  int is_read = 0;
  if (!graft_heif_failed(error, message)) {
    int stride = 0;
    const uint8_t *plane =
        heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride);
    if (plane == NULL || stride < 3 * width ||
        heif_image_get_width(image, heif_channel_interleaved) != width ||
        heif_image_get_height(image, heif_channel_interleaved) != height) {
      strcpy(message, "its size is another than its header says");
    } else {
      for (int y = 0; y < height; y++) {
        memcpy(out + (size_t)y * width * 3, plane + (size_t)y * stride, (size_t)width * 3);
      }
      is_read = 1;
    }
  }
  if (image != NULL) heif_image_release(image);
  heif_image_handle_release(handle);
  heif_context_free(context);
  return is_read;
}

#endif
