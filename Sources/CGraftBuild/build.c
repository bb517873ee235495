#include "graft_build.h"

#include <stddef.h>

#ifndef GRAFT_COMMIT
#define GRAFT_COMMIT NULL
#endif

const char *graft_build_commit(void) { return GRAFT_COMMIT; }
