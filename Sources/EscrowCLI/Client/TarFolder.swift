import AdminAPI
import FoundationEssentials
import Glibc

/// Writes the files of a tar archive into a folder while the archive comes in, piece by piece.
final class TarFolder {
  private let path: String
  private var header: [UInt8] = []
  private var entry: TarEntry?
  private var left: Int64 = 0
  private var paddingLeft = 0
  private var file: UnsafeMutablePointer<FILE>?
  /// Whether the archive's end has come.
  private(set) var isComplete = false
  /// The files that were written whole, in their order.
  private(set) var files: [String] = []
  /// What went wrong; nothing is written after that.
  private(set) var failure: Failure?

  /// Makes the folder; it must not exist, or be empty.
  init(path: String) throws {
    self.path = path
    let manager = FileManager.default
    if manager.fileExists(atPath: path) {
      guard let found = try? manager.contentsOfDirectory(atPath: path) else {
        throw Failure(.usage, "\(path) is no folder that can be read")
      }
      guard found.isEmpty else { throw Failure(.usage, "\(path) is not empty: name a folder that does not exist yet") }
    }
    do {
      try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Failure(.usage, "cannot make the folder \(path): \(error)")
    }
  }

  deinit { if let file { fclose(file) } }

  /// Takes the next bytes; false when no more are wanted.
  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard failure == nil else { return false }
    do {
      var rest = bytes[...]
      while !rest.isEmpty, !isComplete { try step(&rest) }
      return true
    } catch let failure as Failure {
      self.failure = failure
    } catch {
      failure = Failure(.unreachable, "what came is not what the server promised")
    }
    return false
  }

  private func step(_ rest: inout Slice<UnsafeRawBufferPointer>) throws {
    if left > 0 {
      let part = rest.prefix(Int(min(left, Int64(rest.count))))
      try write(UnsafeRawBufferPointer(rebasing: part))
      left -= Int64(part.count)
      rest = rest.dropFirst(part.count)
      if left == 0 { try close() }
    } else if paddingLeft > 0 {
      let count = min(paddingLeft, rest.count)
      paddingLeft -= count
      rest = rest.dropFirst(count)
    } else {
      let part = rest.prefix(TarEntry.block - header.count)
      header += part
      rest = rest.dropFirst(part.count)
      if header.count == TarEntry.block { try begin() }
    }
  }

  private func begin() throws {
    defer { header = [] }
    guard let next = try TarEntry(header: header) else { return isComplete = true }
    // What comes over a network never says where else to write.
    let parts = next.name.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.isEmpty, parts.allSatisfy({ Self.isPlain($0) }) else {
      throw Failure(.unreachable, "the server sent a file with a bad name")
    }
    entry = next
    left = next.size
    paddingLeft = next.padding.count
    let target = path + "/" + next.name
    let folder = target.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard let opened = fopen(target, "wxb") else { throw cannotWrite(target) }
    file = opened
    if left == 0 { try close() }
  }

  private static func isPlain(_ name: Substring) -> Bool {
    !name.isEmpty && name.first != "."
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.".contains($0)) }
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    guard let file, fwrite(bytes.baseAddress, 1, bytes.count, file) == bytes.count else {
      throw cannotWrite(entry?.name ?? path)
    }
  }

  private func close() throws {
    guard let file, let entry else { return }
    self.file = nil
    guard fclose(file) == 0 else { throw cannotWrite(entry.name) }
    files.append(entry.name)
  }

  /// Takes away the file that did not come whole.
  func removePartial() {
    guard let file, let entry else { return }
    fclose(file)
    self.file = nil
    unlink(path + "/" + entry.name)
  }

  private func cannotWrite(_ name: String) -> Failure {
    Failure(.no, "cannot write \(name): \(String(cString: strerror(errno)))")
  }
}
