import EscrowCore
import EscrowSpool
import EscrowTesting
import Glibc
import NIOCore
import Testing

/// One call to the real file system fails, each in turn.
@Suite struct DiskFaultTests {
  private static let lengths = [0, 3000, 2_500_000]

  /// How many calls it takes to open a spool, and to receive an instance into it.
  private static func calls(receiving length: Int) async throws -> (opening: Int, all: Int) {
    let disk = FaultyDisk(PosixDisk())
    let temporary = try TemporarySpool(disk: disk)
    let opening = disk.calls.count
    _ = try await temporary.write(pattern(length), as: .any())
    return (opening, disk.calls.count)
  }

  @Test(arguments: lengths, [ENOSPC, EIO]) func noFailureWhileReceivingEndsInSuccess(
    length: Int, code: Int32
  ) async throws {
    let (opening, all) = try await Self.calls(receiving: length)
    #expect(all - opening >= 6)
    for call in opening + 1...all {
      for takesEffect in [false, true] {
        let disk = FaultyDisk(PosixDisk(), DiskFault(call: call, errno: code, takesEffect: takesEffect))
        let temporary = try TemporarySpool(disk: disk)
        let id = InstanceID.any()
        let error = await #expect(throws: SpoolError.self) { try await temporary.write(pattern(length), as: id) }
        #expect(error?.code == code)
        try expectNothingOrARemnant(of: id, in: temporary, disk.calls[call - 1])
        let next = try await temporary.write(pattern(length), as: .any())
        #expect(throws: Never.self) { try temporary.spool.verify(next.id) }
      }
    }
  }

  /// A file that was created although creating it failed cannot be told from somebody else's, so it stays, and is
  /// incomplete.
  private func expectNothingOrARemnant(of id: InstanceID, in temporary: TemporarySpool, _ operation: String) throws {
    if try temporary.directory.instanceFiles().isEmpty { return }
    #expect(operation == "create")
    guard case .incomplete = try temporary.spool.inspect(id) else {
      Issue.record("a remnant looks complete")
      return
    }
  }

  @Test func noFailureWhileOpeningLeavesASpoolThatCannotBeOpened() throws {
    let count = try Self.callsOpening()
    for call in Array(stride(from: 1, through: count - 12, by: 50)) + (count - 11...count) {
      for takesEffect in [false, true] {
        let directory = try TemporaryDirectory()
        let disk = FaultyDisk(PosixDisk(), DiskFault(call: call, errno: EIO, takesEffect: takesEffect))
        #expect(throws: SpoolError.self, "\(call)") {
          try Spool.open(path: directory.path, disk: disk, pool: .singleton)
        }
        #expect(throws: Never.self, "\(call)") { try Spool.open(path: directory.path, pool: .singleton) }
      }
    }
  }

  private static func callsOpening() throws -> Int {
    let disk = FaultyDisk(PosixDisk())
    _ = try TemporarySpool(disk: disk)
    return disk.calls.count
  }

  @Test func noFailureWhileRemovingEndsInSuccess() async throws {
    let plain = FaultyDisk(PosixDisk())
    let temporary = try TemporarySpool(disk: plain)
    let written = try await temporary.write(pattern(10), as: .any())
    let before = plain.calls.count
    try await temporary.spool.remove([written.id])
    for (index, name) in plain.calls.enumerated().dropFirst(before) {
      let faulty = try TemporarySpool(disk: FaultyDisk(PosixDisk(), DiskFault(call: index + 1, errno: EIO)))
      let file = try await faulty.write(pattern(10), as: .any())
      // A copy that cannot be read may go.
      if ["open", "examine", "read"].contains(name) {
        try await faulty.spool.remove([file.id])
      } else {
        await #expect(throws: SpoolError.self, "\(name)") { try await faulty.spool.remove([file.id]) }
        #expect(throws: Never.self) { try faulty.spool.removeBlocking([file.id]) }
      }
      #expect(try faulty.directory.instanceFiles() == [])
    }
  }

  @Test func noFailureWhileReadingEndsInSuccess() async throws {
    let plain = FaultyDisk(PosixDisk())
    let temporary = try TemporarySpool(disk: plain)
    let file = try await temporary.write(pattern(2_500_000), as: .any())
    let before = plain.calls.count
    try temporary.spool.verify(file.id)
    for call in before + 1...plain.calls.count {
      let faulty = try TemporarySpool(disk: FaultyDisk(PosixDisk(), DiskFault(call: call, errno: EIO)))
      let id = try await faulty.write(pattern(2_500_000), as: .any()).id
      #expect(throws: SpoolError.self) { try faulty.spool.verify(id) }
      #expect(throws: Never.self) { try faulty.spool.verify(id) }
    }
  }
}
