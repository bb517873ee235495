// Which instructions kernels may use: what the processor has, or less by GRAFT_ISA=v2, v3, v4 or amx.
//
// Clang's resolvers choose among the versions of a function while the program is loaded, before there is a C
// library to call; they ask __cpu_indicator_init, which the linker passes to the function below. So what it
// needs of the system it asks the kernel for.
#include "common/instruction_set.h"

#include <stdint.h>

#if defined(__x86_64__) && defined(__linux__)
extern uint32_t __cpu_features2[3] __attribute__((visibility("hidden")));
void __real___cpu_indicator_init(void);
void __wrap___cpu_indicator_init(void);

static long system_call(long number, long first, long second, long third) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(first), "S"(second), "d"(third)
                   : "rcx", "r11", "memory");
  return result;
}

/// The level that the environment asks for; 0 for none.
static int asked_level(void) {
  enum { READ = 0, OPEN = 2, CLOSE = 3 };
  static const char name[] = "GRAFT_ISA=";
  enum { NAME = sizeof name - 1, SKIPPED = -1 };
  long file = system_call(OPEN, (long)"/proc/self/environ", 0, 0);
  if (file < 0) return 0;
  char text[1024], value = 0;
  int place = 0, level = 0;
  for (long count; !level && (count = system_call(READ, file, (long)text, sizeof text)) > 0;) {
    for (long i = 0; i < count && !level; i++) {
      char next = text[i];
      if (!next) place = 0;
      else if (place >= 0 && place < NAME) place = next == name[place] ? place + 1 : SKIPPED;
      else if (place == NAME) {
        value = next;
        place++;
      } else if (place > NAME) {
        if (value == 'v' && next >= '2' && next <= '4') level = next - '0';
        place = SKIPPED;
      }
    }
  }
  system_call(CLOSE, file, 0, 0);
  return level;
}

static int level = 0;

void __wrap___cpu_indicator_init(void) {
  __real___cpu_indicator_init();
  if (level) return;
  int asked = asked_level();
  level = asked ? asked : GRAFT_LEVEL_AMX;
  // The levels 3 and 4 of x86-64, which the resolvers look at.
  if (level < 3) __cpu_features2[2] &= ~2u;
  if (level < 4) __cpu_features2[2] &= ~4u;
}

int graft_level(void) {
  if (!level) __wrap___cpu_indicator_init();
  return level;
}
#else
int graft_level(void) { return GRAFT_LEVEL_AMX; }
#endif

static int rounds_to_bf16 = 0;

__attribute__((constructor)) static void look_for_bf16(void) {
#if defined(__x86_64__)
  rounds_to_bf16 = graft_level() == GRAFT_LEVEL_AMX && __builtin_cpu_supports("avx512bf16") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#endif
}

int graft_rounds_to_bf16(void) { return rounds_to_bf16; }
