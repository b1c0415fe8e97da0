import EscrowCore
import EscrowSpool
import Foundation
import Testing

@Suite struct SpoolReaderTests {
  private let temporary: TemporarySpool

  init() throws { temporary = try TemporarySpool() }

  @Test func fillsRegionsInOrder() async throws {
    let bytes = pattern(10_000)
    let file = try await temporary.write(bytes, as: .any())
    let reader = try temporary.spool.open(file.id)
    #expect(reader.length == 10_000)
    #expect(try reader.readPrefix(100) == Array(bytes.prefix(100)))
    #expect(try reader.readPrefix(20_000) == bytes)

    var result: [UInt8] = []
    for sizes in [[1, 2, 3], [4000, 0, 994], [5000]] {
      var buffers = sizes.map { [UInt8](repeating: 0, count: $0) }
      try read(into: &buffers, from: reader)
      result += buffers.joined()
    }
    #expect(result == bytes)
  }

  @Test func fillsMoreRegionsThanOneCallOfTheSystemTakes() async throws {
    let bytes = pattern(5000)
    let file = try await temporary.write(bytes, as: .any())
    var buffers = [[UInt8]](repeating: [0], count: 5000)
    try read(into: &buffers, from: try temporary.spool.open(file.id))
    #expect(Array(buffers.joined()) == bytes)
  }

  /// Every byte of the file matters: preamble, File Meta Information, envelope and data set.
  @Test func noFlippedByteGoesUnnoticed() async throws {
    let file = try await temporary.write(pattern(300), as: .any())
    let whole = try temporary.contents(of: file.id)
    for index in whole.indices {
      var damaged = whole
      damaged[index] ^= 0x20
      try temporary.replace(file.id, with: damaged)
      let error = #expect(throws: SpoolError.self, "byte \(index)") { try temporary.spool.verify(file.id) }
      #expect(error?.isDamaged == true)
    }
    try temporary.replace(file.id, with: whole)
    #expect(throws: Never.self) { try temporary.spool.verify(file.id) }
  }

  @Test func aWrongByteIsNoticedWithTheLastRead() async throws {
    let file = try await temporary.write(pattern(1000), as: .any())
    var bytes = try temporary.contents(of: file.id)
    bytes[bytes.count - 900] ^= 1
    try temporary.replace(file.id, with: bytes)
    let reader = try temporary.spool.open(file.id)
    var first = [[UInt8](repeating: 0, count: 999)]
    var last = [[UInt8](repeating: 0, count: 1)]
    #expect(throws: Never.self) { try read(into: &first, from: reader) }
    #expect(throws: SpoolError.damaged(file: file.id, reason: "its bytes are not those received")) {
      try read(into: &last, from: reader)
    }
  }

  @Test(arguments: [0, 1, 127, 143, 144, 800, 2000, 3500])
  func aTruncatedFileIsDamaged(length: Int) async throws {
    let file = try await temporary.write(pattern(3000), as: .any())
    try temporary.replace(file.id, with: Array(try temporary.contents(of: file.id).prefix(length)))
    #expect(throwsDamaged { try temporary.spool.open(file.id) })
  }

  @Test func aLongerFileIsDamaged() async throws {
    let file = try await temporary.write(pattern(3000), as: .any())
    try temporary.replace(file.id, with: try temporary.contents(of: file.id) + [0])
    #expect(throwsDamaged { try temporary.spool.open(file.id) })
  }

  @Test func aFileThatShrinksWhileItIsReadIsDamaged() async throws {
    let file = try await temporary.write(pattern(3000), as: .any())
    let reader = try temporary.spool.open(file.id)
    truncate(temporary.path(of: file.id), off_t(reader.dataSetOffset) + 1000)
    #expect(throwsDamaged { try reader.forEachChunk { _ in } })
  }

  @Test func swappedFilesAreDamaged() async throws {
    let (first, second) = (
      try await temporary.write(pattern(3000), as: .any()), try await temporary.write(pattern(3000), as: .any())
    )
    let (left, right) = (try temporary.contents(of: first.id), try temporary.contents(of: second.id))
    try temporary.replace(first.id, with: right)
    try temporary.replace(second.id, with: left)
    #expect(throwsDamaged { try temporary.spool.open(first.id) })
    #expect(throwsDamaged { try temporary.spool.open(second.id) })
  }

  @Test(arguments: ["link", "directory", "pipe"])
  func whatIsNoFileIsDamaged(kind: String) async throws {
    let file = try await temporary.write(pattern(3000), as: .any())
    let path = temporary.path(of: file.id)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
    switch kind {
    case "link": symlink(path + ".moved", path)
    case "directory": mkdir(path, 0o700)
    default: mkfifo(path, 0o600)
    }
    #expect(throwsDamaged { try temporary.spool.open(file.id) })
  }

  @Test func aMissingFileIsMissing() throws {
    let error = #expect(throws: SpoolError.self) { try temporary.spool.open(.any()) }
    #expect(error?.isMissing == true)
  }

  @Test func readingGoesOnAfterRemoval() async throws {
    let bytes = pattern(100)
    let file = try await temporary.write(bytes, as: .any())
    let reader = try temporary.spool.open(file.id)
    try await temporary.spool.remove([file.id, .any()])
    try await temporary.spool.remove([file.id])
    #expect(try temporary.directory.instanceFiles() == [])
    #expect(try reader.readToEnd() == bytes)
  }

  private func throwsDamaged(_ body: () throws -> some Any) -> Bool {
    do {
      _ = try body()
      return false
    } catch {
      return (error as? SpoolError)?.isDamaged == true
    }
  }

  private func read(into buffers: inout [[UInt8]], from reader: SpoolReader) throws {
    let regions = buffers.map { UnsafeMutableRawBufferPointer.allocate(byteCount: $0.count, alignment: 1) }
    defer { for region in regions { region.deallocate() } }
    try reader.read(into: regions)
    buffers = regions.map { Array($0) }
  }
}
