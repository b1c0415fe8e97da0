import DICOM
import EscrowCore
import EscrowSpool
import Glibc

/// A file in the spool that no row speaks of.
struct StrayFile {
  let id: InstanceID
  let spool: Spool
  let routes: RouteTable

  enum Reading {
    /// Whole, durable, and what would be accepted now.
    case whole(ReceivedInstance)
    case unusable(reason: String)
    /// The disk does not give it now; perhaps at the next start.
    case unreadable(reason: String)
  }

  /// Reads all of it. Blocks.
  ///
  /// - Throws: ``SpoolError`` for what may be better next time.
  func read() throws -> Reading {
    do {
      let transferSyntax = try spool.open(id).record.transferSyntax
      let observer = HeaderObserver(
        transferSyntax: transferSyntax, wanted: ReceivedInstance.wantedTags(for: routes))
      switch try spool.inspect(id, observer: observer) {
      case .incomplete(let reason): return .unusable(reason: reason)
      case .complete(let record): return judge(record, observer.finish())
      }
    } catch let error as SpoolError where error.code == EIO {
      return .unreadable(reason: "\(error)")
    } catch let error as SpoolError where error.isLoss {
      return .unusable(reason: "\(error)")
    }
  }

  private func judge(_ record: SpoolRecord, _ header: Header) -> Reading {
    if let refusal = StoreRefusal.of(header, sop: record.sop) {
      return .unusable(reason: "it would be refused: \(refusal.text)")
    }
    return .whole(
      ReceivedInstance(
        id: id, sop: record.sop, transferSyntax: record.transferSyntax, source: record.source,
        receivedAt: record.receivedAt, dataSetLength: record.dataSetLength, digest: record.digest, header: header,
        recovered: true))
  }
}
