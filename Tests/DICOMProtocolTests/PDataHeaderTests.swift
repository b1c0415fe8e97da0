import DICOMProtocol
import NIOCore
import Testing

struct PDataHeaderTests {
  @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
  func isWhatTheEncoderWrites(isCommand: Bool, isLast: Bool) {
    let fragment = ByteBuffer(repeating: 0xAB, count: 70_000)
    var expected = ByteBuffer()
    PDU.data([PDV(contextID: 5, isCommand: isCommand, isLast: isLast, fragment: fragment)]).encode(into: &expected)
    var header = [UInt8](repeating: 0xEE, count: PDataHeader.length)
    header.withUnsafeMutableBytes {
      PDataHeader.write(fragmentLength: 70_000, contextID: 5, isCommand: isCommand, isLast: isLast, into: $0)
    }
    #expect(header == Array(expected.readableBytesView.prefix(12)))
  }

  /// The announced maximum counts everything after the PDU header; fragments are even.
  @Test(arguments: [
    (0, 131_072, 131_066), (16_384, 131_072, 16_378), (16_382, 131_072, 16_376), (16_383, 131_072, 16_376),
    (UInt32.max, 131_072, 131_066), (131_072, 4096, 4090), (128, 131_072, 122), (7, 131_072, 0), (1, 131_072, 0),
  ])
  func fragmentLimit(peerMaximum: UInt32, cap: Int, limit: Int) {
    #expect(PDataHeader.fragmentLimit(peerMaximum: peerMaximum, cap: cap) == limit)
  }
}
