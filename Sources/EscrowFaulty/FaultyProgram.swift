import EscrowCLI
import EscrowConfiguration
import EscrowSpool
import Foundation
import Logging

/// `EscrowFaulty serve CONFIG FAULT`: the router with a part of it broken, which the tests must notice.
/// `EscrowFaulty recover`: recovers one router's data after the other, see ``RecoveryLoop``.
@main
struct FaultyProgram {
  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch (arguments.first, arguments.count) {
    case ("serve", 3):
      guard let fault = Fault(rawValue: arguments[2]) else { fallthrough }
      let settings = try ConfigurationFile.load(arguments[1]).settings
      let logger = LogOutput.logger(level: settings.log.level)
      try await Composition(settings: settings, logger: logger, parts: fault.parts).run()
    case ("recover", 1):
      try await RecoveryLoop().run()
    default:
      let faults = Fault.allCases.map(\.rawValue).joined(separator: " | ")
      FileHandle.standardError.write(Data("EscrowFaulty serve CONFIG \(faults)\nEscrowFaulty recover\n".utf8))
      exit(2)
    }
  }
}
