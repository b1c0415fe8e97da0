/* What single things cost on this machine: a switch between threads, system calls, memory, flushes. One line each, its
 * name and microseconds: the median of 21 rounds.
 *
 * Compile: cc -O2 -Wall -pthread -o prices prices.c
 * Run: ./prices FOLDER, which is on the file system to be measured and exists.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { rounds = 21, page = 4096, log_pages = 4096, megabyte = 1 << 20 };

static char *bytes;
static int folder, log_file, sockets[2];
static sem_t there, back;

static void check(int holds, const char *what) {
  if (holds) return;
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static int ascending(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

/* `body` is given the number of the round, from 0, and returns how many times it did the thing. */
static void price(const char *name, int (*body)(int)) {
  double each[rounds];
  for (int round = 0; round < rounds; round++) {
    double begin = now();
    int times = body(round);
    each[round] = (now() - begin) / times;
  }
  qsort(each, rounds, sizeof *each, ascending);
  printf("%s\t%.3f\n", name, each[rounds / 2]);
}

static void *answer(void *unused) {
  for (;;) {
    sem_wait(&there);
    sem_post(&back);
  }
  return unused;
}

static int wake(int round) {
  (void)round;
  for (int i = 0; i < 2000; i++) {
    sem_post(&there);
    sem_wait(&back);
  }
  return 4000;
}

static int call(int round) {
  (void)round;
  for (int i = 0; i < 100000; i++) syscall(SYS_getppid);
  return 100000;
}

static int acknowledge(int round) {
  (void)round;
  int on = 1;
  for (int i = 0; i < 20000; i++) setsockopt(sockets[0], IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  return 20000;
}

static int through_socket(int round) {
  (void)round;
  for (int i = 0; i < 1000; i++) {
    check(write(sockets[0], bytes, 16384) == 16384, "write");
    for (int left = 16384; left > 0;) left -= read(sockets[1], bytes, left);
  }
  return 1000;
}

static int allocate(int round) {
  (void)round;
  void *volatile kept[64];
  for (int i = 0; i < 2000; i++) {
    for (int k = 0; k < 64; k++) kept[k] = malloc(16 + k * 8);
    for (int k = 0; k < 64; k++) free(kept[k]);
  }
  return 2000 * 64;
}

static int copy(int round) {
  (void)round;
  for (int i = 0; i < 100; i++) {
    memcpy(bytes, bytes + megabyte * (1 + i % 15), megabyte);
    __asm__ volatile("" ::: "memory");
  }
  return 100;
}

static int write_page(int round) {
  (void)round;
  for (int i = 0; i < 2000; i++) check(pwrite(log_file, bytes, page, (off_t)i * page) == page, "pwrite");
  return 2000;
}

/* As the ledger's commits: some pages over others that were written long ago. */
static int commit(int round) {
  off_t first = (off_t)round * 40 % (log_pages - 40);
  check(pwrite(log_file, bytes, 33 * page, first * page) == 33 * page, "pwrite");
  check(fdatasync(log_file) == 0, "fdatasync");
  return 1;
}

static int new_file(int round, size_t length, int with_name) {
  char name[32];
  snprintf(name, sizeof name, "price-%d", round);
  int file = openat(folder, name, O_CREAT | O_EXCL | O_WRONLY, 0600);
  check(file >= 0, name);
  check(write(file, bytes, length) == (ssize_t)length, "write");
  check(fsync(file) == 0, "fsync");
  check(!with_name || fsync(folder) == 0, "fsync of the folder");
  close(file);
  return 1;
}

static int small_file(int round) { return new_file(round, 3 << 10, 0); }
static int small_file_and_name(int round) { return new_file(round, 3 << 10, 1); }
static int ct_file(int round) { return new_file(round, 525 << 10, 0); }
static int ct_file_and_name(int round) { return new_file(round, 525 << 10, 1); }

static void clear(void) {
  for (int round = 0; round < rounds; round++) {
    char name[32];
    snprintf(name, sizeof name, "price-%d", round);
    unlinkat(folder, name, 0);
  }
  fsync(folder);
}

static void connect_sockets(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  check(bind(listener, (struct sockaddr *)&address, length) == 0 && listen(listener, 1) == 0, "listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  sockets[0] = socket(AF_INET, SOCK_STREAM, 0);
  check(connect(sockets[0], (struct sockaddr *)&address, length) == 0, "connect");
  sockets[1] = accept(listener, NULL, NULL);
}

int main(int count, char **arguments) {
  check(count == 2, "usage: prices FOLDER");
  folder = open(arguments[1], O_RDONLY | O_DIRECTORY);
  check(folder >= 0, arguments[1]);
  bytes = malloc(16 * megabyte);
  memset(bytes, 7, 16 * megabyte);
  log_file = openat(folder, "price-log", O_CREAT | O_RDWR, 0600);
  check(log_file >= 0, "price-log");
  for (int i = 0; i < log_pages; i++) check(write(log_file, bytes, page) == page, "write");
  fsync(log_file);
  connect_sockets();
  sem_init(&there, 0, 0);
  sem_init(&back, 0, 0);
  pthread_t other;
  check(pthread_create(&other, NULL, answer, NULL) == 0, "pthread_create");

  price("wake another thread and stop", wake);
  price("system call that does nothing", call);
  price("TCP_QUICKACK", acknowledge);
  price("16 KiB into a socket and out of it", through_socket);
  price("allocate and free 16 to 520 bytes", allocate);
  price("copy 1 MiB", copy);
  price("write a page of 4 KiB", write_page);
  price("write 33 pages and flush them", commit);
  price("new file of 3 KB, flushed", small_file);
  clear();
  price("new file of 3 KB and its name, flushed", small_file_and_name);
  clear();
  price("new file of 525 KB, flushed", ct_file);
  clear();
  price("new file of 525 KB and its name, flushed", ct_file_and_name);
  clear();
  unlinkat(folder, "price-log", 0);
  return 0;
}
