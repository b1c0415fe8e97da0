import AdminAPI
import ArgumentParser
import DICOM
import Foundation

/// `escrow commit`.
struct CommitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commit", abstract: "Ask a peer for storage commitment of the instances in files, and wait.",
    discussion: """
      Nothing is sent but the question. Exit code 0 when the peer committed to all, 1 when it did not, or has not \
      reported by the timeout.

      Example:
        escrow commit archive study/*.dcm
      """)

  @Argument(help: "The peer's name in the configuration.")
  var peer: String

  @Argument(help: "DICOM files.")
  var files: [String]

  @Option(help: "How long to wait, e.g. 30s or 10m.")
  var timeout = WaitLimit(seconds: 600)

  @OptionGroup var options: ClientOptions

  func run() throws {
    let client = try options.client()
    let references = try files.map { try reference(of: $0) }
    let asked = try client.post(
      CommitmentAskedBody.self, "/api/v1/commitments", CommitmentRequestBody(to: peer, references: references),
      json: false)
    let path = "/api/v1/commitments/\(asked.transactionUID)"
    let deadline = Date().addingTimeInterval(Double(timeout.seconds))
    var item = try client.get(CommitmentBody.self, path, json: false)
    while item.state == "open", Date() < deadline {
      Thread.sleep(forTimeInterval: 0.25)
      item = try client.get(CommitmentBody.self, path, json: false)
    }
    if options.json {
      _ = try client.get(CommitmentBody.self, path, json: true)
    } else {
      CommitmentsCommand.show(item)
    }
    guard item.state == "answered", item.failed.isEmpty, item.committed == item.references else {
      throw Failure(.no, item.state == "open" ? "no report within \(timeout.seconds) s" : "not everything is committed")
    }
  }

  private func reference(of file: String) throws -> CommitmentRequestBody.Reference {
    do {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: file), options: .mappedIfSafe)
      let meta = try FileMeta.decode([UInt8](bytes.prefix(FileMeta.maximumLength))).meta
      guard let sop = meta.sopInstance else {
        throw Failure(.usage, "\(file): class or instance is missing in the File Meta Information")
      }
      return .init(sopClassUID: sop.classUID.rawValue, sopInstanceUID: sop.instanceUID.rawValue)
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.usage, "\(file): \(error)")
    }
  }
}
