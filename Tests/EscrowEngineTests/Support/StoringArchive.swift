import DICOM
import DICOMProtocol
import EscrowTesting
import NIOConcurrencyHelpers
import NIOCore

/// A destination that stores whatever comes and says so.
struct StoringArchive: Sendable {
  let port: Int
  private let stored: NIOLockedValueBox<[UID: [UInt8]]>

  /// Runs one for the time of `body`.
  static func run<Result: Sendable>(_ body: (StoringArchive) async throws -> Result) async throws -> Result {
    let listener = try await ScriptedPeerListener()
    let archive = StoringArchive(port: listener.port, stored: NIOLockedValueBox([:]))
    return try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        await withDiscardingTaskGroup { peers in
          while !Task.isCancelled, let peer = try? await listener.accept() {
            peers.addTask { try? await archive.serve(peer) }
          }
        }
      }
      let result = try await body(archive)
      try await listener.close()
      tasks.cancelAll()
      return result
    }
  }

  /// The data set that it has of an instance.
  subscript(uid: UID) -> [UInt8]? { stored.withLockedValue { $0[uid] } }

  private func serve(_ peer: ScriptedPeer) async throws {
    try await peer.acceptProposal()
    var command: CommandSet?
    var bytes: [UInt8] = []
    while let pdu = try await peer.next() {
      switch pdu {
      case .data(let values):
        for value in values {
          if value.isCommand {
            command = try CommandSet(decoding: value.fragment)
            bytes = []
          } else {
            bytes += value.fragment.readableBytesView
          }
          guard value.isLast, let request = command, !value.isCommand || !request.hasDataSet else { continue }
          try await finish(request, bytes, of: peer, on: value.contextID)
        }
      case .releaseRequest: await peer.answerRelease()
      default: return
      }
    }
  }

  private func finish(_ request: CommandSet, _ bytes: [UInt8], of peer: ScriptedPeer, on context: UInt8) async throws {
    if request.hasDataSet, let uid = request.affectedSOPInstanceUID { stored.withLockedValue { $0[uid] = bytes } }
    try await peer.answer(request, .success, on: context)
  }
}
