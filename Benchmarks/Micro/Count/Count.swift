import NIOCore
import NIOPosix
import Workloads

#if canImport(Glibc)
  import Glibc
#endif

/// Does one workload so many times and nothing else, for who counts what it costs: `instructions.py`.
@main
enum Count {
  /// Not asynchronous itself: valgrind before 3.20 does not survive how the main thread then waits.
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let name = arguments.first else {
      for workload in Workload.all { print("\(workload.times)\t\(workload.name)") }
      return
    }
    guard let workload = Workload.all.first(where: { $0.name == name }), let times = arguments.last.flatMap({ Int($0) })
    else {
      print("usage: escrow-count [WORKLOAD TIMES]")
      exit(2)
    }
    let done = MultiThreadedEventLoopGroup.singleton.any().makeFutureWithTask {
      // Ready for as many at every count, so that a difference of counts is none of this.
      try await workload.prepare(max(times, 2 * workload.times))(times)
    }
    print(try done.wait())
  }
}
