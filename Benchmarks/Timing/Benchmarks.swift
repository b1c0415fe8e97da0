import Benchmark
import Workloads

/// The workloads in time: one iteration does each as many times as its name says.
let benchmarks: @Sendable () -> Void = {
  for workload in Workload.all {
    let configuration = Benchmark.Configuration(
      metrics: [.wallClock, .peakMemoryResident], warmupIterations: 1, maxDuration: .seconds(2),
      maxIterations: 100)
    Benchmark("\(workload.name) × \(workload.times)", configuration: configuration) { benchmark in
      let run = try await workload.prepare(workload.times)
      benchmark.startMeasurement()
      blackHole(try await run(workload.times))
      benchmark.stopMeasurement()
    }
  }
}
