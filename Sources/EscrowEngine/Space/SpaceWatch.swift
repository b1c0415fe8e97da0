package import EscrowConfiguration
package import EscrowCore
package import EscrowSpool
import Glibc
import NIOConcurrencyHelpers

/// Watches the file systems of spool and ledger against the watermarks, and keeps their ballast.
package final class SpaceWatch: Sendable {
  /// What is known of one file system.
  package struct Report: Sendable, Equatable {
    /// `spool`, `ledger` or `spool and ledger`.
    package var content: String
    package var path: String
    package var level: SpaceLevel
    /// What is short or wrong, for people; nil when nothing is.
    package var reason: String?
    package var usage: DiskUsage?
  }

  /// How long people are told of a failed write after the last one.
  private static let troubleLasts = Duration.seconds(60)

  private let settings: NIOLockedValueBox<Settings.SpoolSettings>
  /// Held while somebody measures, which may take as long as a sick disk wants; nobody waits for it but others who do.
  private let measuring = NIOLock()
  private let places: NIOLockedValueBox<[SpacePlace]>

  package init(_ volumes: [Volume], settings: Settings.SpoolSettings) {
    self.settings = NIOLockedValueBox(settings)
    places = NIOLockedValueBox(volumes.map { SpacePlace(volume: $0) })
  }

  /// Goes by other watermarks from the next measurement on.
  package func use(_ settings: Settings.SpoolSettings) { self.settings.withLockedValue { $0 = settings } }

  /// Whether storing is refused.
  package var isFull: Bool { refusal != nil }

  /// Why storing is refused, in the few characters of an Error Comment (0000,0902); nil when it is not.
  package var refusal: String? {
    places.withLockedValue { places in
      guard let place = places.first(where: { $0.isFull }) else { return nil }
      let what = place.gauge.isReadOnly ? "is read-only" : place.failure == nil ? "is full" : "cannot be read"
      return "the \(place.volume.content.rawValue)'s disk \(what); try again later"
    }
  }

  /// What is known of each file system.
  package var reports: [Report] {
    places.withLockedValue { places in
      let shared = places.contains { $0.isShared } ? " and ledger" : ""
      return places.filter { !$0.isShared }.map { $0.report(shared: $0.volume.content == .spool ? shared : "") }
    }
  }

  /// Measures every file system and does what its ballast needs. Blocks.
  package func look(at now: MonotonicTime) {
    measuring.withLock {
      var seen = places.withLockedValue { places in
        for index in places.indices { places[index].forget(before: now) }
        return places
      }
      let settings = settings.withLockedValue { $0 }
      for index in seen.indices { seen[index].measure(settings) }
      let spool = seen.first { $0.volume.content == .spool }?.usage?.device ?? 0
      for index in seen.indices where seen[index].volume.content == .ledger {
        seen[index].isShared = spool != 0 && seen[index].usage?.device == spool
      }
      for index in seen.indices { seen[index].tendBallast() }
      places.withLockedValue { places in
        for index in places.indices { places[index].take(seen[index]) }
      }
    }
  }

  /// Takes note of a write that failed; true if that is a matter of the disk.
  package func note(_ error: any Error, at now: MonotonicTime) -> Bool {
    guard let (content, trouble) = Self.trouble(error, until: now + Self.troubleLasts) else { return false }
    places.withLockedValue { places in
      for index in places.indices where !places[index].isShared {
        let holdsIt = places[index].volume.content == content || places.contains { $0.isShared }
        if holdsIt { places[index].trouble = trouble }
      }
    }
    return true
  }

  private static func trouble(
    _ error: any Error, until end: MonotonicTime
  ) -> (Volume.Content, SpacePlace.Trouble)? {
    switch error {
    case SpoolError.disk(let operation, _, let code):
      guard code != ENOENT else { return nil }
      let isNoSpace = [ENOSPC, EDQUOT].contains(code)
      let isReception = ["create", "write", "sync"].contains(operation)
      let text = String(cString: strerror(code))
      return (.spool, .init(text: text, isNoSpace: isNoSpace, needsWay: isNoSpace && !isReception, until: end))
    case LedgerError.notWritten(let cause, let isFull):
      return (.ledger, .init(text: cause, isNoSpace: isFull, needsWay: isFull, until: end))
    default: return nil
    }
  }
}
