import EscrowCore
import Foundation

extension SendTerms {
  /// JSON; nil, which is NULL, for what is sent at once and as it came.
  func stored() throws -> String? {
    guard self != .plain else { return nil }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}

extension Columns {
  mutating func terms() throws -> SendTerms {
    guard let text: String = optional() else { return .plain }
    guard let terms = try? JSONDecoder().decode(SendTerms.self, from: Data(text.utf8)) else {
      throw LedgerError.malformedRow("terms of a delivery: \(text)")
    }
    return terms
  }
}
