public import NIOCore

/// Cuts received bytes into PDUs (PS3.8 §9.3).
///
/// Reserved bytes are not tested, unknown items are skipped, and what peers commonly get wrong without harm is let
/// through. Fragments of P-DATA-TF are slices of the received buffer. After an error nothing more is decoded.
public struct PDUDecoder: Sendable {
  private var limits: PDULimits
  private var failure: PDUError?

  public init(limits: PDULimits = PDULimits()) { self.limits = limits }

  /// The largest value accepted in the length field of a P-DATA-TF.
  public var maximumLength: UInt32 {
    get { limits.maximumLength }
    set { limits.maximumLength = newValue }
  }

  /// The next whole PDU, or nil when more bytes are needed. The header is judged before its body is awaited.
  public mutating func next(from buffer: inout ByteBuffer) throws(PDUError) -> PDU? {
    if let failure { throw failure }
    do {
      return try decodeNext(from: &buffer)
    } catch {
      failure = error
      throw error
    }
  }

  private func decodeNext(from buffer: inout ByteBuffer) throws(PDUError) -> PDU? {
    guard let byte = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
    guard let type = PDUType(rawValue: byte) else {
      throw PDUError(abort: .unrecognizedPDU, text: "PDU type \(byte)")
    }
    guard let length = buffer.getInteger(at: buffer.readerIndex + 2, as: UInt32.self) else { return nil }
    let allowed = limits.lengths(of: type)
    guard allowed.contains(length) else {
      throw .invalid("\(type) of length \(length), allowed \(allowed.lowerBound) to \(allowed.upperBound)")
    }
    guard buffer.readableBytes - PDUType.headerLength >= Int(length) else { return nil }
    buffer.moveReaderIndex(forwardBy: PDUType.headerLength)
    guard var body = buffer.readSlice(length: Int(length)) else { return nil }
    return try decode(type, &body)
  }

  private func decode(_ type: PDUType, _ body: inout ByteBuffer) throws(PDUError) -> PDU {
    switch type {
    case .associateRequest: .associateRequest(try AssociateDecoder(limits: limits).request(from: body))
    case .associateAccept: .associateAccept(try AssociateDecoder(limits: limits).accept(from: body))
    case .associateReject: .associateReject(reject(from: body))
    case .data: .data(try values(from: &body))
    case .releaseRequest: .releaseRequest
    case .releaseResponse: .releaseResponse
    case .abort: .abort(abort(from: body))
    }
  }

  /// PS3.8 §9.3.4; the length was checked.
  private func reject(from body: ByteBuffer) -> AssociateReject {
    let byte = { (offset: Int) in body.getInteger(at: body.readerIndex + offset, as: UInt8.self) ?? 0 }
    return AssociateReject(result: byte(1), source: byte(2), reason: byte(3))
  }

  /// PS3.8 §9.3.8; an A-ABORT that is too short is one all the same.
  private func abort(from body: ByteBuffer) -> Abort {
    let byte = { (offset: Int) in body.getInteger(at: body.readerIndex + offset, as: UInt8.self) ?? 0 }
    return Abort(source: byte(2), reason: byte(3))
  }

  /// PS3.8 §9.3.5. Bits 2 to 7 of the message control header are ignored.
  private func values(from body: inout ByteBuffer) throws(PDUError) -> [PDV] {
    var values: [PDV] = []
    while body.readableBytes > 0 {
      guard let length = body.readInteger(as: UInt32.self), length >= 2, Int(length) <= body.readableBytes,
        let (contextID, control) = body.readMultipleIntegers(as: (UInt8, UInt8).self),
        let fragment = body.readSlice(length: Int(length) - 2)
      else { throw .invalid("PDV \(values.count + 1) does not fit into its P-DATA-TF") }
      values.append(
        PDV(contextID: contextID, isCommand: control & 1 != 0, isLast: control & 2 != 0, fragment: fragment))
    }
    return values
  }
}
