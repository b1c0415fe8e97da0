import EscrowConfiguration
import EscrowCore
import EscrowSpool
import FoundationEssentials
import LedgerSQLite

/// What lies at the paths of spool and ledger before either is opened: nothing yet, or two that belong together.
///
/// Looking first keeps a start that is refused from leaving a new spool on the mount point of a disk that is not
/// mounted, or a new ledger where the real one was deleted.
struct Premises {
  let spool: SpoolIdentity?
  let ledger: LedgerExamination?

  /// Looks; the ledger's lock is held meanwhile.
  init(_ settings: Settings) throws {
    spool = try SpoolIdentity.find(at: settings.spool.path)
    ledger = try LedgerFiles(path: settings.ledger.path).examine(isThorough: false)
  }

  init(spool: SpoolIdentity?, ledger: LedgerExamination?) {
    self.spool = spool
    self.ledger = ledger
  }

  /// Throws unless the two may be opened together.
  func check(_ settings: Settings) throws {
    if let spool, spool.ledgerID != nil, ledger?.id == nil {
      throw LedgerError.missing(path: settings.ledger.path, spool: "\(settings.spool.path) (\(spool.id))")
    }
    guard let ledger, let id = ledger.id?.uuidString else { return }
    if let expected = ledger.spool?.uuidString {
      guard let spool else {
        throw SpoolError.missing(path: settings.spool.path, ledger: settings.ledger.path, expected: expected)
      }
      guard spool.id.uppercased() == expected else {
        throw LedgerError.foreignSpool(expected: expected, found: spool.id.uppercased())
      }
    }
    if let paired = spool?.ledgerID, paired != id {
      throw SpoolError.foreignLedger(path: settings.spool.path, expected: id, found: paired)
    }
  }
}
