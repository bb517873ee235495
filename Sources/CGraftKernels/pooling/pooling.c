// Max and average pooling over fixed windows; max pooling also over a batch norm that is not stored.
#include <string.h>

#include "common/arithmetic.h"
#include "graft_pooling.h"


typedef uint8_t v16b __attribute__((vector_size(16), aligned(1), may_alias));

/// Stores the first lanes of a vector of element type `type`.
#define STORE(type, vector_type, vector, out, lanes)        \
  if (lanes == 16) {                                        \
    *(vector_type *)(out) = vector;                         \
  } else {                                                  \
    type each[16];                                          \
    *(vector_type *)each = vector;                          \
    for (int i = 0; i < lanes; i++) (out)[i] = each[i];     \
  }

GRAFT_DISPATCHED void graft_max_pool(
    const graft_pool *s, const float *x, int first_row, int last_row, float *y,
    uint8_t *switches) {
  ptrdiff_t channels = s->channels, line = s->in_w * channels;
  for (int oy = first_row; oy < last_row; oy++) {
    int y0 = oy * s->stride_y - s->pad_y;
    int top = int_clamp(y0, 0, s->in_h), bottom = int_clamp(y0 + s->kernel_h, 0, s->in_h);
    for (int ox = 0; ox < s->out_w; ox++) {
      int x0 = ox * s->stride_x - s->pad_x;
      int left = int_clamp(x0, 0, s->in_w), right = int_clamp(x0 + s->kernel_w, 0, s->in_w);
      ptrdiff_t out = ((ptrdiff_t)oy * s->out_w + ox) * channels;
      for (int c = 0; c < channels; c += 16) {
        int lanes = channels - c < 16 ? (int)channels - c : 16;
        v16 best = *(const v16 *)(x + top * line + left * channels + c);
        v16i at = (v16i){0} + ((top - y0) * s->kernel_w + left - x0);
        for (int iy = top; iy < bottom; iy++) {
          for (int ix = left; ix < right; ix++) {
            v16 value = *(const v16 *)(x + iy * line + ix * channels + c);
            v16i better = (value > best) | (value != value);  // a NaN stays one
            v16i tap = (v16i){0} + ((iy - y0) * s->kernel_w + ix - x0);
            best = GRAFT_SELECT(better, value, best);
            at = (better & tap) | (~better & at);
          }
        }
        STORE(float, v16, best, y + out + c, lanes)
        if (switches) {
          v16b place = __builtin_convertvector(at, v16b);
          STORE(uint8_t, v16b, place, switches + out + c, lanes)
        }
      }
    }
  }
}

/// The windows that cover a position: first ..< last.
static void covering(int place, int kernel, int stride, int pad, int count, int *first, int *last) {
  int low = place + pad - kernel + 1;
  *first = low <= 0 ? 0 : (low + stride - 1) / stride;
  *last = int_clamp((place + pad) / stride + 1, 0, count);
}

GRAFT_DISPATCHED void graft_max_pool_gradient(
    const graft_pool *s, const float *dy, const uint8_t *switches, int first_row, int last_row,
    int accumulates, float *dx) {
  ptrdiff_t channels = s->channels;
  for (int iy = first_row; iy < last_row; iy++) {
    int top, bottom;
    covering(iy, s->kernel_h, s->stride_y, s->pad_y, s->out_h, &top, &bottom);
    for (int ix = 0; ix < s->in_w; ix++) {
      int left, right;
      covering(ix, s->kernel_w, s->stride_x, s->pad_x, s->out_w, &left, &right);
      float *to = dx + ((ptrdiff_t)iy * s->in_w + ix) * channels;
      for (int c = 0; c < channels; c += 16) {
        int lanes = channels - c < 16 ? (int)channels - c : 16;
        v16 sum = {0};
        if (accumulates) sum = *(const v16 *)(to + c);
        for (int oy = top; oy < bottom; oy++) {
          for (int ox = left; ox < right; ox++) {
            ptrdiff_t out = ((ptrdiff_t)oy * s->out_w + ox) * channels + c;
            int tap = (iy + s->pad_y - oy * s->stride_y) * s->kernel_w + ix + s->pad_x -
                      ox * s->stride_x;
            v16i at = __builtin_convertvector(*(const v16b *)(switches + out), v16i);
            sum += (v16)((at == tap) & *(const v16i *)(dy + out));
          }
        }
        STORE(float, v16, sum, to + c, lanes)
      }
    }
  }
}

// Lines of results that share normalized lines of input.
#define LINES 4

ptrdiff_t graft_norm_max_pool_scratch(const graft_pool *s) {
  int lines = (LINES - 1) * s->stride_y + s->kernel_h;
  return (ptrdiff_t)(lines > LINES ? lines : LINES) * s->in_w * s->channels + GRAFT_SLACK;
}

void graft_norm_max_pool(
    const graft_pool *s, const graft_norm *norm, const float *x, int first_row, int last_row,
    float *y, uint8_t *switches, float *scratch) {
  ptrdiff_t line = (ptrdiff_t)s->in_w * s->channels;
  for (int oy = first_row; oy < last_row; oy += LINES) {
    int rows = last_row - oy < LINES ? last_row - oy : LINES;
    int top = int_clamp(oy * s->stride_y - s->pad_y, 0, s->in_h);
    int bottom = int_clamp((oy + rows - 1) * s->stride_y - s->pad_y + s->kernel_h, 0, s->in_h);
    graft_norm_apply(
        norm, x + top * line, (ptrdiff_t)(bottom - top) * s->in_w, s->channels, scratch);
    graft_max_pool(s, scratch - top * line, oy, oy + rows, y, switches);
  }
}

void graft_norm_max_pool_gradient(
    const graft_pool *s, const graft_norm *norm, const float *x, const float *dy,
    const uint8_t *switches, int first_row, int last_row, double *sums, int accumulates, float *dx,
    float *scratch) {
  ptrdiff_t line = (ptrdiff_t)s->in_w * s->channels;
  for (int iy = first_row; iy < last_row; iy += LINES) {
    int rows = last_row - iy < LINES ? last_row - iy : LINES;
    ptrdiff_t at = iy * line, pixels = (ptrdiff_t)rows * s->in_w;
    graft_max_pool_gradient(s, dy, switches, iy, iy + rows, 0, scratch - at);
    if (sums)
      graft_norm_gradient_sums(norm, x + at, scratch, pixels, s->channels, sums);
    else
      graft_norm_data_gradient(
          norm, x + at, scratch, pixels, s->channels, accumulates, dx + at);
  }
}

/// The window's clipped extent and torch's divisor: pixels of the window within the padded image,
/// or within the image itself.
static int window(
    const graft_pool *s, int oy, int ox, int *top, int *bottom, int *left, int *right) {
  int y0 = oy * s->stride_y - s->pad_y, x0 = ox * s->stride_x - s->pad_x;
  int y1 = int_clamp(y0 + s->kernel_h, 0, s->in_h + s->pad_y);
  int x1 = int_clamp(x0 + s->kernel_w, 0, s->in_w + s->pad_x);
  *top = int_clamp(y0, 0, s->in_h);
  *bottom = int_clamp(y1, 0, s->in_h);
  *left = int_clamp(x0, 0, s->in_w);
  *right = int_clamp(x1, 0, s->in_w);
  return s->excludes_padding ? (*bottom - *top) * (*right - *left) : (y1 - y0) * (x1 - x0);
}

GRAFT_DISPATCHED void graft_average_pool(const graft_pool *s, const float *x, float *y) {
  ptrdiff_t c = s->channels;
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ox = 0; ox < s->out_w; ox++) {
      int top, bottom, left, right;
      float factor = 1.0f / window(s, oy, ox, &top, &bottom, &left, &right);
      float *out = y + ((ptrdiff_t)oy * s->out_w + ox) * c;
      memset(out, 0, sizeof(float) * c);
      for (int iy = top; iy < bottom; iy++)
        for (int ix = left; ix < right; ix++) {
          const float *row = x + ((ptrdiff_t)iy * s->in_w + ix) * c;
          for (int i = 0; i < c; i++) out[i] += row[i];
        }
      for (int i = 0; i < c; i++) out[i] *= factor;
    }
  }
}

GRAFT_DISPATCHED void graft_average_pool_gradient(
    const graft_pool *s, const float *dy, int accumulates, float *dx) {
  ptrdiff_t c = s->channels;
  if (!accumulates) memset(dx, 0, sizeof(float) * s->in_h * s->in_w * c);
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ox = 0; ox < s->out_w; ox++) {
      int top, bottom, left, right;
      float factor = 1.0f / window(s, oy, ox, &top, &bottom, &left, &right);
      const float *g = dy + ((ptrdiff_t)oy * s->out_w + ox) * c;
      for (int iy = top; iy < bottom; iy++)
        for (int ix = left; ix < right; ix++) {
          float *row = dx + ((ptrdiff_t)iy * s->in_w + ix) * c;
          for (int i = 0; i < c; i++) row[i] += g[i] * factor;
        }
    }
  }
}
