// The constants of Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011).
#pragma once

#define PHILOX_FIRST_FACTOR 0xD2511F53u
#define PHILOX_SECOND_FACTOR 0xCD9E8D57u
#define PHILOX_FIRST_STEP 0x9E3779B9u
#define PHILOX_SECOND_STEP 0xBB67AE85u
