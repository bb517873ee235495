// What is known about this build only from outside of it.
#pragma once

/// The commit that was built, as the variable GRAFT_COMMIT gave it to `swift build`; null without it.
const char *graft_build_commit(void);
