import DICOM
import DICOMProtocol
import NIOCore

extension Workload {
  /// PDUs from and to bytes.
  static let protocolWorkloads = [
    decoding("decode a P-DATA-TF of 16 KiB", data), decoding("decode an A-ASSOCIATE-RQ", request),
    encoding("encode a P-DATA-TF of 16 KiB", data), encoding("encode an A-ASSOCIATE-RQ", request),
  ]

  private static let data = PDU.data([
    PDV(contextID: 1, isCommand: false, isLast: false, fragment: ByteBuffer(repeating: 7, count: 16_372))
  ])

  /// What a modality proposes: thirty kinds of objects, three transfer syntaxes each.
  private static let request = PDU.associateRequest(
    AssociateRequest(
      calledAE: "ESCROW", callingAE: "CT1",
      contexts: (0..<30).map { number in
        ProposedContext(
          id: UInt8(2 * number + 1), abstractSyntax: UID("1.2.840.10008.5.1.4.1.1.\(number + 1)"),
          transferSyntaxes: ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.70"])
      },
      userInformation: UserInformation(
        maximumLength: 16_384, implementationClassUID: "2.25.1", implementationVersionName: "MICRO")))

  private static func decoding(_ name: String, _ pdu: PDU) -> Workload {
    Workload(name: name, times: 1000) { _ in
      var encoded = ByteBuffer()
      pdu.encode(into: &encoded)
      let bytes = encoded
      return { times in
        var decoded = 0
        for _ in 0..<times {
          var buffer = bytes
          var decoder = PDUDecoder()
          decoded += try decoder.next(from: &buffer) == nil ? 0 : 1
        }
        return decoded
      }
    }
  }

  private static func encoding(_ name: String, _ pdu: PDU) -> Workload {
    Workload(name: name, times: 1000) { _ in
      { times in
        var buffer = ByteBuffer()
        var written = 0
        for _ in 0..<times {
          buffer.clear()
          pdu.encode(into: &buffer)
          written += buffer.readableBytes
        }
        return written
      }
    }
  }
}
