/// Something small that is done again and again on the road.
package struct Workload: Sendable {
  /// Does it so many times; what it returns says that it was done.
  package typealias Run = @Sendable (Int) async throws -> Int

  package let name: String
  /// How many times tell what one costs.
  package let times: Int
  /// Makes ready for so many times.
  package let prepare: @Sendable (Int) async throws -> Run

  /// All that are measured.
  package static let all: [Workload] =
    protocolWorkloads + headerWorkloads + routingWorkloads + recodingWorkloads + ledgerWorkloads
}
