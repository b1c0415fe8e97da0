import DICOM
import DICOMNetwork
import EscrowCore
import EscrowEngine
import Testing

@Suite struct RejectionLogTests {
  private let start = MonotonicTime(nanoseconds: 0)

  @Test func eachAddressIsToldOfOnceAMinute() {
    let log = RejectionLog()
    for number in 1...500 {
      log.note("no", callingAE: AETitle("EVIL\(number)"), remote: .init(address: "10.0.0.1", port: 1), at: start)
    }
    log.note("no", callingAE: "CT1", remote: .init(address: "10.0.0.2", port: 1), at: start)
    #expect(log.take().map(\.caller) == ["EVIL1@10.0.0.1", "CT1@10.0.0.2"])
    #expect(log.take().isEmpty)
    log.note("no", callingAE: "EVIL", remote: .init(address: "10.0.0.1", port: 1), at: start + .seconds(60))
    #expect(log.take().map(\.text) == ["499 more rejections within a minute", "no"])
  }

  @Test func aRefusedReportIsToldOfBesidesARejection() {
    let log = RejectionLog()
    let remote = RemoteEndpoint(address: "10.0.0.1", port: 1)
    log.note("no", callingAE: "EVIL", remote: remote, at: start)
    log.note("unknown", kind: .reportRefused, transactionUID: "2.25.1", callingAE: "EVIL", remote: remote, at: start)
    let taken = log.take()
    #expect(taken.map(\.kind) == [.associationRejected, .reportRefused])
    #expect(taken.map(\.transactionUID) == [nil, "2.25.1"])
  }

  @Test func manyAddressesFillNothing() {
    let log = RejectionLog()
    for number in 0..<10_000 {
      log.note(
        "no", callingAE: "EVIL", remote: .init(address: "10.0.\(number / 256).\(number % 256)", port: 1), at: start)
    }
    #expect(log.take().count == RejectionLog.limit)
  }
}
