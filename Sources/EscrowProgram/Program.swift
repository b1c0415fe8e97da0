import EscrowCLI

/// The `escrow` program: everything is in `EscrowCLI`, so that tests can have the same with other parts.
@main
struct Program {
  static func main() async { await Escrow.main() }
}
