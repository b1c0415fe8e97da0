import EscrowSpool
import EscrowTesting

/// Believes that writing is enough.
struct UnsyncedDisk: ForwardingDisk {
  let disk: any SpoolDisk = PosixDisk()

  func sync(_ file: DiskHandle) {}
}
