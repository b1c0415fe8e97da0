import DICOM
import DICOMNetwork
import DICOMProtocol
import Logging
import NIOCore
import NIOPosix

/// A modality in the test's own process that sends instances of any size and in any number, as fast as they are taken.
package struct StreamingModality: Sendable {
  private let port: Int
  private let connector = AssociationConnector(
    group: .singletonMultiThreadedEventLoopGroup, ioPool: .singleton,
    logger: Logger(label: "modality", factory: { _ in SwiftLogNoOpLogHandler() }))

  /// One that stores to `port` of this machine.
  package init(to port: Int) { self.port = port }

  /// Sends one large instance.
  package func store(_ instance: LargeInstance) async throws {
    try await store([(instance.sop, .source(LargeSource(instance)))], of: instance.sop.classUID)
  }

  /// Sends `count` tiny instances, `perStudy` in each study, over `associations` at once.
  package func storeTiny(_ count: Int, perStudy: Int = 200, associations: Int = 4) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for first in 0..<associations {
        group.addTask {
          let numbers = stride(from: first, to: count, by: associations)
          let instances = numbers.lazy.map { number in
            let tiny = TinyInstance(number: number, study: number / perStudy)
            return (tiny.sop, OutgoingDataSet.bytes(tiny.dataSet))
          }
          try await store(instances, of: TinyInstance.template.sop.classUID)
        }
      }
      try await group.waitForAll()
    }
  }

  private func store(_ instances: some Sequence<(SOPInstance, OutgoingDataSet)>, of classUID: UID) async throws {
    var proposal = Proposal(calledAE: "ESCROW", callingAE: "CT1", implementationClassUID: "2.25.4")
    proposal.add(classUID, transferSyntaxes: [TransferSyntax.explicitLittleEndian.uid])
    let association = try await connector.connect(to: "127.0.0.1", port: port, proposal: proposal)
    for (sop, dataSet) in instances {
      let reply = try await association.send(
        .storeRequest(sop: sop, messageID: 1), dataSet: dataSet, on: 1, timeout: .seconds(600))
      guard reply.command.statusCode == .success else {
        throw ScriptDeparture(expected: "success, not \(reply.command.statusCode.map { "\($0)" } ?? "nothing")")
      }
    }
    await association.release()
  }
}

/// An instance of less than a kilobyte, one of very many.
private struct TinyInstance {
  let sop: SOPInstance
  let dataSet: ByteBuffer

  static let template = SampleInstance(
    studyInstanceUID: uid(0, of: 1), sopInstanceUID: uid(0, of: 2), pixelBytes: 2)
  private static let places = [1, 2].map { kind in
    let wanted = Array(uid(0, of: kind).rawValue.utf8)
    let bytes = template.dataSet
    return bytes.indices.first { bytes[$0...].starts(with: wanted) } ?? 0
  }

  init(number: Int, study: Int) {
    let uids = [Self.uid(study, of: 1), Self.uid(number, of: 2)]
    var bytes = ByteBuffer(bytes: Self.template.dataSet)
    for (place, uid) in zip(Self.places, uids) { bytes.setString(uid.rawValue, at: place) }
    sop = SOPInstance(classUID: Self.template.sop.classUID, instanceUID: uids[1])
    dataSet = bytes
  }

  /// Always of the same length.
  private static func uid(_ number: Int, of kind: Int) -> UID {
    UID("1.2.826.0.1.3680043.9.\(kind).\(1_000_000_000 + number)")
  }
}
