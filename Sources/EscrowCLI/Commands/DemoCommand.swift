import AdminAPI
import ArgumentParser
import DICOMNetwork
import EscrowConfiguration
import EscrowCore
import Foundation
import Logging
import NIOPosix

/// `escrow demo`.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Show the whole road on this machine, with nothing configured.",
    discussion: """
      Starts a router and a small archive that commits, both on loopback and in a temporary folder, sends them \
      generated studies, and shows how they are received, sent, committed and purged. Ends by itself.

      Example:
        escrow demo --studies 3 --keep-running
      """)

  @Option(help: "How many studies.")
  var studies = 2

  @Option(help: "Images in each.")
  var images = 10

  @Flag(help: "Go on until Ctrl-C, to look at the API.")
  var keepRunning = false

  func validate() throws {
    guard (1...1000).contains(studies), (1...1000).contains(images) else {
      throw ValidationError("--studies and --images go from 1 to 1000")
    }
  }

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("escrow-demo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let settings = try DemoSettings.make(in: folder.path)
    var logger = LogOutput.logger(level: "error")
    logger.logLevel = .error
    let (ports, started) = AsyncStream.makeStream(of: (Int, Int).self)
    var composition = Composition(settings: settings, logger: logger)
    composition.ready = { dicom, http in started.yield((dicom, http)) }
    let running = composition
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { started.finish() }
        try await running.run()
      }
      var isReady = false
      for await (dicom, http) in ports {
        isReady = true
        try await show(dicom: dicom, http: http, logger: logger)
        break
      }
      if keepRunning, isReady { print("still running; stop with Ctrl-C") }
      // Without a router that is ready, this throws why.
      if keepRunning || !isReady { try await group.next() }
      group.cancelAll()
    }
  }

  private func show(dicom: Int, http: Int, logger: Logger) async throws {
    print("router   ESCROW@127.0.0.1:\(dicom)")
    print("archive  ARCHIVE, built in, commits to what it has on disk")
    print("API      http://127.0.0.1:\(http)/api/v1/status")
    print("")
    let modality = DemoModality(
      connector: AssociationConnector(group: MultiThreadedEventLoopGroup.singleton, ioPool: .singleton, logger: logger),
      port: dicom)
    let watch = DemoWatch(client: EscrowClient(base: "http://127.0.0.1:\(http)"), total: studies * images)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for number in 1...studies {
          try await modality.send(DemoStudy(number: number, slices: images))
          print("a scanner sent study \(number): \(images) images, each answered with success when it was on disk")
        }
      }
      group.addTask { try await watch.run() }
      // The first that fails ends the other.
      while try await group.next() != nil {}
    }
    print("done: every copy was deleted only after the archive had committed to it")
  }
}
