/* recorder IMAGE LOG MOUNTPOINT: a disk that writes down what happens to it.
 *
 * Mounts a file system with two files. `disk` is IMAGE, to be used through a loop device; every write to it and every
 * flush goes to LOG, in the order in which they were done. What is written to `mark` goes there as well, so that a
 * mark says what was on its way to the disk, and what was flushed, when something happened elsewhere.
 *
 * A record is a head { u32 kind, u32 length, u64 offset } and `length` bytes; kinds: 1 write, 2 flush, 3 mark.
 * A record is in LOG before the caller is answered: what a flush is to keep stands before it.
 *
 * Compile: cc -O2 -Wall -o recorder recorder.c $(pkg-config --cflags --libs fuse3)
 */
#define FUSE_USE_VERSION 31
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, FLUSH = 2, MARK = 3 };

struct head {
  uint32_t kind, length;
  uint64_t offset;
};

static const char disk_path[] = "/disk", mark_path[] = "/mark";
static int image, record_log;
static off_t image_size;
/* Holds image and log together: their order is the same. */
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

/* A record that is not whole would make every later one unreadable: better no recorder than that. */
static void record(enum kind kind, const char *bytes, size_t length, off_t offset) {
  struct head head = {kind, length, offset};
  struct iovec parts[] = {{&head, sizeof head}, {(char *)bytes, length}};
  if (writev(record_log, parts, 2) != (ssize_t)(sizeof head + length)) {
    perror("recorder: log");
    abort();
  }
}

static int get_attributes(const char *path, struct stat *status, struct fuse_file_info *file) {
  (void)file;
  memset(status, 0, sizeof *status);
  status->st_nlink = 1;
  if (strcmp(path, "/") == 0) {
    status->st_mode = S_IFDIR | 0700;
  } else if (strcmp(path, disk_path) == 0) {
    status->st_mode = S_IFREG | 0600;
    status->st_size = image_size;
  } else if (strcmp(path, mark_path) == 0) {
    status->st_mode = S_IFREG | 0600;
  } else {
    return -ENOENT;
  }
  return 0;
}

/* Past the page cache, which would reorder and join writes. */
static int open_file(const char *path, struct fuse_file_info *file) {
  (void)path;
  file->direct_io = 1;
  return 0;
}

static int read_disk(const char *path, char *bytes, size_t length, off_t offset, struct fuse_file_info *file) {
  (void)file;
  if (strcmp(path, disk_path) != 0) return 0;
  ssize_t count = pread(image, bytes, length, offset);
  return count < 0 ? -errno : count;
}

static int write_file(const char *path, const char *bytes, size_t length, off_t offset, struct fuse_file_info *file) {
  (void)file;
  ssize_t count = length;
  pthread_mutex_lock(&order);
  if (strcmp(path, mark_path) == 0) {
    record(MARK, bytes, length, 0);
  } else {
    count = pwrite(image, bytes, length, offset);
    if (count > 0) record(WRITE, bytes, count, offset);
  }
  int result = count < 0 ? -errno : count;
  pthread_mutex_unlock(&order);
  return result;
}

static int flush_disk(const char *path, int only_data, struct fuse_file_info *file) {
  (void)only_data, (void)file;
  if (strcmp(path, disk_path) != 0) return 0;
  pthread_mutex_lock(&order);
  record(FLUSH, NULL, 0, 0);
  pthread_mutex_unlock(&order);
  return 0;
}

/* Discarding would have to be recorded too; file systems do without. */
static int allocate(const char *path, int mode, off_t offset, off_t length, struct fuse_file_info *file) {
  (void)path, (void)mode, (void)offset, (void)length, (void)file;
  return -EOPNOTSUPP;
}

static int truncate_file(const char *path, off_t size, struct fuse_file_info *file) {
  (void)size, (void)file;
  return strcmp(path, mark_path) == 0 ? 0 : -EPERM;
}

static const struct fuse_operations operations = {
    .getattr = get_attributes,
    .open = open_file,
    .read = read_disk,
    .write = write_file,
    .fsync = flush_disk,
    .fallocate = allocate,
    .truncate = truncate_file,
};

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: recorder IMAGE LOG MOUNTPOINT\n");
    return 2;
  }
  image = open(arguments[1], O_RDWR | O_CLOEXEC);
  record_log = open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (image < 0 || record_log < 0) {
    perror("recorder");
    return 1;
  }
  image_size = lseek(image, 0, SEEK_END);
  char *fuse_arguments[] = {arguments[0], "-f", arguments[3], NULL};
  return fuse_main(3, fuse_arguments, &operations, NULL);
}
