import DICOMProtocol

extension AssociateReject {
  /// The three numbers and what they mean (PS3.8 Table 9-21).
  var explanation: String {
    "\(isTransient ? "transient" : "permanent"), \(meaning) (\(result),\(source),\(reason))"
  }

  private var meaning: String {
    switch (source, reason) {
    case (1, 2): "application context name not supported"
    case (1, 3): "calling AE title not recognized"
    case (1, 7): "called AE title not recognized"
    case (2, 2): "protocol version not supported"
    case (3, 1): "temporary congestion"
    case (3, 2): "local limit exceeded"
    default: "no reason given"
    }
  }
}

extension Abort {
  /// The two numbers and what they mean (PS3.8 Table 9-26).
  var explanation: String { "\(meaning) (\(source),\(reason))" }

  private var meaning: String {
    switch (source, reason) {
    case (0, _): "by the service user"
    case (_, 1): "unrecognized PDU"
    case (_, 2): "unexpected PDU"
    case (_, 4): "unrecognized PDU parameter"
    case (_, 5): "unexpected PDU parameter"
    case (_, 6): "invalid PDU parameter value"
    default: "reason not specified"
    }
  }
}

extension PDU {
  /// The standard's name.
  var name: String {
    switch self {
    case .associateRequest: "A-ASSOCIATE-RQ"
    case .associateAccept: "A-ASSOCIATE-AC"
    case .associateReject: "A-ASSOCIATE-RJ"
    case .data: "P-DATA-TF"
    case .releaseRequest: "A-RELEASE-RQ"
    case .releaseResponse: "A-RELEASE-RP"
    case .abort: "A-ABORT"
    }
  }
}
