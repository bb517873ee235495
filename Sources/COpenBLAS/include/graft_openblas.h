// Dense linear algebra of OpenBLAS, which is loaded when it is first needed.
//
// It is not linked, because its constructor chooses loops for the processor and starts threads: both are
// decided by the environment as it is at that moment, and a linked library's constructor runs before `main`.
// Matrices are row-major; a stride counts numbers from a row to the next. After loading, all functions may
// be called from several threads.
#pragma once
#include <stddef.h>

/// Loads the library with loops for this processor generation (`Haswell`, `SkylakeX`; NULL has it choose)
/// and no threads of its own. Returns NULL, or why it cannot be used, valid until the next call.
const char *graft_openblas_load(const char *core);

/// Version and processor generation, after loading.
const char *graft_openblas_version(void);

/// C [m, n] = A [m, k] · B [k, n], where a transposed factor lies as [k, m] or [n, k].
void graft_openblas_product(int is_a_transposed, int is_b_transposed, int m, int n, int k,
                            const double *a, int a_stride, const double *b, int b_stride, double *c,
                            int c_stride);

/// The same in float32, to be measured beside Graft's own.
void graft_openblas_product_f32(int m, int n, int k, const float *a, const float *b, float *c);

/// The lower triangle of C [n, n] = Aᵀ · A, A [k, n].
void graft_openblas_gram(int n, int k, const double *a, int a_stride, double *c);

// LAPACK's answers: 0, or the place of what was not positive or did not converge. It reads columns first:
// a row-major lower triangle is its upper one.

/// Factors the symmetric A [n, n], of which the lower triangle is read: L · Lᵀ = A, L in its place.
int graft_openblas_cholesky(int n, double *a);
/// Solves A · X = B for X [n, m] by that factor; B is [m, n], a row for each right-hand side.
int graft_openblas_cholesky_solve(int n, int m, const double *factor, double *b);

/// Eigenvalues, ascending, of the symmetric A [n, n]; its rows become the eigenvectors.
/// `work` has 1 + 6 n + 2 n² numbers, `counters` 3 + 5 n.
int graft_openblas_eigen(int n, double *a, double *values, double *work, int *counters);

/// The vectors of least norm that minimize |A · X - B|, by singular values, those below 1e-12 of the largest
/// taken for zero. A is [n, m] as its transpose, destroyed; B has rows of max(m, n), a row for each right-hand
/// side, whose first n become X. `singular` has min(m, n) numbers.
/// With `work_count` -1, `work[0]` becomes how many numbers `work` needs, and `counters[0]` how many counters.
int graft_openblas_least_squares(int m, int n, int sides, double *a, double *b, double *singular,
                                 double *work, int work_count, int *counters);
