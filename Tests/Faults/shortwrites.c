/* Has writes take less than they are given, as they may: preloaded into a program, with SHORT_WRITES=N every Nth write
 * of more than a few bytes takes half. Events and pipes that count on whole words are too short to be touched.
 *
 * Compile: cc -O2 -Wall -shared -fPIC -o shortwrites.so shortwrites.c
 */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { UNTOUCHED = 16, PARTS = 1024 };

static int is_short(size_t length) {
  static atomic_uint count;
  const char *every = getenv("SHORT_WRITES");
  unsigned number = every ? atoi(every) : 0;
  return number && length > UNTOUCHED && atomic_fetch_add(&count, 1) % number == 0;
}

ssize_t write(int file, const void *bytes, size_t length) {
  return syscall(SYS_write, file, bytes, is_short(length) ? length / 2 : length);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
  return syscall(SYS_pwrite64, file, bytes, is_short(length) ? length / 2 : length, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) { return pwrite64(file, bytes, length, offset); }

/* The parts up to half of all bytes; returns how many parts. */
static int half(const struct iovec *parts, int count, struct iovec *result) {
  size_t left = 0;
  for (int part = 0; part < count; part++) left += parts[part].iov_len;
  if (count > PARTS || !is_short(left)) return 0;
  left /= 2;
  int taken = 0;
  for (; left > 0; taken++) {
    result[taken] = parts[taken];
    if (result[taken].iov_len > left) result[taken].iov_len = left;
    left -= result[taken].iov_len;
  }
  return taken;
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  struct iovec some[PARTS];
  int taken = half(parts, count, some);
  return taken ? syscall(SYS_writev, file, some, taken) : syscall(SYS_writev, file, parts, count);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
  struct iovec some[PARTS];
  int taken = half(parts, count, some);
  return syscall(SYS_pwritev, file, taken ? some : parts, taken ? taken : count, offset, 0);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
  return pwritev64(file, parts, count, offset);
}
