// Attention of one head among the tokens of an image or of a window, forward and backward.
//
// Legend as in graft_kernels.h, and T tokens, D channels of a head, P = T rounded up to 16. A token's pixel of
// `qkv` has the queries of all heads, then the keys, then the values: [3, heads, D].
#pragma once
#include "graft_kernels.h"

/// What one call works on.
typedef struct {
  int32_t tokens;
  /// Channels of one head, and of all heads.
  int32_t depth, width;
  /// What scores are multiplied by.
  float scale;
  /// Whether queries and keys are divided by their lengths (Liu et al., 2022).
  int32_t is_cosine;
  /// The pixel of each token, -1 in the padding; NULL: the tokens are the pixels.
  const int32_t *places;
  /// Tokens of different regions see each other with a score lower by 100; NULL: there is one.
  const int32_t *regions;
  /// [3, heads, D], added to each pixel of qkv, zeros in the padding; NULL: nothing.
  const float *bias;
  /// [T, P], added to the scores; NULL: nothing.
  const float *position_bias;
} graft_attention;

/// P.
int graft_attention_padded(int tokens);
/// Floats of scratch for one call.
ptrdiff_t graft_attention_scratch(int tokens, int depth, int is_backward);

/// y = softmax(scale q kᵀ + …) v for `count` queries from `first` on; `logs`, unless NULL, gets the logarithm
/// of each query's sum (Dao et al., 2022). All scores of some queries are in cache at a time.
void graft_attention_forward(
    const graft_attention *attention, const float *qkv, int head, int first, int count, float *logs,
    float *y, float *scratch);
/// dqkv (+)= …; adds to the gradients of `bias` [3, heads, D], of `position_bias` [T, P] and of the scale,
/// unless they are NULL. dqkv may be NULL.
void graft_attention_gradient(
    const graft_attention *attention, const float *qkv, int head, const float *logs, const float *dy,
    int accumulates, float *dqkv, float *dbias, float *dposition_bias, float *dscale,
    float *scratch);

/// A map [H, W] in windows of rows and columns; the windows are shifted to the right and below.
typedef struct {
  int32_t height, width, window_y, window_x, shift_y, shift_x;
} graft_windows;

/// The pixels of the window in row wy and column wx, and its regions: parts that were not neighbors
/// before the shift (Liu et al., 2021).
void graft_window_tokens(
    const graft_windows *windows, int wy, int wx, int32_t *places, int32_t *regions);

/// The biases of a window's pairs of tokens, [heads, T, P], from one for each difference of positions,
/// table [(2 window_y - 1)(2 window_x - 1), heads].
void graft_expand_position_bias(
    const float *table, int window_y, int window_x, int heads, float *bias);
/// table = the sums of such biases.
void graft_fold_position_bias(
    const float *bias, int window_y, int window_x, int heads, float *table);

/// The most hidden units of the network below.
#define GRAFT_POSITION_HIDDEN 512

/// table = 16 sigmoid(w2 relu(w1 c + b1)) of the logarithmic coordinates c of each difference of positions;
/// w1 is [hidden, 2], w2 [heads, hidden] (Liu et al., 2022).
void graft_position_network(
    const float *w1, const float *b1, const float *w2, int window_y, int window_x, int hidden,
    int heads, float *table);
/// Adds to the gradients of w1, b1 and w2.
void graft_position_network_gradient(
    const float *w1, const float *b1, const float *w2, const float *dtable, int window_y,
    int window_x, int hidden, int heads, float *dw1, float *db1, float *dw2);
