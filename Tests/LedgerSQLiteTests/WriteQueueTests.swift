import NIOConcurrencyHelpers
import Testing

@testable import LedgerSQLite

/// Who is in which transaction.
@Suite struct WriteQueueTests {
  /// What waits, by names: `a1` an admission, `o1` something else, `x1` something else that wants to be alone.
  private final class Names {
    var queue = WriteQueue()
    private let taken = NIOLockedValueBox<[String]>([])

    func append(_ names: String...) { names.forEach { append($0) } }

    func append(_ name: String) {
      queue.append(
        PendingWrite(
          run: { _ in {} }, fail: { [taken] _ in taken.withLockedValue { $0.append(name) } },
          kind: name.hasPrefix("a") ? .admission : .other, isAlone: name.hasPrefix("x")))
    }

    /// The names of the next batch.
    func take() -> [String] { names(of: queue.takeBatch()) }

    func takeAll() -> [String] { names(of: queue.takeAll()) }

    private func names(of batch: [PendingWrite]) -> [String] {
      taken.withLockedValue { $0 = [] }
      for job in batch { job.fail(NotDone()) }
      return taken.withLockedValue { $0 }
    }
  }

  private struct NotDone: Error {}

  @Test func eachKindKeepsItsOrder() {
    let names = Names()
    names.append("a1", "o1", "a2", "o2")
    #expect(names.take() == ["o1", "o2", "a1", "a2"])
    #expect(names.queue.isEmpty)
  }

  @Test(arguments: [(100, 100, 32, 32), (10, 100, 10, 54), (100, 10, 54, 10), (0, 100, 0, 64), (100, 0, 64, 0)])
  func neitherKindKeepsTheOtherWaiting(admissions: Int, others: Int, ofAdmissions: Int, ofOthers: Int) {
    let names = Names()
    for number in 0..<admissions { names.append("a\(number)") }
    for number in 0..<others { names.append("o\(number)") }
    let batch = names.take()
    #expect(batch == (0..<ofOthers).map { "o\($0)" } + (0..<ofAdmissions).map { "a\($0)" })
  }

  @Test func whatWantsToBeAloneIsAndKeepsItsPlace() {
    let names = Names()
    names.append("o1", "x1", "o2", "a1")
    #expect(names.take() == ["o1", "a1"])
    names.append("a2")
    #expect(names.take() == ["x1"])
    #expect(names.take() == ["o2", "a2"])
  }

  /// However much wants to be alone, senders are answered in between.
  @Test func severalThatWantToBeAloneDoNotKeepAdmissionsWaiting() {
    let names = Names()
    names.append("x1", "x2", "x3", "a1", "a2")
    #expect(names.take() == ["x1"])
    #expect(names.take() == ["a1", "a2"])
    names.append("a3")
    #expect(names.take() == ["x2"])
    #expect(names.take() == ["a3"])
    #expect(names.take() == ["x3"])
    #expect(names.queue.isEmpty)
  }

  @Test func everythingIsTakenOnce() {
    let names = Names()
    names.append("a1", "x1", "o1")
    #expect(names.takeAll() == ["x1", "o1", "a1"])
    #expect(names.queue.isEmpty)
  }
}
