import Glibc

extension SpoolDisk {
  package func reserve(_ count: Int64, for file: DiskHandle) throws { try reserveByWriting(count, for: file) }

  /// Reserves by writing what no file system can leave out or make smaller.
  func reserveByWriting(_ count: Int64, for file: DiskHandle) throws {
    var random = SystemRandomNumberGenerator()
    var done: Int64 = 0
    while done < count {
      let words = (0..<8192).map { _ in random.next() }
      let length = Swift.min(count - done, Int64(words.count * 8))
      try words.withUnsafeBytes {
        try writeAll([UnsafeRawBufferPointer(rebasing: $0.prefix(Int(length)))], at: done, to: file)
      }
      done += length
    }
  }

  /// Writes all bytes of the regions, however many calls that takes.
  package func writeAll(_ regions: [UnsafeRawBufferPointer], at offset: Int64, to file: DiskHandle) throws {
    let total = regions.reduce(0) { $0 + $1.count }
    var done = 0
    while done < total {
      let rest = done == 0 ? regions : regions.tail(from: done, rebasing: UnsafeRawBufferPointer.init(rebasing:))
      let count = try write(rest, at: offset + Int64(done), to: file)
      guard count > 0 else { throw SpoolError.disk(operation: "write", path: file.path, errno: EIO) }
      done += count
    }
  }

  /// As ``writeAll(_:at:to:)-([UnsafeRawBufferPointer],_,_)`` for one run of bytes.
  package func writeAll(_ bytes: some Collection<UInt8>, at offset: Int64, to file: DiskHandle) throws {
    try Array(bytes).withUnsafeBytes { try writeAll([$0], at: offset, to: file) }
  }

  /// Fills the regions up to the end of the file. Returns how many bytes: fewer than asked for only at the end.
  package func readAll(
    into regions: [UnsafeMutableRawBufferPointer], at offset: Int64, from file: DiskHandle
  ) throws -> Int {
    let total = regions.reduce(0) { $0 + $1.count }
    var done = 0
    while done < total {
      let rest =
        done == 0 ? regions : regions.tail(from: done, rebasing: UnsafeMutableRawBufferPointer.init(rebasing:))
      let count = try read(into: rest, at: offset + Int64(done), from: file)
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// At most `count` bytes from `offset` on, fewer only at the end of the file.
  package func readAll(_ count: Int, at offset: Int64, from file: DiskHandle) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = try readAll(into: [UnsafeMutableRawBufferPointer(buffer)], at: offset, from: file)
    }
  }
}

extension Array where Element: RandomAccessCollection, Element.Index == Int {
  /// The regions without their first `count` bytes.
  fileprivate func tail(from count: Int, rebasing: (Element.SubSequence) -> Element) -> [Element] {
    var skip = count
    var rest: [Element] = []
    for region in self {
      let skipped = Swift.min(skip, region.count)
      skip -= skipped
      if skipped < region.count { rest.append(rebasing(region.dropFirst(skipped))) }
    }
    return rest
  }
}
