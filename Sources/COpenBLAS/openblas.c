#include "graft_openblas.h"

#include <cblas.h>
#include <dlfcn.h>
#include <stdlib.h>

// cblas.h gives the types, so that the compiler checks the calls; LAPACK's names are not in it.
static __typeof__(cblas_dgemm) *dgemm;
static __typeof__(cblas_sgemm) *sgemm;
static __typeof__(cblas_dsyrk) *dsyrk;
static __typeof__(openblas_set_num_threads) *set_num_threads;
static __typeof__(openblas_get_config) *get_config;
static void (*dpotrf)(const char *, const int *, double *, const int *, int *);
static void (*dpotrs)(const char *, const int *, const int *, const double *, const int *, double *,
                      const int *, int *);
static void (*dsyevd)(const char *, const char *, const int *, double *, const int *, double *, double *,
                      const int *, int *, const int *, int *);
static void (*dgelsd)(const int *, const int *, const int *, double *, const int *, double *, const int *,
                      double *, const double *, int *, double *, const int *, int *, int *);

static const char *const threads_variable = "OPENBLAS_NUM_THREADS";
static const char *const core_variable = "OPENBLAS_CORETYPE";

/// Sets a variable, or removes it, and returns a copy of what it was.
static char *replaced(const char *name, const char *value) {
  const char *before = getenv(name);
  char *copy = NULL;
  if (before) {
    size_t length = 0;
    while (before[length]) length++;
    copy = malloc(length + 1);
    for (size_t place = 0; copy && place <= length; place++) copy[place] = before[place];
  }
  if (value) setenv(name, value, 1);
  else unsetenv(name);
  return copy;
}

static void restore(const char *name, char *value) {
  free(replaced(name, value));
  free(value);
}

static const char *find(void *library) {
  const struct { const char *name; void *place; } functions[] = {
      {"cblas_dgemm", &dgemm}, {"cblas_sgemm", &sgemm}, {"cblas_dsyrk", &dsyrk},
      {"openblas_set_num_threads", &set_num_threads}, {"openblas_get_config", &get_config},
      {"dpotrf_", &dpotrf}, {"dpotrs_", &dpotrs}, {"dsyevd_", &dsyevd}, {"dgelsd_", &dgelsd}};
  for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
    void *function = dlsym(library, functions[index].name);
    if (!function) return dlerror();
    *(void **)functions[index].place = function;
  }
  return NULL;
}

const char *graft_openblas_load(const char *core) {
  char *cores = replaced(core_variable, core);
  char *threads = replaced(threads_variable, "1");
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  const char *failure = library ? NULL : dlerror();
  restore(core_variable, cores);
  restore(threads_variable, threads);
  if (failure || (failure = find(library))) return failure;
  set_num_threads(1);
  return NULL;
}

const char *graft_openblas_version(void) { return get_config(); }

void graft_openblas_product(int is_a_transposed, int is_b_transposed, int m, int n, int k,
                            const double *a, int a_stride, const double *b, int b_stride, double *c,
                            int c_stride) {
  dgemm(CblasRowMajor, is_a_transposed ? CblasTrans : CblasNoTrans,
        is_b_transposed ? CblasTrans : CblasNoTrans, m, n, k, 1, a, a_stride, b, b_stride, 0, c, c_stride);
}

void graft_openblas_product_f32(int m, int n, int k, const float *a, const float *b, float *c) {
  sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, a, k, b, n, 0, c, n);
}

void graft_openblas_gram(int n, int k, const double *a, int a_stride, double *c) {
  dsyrk(CblasRowMajor, CblasLower, CblasTrans, n, k, 1, a, a_stride, 0, c, n);
}

int graft_openblas_cholesky(int n, double *a) {
  int answer = 0;
  dpotrf("U", &n, a, &n, &answer);
  return answer;
}

int graft_openblas_cholesky_solve(int n, int m, const double *factor, double *b) {
  int answer = 0;
  dpotrs("U", &n, &m, factor, &n, b, &n, &answer);
  return answer;
}

int graft_openblas_eigen(int n, double *a, double *values, double *work, int *counters) {
  int work_count = 1 + 6 * n + 2 * n * n, counter_count = 3 + 5 * n, answer = 0;
  dsyevd("V", "U", &n, a, &n, values, work, &work_count, counters, &counter_count, &answer);
  return answer;
}

int graft_openblas_least_squares(int m, int n, int sides, double *a, double *b, double *singular,
                                 double *work, int work_count, int *counters) {
  const int b_stride = m > n ? m : n;
  const double limit = 1e-12;
  int rank = 0, answer = 0;
  dgelsd(&m, &n, &sides, a, &m, b, &b_stride, singular, &limit, &rank, work, &work_count, counters,
         &answer);
  return answer;
}
