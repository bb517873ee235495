#ifndef GRAFT_JPEG_ENTROPY_H
#define GRAFT_JPEG_ENTROPY_H

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <jpeglib.h>

#include "tables.h"

// The bits of a scan, read in order.
typedef struct {
  const uint8_t *next;
  const uint8_t *end;
  // The bits to come, from the top; zeros below the valid ones.
  uint64_t bits;
  int count;
  // How many zero bits were added after the end of the scan; above `count`, some of them were used.
  int invented;
} graft_jpeg_bits;

// Two each for DC and AC are all that baseline allows.
typedef struct {
  graft_jpeg_table dc[2];
  graft_jpeg_table ac[2];
} graft_jpeg_tables;

// A Huffman decoder for baseline files that replaces libjpeg's and needs about two thirds
// of its time. It decodes valid data only. On anything else it calls `retreat`, and the file is
// then read again by libjpeg's own decoder, which decides what is an error.
typedef struct {
  graft_jpeg_bits bits;
  graft_jpeg_tables *tables;
  int last_dc[MAX_COMPS_IN_SCAN];
  JDIMENSION column;
  unsigned mcus_to_restart;
  int next_restart;
  jmp_buf retreat;
} graft_jpeg_entropy;

// Replaces the decoder that jpeg_start_decompress has prepared for `jpeg` by `entropy`,
// and returns 1; or returns 0 where the file is not of the kind it reads.
int graft_jpeg_attach(j_decompress_ptr jpeg, graft_jpeg_entropy *entropy);

// Tells libjpeg how far the file was read.
void graft_jpeg_detach(j_decompress_ptr jpeg, const graft_jpeg_entropy *entropy);

#endif
