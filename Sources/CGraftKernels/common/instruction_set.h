// The level of instructions that kernels may use.
#pragma once

/// Above the levels 2 to 4 of x86-64 (AVX2 is 3, AVX-512 is 4): everything that the processor has.
#define GRAFT_LEVEL_AMX 5

/// The level that GRAFT_ISA allows, whether or not the processor has it.
int graft_level(void);

/// Whether the processor rounds vectors to bfloat16 in one instruction (AVX512-BF16), and may.
int graft_rounds_to_bf16(void);
