#include "entropy.h"

#include <string.h>

// Internals of libjpeg: the address of its entropy decoder and the columns of a crop.
#include <jpegint.h>

#include "common/dispatch.h"


// More bits than any scan has: set where it cannot be read.
enum { NO_DATA = 1 << 20 };

// The position in a block of the k-th coefficient of the zigzag. Beyond the block it is the last
// one: the end of a block stores its zero there.
static const uint8_t zigzag[64 + END_OF_BLOCK] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    [64 ... 63 + END_OF_BLOCK] = 63,
};

// Fills the bits by bytes, to 56 and less than 64. A zero byte after 0xFF is stuffing; any other
// there makes a marker, which ends the bits.
__attribute__((noinline)) static void fill_by_bytes(graft_jpeg_bits *b) {
  while (b->count < 56) {
    uint64_t byte = 0;
    int is_stuffed = b->end - b->next >= 2 && b->next[0] == 0xFF && b->next[1] == 0;
    if (b->next < b->end && (b->next[0] != 0xFF || is_stuffed)) {
      byte = b->next[0];
      b->next += 1 + is_stuffed;
    } else {
      b->invented += 8;
    }
    b->bits |= byte << (56 - b->count);
    b->count += 8;
  }
}

// The same, eight bytes at once where none is 0xFF.
GRAFT_INLINE void fill(graft_jpeg_bits *b, graft_jpeg_bits *memory) {
  const uint64_t ones = 0x0101010101010101u;
  uint64_t word = UINT64_MAX;
  if (b->end - b->next >= 8) memcpy(&word, b->next, 8);
  if (__builtin_expect((((~word - ones) & word & ones << 7) != 0), 0)) {
    *memory = *b;
    fill_by_bytes(memory);
    *b = *memory;
    return;
  }
  b->bits |= __builtin_bswap64(word) >> b->count;
  b->next += (63 - b->count) >> 3;
  b->count |= 56;
}

GRAFT_INLINE void consume(graft_jpeg_bits *b, int count) {
  b->bits <<= count & 63;
  b->count -= count;
}

typedef struct {
  int symbol;
  int value;
} graft_jpeg_symbol;

// A symbol that fits no window with its value. An invalid code ends the block and is recorded.
__attribute__((noinline)) static graft_jpeg_symbol read_long(
    graft_jpeg_bits *b, const graft_jpeg_table *table) {
  fill_by_bytes(b);
  uint32_t window = b->bits >> 48;
  graft_jpeg_pair pair = table->pairs[b->bits >> (64 - WINDOW_BITS)];
  int length = pair.bits > 0 ? 1 : pair.first_steps > 0 ? pair.first_steps : WINDOW_BITS + 1;
  while (length <= 16 && window >= table->limit[length]) length++;
  if (length > 16) {
    b->invented = NO_DATA;
    return (graft_jpeg_symbol){0, 0};
  }
  int index = (int)(window >> (16 - length)) + table->offset[length];
  int symbol = table->symbols[index & 255];
  int count = symbol & 15;
  consume(b, length);
  int value = count == 0 ? 0 : graft_jpeg_number((uint32_t)(b->bits >> (64 - count)), count);
  consume(b, count);
  return (graft_jpeg_symbol){symbol, value};
}

GRAFT_INLINE graft_jpeg_symbol read_apart(
    graft_jpeg_bits *b, graft_jpeg_bits *memory, const graft_jpeg_table *table) {
  *memory = *b;
  graft_jpeg_symbol found = read_long(memory, table);
  *b = *memory;
  return found;
}

// The difference of a block's mean to that of the block before.
GRAFT_INLINE int read_dc(graft_jpeg_bits *b, graft_jpeg_bits *memory, const graft_jpeg_table *table) {
  fill(b, memory);
  graft_jpeg_pair pair = table->pairs[b->bits >> (64 - WINDOW_BITS)];
  if (__builtin_expect(pair.bits == 0, 0)) return read_apart(b, memory, table).value;
  consume(b, pair.bits);
  return pair.first;
}

// Reads the other coefficients of a block; returns the end of the zigzag it came to.
GRAFT_INLINE int read_ac(
    graft_jpeg_bits *b, graft_jpeg_bits *memory, const graft_jpeg_table *table, JCOEF *block) {
  int k = 1;
  while (1) {
    fill(b, memory);
    // As many windows as 56 bits surely hold.
#pragma clang loop unroll(full)
    for (int i = 0; i < 56 / WINDOW_BITS; i++) {
      graft_jpeg_pair pair = table->pairs[b->bits >> (64 - WINDOW_BITS)];
      if (__builtin_expect(pair.bits == 0, 0)) {
        graft_jpeg_symbol found = read_apart(b, memory, table);
        k += graft_jpeg_steps(found.symbol);
        block[zigzag[k - 1]] = (JCOEF)found.value;
        if (k >= 64) return k;
        break;
      }
      k += pair.first_steps;
      block[zigzag[k - 1]] = pair.first;
      if (k >= 64) {
        consume(b, pair.first_bits);
        return k;
      }
      k += pair.second_steps;
      block[zigzag[k - 1]] = pair.second;
      consume(b, pair.bits);
      if (k >= 64) return k;
    }
  }
}

// The same, but without keeping coefficients.
GRAFT_INLINE int skip_ac(graft_jpeg_bits *b, graft_jpeg_bits *memory, const graft_jpeg_table *table) {
  int k = 1;
  while (1) {
    fill(b, memory);
#pragma clang loop unroll(full)
    for (int i = 0; i < 56 / WINDOW_BITS; i++) {
      int chain = table->chains[b->bits >> (64 - WINDOW_BITS)];
      int steps = chain >> 8;
      // Symbols after the block's last coefficient belong to the next block.
      int is_one_block = k + steps % END_OF_BLOCK + steps / END_OF_BLOCK <= 64;
      if (__builtin_expect(chain == 0 || !is_one_block, 0)) {
        k += graft_jpeg_steps(read_apart(b, memory, table).symbol);
        if (k >= 64) return k;
        break;
      }
      consume(b, chain & 255);
      k += steps;
      if (k >= 64) return k;
    }
  }
}

// Skips the restart marker, which must be the next in sequence and follow the bits directly.
static void restart(graft_jpeg_entropy *entropy, unsigned interval) {
  graft_jpeg_bits *b = &entropy->bits;
  fill_by_bytes(b);
  int has_marker = b->count - b->invented < 8 && b->end - b->next >= 2 && b->next[0] == 0xFF &&
                   b->next[1] == 0xD0 + entropy->next_restart;
  if (!has_marker) longjmp(entropy->retreat, 1);
  *b = (graft_jpeg_bits){.next = b->next + 2, .end = b->end};
  entropy->mcus_to_restart = interval;
  entropy->next_restart = (entropy->next_restart + 1) & 7;
  memset(entropy->last_dc, 0, sizeof entropy->last_dc);
}

#if JPEG_LIB_VERSION >= 70
#define HAS_AC(component) ((component)->DCT_h_scaled_size > 1)
#else
#define HAS_AC(component) ((component)->DCT_scaled_size > 1)
#endif

// libjpeg's decode_mcu: the blocks are zeros on entry; without blocks, the MCU is skipped.
GRAFT_DISPATCHED_TO_AVX2 static boolean decode_unit(j_decompress_ptr jpeg, JBLOCKROW *blocks) {
  graft_jpeg_entropy *entropy = jpeg->client_data;
  if (jpeg->restart_interval > 0) {
    if (entropy->mcus_to_restart == 0) restart(entropy, jpeg->restart_interval);
    entropy->mcus_to_restart--;
  }
  int is_seen = blocks != NULL && entropy->column >= jpeg->master->first_iMCU_col &&
                entropy->column <= jpeg->master->last_iMCU_col;
  entropy->column = entropy->column + 1 == jpeg->MCUs_per_row ? 0 : entropy->column + 1;
  graft_jpeg_bits b = entropy->bits;
  int is_sound = 1;
  for (int index = 0; index < jpeg->blocks_in_MCU; index++) {
    int place = jpeg->MCU_membership[index];
    const jpeg_component_info *component = jpeg->cur_comp_info[place];
    const graft_jpeg_table *ac = &entropy->tables->ac[component->ac_tbl_no];
    int dc = entropy->last_dc[place] +
             read_dc(&b, &entropy->bits, &entropy->tables->dc[component->dc_tbl_no]);
    entropy->last_dc[place] = dc;
    is_sound &= dc == (int16_t)dc;
    int end;
    if (is_seen) (*blocks[index])[0] = (JCOEF)dc;
    if (is_seen && HAS_AC(component)) {
      end = read_ac(&b, &entropy->bits, ac, *blocks[index]);
    } else {
      end = skip_ac(&b, &entropy->bits, ac);
    }
    // A block ends with its last coefficient or by a code.
    is_sound &= end == 64 || end > END_OF_BLOCK;
  }
  if (__builtin_expect(!is_sound || b.invented > b.count, 0)) longjmp(entropy->retreat, 1);
  entropy->bits = b;
  return TRUE;
}

int graft_jpeg_attach(j_decompress_ptr jpeg, graft_jpeg_entropy *entropy) {
  if (jpeg->progressive_mode || jpeg->arith_code || jpeg->inputctl->has_multiple_scans ||
      jpeg->unread_marker != 0) {
    return 0;
  }
  entropy->tables = jpeg->mem->alloc_large((j_common_ptr)jpeg, JPOOL_IMAGE, sizeof *entropy->tables);
  for (int place = 0; place < jpeg->comps_in_scan; place++) {
    const jpeg_component_info *component = jpeg->cur_comp_info[place];
    int dc = component->dc_tbl_no;
    int ac = component->ac_tbl_no;
    if (dc > 1 || ac > 1 || !jpeg->dc_huff_tbl_ptrs[dc] || !jpeg->ac_huff_tbl_ptrs[ac]) return 0;
    graft_jpeg_prepare(&entropy->tables->dc[dc], jpeg->dc_huff_tbl_ptrs[dc], 0);
    graft_jpeg_prepare(&entropy->tables->ac[ac], jpeg->ac_huff_tbl_ptrs[ac], 1);
  }
  entropy->bits = (graft_jpeg_bits){
      .next = jpeg->src->next_input_byte,
      .end = jpeg->src->next_input_byte + jpeg->src->bytes_in_buffer,
  };
  memset(entropy->last_dc, 0, sizeof entropy->last_dc);
  entropy->column = 0;
  entropy->mcus_to_restart = jpeg->restart_interval;
  entropy->next_restart = 0;
  jpeg->client_data = entropy;
  jpeg->entropy->decode_mcu = decode_unit;
  return 1;
}

void graft_jpeg_detach(j_decompress_ptr jpeg, const graft_jpeg_entropy *entropy) {
  jpeg->src->next_input_byte = entropy->bits.next;
  jpeg->src->bytes_in_buffer = (size_t)(entropy->bits.end - entropy->bits.next);
}
