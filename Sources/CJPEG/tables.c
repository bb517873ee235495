#include "tables.h"

#include <string.h>

// Enters a code that fits a window with each value that it can have; if the values do not fit, its
// length.
static void enter(graft_jpeg_table *table, uint32_t code, int length, int symbol) {
  int value_bits = symbol & 15;
  int total = length + value_bits;
  if (total > WINDOW_BITS) {
    graft_jpeg_pair *place = table->pairs + (code << (WINDOW_BITS - length));
    for (uint32_t low = 0; low < 1u << (WINDOW_BITS - length); low++) {
      place[low].first_steps = (uint8_t)length;
    }
    return;
  }
  int steps = table->is_ac ? graft_jpeg_steps(symbol) : 0;
  uint32_t spare = WINDOW_BITS - (uint32_t)total;
  for (uint32_t bits = 0; bits < 1u << value_bits; bits++) {
    int16_t value = (int16_t)graft_jpeg_number(bits, value_bits);
    graft_jpeg_pair pair = {(uint8_t)total, (uint8_t)total, (uint8_t)steps, 0, value, value};
    graft_jpeg_pair *place = table->pairs + ((code << value_bits | bits) << spare);
    for (uint32_t low = 0; low < 1u << spare; low++) place[low] = pair;
  }
}

// Joins each first symbol that leaves bits in its window with the next one.
static void pair_up(graft_jpeg_table *table) {
  for (uint32_t window = 0; window < 1u << WINDOW_BITS; window++) {
    graft_jpeg_pair *pair = &table->pairs[window];
    graft_jpeg_pair next = table->pairs[window << pair->first_bits & ((1u << WINDOW_BITS) - 1)];
    if (pair->first_bits == 0 || next.first_bits == 0 || pair->first_steps == END_OF_BLOCK ||
        pair->first_bits + next.first_bits > WINDOW_BITS) {
      continue;
    }
    pair->bits = pair->first_bits + next.first_bits;
    pair->second_steps = next.first_steps;
    pair->second = next.first;
  }
}

// Chains symbols as long as they fit one window and one block.
static void chain(graft_jpeg_table *table) {
  for (uint32_t window = 0; window < 1u << WINDOW_BITS; window++) {
    graft_jpeg_pair pair = table->pairs[window];
    uint32_t used = pair.bits;
    uint32_t steps = pair.first_steps + pair.second_steps;
    if (steps % END_OF_BLOCK >= 64) {
      used = pair.first_bits;
      steps = pair.first_steps;
    }
    while (used > 0 && used < WINDOW_BITS - 1 && steps < 64) {
      pair = table->pairs[window << used & ((1u << WINDOW_BITS) - 1)];
      uint32_t more = steps + pair.first_steps;
      if (pair.bits == 0 || used + pair.first_bits > WINDOW_BITS || more % END_OF_BLOCK >= 64) break;
      used += pair.first_bits;
      steps = more;
    }
    table->chains[window] = used == 0 ? 0 : (uint16_t)(steps << 8 | used);
  }
}

void graft_jpeg_prepare(graft_jpeg_table *table, const JHUFF_TBL *source, int is_ac) {
  table->symbols = source->huffval;
  table->is_ac = is_ac;
  memset(table->pairs, 0, sizeof table->pairs);
  uint32_t code = 0;
  int index = 0;
  for (int length = 1; length <= 16; length++) {
    table->offset[length] = index - (int)code;
    for (int i = 0; i < source->bits[length] && index < 256; i++, code++, index++) {
      int fits = length <= WINDOW_BITS && code < 1u << length;
      if (fits) enter(table, code, length, source->huffval[index]);
    }
    table->limit[length] = code << (16 - length);
    code <<= 1;
  }
  if (!is_ac) return;
  pair_up(table);
  chain(table);
}
