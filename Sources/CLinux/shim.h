// What Linux offers and Swift's Glibc module leaves out.
#include <malloc.h>
#include <sys/statfs.h>

// <fcntl.h> declares these for _GNU_SOURCE only, which Swift's Glibc module is built without.
extern int sync_file_range(int descriptor, long offset, long count, unsigned int flags);
static const unsigned int escrow_sync_file_range_write = 2;
extern int fallocate(int descriptor, int mode, long offset, long length);
