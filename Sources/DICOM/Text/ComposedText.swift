import Foundation

extension String {
  /// The same text with composed characters (Unicode's form NFC), in which `ü` is one character however it was written.
  package var composed: String {
    utf8.allSatisfy { $0 < 0x80 } ? self : precomposedStringWithCanonicalMapping
  }
}
