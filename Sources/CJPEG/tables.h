#ifndef GRAFT_JPEG_TABLES_H
#define GRAFT_JPEG_TABLES_H

#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

// A Huffman table of a JPEG for decoding: a window of the next bits of a scan gives at once
// the codes in it together with the value bits that follow them.
enum {
  // Bits of a window; two tables of so many and their pixels stay in the first cache.
  WINDOW_BITS = 11,
  // The steps in the zigzag that lead out of any block.
  END_OF_BLOCK = 128,
};

// The symbols at the start of a window: one, or two of an AC table if both fit and the first does
// not end the block. Of a single one the second has its value and no steps.
typedef struct {
  // The bits of all, and of the first. 0 where not even one fits with its value.
  uint8_t bits, first_bits;
  // How far they move in the zigzag; of a DC table 0. If none fits, the first holds the length of
  // the code, or 0 where that does not fit either.
  uint8_t first_steps, second_steps;
  int16_t first, second;
} graft_jpeg_pair;

typedef struct {
  // The symbols in the order of their codes.
  const UINT8 *symbols;
  int is_ac;
  graft_jpeg_pair pairs[1 << WINDOW_BITS];
  // AC only: all symbols of a window up to the end of a block, their bits and, from bit 8 on, their
  // steps. 0 where not even one fits.
  uint16_t chains[1 << WINDOW_BITS];
  // For codes of each length: the first window of 16 bits after them, and what takes a code to the
  // index of its symbol.
  uint32_t limit[17];
  int offset[17];
} graft_jpeg_table;

// Makes the table for `source`, which it refers to.
void graft_jpeg_prepare(graft_jpeg_table *table, const JHUFF_TBL *source, int is_ac);

// The number that `count` bits stand for: those that start with 0 are negative.
static inline int graft_jpeg_number(uint32_t bits, int count) {
  return count > 0 && bits >> (count - 1) == 0 ? (int)bits - (1 << count) + 1 : (int)bits;
}

// How far an AC symbol, a run of zeros and the length of a value, moves in the zigzag.
static inline int graft_jpeg_steps(int symbol) {
  int has_value = (symbol & 15) != 0 || symbol == 0xF0;
  return has_value ? (symbol >> 4) + 1 : END_OF_BLOCK;
}

#endif
