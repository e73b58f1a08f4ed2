/* Preloaded into a PostgreSQL server: every fdatasync takes FDATASYNC_DELAY_US longer, as on a slower disk. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fdatasync(int descriptor) {
  const char *delay = getenv("FDATASYNC_DELAY_US");
  long us = delay ? atol(delay) : 0;
  long result = syscall(SYS_fdatasync, descriptor);
  int failure = errno;
  struct timespec rest = {us / 1000000, us % 1000000 * 1000};
  while (nanosleep(&rest, &rest) == -1 && errno == EINTR) continue;
  errno = failure;
  return (int)result;
}
