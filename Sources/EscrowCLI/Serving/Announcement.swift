import AdminAPI
import NIOConcurrencyHelpers

/// Waits until both the DICOM listener and the API accept connections, then says so once.
final class Announcement: Sendable {
  private struct Ports {
    var dicom: Int?
    var http: Int?
  }

  private let ports = NIOLockedValueBox(Ports())
  private let readiness: Readiness
  private let ready: @Sendable (Int, Int) async -> Void

  init(readiness: Readiness, ready: @escaping @Sendable (Int, Int) async -> Void) {
    self.readiness = readiness
    self.ready = ready
  }

  func dicom(on port: Int) async {
    readiness.isListening(on: port)
    await note { $0.dicom = port }
  }

  func http(on port: Int) async { await note { $0.http = port } }

  private func note(_ change: (inout Ports) -> Void) async {
    let both = ports.withLockedValue { ports in
      change(&ports)
      return ports
    }
    if let dicom = both.dicom, let http = both.http { await ready(dicom, http) }
  }
}
