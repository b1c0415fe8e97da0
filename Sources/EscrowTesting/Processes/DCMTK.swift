/// The programs of DCMTK against a peer on this machine.
package struct DCMTK: Sendable {
  /// The port and the AE title that are called, and the calling one.
  package var port: Int
  package var called: String
  package var calling: String

  package init(port: Int, called: String, calling: String) {
    self.port = port
    self.called = called
    self.calling = calling
  }

  private var address: [String] { ["127.0.0.1", "\(port)"] }
  private var titles: [String] { ["--aetitle", calling, "--call", called] }

  /// C-ECHO.
  package func echoscu(_ options: [String] = []) async throws -> CommandResult {
    try await Command("echoscu", options + titles + address).run()
  }

  /// C-STORE of files, proposing what the options say.
  package func storescu(_ options: [String] = [], files: [String]) async throws -> CommandResult {
    try await Command("storescu", options + titles + address + files).run()
  }

  /// C-STORE of files, proposing what they need.
  package func dcmsend(_ options: [String] = [], files: [String]) async throws -> CommandResult {
    try await Command("dcmsend", options + titles + address + files).run()
  }

  /// A `storescp` with its folder.
  package struct Receiver: Sendable {
    package let aeTitle: String
    package let port: Int
    package let directory: TemporaryDirectory
    package let folder: String
    package let process: PeerProcess

    /// The received files, sorted by name.
    package var files: [String] { directory.files(in: folder) }
  }

  /// Starts `storescp`, on `port` if one was there before; `--bit-preserving` is the default, and every transfer syntax
  /// is accepted.
  @discardableResult
  package static func storescp(
    on stage: Stage, aeTitle: String = "STORESCP", port: Int? = nil,
    options: [String] = ["--bit-preserving", "--accept-all"]
  ) async throws -> Receiver {
    let port = try port ?? stage.ports.next()
    let folder = aeTitle.lowercased()
    let path = try stage.directory.makeFolder(folder)
    let process = try await stage.start(
      Command(
        "storescp",
        options + ["--fork", "--aetitle", aeTitle, "--promiscuous", "--output-directory", path, "\(port)"]),
      named: folder)
    let probe = DCMTK(port: port, called: aeTitle, calling: "PROBE")
    try await eventually("storescp answers") { try await probe.echoscu().code == 0 || !process.isRunning }
    guard process.isRunning else { throw ProcessError("storescp ended\n\(process.logTail())") }
    return Receiver(aeTitle: aeTitle, port: port, directory: stage.directory, folder: folder, process: process)
  }

  /// Starts `dcmqrscp`, an archive that stores and is queried but commits to nothing; its port. Everybody may do both.
  package static func dcmqrscp(on stage: Stage, aeTitle: String = "QRSCP") async throws -> Int {
    let port = try stage.ports.next()
    let folder = try stage.directory.makeFolder(aeTitle.lowercased())
    let configuration = """
      NetworkTCPPort = \(port)
      MaxPDUSize = 65536
      MaxAssociations = 16
      HostTable BEGIN
      HostTable END
      VendorTable BEGIN
      VendorTable END
      AETable BEGIN
      \(aeTitle) \(folder) RW (200, 1024mb) ANY
      AETable END

      """
    let file = try stage.directory.write(configuration, to: "\(aeTitle.lowercased()).cfg")
    let process = try await stage.start(
      Command("dcmqrscp", ["--config", file, "--fork", "\(port)"]), named: aeTitle.lowercased())
    let probe = DCMTK(port: port, called: aeTitle, calling: "PROBE")
    try await eventually("dcmqrscp answers") { try await probe.echoscu().code == 0 || !process.isRunning }
    guard process.isRunning else { throw ProcessError("dcmqrscp ended\n\(process.logTail())") }
    return port
  }
}
