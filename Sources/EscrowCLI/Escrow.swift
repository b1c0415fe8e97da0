import ArgumentParser

/// The `escrow` command.
@main
struct Escrow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "escrow", abstract: "A DICOM store-and-forward router.")
}
