// Products of rows with one vector: how alike features are.
#include "common/arithmetic.h"
#include "graft_elementwise.h"

GRAFT_DISPATCHED
void graft_row_products(
    const float *x, const float *vector, ptrdiff_t rows, ptrdiff_t width, float *y) {
  for (ptrdiff_t row = 0; row < rows; row++) {
    const float *in = x + row * width;
    // Four sums, so that no product waits for the one before; they are added in one order.
    v16 sums[4] = {{0}, {0}, {0}, {0}};
    for (ptrdiff_t i = 0; i < width; i += 64)
      for (int part = 0; part < 4; part++)
        sums[part] +=
            *(const v16 *)(in + i + 16 * part) * *(const v16 *)(vector + i + 16 * part);
    v16 sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    float total = 0;
    for (int lane = 0; lane < 16; lane++) total += sum[lane];
    y[row] = total;
  }
}
