/// How a file system stands to the watermarks.
package enum SpaceLevel: Int, Sendable, Comparable {
  case enough
  /// Below the low watermark: people are told.
  case low
  /// Below the stop watermark, or not writable: storing is refused.
  case full

  package static func < (left: SpaceLevel, right: SpaceLevel) -> Bool { left.rawValue < right.rawValue }

  /// As the API has it.
  package var name: String {
    switch self {
    case .enough: "enough"
    case .low: "low"
    case .full: "full"
    }
  }
}
