import CPCRE2

/// A compiled Perl-compatible regular expression, matched anywhere in a text within bounds of work and memory.
///
/// Not compiled further to machine code: a service that may not have writable executable memory stays possible.
package final class RegularExpression: Sendable {
  /// What one match may cost before it gives up: steps, nesting, and heap in KiB.
  package static let matchLimit: UInt32 = 100_000
  package static let depthLimit: UInt32 = 10_000
  package static let heapLimit: UInt32 = 8192

  package let source: String
  package let ignoresCase: Bool
  private let code: SharedPointer
  private let limits: SharedPointer

  /// A pointer to what PCRE2 only reads while it matches: compiled code and match contexts "may be used by several
  /// threads at once" (pcre2api, Multithreading) as long as nobody changes them. Nobody does after `init`.
  private struct SharedPointer: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  /// Why a text is not a regular expression.
  package struct Invalid: Error, Equatable {
    /// PCRE2's words.
    package let message: String
    /// Where in the expression, counted in bytes from 0.
    package let offset: Int
  }

  package enum Outcome: Sendable, Equatable {
    case matches
    case differs
    /// The limits were reached before it was known.
    case gaveUp
  }

  package init(_ source: String, ignoresCase: Bool = false) throws(Invalid) {
    self.source = source
    self.ignoresCase = ignoresCase
    var error: Int32 = 0
    var offset = 0
    let options = UInt32(PCRE2_UTF) | UInt32(PCRE2_NEVER_BACKSLASH_C) | (ignoresCase ? UInt32(PCRE2_CASELESS) : 0)
    let compiled = source.withCString { bytes in
      bytes.withMemoryRebound(to: UInt8.self, capacity: source.utf8.count) {
        pcre2_compile_8($0, source.utf8.count, options, &error, &offset, nil)
      }
    }
    guard let compiled else { throw Invalid(message: RegularExpression.message(of: error), offset: offset) }
    guard let context = pcre2_match_context_create_8(nil) else {
      pcre2_code_free_8(compiled)
      throw Invalid(message: "out of memory", offset: 0)
    }
    pcre2_set_match_limit_8(context, RegularExpression.matchLimit)
    pcre2_set_depth_limit_8(context, RegularExpression.depthLimit)
    pcre2_set_heap_limit_8(context, RegularExpression.heapLimit)
    code = SharedPointer(pointer: compiled)
    limits = SharedPointer(pointer: context)
  }

  deinit {
    pcre2_match_context_free_8(limits.pointer)
    pcre2_code_free_8(code.pointer)
  }

  /// Looks for a match anywhere in `text`.
  package func match(_ text: String) -> Outcome {
    guard let scratch = pcre2_match_data_create_8(1, nil) else { return .gaveUp }
    defer { pcre2_match_data_free_8(scratch) }
    let result = text.withCString { bytes in
      bytes.withMemoryRebound(to: UInt8.self, capacity: text.utf8.count) {
        pcre2_match_8(
          code.pointer, $0, text.utf8.count, 0, UInt32(PCRE2_NO_UTF_CHECK), scratch, limits.pointer)
      }
    }
    return result >= 0 ? .matches : result == PCRE2_ERROR_NOMATCH ? .differs : .gaveUp
  }

  private static func message(of error: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let length = pcre2_get_error_message_8(error, &buffer, buffer.count)
    return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "error \(error)"
  }
}

extension RegularExpression: Equatable {
  package static func == (left: RegularExpression, right: RegularExpression) -> Bool {
    left.source == right.source && left.ignoresCase == right.ignoresCase
  }
}
