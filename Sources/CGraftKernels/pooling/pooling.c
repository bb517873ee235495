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

/// Input and output are float32, or both bfloat16.
GRAFT_INLINE void max_pool(
    const int is_bf16, const graft_pool *s, const void *x, int first_row, int last_row, void *y,
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
        v16 best = GRAFT_LOAD(x, top * line + left * channels + c, is_bf16);
        v16i at = (v16i){0} + ((top - y0) * s->kernel_w + left - x0);
        for (int iy = top; iy < bottom; iy++) {
          for (int ix = left; ix < right; ix++) {
            v16 value = GRAFT_LOAD(x, iy * line + ix * channels + c, is_bf16);
            v16i better = (value > best) | (value != value);  // a NaN stays one
            v16i tap = (v16i){0} + ((iy - y0) * s->kernel_w + ix - x0);
            best = GRAFT_SELECT(better, value, best);
            at = (better & tap) | (~better & at);
          }
        }
        if (is_bf16) {
          // A maximum of bfloat16 numbers is one of them.
          v16h halves = __builtin_convertvector((v16u)best >> 16, v16h);
          STORE(uint16_t, v16h, halves, (uint16_t *)y + out + c, lanes)
        } else {
          STORE(float, v16, best, (float *)y + out + c, lanes)
        }
        if (switches) {
          v16b place = __builtin_convertvector(at, v16b);
          STORE(uint8_t, v16b, place, switches + out + c, lanes)
        }
      }
    }
  }
}

GRAFT_DISPATCHED void graft_max_pool(
    const graft_pool *s, const void *x, int first_row, int last_row, void *y, uint8_t *switches) {
  if (s->is_bf16) max_pool(1, s, x, first_row, last_row, y, switches);
  else max_pool(0, s, x, first_row, last_row, y, switches);
}

/// The windows that cover a position: first ..< last.
static void covering(int place, int kernel, int stride, int pad, int count, int *first, int *last) {
  int low = place + pad - kernel + 1;
  *first = low <= 0 ? 0 : (low + stride - 1) / stride;
  *last = int_clamp((place + pad) / stride + 1, 0, count);
}

/// Stores lanes of a vector of floats, rounded where is_bf16 is set.
#define STORE_NUMBERS(vector, out, at, lanes, is_bf16)               \
  if (is_bf16) {                                                     \
    v16h halves = GRAFT_NARROW(vector);                              \
    STORE(uint16_t, v16h, halves, (uint16_t *)(out) + (at), lanes)   \
  } else {                                                           \
    STORE(float, v16, vector, (float *)(out) + (at), lanes)          \
  }

/// Gradients are float32, or both bfloat16.
GRAFT_INLINE void max_pool_gradient(
    const int is_bf16, const graft_pool *s, const void *dy, const uint8_t *switches,
    int first_row, int last_row, int accumulates, void *dx) {
  ptrdiff_t channels = s->channels;
  for (int iy = first_row; iy < last_row; iy++) {
    int top, bottom;
    covering(iy, s->kernel_h, s->stride_y, s->pad_y, s->out_h, &top, &bottom);
    for (int ix = 0; ix < s->in_w; ix++) {
      int left, right;
      covering(ix, s->kernel_w, s->stride_x, s->pad_x, s->out_w, &left, &right);
      ptrdiff_t in = ((ptrdiff_t)iy * s->in_w + ix) * channels;
      for (int c = 0; c < channels; c += 16) {
        int lanes = channels - c < 16 ? (int)channels - c : 16;
        v16 sum = {0};
        if (accumulates) sum = GRAFT_LOAD(dx, in + c, is_bf16);
        for (int oy = top; oy < bottom; oy++) {
          for (int ox = left; ox < right; ox++) {
            ptrdiff_t out = ((ptrdiff_t)oy * s->out_w + ox) * channels + c;
            int tap = (iy + s->pad_y - oy * s->stride_y) * s->kernel_w + ix + s->pad_x -
                      ox * s->stride_x;
            v16i at = __builtin_convertvector(*(const v16b *)(switches + out), v16i);
            sum += (v16)((at == tap) & (v16i)GRAFT_LOAD(dy, out, is_bf16));
          }
        }
        STORE_NUMBERS(sum, dx, in + c, lanes, is_bf16)
      }
    }
  }
}

GRAFT_DISPATCHED void graft_max_pool_gradient(
    const graft_pool *s, const void *dy, const uint8_t *switches, int first_row, int last_row,
    int accumulates, void *dx) {
  if (s->is_bf16) max_pool_gradient(1, s, dy, switches, first_row, last_row, accumulates, dx);
  else max_pool_gradient(0, s, dy, switches, first_row, last_row, accumulates, dx);
}

// Lines of results that share normalized lines of input.
#define LINES 4

ptrdiff_t graft_norm_max_pool_scratch(const graft_pool *s) {
  int lines = (LINES - 1) * s->stride_y + s->kernel_h;
  return (ptrdiff_t)(lines > LINES ? lines : LINES) * s->in_w * s->channels + GRAFT_SLACK;
}

/// The number at `count` of values that a pool reads, or that lie so far before them.
static void *number_at(const graft_pool *s, const void *values, ptrdiff_t count) {
  return (char *)values + count * (s->is_bf16 ? 2 : 4);
}

void graft_norm_max_pool(
    const graft_pool *s, const graft_norm *norm, const void *x, int first_row, int last_row,
    void *y, uint8_t *switches, float *scratch) {
  ptrdiff_t line = (ptrdiff_t)s->in_w * s->channels;
  for (int oy = first_row; oy < last_row; oy += LINES) {
    int rows = last_row - oy < LINES ? last_row - oy : LINES;
    int top = int_clamp(oy * s->stride_y - s->pad_y, 0, s->in_h);
    int bottom = int_clamp((oy + rows - 1) * s->stride_y - s->pad_y + s->kernel_h, 0, s->in_h);
    graft_norm_apply(
        norm, number_at(s, x, top * line), (ptrdiff_t)(bottom - top) * s->in_w, s->channels,
        scratch);
    graft_max_pool(s, number_at(s, scratch, -top * line), oy, oy + rows, y, switches);
  }
}

void graft_norm_max_pool_gradient(
    const graft_pool *s, const graft_norm *norm, const void *x, const void *dy,
    const uint8_t *switches, int first_row, int last_row, double *sums, int accumulates, void *dx,
    float *scratch) {
  ptrdiff_t line = (ptrdiff_t)s->in_w * s->channels;
  for (int iy = first_row; iy < last_row; iy += LINES) {
    int rows = last_row - iy < LINES ? last_row - iy : LINES;
    ptrdiff_t at = iy * line, pixels = (ptrdiff_t)rows * s->in_w;
    graft_max_pool_gradient(
        s, dy, switches, iy, iy + rows, 0, number_at(s, scratch, -at));
    if (sums)
      graft_norm_gradient_sums(norm, number_at(s, x, at), scratch, pixels, s->channels, sums);
    else
      graft_norm_data_gradient(
          norm, number_at(s, x, at), scratch, pixels, s->channels, accumulates,
          number_at(s, dx, at));
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

/// One window's mean; the sums are float32.
GRAFT_INLINE void average_window(
    const int is_bf16, const void *x, ptrdiff_t line, int rows, int columns, int channels,
    float factor, void *y) {
  for (int c = 0; c < channels; c += 16) {
    int lanes = int_min(16, channels - c);
    v16 sum = {0};
    for (int iy = 0; iy < rows; iy++)
      for (int ix = 0; ix < columns; ix++)
        sum += GRAFT_LOAD(x, iy * line + ix * (ptrdiff_t)channels + c, is_bf16);
    sum *= factor;
    STORE_NUMBERS(sum, y, c, lanes, is_bf16)
  }
}

GRAFT_DISPATCHED void graft_average_pool(const graft_pool *s, const void *x, void *y) {
  ptrdiff_t line = (ptrdiff_t)s->in_w * s->channels;
  for (int oy = 0; oy < s->out_h; oy++) {
    for (int ox = 0; ox < s->out_w; ox++) {
      int top, bottom, left, right;
      float factor = 1.0f / window(s, oy, ox, &top, &bottom, &left, &right);
      ptrdiff_t in = top * line + (ptrdiff_t)left * s->channels;
      ptrdiff_t out = ((ptrdiff_t)oy * s->out_w + ox) * s->channels;
      int rows = bottom - top, columns = right - left;
      if (s->is_bf16)
        average_window(
            1, (const uint16_t *)x + in, line, rows, columns, s->channels, factor,
            (uint16_t *)y + out);
      else
        average_window(
            0, (const float *)x + in, line, rows, columns, s->channels, factor, (float *)y + out);
    }
  }
}

/// The same of gradients stored as bfloat16: each is the sum of what its windows send, rounded once.
GRAFT_DISPATCHED static void average_pool_gradient_stored(
    const graft_pool *s, const uint16_t *dy, int accumulates, uint16_t *dx) {
  ptrdiff_t channels = s->channels;
  for (int iy = 0; iy < s->in_h; iy++) {
    int first_y, last_y;
    covering(iy, s->kernel_h, s->stride_y, s->pad_y, s->out_h, &first_y, &last_y);
    for (int ix = 0; ix < s->in_w; ix++) {
      int first_x, last_x;
      covering(ix, s->kernel_w, s->stride_x, s->pad_x, s->out_w, &first_x, &last_x);
      ptrdiff_t in = ((ptrdiff_t)iy * s->in_w + ix) * channels;
      for (int c = 0; c < channels; c += 16) {
        int lanes = int_min(16, (int)channels - c);
        v16 sum = {0};
        if (accumulates) sum = GRAFT_LOAD(dx, in + c, 1);
        for (int oy = first_y; oy < last_y; oy++) {
          for (int ox = first_x; ox < last_x; ox++) {
            int top, bottom, left, right;
            float factor = 1.0f / window(s, oy, ox, &top, &bottom, &left, &right);
            sum += factor * GRAFT_LOAD(dy, ((ptrdiff_t)oy * s->out_w + ox) * channels + c, 1);
          }
        }
        STORE_NUMBERS(sum, dx, in + c, lanes, 1)
      }
    }
  }
}

GRAFT_DISPATCHED static void average_pool_gradient(
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

void graft_average_pool_gradient(const graft_pool *s, const void *dy, int accumulates, void *dx) {
  if (s->is_bf16) average_pool_gradient_stored(s, dy, accumulates, dx);
  else average_pool_gradient(s, dy, accumulates, dx);
}
