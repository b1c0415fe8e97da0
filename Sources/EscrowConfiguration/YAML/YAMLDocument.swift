import FoundationEssentials
import Yams

/// Reads one file as one YAML document.
enum YAMLDocument {
  /// The file's only document; nil when there is none that can be worked with, which is noted.
  static func read(file: String, _ loading: Loading) -> YAMLNode? {
    loading.began(file)
    do {
      return parse(try loading.contents(of: file), file: file, loading)
    } catch {
      loading.error(Position(wholeFile: file), "cannot be read: \(error.readingReason)")
      return nil
    }
  }

  static func parse(_ bytes: [UInt8], file: String, _ loading: Loading) -> YAMLNode? {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let repaired = String(decoding: bytes, as: UTF8.self).utf8
      let offset = zip(bytes, repaired).prefix { $0 == $1 }.count
      let place = SourceText.place(of: offset, in: bytes)
      loading.error(Position(file: file, line: place.line, column: place.column), "not UTF-8; save the file as UTF-8")
      return nil
    }
    let withoutMark = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    var parsing = YAMLParsing(file: file, source: SourceText(withoutMark), loading: loading)
    return parsing.run()
  }
}

extension Error {
  /// Why a file cannot be read, for people.
  fileprivate var readingReason: String {
    switch (self as? CocoaError)?.code {
    case .fileReadNoSuchFile: "there is no such file"
    case .fileReadNoPermission: "permission denied"
    default: "\(self)"
    }
  }
}
