// Attention of one head: products of tiles of queries with all keys, whose scores stay in cache.
#include "graft_attention.h"

#include <math.h>
#include <string.h>

#include "common/arithmetic.h"
#include "common/elementary.h"
#include "products/products.h"

/// A score that counts for nothing.
#define NEVER -1e30f
/// Scores that are in cache at a time.
#define TILE_SCORES 12288

int graft_attention_padded(int tokens) { return round_up(tokens, 16); }

/// Queries whose scores are computed together.
static int tile_rows(int tokens) {
  int rows = TILE_SCORES / graft_attention_padded(tokens) / 12 * 12;
  return int_min(tokens, int_max(12, rows));
}

ptrdiff_t graft_attention_scratch(int tokens, int depth, int is_backward) {
  ptrdiff_t padded = graft_attention_padded(tokens), scores = tile_rows(tokens) * padded;
  ptrdiff_t rows = (ptrdiff_t)tokens * depth, columns = padded * depth, slack = GRAFT_SLACK;
  return is_backward ? 7 * (rows + slack) + 2 * (columns + slack) + 3 * (scores + slack) + 2 * padded
                     : 3 * (rows + slack) + columns + slack + scores + slack + 2 * padded;
}

/// Hands out parts of the scratch.
static float *take(float **scratch, ptrdiff_t count) {
  float *part = *scratch;
  *scratch += count + GRAFT_SLACK;
  return part;
}

/// c (+)= a b, rows x columns, where a(r, k) is a[r * a_row + k * a_step] and rows of b and c lie apart
/// by b_row and c_row.
static void multiply(
    int rows, int columns, int depth, const float *a, ptrdiff_t a_row, ptrdiff_t a_step,
    const float *b, ptrdiff_t b_row, float *c, ptrdiff_t c_row, int accumulates) {
  int width = graft_panel_width(columns);
  for (int first = 0; first < columns; first += width) {
    int count = int_min(width, columns - first), vectors = ceil_div(count, 16);
    graft_multiply_block(
        rows, depth, a, a_row, a_step, b + first, b_row, c + first, c_row, vectors,
        count - (vectors - 1) * 16, accumulates);
  }
}

/// One head's queries (part 0), keys (1) or values (2) of all tokens: x[T, D].
GRAFT_DISPATCHED static void gather(
    const graft_attention *a, const float *qkv, int part, int head, int first, int count,
    float *x) {
  int depth = a->depth;
  ptrdiff_t at = (ptrdiff_t)part * a->width + head * depth;
  for (int t = 0; t < count; t++, x += depth) {
    ptrdiff_t pixel = a->places ? a->places[first + t] : first + t;
    const float *from = qkv + (pixel < 0 ? 0 : pixel) * 3 * a->width + at;
    if (pixel < 0)
      for (int j = 0; j < depth; j++) x[j] = 0;
    else
      for (int j = 0; j < depth; j++) x[j] = from[j];
    if (a->bias)
      for (int j = 0; j < depth; j++) x[j] += a->bias[at + j];
  }
}

/// The same of a map with the heads' results alone; zeros in the padding.
GRAFT_DISPATCHED static void gather_results(
    const graft_attention *a, const float *y, int head, float *x) {
  int depth = a->depth;
  for (int t = 0; t < a->tokens; t++, x += depth) {
    ptrdiff_t pixel = a->places ? a->places[t] : t;
    const float *from = y + (pixel < 0 ? 0 : pixel) * a->width + head * depth;
    for (int j = 0; j < depth; j++) x[j] = pixel < 0 ? 0 : from[j];
  }
}

/// Divides rows by their lengths, at least 1e-12, and keeps 1 / length of each.
GRAFT_DISPATCHED static void normalize(float *x, int rows, int depth, float *inverse) {
  for (int t = 0; t < rows; t++, x += depth) {
    float sum = 0;
    for (int j = 0; j < depth; j++) sum += x[j] * x[j];
    float length = sqrtf(sum);
    inverse[t] = 1 / (length > 1e-12f ? length : 1e-12f);
    for (int j = 0; j < depth; j++) x[j] *= inverse[t];
  }
}

/// dx of a row's direction as dx of the row.
GRAFT_DISPATCHED static void normalize_gradient(
    const float *x, float *dx, int rows, int depth, const float *inverse) {
  for (int t = 0; t < rows; t++, x += depth, dx += depth) {
    float product = 0;
    for (int j = 0; j < depth; j++) product += x[j] * dx[j];
    for (int j = 0; j < depth; j++) dx[j] = (dx[j] - x[j] * product) * inverse[t];
  }
}

/// x[rows, depth] as y[depth, padded], zeros behind.
GRAFT_DISPATCHED static void transpose(
    const float *x, int rows, int depth, int padded, float *y) {
  for (int t0 = 0; t0 < padded; t0 += 16) {
    int count = int_max(0, int_min(16, rows - t0));
    for (int j = 0; j < depth; j++) {
      float *to = y + (ptrdiff_t)j * padded + t0;
      for (int t = 0; t < count; t++) to[t] = x[(ptrdiff_t)(t0 + t) * depth + j];
      for (int t = count; t < 16; t++) to[t] = 0;
    }
  }
}

/// A row of scores as it enters the softmax: y = scale * x + biases; NEVER behind the last token.
GRAFT_DISPATCHED static void finish_scores(
    const graft_attention *a, int query, const float *x, float *y) {
  int tokens = a->tokens, padded = round_up(tokens, 16);
  float scale = a->scale;
  if (a->position_bias) {
    const float *bias = a->position_bias + (ptrdiff_t)query * padded;
    GRAFT_IN_PLACE for (int t = 0; t < tokens; t++) y[t] = x[t] * scale + bias[t];
  } else {
    GRAFT_IN_PLACE for (int t = 0; t < tokens; t++) y[t] = x[t] * scale;
  }
  if (a->regions) {
    int own = a->regions[query];
    for (int t = 0; t < tokens; t++) y[t] += a->regions[t] == own ? 0 : -100.0f;
  }
  for (int t = tokens; t < padded; t++) y[t] = NEVER;
}

/// e^x, 0 where products with it would be denormal numbers, which processors compute slowly.
GRAFT_INLINE float share_of(float x) {
  float e = exp_of(x);
  return x < -60 ? 0 : e;
}

/// e^(x - the largest x) in place; gives that and the sum.
GRAFT_DISPATCHED static void exponentials(float *x, int padded, float *top, float *sum) {
  float lanes[16];
  for (int i = 0; i < 16; i++) lanes[i] = x[i];
  for (int t = 16; t < padded; t += 16)
    for (int i = 0; i < 16; i++) lanes[i] = x[t + i] > lanes[i] ? x[t + i] : lanes[i];
  float largest = lanes[0];
  for (int i = 1; i < 16; i++) largest = lanes[i] > largest ? lanes[i] : largest;
  for (int i = 0; i < 16; i++) lanes[i] = 0;
  for (int t = 0; t < padded; t += 16)
    for (int i = 0; i < 16; i++) {
      float e = share_of(x[t + i] - largest);
      x[t + i] = e;
      lanes[i] += e;
    }
  float total = 0;
  for (int i = 0; i < 16; i++) total += lanes[i];
  *top = largest;
  *sum = total;
}

/// e^(x - log) in place.
GRAFT_DISPATCHED static void shares(float *x, int padded, float log) {
  for (int t = 0; t < padded; t++) x[t] = share_of(x[t] - log);
}

/// dx = p (dp - Σ p dp) in dp's place.
GRAFT_DISPATCHED static void softmax_gradient(const float *p, float *dp, int tokens) {
  float lanes[16] = {0};
  int t = 0;
  for (; t + 16 <= tokens; t += 16)
    for (int i = 0; i < 16; i++) lanes[i] += p[t + i] * dp[t + i];
  for (; t < tokens; t++) lanes[t % 16] += p[t] * dp[t];
  float sum = 0;
  for (int i = 0; i < 16; i++) sum += lanes[i];
  for (t = 0; t < tokens; t++) dp[t] = p[t] * (dp[t] - sum);
}

GRAFT_DISPATCHED static float dot(const float *x, const float *y, int count) {
  float lanes[16] = {0};
  int t = 0;
  for (; t + 16 <= count; t += 16)
    for (int i = 0; i < 16; i++) lanes[i] += x[t + i] * y[t + i];
  for (; t < count; t++) lanes[t % 16] += x[t] * y[t];
  float sum = 0;
  for (int i = 0; i < 16; i++) sum += lanes[i];
  return sum;
}

GRAFT_DISPATCHED static void add_to(float *y, const float *x, int count) {
  for (int i = 0; i < count; i++) y[i] += x[i];
}

GRAFT_DISPATCHED static void scale_to(const float *x, int count, float factor, float *y) {
  GRAFT_IN_PLACE for (int i = 0; i < count; i++) y[i] = factor * x[i];
}

void graft_attention_forward(
    const graft_attention *a, const float *qkv, int head, int first, int count, float *logs,
    float *y, float *scratch) {
  int tokens = a->tokens, depth = a->depth, padded = graft_attention_padded(tokens);
  int rows = tile_rows(tokens);
  ptrdiff_t entries = (ptrdiff_t)tokens * depth;
  float *q = take(&scratch, entries), *v = take(&scratch, entries), *k = take(&scratch, entries);
  float *k_columns = take(&scratch, (ptrdiff_t)padded * depth);
  float *scores = take(&scratch, (ptrdiff_t)rows * padded), *inverse = scratch;
  gather(a, qkv, 0, head, first, count, q);
  gather(a, qkv, 1, head, 0, tokens, k);
  gather(a, qkv, 2, head, 0, tokens, v);
  if (a->is_cosine) {
    normalize(q, count, depth, inverse);
    normalize(k, tokens, depth, inverse);
  }
  transpose(k, tokens, depth, padded, k_columns);
  // The keys are in columns now: their rows take the results.
  float *results = k;
  for (int from = 0; from < count; from += rows) {
    int some = int_min(rows, count - from);
    multiply(
        some, padded, depth, q + (ptrdiff_t)from * depth, depth, 1, k_columns, padded, scores,
        padded, 0);
    for (int r = 0; r < some; r++) {
      float *row = scores + (ptrdiff_t)r * padded, top, sum;
      int query = first + from + r;
      finish_scores(a, query, row, row);
      exponentials(row, padded, &top, &sum);
      if (logs) logs[query] = top + logf(sum);
      inverse[r] = 1 / sum;
    }
    multiply(some, depth, tokens, scores, padded, 1, v, depth, results, depth, 0);
    for (int r = 0; r < some; r++) {
      int query = first + from + r;
      ptrdiff_t pixel = a->places ? a->places[query] : query;
      if (pixel >= 0)
        scale_to(
            results + (ptrdiff_t)r * depth, depth, inverse[r],
            y + pixel * a->width + head * depth);
    }
  }
}

/// Writes or adds one part of the gradient of one head's pixels, and adds to that of the bias.
GRAFT_DISPATCHED static void scatter(
    const graft_attention *a, const float *dx, int part, int head, int accumulates, float *dqkv,
    float *dbias) {
  int depth = a->depth;
  ptrdiff_t at = (ptrdiff_t)part * a->width + head * depth;
  for (int t = 0; t < a->tokens; t++, dx += depth) {
    ptrdiff_t pixel = a->places ? a->places[t] : t;
    if (dqkv && pixel >= 0) {
      float *to = dqkv + pixel * 3 * a->width + at;
      if (accumulates)
        for (int j = 0; j < depth; j++) to[j] += dx[j];
      else
        for (int j = 0; j < depth; j++) to[j] = dx[j];
    }
    if (dbias)
      for (int j = 0; j < depth; j++) dbias[at + j] += dx[j];
  }
}

void graft_attention_gradient(
    const graft_attention *a, const float *qkv, int head, const float *logs, const float *dy,
    int accumulates, float *dqkv, float *dbias, float *dposition_bias, float *dscale,
    float *scratch) {
  int tokens = a->tokens, depth = a->depth, padded = graft_attention_padded(tokens);
  int rows = tile_rows(tokens);
  ptrdiff_t entries = (ptrdiff_t)tokens * depth, columns = (ptrdiff_t)padded * depth;
  float *q = take(&scratch, entries), *k = take(&scratch, entries), *v = take(&scratch, entries);
  float *results = take(&scratch, entries);
  float *dq = take(&scratch, entries), *dk = take(&scratch, entries), *dv = take(&scratch, entries);
  float *k_columns = take(&scratch, columns), *v_columns = take(&scratch, columns);
  float *scores = take(&scratch, (ptrdiff_t)rows * padded);
  float *p = take(&scratch, (ptrdiff_t)rows * padded);
  float *dp = take(&scratch, (ptrdiff_t)rows * padded);
  float *q_inverse = scratch, *k_inverse = scratch + padded;
  gather(a, qkv, 0, head, 0, tokens, q);
  gather(a, qkv, 1, head, 0, tokens, k);
  gather(a, qkv, 2, head, 0, tokens, v);
  gather_results(a, dy, head, results);
  if (a->is_cosine) {
    normalize(q, tokens, depth, q_inverse);
    normalize(k, tokens, depth, k_inverse);
  }
  transpose(k, tokens, depth, padded, k_columns);
  transpose(v, tokens, depth, padded, v_columns);
  float scale_gradient = 0;
  for (int from = 0; from < tokens; from += rows) {
    int some = int_min(rows, tokens - from);
    const float *queries = q + (ptrdiff_t)from * depth, *given = results + (ptrdiff_t)from * depth;
    multiply(some, padded, depth, queries, depth, 1, k_columns, padded, scores, padded, 0);
    multiply(some, padded, depth, given, depth, 1, v_columns, padded, dp, padded, 0);
    for (int r = 0; r < some; r++) {
      ptrdiff_t at = (ptrdiff_t)r * padded;
      int query = from + r;
      finish_scores(a, query, scores + at, p + at);
      shares(p + at, padded, logs[query]);
      softmax_gradient(p + at, dp + at, tokens);
      if (dposition_bias) add_to(dposition_bias + (ptrdiff_t)query * padded, dp + at, tokens);
      if (dscale) scale_gradient += dot(scores + at, dp + at, tokens);
      scale_to(dp + at, tokens, a->scale, dp + at);
    }
    multiply(
        some, depth, tokens, dp, padded, 1, k, depth, dq + (ptrdiff_t)from * depth, depth, 0);
    multiply(tokens, depth, some, dp, 1, padded, queries, depth, dk, depth, from > 0);
    multiply(tokens, depth, some, p, 1, padded, given, depth, dv, depth, from > 0);
  }
  if (dscale) *dscale += scale_gradient;
  if (a->is_cosine) {
    normalize_gradient(q, dq, tokens, depth, q_inverse);
    normalize_gradient(k, dk, tokens, depth, k_inverse);
  }
  scatter(a, dq, 0, head, accumulates, dqkv, dbias);
  scatter(a, dk, 1, head, accumulates, dqkv, dbias);
  scatter(a, dv, 2, head, accumulates, dqkv, dbias);
}
