import DICOM
import NIOCore

/// Reads the bodies of A-ASSOCIATE-RQ and -AC (PS3.8 §9.3.2, §9.3.3). Of items that may come once, the first counts.
struct AssociateDecoder {
  let limits: PDULimits

  func request(from body: ByteBuffer) throws(PDUError) -> AssociateRequest {
    let fields = try fields(of: body, contextType: ItemType.proposedContext)
    var contexts: [ProposedContext] = []
    for bytes in fields.contexts { contexts.append(try proposedContext(from: bytes)) }
    try requireUnique(contexts.map(\.id))
    return AssociateRequest(
      protocolVersion: fields.protocolVersion, calledAE: fields.calledAE, callingAE: fields.callingAE,
      applicationContext: fields.applicationContext, contexts: contexts, userInformation: fields.userInformation)
  }

  func accept(from body: ByteBuffer) throws(PDUError) -> AssociateAccept {
    let fields = try fields(of: body, contextType: ItemType.contextResult)
    var contexts: [ContextResult] = []
    for bytes in fields.contexts { contexts.append(try contextResult(from: bytes)) }
    try requireUnique(contexts.map(\.id))
    return AssociateAccept(
      protocolVersion: fields.protocolVersion, calledAE: fields.calledAE, callingAE: fields.callingAE,
      applicationContext: fields.applicationContext, contexts: contexts, userInformation: fields.userInformation)
  }

  /// What -RQ and -AC have in common.
  private struct Fields {
    var protocolVersion: UInt16
    var calledAE: AETitle
    var callingAE: AETitle
    var applicationContext: String?
    var contexts: [ByteBuffer] = []
    var userInformation = UserInformation()
  }

  private func fields(of body: ByteBuffer, contextType: UInt8) throws(PDUError) -> Fields {
    var body = body
    guard let (version, _) = body.readMultipleIntegers(as: (UInt16, UInt16).self),
      let called = body.readText(length: 16), let calling = body.readText(length: 16),
      body.readSlice(length: 32) != nil
    else { throw .invalid("A-ASSOCIATE shorter than its fixed part") }
    var fields = Fields(protocolVersion: version, calledAE: AETitle(called), callingAE: AETitle(calling))
    var userInformation: ByteBuffer?
    var items = ItemReader(body, limit: limits.maximumItems, parent: "A-ASSOCIATE")
    while let item = try items.next() {
      switch item.type {
      case ItemType.applicationContext: fields.applicationContext = fields.applicationContext ?? item.body.text
      case contextType: fields.contexts.append(item.body)
      case ItemType.userInformation: userInformation = userInformation ?? item.body
      default: continue
      }
    }
    guard fields.contexts.count <= limits.maximumContexts else {
      throw .invalid("\(fields.contexts.count) presentation contexts")
    }
    if let userInformation {
      fields.userInformation = try UserInformationDecoder(limits: limits).decode(userInformation)
    }
    return fields
  }

  /// Item 20H: `id 00 00 00`, one 30H, 40H items.
  private func proposedContext(from body: ByteBuffer) throws(PDUError) -> ProposedContext {
    var body = body
    guard let (id, _, _, _) = body.readMultipleIntegers(as: (UInt8, UInt8, UInt8, UInt8).self) else {
      throw .invalid("presentation context without an identifier")
    }
    var context = ProposedContext(id: id, abstractSyntax: nil, transferSyntaxes: [])
    var items = ItemReader(body, limit: limits.maximumItems, parent: "presentation context \(id)")
    while let item = try items.next() {
      switch item.type {
      case ItemType.abstractSyntax:
        context.abstractSyntax = context.abstractSyntax ?? item.body.uid
      case ItemType.transferSyntax where context.transferSyntaxes.count < limits.maximumTransferSyntaxes:
        context.transferSyntaxes.append(item.body.uid)
      default: continue
      }
    }
    return context
  }

  /// Item 21H: `id 00 result 00`, one 40H.
  private func contextResult(from body: ByteBuffer) throws(PDUError) -> ContextResult {
    var body = body
    guard let (id, _, result, _) = body.readMultipleIntegers(as: (UInt8, UInt8, UInt8, UInt8).self) else {
      throw .invalid("presentation context without an identifier")
    }
    var context = ContextResult(id: id, result: .init(rawValue: result), transferSyntax: nil)
    var items = ItemReader(body, limit: limits.maximumItems, parent: "presentation context \(id)")
    while let item = try items.next() {
      guard item.type == ItemType.transferSyntax else { continue }
      context.transferSyntax = context.transferSyntax ?? item.body.uid
    }
    return context
  }

  private func requireUnique(_ ids: [UInt8]) throws(PDUError) {
    guard Set(ids).count == ids.count else { throw .invalid("a presentation context identifier comes twice") }
  }
}
