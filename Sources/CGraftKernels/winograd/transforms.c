// The transforms of Winograd's F(4×4, 3×3), which needs 36 products for a tile of 16 outputs
// instead of 144. S. Winograd, "Arithmetic Complexity of Computations", 1980; A. Lavin and S. Gray,
// "Fast Algorithms for Convolutional Neural Networks", 2016.
//
// With V = Bᵀ d B (an input tile d of 6×6) and U = G g Gᵀ (a filter g of 3×3), an output tile is
// Aᵀ (U ⊙ V) A, where ⊙ becomes one matrix product over channels for each of the 36 positions. The
// points are 0, ±P, ±Q and infinity; P = √½ and Q = √2 lose fewer bits than the usual 1 and 2.
#include "winograd/winograd.h"

#define P 0.70710678118654752f
#define Q 1.41421356237309505f
#define PP 0.5f
#define QQ 2.0f

// ---------------------------------------------------------------- one-dimensional transforms
// Macros over vectors, since vectors must not cross calls.

/// o[0..6) = Bᵀ i[0..6).
#define INPUT_TRANSFORM(i0, i1, i2, i3, i4, i5, o0, o1, o2, o3, o4, o5) \
  {                                                                     \
    v16 even_p = (i4) - QQ * (i2), odd_p = P * ((i3) - QQ * (i1));      \
    v16 even_q = (i4) - PP * (i2), odd_q = Q * ((i3) - PP * (i1));      \
    o0 = (i0) * (PP * QQ) - (PP + QQ) * (i2) + (i4);                    \
    o1 = even_p + odd_p;                                                \
    o2 = even_p - odd_p;                                                \
    o3 = even_q + odd_q;                                                \
    o4 = even_q - odd_q;                                                \
    o5 = (i1) * (PP * QQ) - (PP + QQ) * (i3) + (i5);                    \
  }

/// o[0..4) = Aᵀ i[0..6).
#define OUTPUT_TRANSFORM(i0, i1, i2, i3, i4, i5, o0, o1, o2, o3)    \
  {                                                                 \
    v16 sum_p = (i1) + (i2), gap_p = P * ((i1) - (i2));             \
    v16 sum_q = (i3) + (i4), gap_q = Q * ((i3) - (i4));             \
    o0 = (i0) + sum_p + sum_q;                                      \
    o1 = gap_p + gap_q;                                             \
    o2 = PP * sum_p + QQ * sum_q;                                   \
    o3 = PP * gap_p + QQ * gap_q + (i5);                            \
  }

/// o[0..6) = A i[0..4).
#define GRADIENT_TRANSFORM(i0, i1, i2, i3, o0, o1, o2, o3, o4, o5)          \
  {                                                                         \
    v16 even_p = (i0) + PP * (i2), odd_p = P * ((i1) + PP * (i3));          \
    v16 even_q = (i0) + QQ * (i2), odd_q = Q * ((i1) + QQ * (i3));          \
    o0 = (i0);                                                              \
    o1 = even_p + odd_p;                                                    \
    o2 = even_p - odd_p;                                                    \
    o3 = even_q + odd_q;                                                    \
    o4 = even_q - odd_q;                                                    \
    o5 = (i3);                                                              \
  }

// Rows of G: 1 / (PP QQ) at 0; (1, x, xx) / (2 xx (xx - yy)) at ±x; (0, 0, 1) at infinity.
#define WEIGHT_P (1 / (2 * PP * (PP - QQ)))
#define WEIGHT_Q (1 / (2 * QQ * (QQ - PP)))

/// o[0..6) = G i[0..3).
#define FILTER_TRANSFORM(i0, i1, i2, o0, o1, o2, o3, o4, o5)                      \
  {                                                                               \
    v16 even_p = WEIGHT_P * (i0) + (WEIGHT_P * PP) * (i2);                        \
    v16 even_q = WEIGHT_Q * (i0) + (WEIGHT_Q * QQ) * (i2);                        \
    v16 odd_p = (WEIGHT_P * P) * (i1), odd_q = (WEIGHT_Q * Q) * (i1);             \
    o0 = (1 / (PP * QQ)) * (i0);                                                  \
    o1 = even_p + odd_p;                                                          \
    o2 = even_p - odd_p;                                                          \
    o3 = even_q + odd_q;                                                          \
    o4 = even_q - odd_q;                                                          \
    o5 = (i2);                                                                    \
  }

/// o[0..3) = Gᵀ i[0..6).
#define FILTER_GRADIENT_TRANSFORM(i0, i1, i2, i3, i4, i5, o0, o1, o2)                    \
  {                                                                                      \
    v16 sum_p = WEIGHT_P * ((i1) + (i2)), gap_p = (WEIGHT_P * P) * ((i1) - (i2));        \
    v16 sum_q = WEIGHT_Q * ((i3) + (i4)), gap_q = (WEIGHT_Q * Q) * ((i3) - (i4));        \
    o0 = (1 / (PP * QQ)) * (i0) + sum_p + sum_q;                                         \
    o1 = gap_p + gap_q;                                                                  \
    o2 = PP * sum_p + QQ * sum_q + (i5);                                                 \
  }

#define UNROLLED _Pragma("clang loop unroll(full)")

// ---------------------------------------------------------------- tiles of images

/// What is applied between memory and a tile's values.
enum { AS_IT_IS, NORMALIZED, NORM_GRADIENT };

/// Sixteen channels of one pixel; a NaN stays one.
#define LOAD(value, at)                                                             \
  {                                                                                 \
    value = *(const v16 *)(source->x + (at));                                       \
    if (kind == NORMALIZED) {                                                       \
      value = value * scale + offset;                                               \
      value = GRAFT_SELECT(value < low, low, value);                                \
      value = GRAFT_SELECT(value > high, high, value);                              \
    }                                                                               \
    if (kind == NORM_GRADIENT) {                                                    \
      v16 z = *(const v16 *)(source->z + (at)), result = z * scale + offset;        \
      value = GRAFT_SELECT((result > low) & (result < high), value, (v16){0});      \
      value = value * scale + (z * product + constant);                             \
    }                                                                               \
  }

#define TILE_LOOP(size, TRANSFORM_COLUMN, TRANSFORM_ROW)                                      \
  static const graft_norm none = {0};                                                         \
  const graft_norm *norm = kind == AS_IT_IS ? &none : source->norm;                           \
  int bounded = norm->activation != GRAFT_LINEAR;                                             \
  v16 low = (v16){0} - (bounded ? 0 : __builtin_inff());                                      \
  v16 high = (v16){0} + (norm->activation == GRAFT_RELU6 ? 6 : __builtin_inff());             \
  for (int c = 0; c < channels; c += 16) {                                                    \
    v16 scale = {0}, offset = {0}, product = {0}, constant = {0};                             \
    if (kind != AS_IT_IS) {                                                                   \
      scale = *(const v16 *)(norm->scale + c);                                                \
      offset = *(const v16 *)(norm->offset + c);                                              \
    }                                                                                         \
    if (kind == NORM_GRADIENT) {                                                              \
      product = *(const v16 *)(norm->product + c);                                            \
      constant = *(const v16 *)(norm->constant + c);                                          \
    }                                                                                         \
    v16 t[6][size];                                                                           \
    UNROLLED for (int x = 0; x < size; x++) {                                                 \
      v16 d[size];                                                                            \
      UNROLLED for (int y = 0; y < size; y++) {                                               \
        d[y] = (v16){0};                                                                      \
        if (inside || (x >= tile->left && x < tile->right && y >= tile->top &&                \
                       y < tile->bottom))                                                     \
          LOAD(d[y], tile->start + y * tile->line + x * tile->pixel + c)                      \
      }                                                                                       \
      TRANSFORM_COLUMN                                                                        \
    }                                                                                         \
    UNROLLED for (int y = 0; y < 6; y++) {                                                    \
      v16 o[6];                                                                               \
      TRANSFORM_ROW                                                                           \
      UNROLLED for (int x = 0; x < 6; x++) *(v16 *)(v + (y * 6 + x) * place + c) = o[x];      \
    }                                                                                         \
  }

GRAFT_INLINE void transform_input(
    const graft_winograd_source *source, const graft_image_tile *tile, int channels, float *v,
    ptrdiff_t place, int kind, int inside) {
  TILE_LOOP(
      6,
      INPUT_TRANSFORM(
          d[0], d[1], d[2], d[3], d[4], d[5], t[0][x], t[1][x], t[2][x], t[3][x], t[4][x], t[5][x]),
      INPUT_TRANSFORM(
          t[y][0], t[y][1], t[y][2], t[y][3], t[y][4], t[y][5], o[0], o[1], o[2], o[3], o[4], o[5]))
}

GRAFT_INLINE void transform_gradient(
    const graft_winograd_source *source, const graft_image_tile *tile, int channels, float *v,
    ptrdiff_t place, int kind, int inside) {
  TILE_LOOP(
      4,
      GRADIENT_TRANSFORM(
          d[0], d[1], d[2], d[3], t[0][x], t[1][x], t[2][x], t[3][x], t[4][x], t[5][x]),
      GRADIENT_TRANSFORM(
          t[y][0], t[y][1], t[y][2], t[y][3], o[0], o[1], o[2], o[3], o[4], o[5]))
}

#define WITH_CONSTANT_KIND(transform, size)                                                 \
  int inside = tile->left <= 0 && tile->top <= 0 && tile->right >= size && tile->bottom >= size; \
  if (!source->norm && inside) transform(source, tile, channels, v, place, AS_IT_IS, 1);    \
  else if (!source->norm) transform(source, tile, channels, v, place, AS_IT_IS, 0);         \
  else if (!source->z && inside) transform(source, tile, channels, v, place, NORMALIZED, 1); \
  else if (!source->z) transform(source, tile, channels, v, place, NORMALIZED, 0);          \
  else if (inside) transform(source, tile, channels, v, place, NORM_GRADIENT, 1);           \
  else transform(source, tile, channels, v, place, NORM_GRADIENT, 0)

GRAFT_DISPATCHED void graft_transform_input(
    const graft_winograd_source *source, const graft_image_tile *tile, int channels, float *v,
    ptrdiff_t place) {
  WITH_CONSTANT_KIND(transform_input, 6);
}

GRAFT_DISPATCHED void graft_transform_gradient(
    const graft_winograd_source *source, const graft_image_tile *tile, int channels, float *v,
    ptrdiff_t place) {
  WITH_CONSTANT_KIND(transform_gradient, 4);
}

GRAFT_DISPATCHED void graft_transform_output(
    const float *m, ptrdiff_t place, const graft_tile_store *s) {
  for (int c = 0; c < s->channels; c += 16) {
    v16 t[4][6];
    UNROLLED for (int x = 0; x < 6; x++) {
      const float *at = m + x * place + c;
      v16 d[6];
      UNROLLED for (int y = 0; y < 6; y++) d[y] = *(const v16 *)(at + y * 6 * place);
      OUTPUT_TRANSFORM(d[0], d[1], d[2], d[3], d[4], d[5], t[0][x], t[1][x], t[2][x], t[3][x])
    }
    v16 o[4][4];
    UNROLLED for (int y = 0; y < 4; y++) OUTPUT_TRANSFORM(
        t[y][0], t[y][1], t[y][2], t[y][3], t[y][4], t[y][5], o[y][0], o[y][1], o[y][2], o[y][3])
    if (s->bias) {
      v16 bias = *(const v16 *)(s->bias + c);
      UNROLLED for (int y = 0; y < 4; y++) UNROLLED for (int x = 0; x < 4; x++) o[y][x] += bias;
    }
    int lanes = s->channels - c;
    if (lanes >= 16 && s->rows == 4 && s->columns == 4 && !s->residual && !s->accumulates &&
        !s->activation) {
      UNROLLED for (int y = 0; y < 4; y++) UNROLLED for (int x = 0; x < 4; x++)
          *(v16 *)(s->y + y * s->line + x * s->pixel + c) = o[y][x];
      continue;
    }
    for (int y = 0; y < s->rows; y++) {
      for (int x = 0; x < s->columns; x++) {
        ptrdiff_t offset = y * s->line + x * s->pixel + c;
        v16 value = o[y][x];
        if (s->residual) value += *(const v16 *)(s->residual + offset);
        if (s->activation) value = GRAFT_SELECT(value < 0, (v16){0}, value);
        if (s->activation == GRAFT_RELU6) value = GRAFT_SELECT(value > 6, (v16){0} + 6, value);
        float *out = s->y + offset;
        if (lanes >= 16) {
          *(v16 *)out = s->accumulates ? *(v16 *)out + value : value;
        } else {
          for (int i = 0; i < lanes; i++) out[i] = s->accumulates ? out[i] + value[i] : value[i];
        }
      }
    }
  }
}

GRAFT_DISPATCHED void graft_transform_filter(
    const float *g, ptrdiff_t tap, ptrdiff_t o_stride, int lanes, const float *scale, float *u,
    ptrdiff_t place) {
  v16 d[9];
  UNROLLED for (int i = 0; i < 9; i++) {
    const float *at = g + i * tap;
    if (o_stride == 1 && lanes == 16) {
      d[i] = *(const v16 *)at;
    } else {
      float values[16] = {0};
      for (int o = 0; o < lanes; o++) values[o] = at[o * o_stride];
      d[i] = *(const v16 *)values;
    }
  }
  if (scale) {
    float values[16] = {0};
    for (int o = 0; o < lanes; o++) values[o] = scale[o];
    v16 factor = *(const v16 *)values;
    UNROLLED for (int i = 0; i < 9; i++) d[i] *= factor;
  }
  v16 t[6][3];
  UNROLLED for (int x = 0; x < 3; x++) FILTER_TRANSFORM(
      d[x], d[3 + x], d[6 + x], t[0][x], t[1][x], t[2][x], t[3][x], t[4][x], t[5][x])
  UNROLLED for (int y = 0; y < 6; y++) {
    v16 o[6];
    FILTER_TRANSFORM(t[y][0], t[y][1], t[y][2], o[0], o[1], o[2], o[3], o[4], o[5])
    UNROLLED for (int x = 0; x < 6; x++) *(v16 *)(u + (y * 6 + x) * place) = o[x];
  }
}

GRAFT_DISPATCHED void graft_transform_filter_gradient(
    const float *u, ptrdiff_t place, int lanes, int accumulates, float *g, ptrdiff_t tap) {
  v16 t[3][6];
  UNROLLED for (int x = 0; x < 6; x++) {
    const float *at = u + x * place;
    v16 d[6];
    UNROLLED for (int y = 0; y < 6; y++) d[y] = *(const v16 *)(at + y * 6 * place);
    FILTER_GRADIENT_TRANSFORM(d[0], d[1], d[2], d[3], d[4], d[5], t[0][x], t[1][x], t[2][x])
  }
  UNROLLED for (int y = 0; y < 3; y++) {
    v16 o[3];
    FILTER_GRADIENT_TRANSFORM(
        t[y][0], t[y][1], t[y][2], t[y][3], t[y][4], t[y][5], o[0], o[1], o[2])
    UNROLLED for (int x = 0; x < 3; x++) {
      float *at = g + (y * 3 + x) * tap;
      if (lanes == 16) {
        *(v16 *)at = accumulates ? *(v16 *)at + o[x] : o[x];
      } else {
        for (int i = 0; i < lanes; i++) at[i] = accumulates ? at[i] + o[x][i] : o[x][i];
      }
    }
  }
}

