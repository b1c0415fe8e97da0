import ArgumentParser
import Foundation

/// `escrow export`.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the copies of a study as DICOM files with a DICOMDIR into a folder.",
    discussion: """
      For what is stuck and must be carried by hand. Every file is checked against what was received; what is damaged \
      or not here any more is named, in LEFTOUT.TXT too, and left out with exit code 1. The copies stay in the spool.

      Example:
        escrow export 1.2.840.113619.2.5 --to /media/usb/study
      """)

  @Argument(help: "The Study Instance UID.") var study: String
  @Option(help: "The folder; it must not exist, or be empty.") var to: String
  @Option(help: "The server's address, e.g. http://127.0.0.1:8042. Default: $ESCROW_URL, or http of --config.")
  var server: String?
  @Option(help: "The configuration that tells the server's address.") var config: String?

  func run() throws {
    var options = ClientOptions()
    options.server = server
    options.config = config
    let folder = try TarFolder(path: to)
    try options.client().download("/api/v1/studies/\(study.urlEscaped)/export", into: folder)
    let images = folder.files.filter { $0.hasPrefix("DICOM/") }.count
    guard folder.isComplete else {
      throw Failure(
        .unreachable, "the export was cut off after \(images) files: \(to) has no DICOMDIR and is incomplete")
    }
    print("\(images) files and DICOMDIR are in \(to)")
    guard folder.files.contains("LEFTOUT.TXT") else { return }
    let list = (try? String(contentsOfFile: to + "/LEFTOUT.TXT", encoding: .utf8)) ?? ""
    throw Failure(.no, "not all of the study is there:\n" + list)
  }
}
