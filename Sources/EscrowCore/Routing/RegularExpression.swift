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

  /// `text` with every match replaced; nil when the limits were reached before that was done.
  ///
  /// - Parameter replacement: `$1` is what the first group found, `$0` the whole match, `$$` a dollar sign.
  package func replace(in text: String, by replacement: String) -> String? {
    var room = max(256, text.utf8.count * 2 + replacement.utf8.count * 4)
    // The second try has the room that the first one asked for.
    for _ in 0..<2 {
      var output = [UInt8](repeating: 0, count: room)
      var length = room
      let result = substitute(text, replacement, into: &output, &length)
      if result >= 0 { return String(decoding: output.prefix(length), as: UTF8.self) }
      guard result == PCRE2_ERROR_NOMEMORY else { return nil }
      room = length
    }
    return nil
  }

  private func substitute(
    _ text: String, _ replacement: String, into output: inout [UInt8], _ length: inout Int
  ) -> Int32 {
    let options =
      UInt32(PCRE2_NO_UTF_CHECK) | UInt32(PCRE2_SUBSTITUTE_GLOBAL) | UInt32(PCRE2_SUBSTITUTE_OVERFLOW_LENGTH)
      | UInt32(PCRE2_SUBSTITUTE_UNSET_EMPTY)
    let (subject, substitute) = (Array(text.utf8), Array(replacement.utf8))
    return subject.withUnsafeBufferPointer { subject in
      substitute.withUnsafeBufferPointer { substitute in
        // An empty array may have no address, which is not allowed here.
        withUnsafePointer(to: UInt8(0)) { empty in
          pcre2_substitute_8(
            code.pointer, subject.baseAddress ?? empty, subject.count, 0, options, nil, limits.pointer,
            substitute.baseAddress ?? empty, substitute.count, &output, &length)
        }
      }
    }
  }

  /// Why `replacement` cannot be used with this expression; nil when it can.
  package func problem(ofReplacement replacement: String) -> String? {
    var rest = replacement[...]
    while let dollar = rest.firstIndex(of: "$") {
      rest = rest[rest.index(after: dollar)...]
      if rest.first == "$" {
        rest.removeFirst()
        continue
      }
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard let group = Int(digits), digits.count <= 2 else {
        return "`$` stands before the number of a group; a dollar sign is written `$$`"
      }
      if group > groups { return "there is no group `$\(group)`; the expression has \(groups)" }
      rest = rest.dropFirst(digits.count)
    }
    return nil
  }

  /// How many groups it has.
  private var groups: Int {
    var count: UInt32 = 0
    pcre2_pattern_info_8(code.pointer, UInt32(PCRE2_INFO_CAPTURECOUNT), &count)
    return Int(count)
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
