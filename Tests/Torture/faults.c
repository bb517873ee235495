// A library for LD_PRELOAD that makes one call to the file system fail, or kills the process at it.
//
//   TORTURE_PREFIX  paths that begin with it count
//   TORTURE_CALL    open, write, fsync, rename, link, close, or any of them
//   TORTURE_NTH     which of these calls, from 1; 0 for none
//   TORTURE_DO      an errno as a number; short: half of the bytes are written;
//                   before, after, middle: SIGKILL before the call, after it, after half of a write
//   TORTURE_LOG     file to which `KIND PATH` of the call that was met is added, with NTH=0 of every call
//   TORTURE_TRACE   file to which every change is added that succeeds under the prefix, for writes.py:
//                   create, write, truncate, fsync, rename, link, unlink or mkdir, with TABs between its words
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { files = 4096, longest = 1024 };
enum action { go_on, fail, shorten, kill_before, kill_after, kill_middle };

static char paths[files][longest];
static atomic_long met;
static const char *prefix, *kind, *action_text, *log_path, *trace_path;
static long wanted = -1;

__attribute__((constructor)) static void read_environment(void) {
  prefix = getenv("TORTURE_PREFIX");
  kind = getenv("TORTURE_CALL");
  action_text = getenv("TORTURE_DO");
  log_path = getenv("TORTURE_LOG");
  trace_path = getenv("TORTURE_TRACE");
  const char *nth = getenv("TORTURE_NTH");
  if (prefix && kind && nth) wanted = atol(nth);
}

static void note(const char *call, const char *path) {
  char line[longest + 32];
  if (!log_path) return;
  int count = snprintf(line, sizeof line, "%s %s\n", call, path);
  int log = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (log < 0) return;
  syscall(SYS_write, log, line, count);
  syscall(SYS_close, log);
}

static int counts(const char *path) {
  return prefix && path && !strncmp(path, prefix, strlen(prefix));
}

// Adds a line `CALL PATH REST`, the bytes in hexadecimal digits; one write each, so that lines stay whole.
static void trace(const char *call, const char *path, const char *rest, const void *bytes, size_t count) {
  if (!trace_path || !counts(path)) return;
  char *line = malloc(2 * longest + 64 + 2 * count);
  if (!line) abort();
  int length = sprintf(line, "%s\t%s\t%s\t", call, path, rest);
  for (size_t place = 0; place < count; place++) {
    length += sprintf(line + length, "%02x", ((const unsigned char *)bytes)[place]);
  }
  line[length++] = '\n';
  int log = (int)syscall(SYS_openat, AT_FDCWD, trace_path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (log < 0 || syscall(SYS_write, log, line, length) != length) abort();
  syscall(SYS_close, log);
  free(line);
}

static void trace_write(const char *path, off_t place, const void *bytes, ssize_t count) {
  char offset[32];
  if (count < 0) return;
  snprintf(offset, sizeof offset, "%lld", (long long)place);
  trace("write", path, offset, bytes, (size_t)count);
}

// What is to be done at this call; sets errno where it is to fail.
static enum action at(const char *call, const char *path, const char *other) {
  if (wanted < 0 || (!counts(path) && !counts(other))) return go_on;
  if (strcmp(kind, "any") && strcmp(kind, call)) return go_on;
  if (wanted == 0) note(call, counts(path) ? path : other);
  if (atomic_fetch_add(&met, 1) + 1 != wanted) return go_on;
  note(call, counts(path) ? path : other);
  if (!strcmp(action_text, "short")) return shorten;
  if (!strcmp(action_text, "before")) kill(getpid(), SIGKILL);
  if (!strcmp(action_text, "after")) return kill_after;
  if (!strcmp(action_text, "middle")) return kill_middle;
  errno = atoi(action_text);
  return fail;
}

static void end(enum action action) {
  if (action == kill_after || action == kill_middle) kill(getpid(), SIGKILL);
}

static const char *path_of(int file) {
  return file >= 0 && file < files && paths[file][0] ? paths[file] : NULL;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opened(int file, const char *path, enum action action) {
  if (file >= 0 && file < files) {
    strncpy(paths[file], path, longest - 1);
  }
  end(action);
  return file;
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
  enum action action = at("open", path, NULL);
  if (action == fail) return -1;
  int is_new = (flags & O_CREAT) && faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
  int file = (int)syscall(SYS_openat, folder, path, flags, mode);
  if (file >= 0 && is_new) trace("create", path, "", NULL, 0);
  if (file >= 0 && (flags & O_TRUNC)) trace("truncate", path, "0", NULL, 0);
  return opened(file, path, action);
}

#define MODE(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

int open(const char *path, int flags, ...) {
  MODE(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE(flags)
  return open_at(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE(flags)
  return open_at(folder, path, flags, mode);
}

static size_t some(enum action action, size_t count) {
  return (action == shorten || action == kill_middle) && count > 1 ? count / 2 : count;
}

ssize_t write(int file, const void *bytes, size_t count) {
  enum action action = at("write", path_of(file), NULL);
  if (action == fail) return -1;
  ssize_t done = REAL(write)(file, bytes, some(action, count));
  if (trace_path && path_of(file)) trace_write(path_of(file), lseek(file, 0, SEEK_CUR) - done, bytes, done);
  end(action);
  return done;
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  enum action action = at("write", path_of(file), NULL);
  if (action == fail) return -1;
  ssize_t done = REAL(pwrite)(file, bytes, some(action, count), offset);
  if (path_of(file)) trace_write(path_of(file), offset, bytes, done);
  end(action);
  return done;
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
  return pwrite(file, bytes, count, offset);
}

int fsync(int file) {
  enum action action = at("fsync", path_of(file), NULL);
  if (action == fail) return -1;
  int result = REAL(fsync)(file);
  if (result == 0) trace("fsync", path_of(file), "", NULL, 0);
  end(action);
  return result;
}

int close(int file) {
  char path[longest] = "";
  if (path_of(file)) {
    strcpy(path, paths[file]);
    paths[file][0] = 0;
  }
  enum action action = at("close", path[0] ? path : NULL, NULL);
  int code = errno, result = REAL(close)(file);
  end(action);
  if (action != fail) return result;
  errno = code;
  return -1;
}

int rename(const char *from, const char *to) {
  enum action action = at("rename", to, from);
  if (action == fail) return -1;
  int result = REAL(rename)(from, to);
  if (result == 0) trace("rename", from, to, NULL, 0);
  end(action);
  return result;
}

int link(const char *from, const char *to) {
  enum action action = at("link", to, from);
  if (action == fail) return -1;
  int result = REAL(link)(from, to);
  if (result == 0) trace("link", from, to, NULL, 0);
  end(action);
  return result;
}

// These are only recorded, never made to fail.

int unlink(const char *path) {
  int result = REAL(unlink)(path);
  if (result == 0) trace("unlink", path, "", NULL, 0);
  return result;
}

int mkdir(const char *path, mode_t mode) {
  int result = REAL(mkdir)(path, mode);
  if (result == 0) trace("mkdir", path, "", NULL, 0);
  return result;
}

int ftruncate(int file, off_t count) {
  char text[32];
  snprintf(text, sizeof text, "%lld", (long long)count);
  int result = REAL(ftruncate)(file, count);
  if (result == 0) trace("truncate", path_of(file), text, NULL, 0);
  return result;
}
int ftruncate64(int file, off64_t count) { return ftruncate(file, count); }
