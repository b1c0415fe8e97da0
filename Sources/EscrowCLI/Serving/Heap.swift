import CLinux
import Glibc

/// The C library's heap.
enum Heap {
  /// As many arenas as processors instead of eight times as many: each keeps what it once had, so that with many threads
  /// much more stays resident than is in use. To be called before there are threads.
  static func useFewArenas() {
    _ = mallopt(M_ARENA_MAX, Int32(max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
  }
}
