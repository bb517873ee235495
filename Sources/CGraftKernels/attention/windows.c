// Windows of a map, and what is added to their scores by position.
#include <math.h>
#include <string.h>

#include "common/arithmetic.h"
#include "common/elementary.h"
#include "graft_attention.h"

/// Which part of the shifted rows a row is in.
static int region(int row, int size, int window, int shift) {
  return shift == 0 || row < size - window ? 0 : row < size - shift ? 1 : 2;
}

void graft_window_tokens(
    const graft_windows *w, int wy, int wx, int32_t *places, int32_t *regions) {
  int rows = round_up(w->height, w->window_y), columns = round_up(w->width, w->window_x);
  for (int a = 0; a < w->window_y; a++) {
    int row = wy * w->window_y + a, y = (row + w->shift_y) % rows;
    for (int b = 0; b < w->window_x; b++) {
      int column = wx * w->window_x + b, x = (column + w->shift_x) % columns;
      *places++ = y < w->height && x < w->width ? y * w->width + x : -1;
      *regions++ = 3 * region(row, rows, w->window_y, w->shift_y)
                   + region(column, columns, w->window_x, w->shift_x);
    }
  }
}

/// The row of the table for a pair of tokens.
static int difference(int query, int key, int window_y, int window_x) {
  int dy = query / window_x - key / window_x + window_y - 1;
  int dx = query % window_x - key % window_x + window_x - 1;
  return dy * (2 * window_x - 1) + dx;
}

void graft_expand_position_bias(
    const float *table, int window_y, int window_x, int heads, float *bias) {
  int tokens = window_y * window_x, padded = graft_attention_padded(tokens);
  for (int query = 0; query < tokens; query++)
    for (int key = 0; key < padded; key++) {
      int at = key < tokens ? difference(query, key, window_y, window_x) : 0;
      const float *row = table + (ptrdiff_t)at * heads;
      for (int head = 0; head < heads; head++)
        bias[((ptrdiff_t)head * tokens + query) * padded + key] = key < tokens ? row[head] : 0;
    }
}

void graft_fold_position_bias(
    const float *bias, int window_y, int window_x, int heads, float *table) {
  int tokens = window_y * window_x, padded = graft_attention_padded(tokens);
  memset(table, 0, (size_t)(2 * window_y - 1) * (2 * window_x - 1) * heads * sizeof(float));
  for (int head = 0; head < heads; head++)
    for (int query = 0; query < tokens; query++)
      for (int key = 0; key < tokens; key++)
        table[(ptrdiff_t)difference(query, key, window_y, window_x) * heads + head] +=
            bias[((ptrdiff_t)head * tokens + query) * padded + key];
}

/// sign(x) log2(1 + |x|) / 3 of a difference, x from -8 to 8.
static float coordinate(int place, int window) {
  float x = window > 1 ? 8.0f * (place - window + 1) / (window - 1) : 0;
  float size = log2f(fabsf(x) + 1) / 3;
  return x < 0 ? -size : size;
}

/// The hidden units of one difference.
GRAFT_DISPATCHED static void hidden_units(
    const float *w1, const float *b1, float y, float x, int hidden, float *units) {
  for (int i = 0; i < hidden; i++) {
    float value = w1[2 * i] * y + w1[2 * i + 1] * x + b1[i];
    units[i] = value > 0 ? value : 0;
  }
}

GRAFT_DISPATCHED static float product(const float *x, const float *y, int count) {
  float lanes[16] = {0};
  int t = 0;
  for (; t + 16 <= count; t += 16)
    for (int i = 0; i < 16; i++) lanes[i] += x[t + i] * y[t + i];
  for (; t < count; t++) lanes[t % 16] += x[t] * y[t];
  float sum = 0;
  for (int i = 0; i < 16; i++) sum += lanes[i];
  return sum;
}

void graft_position_network(
    const float *w1, const float *b1, const float *w2, int window_y, int window_x, int hidden,
    int heads, float *table) {
  float units[GRAFT_POSITION_HIDDEN];
  for (int a = 0; a < 2 * window_y - 1; a++)
    for (int b = 0; b < 2 * window_x - 1; b++) {
      hidden_units(w1, b1, coordinate(a, window_y), coordinate(b, window_x), hidden, units);
      for (int head = 0; head < heads; head++)
        *table++ = 16 * sigmoid_of(product(w2 + (ptrdiff_t)head * hidden, units, hidden));
    }
}

GRAFT_DISPATCHED static void add_scaled(float factor, const float *x, int count, float *y) {
  for (int i = 0; i < count; i++) y[i] += factor * x[i];
}

/// The gradients of the first layer for one difference.
GRAFT_DISPATCHED static void first_layer_gradient(
    const float *units, const float *dunits, float y, float x, int hidden, float *dw1,
    float *db1) {
  for (int i = 0; i < hidden; i++) {
    float gradient = units[i] > 0 ? dunits[i] : 0;
    dw1[2 * i] += gradient * y;
    dw1[2 * i + 1] += gradient * x;
    db1[i] += gradient;
  }
}

void graft_position_network_gradient(
    const float *w1, const float *b1, const float *w2, const float *dtable, int window_y,
    int window_x, int hidden, int heads, float *dw1, float *db1, float *dw2) {
  float units[GRAFT_POSITION_HIDDEN], dunits[GRAFT_POSITION_HIDDEN];
  for (int a = 0; a < 2 * window_y - 1; a++)
    for (int b = 0; b < 2 * window_x - 1; b++) {
      float y = coordinate(a, window_y), x = coordinate(b, window_x);
      hidden_units(w1, b1, y, x, hidden, units);
      memset(dunits, 0, hidden * sizeof(float));
      for (int head = 0; head < heads; head++) {
        const float *weights = w2 + (ptrdiff_t)head * hidden;
        float share = sigmoid_of(product(weights, units, hidden));
        float gradient = *dtable++ * 16 * share * (1 - share);
        add_scaled(gradient, units, hidden, dw2 + (ptrdiff_t)head * hidden);
        add_scaled(gradient, weights, hidden, dunits);
      }
      first_layer_gradient(units, dunits, y, x, hidden, dw1, db1);
    }
}
