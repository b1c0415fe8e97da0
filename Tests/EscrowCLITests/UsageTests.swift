import ArgumentParser
import EscrowConfiguration
import Foundation
import Testing

@testable import EscrowCLI

/// What a person is told who named something that is not there, or no such thing.
@Suite struct UsageTests {
  @Test(arguments: ["http://127.0.0.1:8042", "https://escrow.example", "http://[::1]:8042/", "HTTP://host:1"])
  func whatIsAnAddressIsTakenAsItIs(text: String) throws {
    #expect(try ServerAddress.checked(text, from: "--server") == text)
  }

  @Test(arguments: ["garbage", "ftp://x", "http://", "localhost:8042", "", "http://x:99999", "http://a b"])
  func whatIsNoAddressIsAUsageError(text: String) {
    let failure = #expect(throws: Failure.self) { try ServerAddress.checked(text, from: "--server") }
    #expect(failure?.code == .usage)
    #expect(failure?.text == "--server must be an address such as http://127.0.0.1:8042, not `\(text)`")
  }

  @Test(arguments: [
    ["--from", "999.1.1.1"], ["--from", "ct1"], ["--as", "SEVENTEEN_LETTERS"], ["--as", "A\\B"], ["--as", ""],
    ["--called", "Ü"],
  ])
  func whoCannotHaveSentItIsAUsageError(options: [String]) {
    let error = #expect(throws: (any Error).self) { try RouteCommand.Test.parse(options + ["a.dcm"]) }
    let text = error.map { RouteCommand.Test.message(for: $0) } ?? ""
    #expect(text.hasPrefix("\(options[0]): `\(options[1])` is no "), "\(text)")
  }

  @Test func whoMayHaveSentItIsTaken() throws {
    let command = try RouteCommand.Test.parse(["--as", "CT 1", "--from", "fd00::7", "--called", "ESCROW", "a.dcm"])
    #expect(command.from == "fd00::7")
  }

  @Test func aFileThatIsNotThereIsNamed() throws {
    let failure = #expect(throws: Failure.self) { try InputFile.contents(of: "/nonexistent/a.dcm") }
    #expect(failure?.code == .usage)
    #expect(failure?.text == "cannot read /nonexistent/a.dcm: No such file or directory")
    let folder = #expect(throws: Failure.self) { try InputFile.contents(of: "/tmp") }
    #expect(folder?.text == "/tmp is no file: name DICOM files, for example /tmp/*.dcm")
  }

  @Test(arguments: [0, 1, 100_000]) func aFileIsReadWhole(count: Int) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "escrow-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3) }
    try Data(bytes).write(to: file)
    #expect(try InputFile.contents(of: file.path) == bytes)
  }

  @Test func withoutAnyConfigurationOneIsAskedFor() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try ConfigurationFile.mustBeThere("/nonexistent/escrow.yaml", named: nil)
    }
    #expect(
      error?.description == "/nonexistent/escrow.yaml: error: there is no such file, and no deploy/escrow.yaml here: "
        + "name a configuration with --config FILE")
    try ConfigurationFile.mustBeThere("/nonexistent/escrow.yaml", named: "/nonexistent/escrow.yaml")
    try ConfigurationFile.mustBeThere("/etc/passwd", named: nil)
  }
}
