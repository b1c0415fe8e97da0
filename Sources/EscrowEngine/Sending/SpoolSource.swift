import DICOMNetwork
import EscrowCore
import EscrowSpool
import NIOConcurrencyHelpers

/// A spool file as the data set of a C-STORE-RQ. The file is opened by the first read, on the I/O thread.
final class SpoolSource: DataSetSource {
  let length: Int
  private let claim: Claim
  private let spool: Spool
  private let reader = NIOLockedValueBox<SpoolReader?>(nil)

  init(claim: Claim, spool: Spool) {
    self.claim = claim
    self.spool = spool
    length = Int(claim.dataSetLength)
  }

  func read(into regions: [UnsafeMutableRawBufferPointer]) throws {
    let reader = try reader.withLockedValue { reader in
      if let reader { return reader }
      let opened = try spool.open(claim)
      reader = opened
      return opened
    }
    try reader.read(into: regions)
  }
}

extension Spool {
  /// Opens the file of a claim, which must be the one that the ledger knows. Blocks.
  func open(_ claim: Claim) throws -> SpoolReader {
    try open(claim.file, dataSetLength: claim.dataSetLength, digest: claim.digest)
  }
}
