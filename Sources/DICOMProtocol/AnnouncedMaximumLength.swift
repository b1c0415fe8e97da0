extension UserInformation {
  /// What is assumed of a peer that does not announce a maximum length.
  public static let assumedMaximumLength: UInt32 = 16384
  /// Announced lengths below this, except 0, make sensible transfer impossible and are refused.
  public static let leastMaximumLength: UInt32 = 128

  /// The maximum length to obey when sending to this peer; 0 means no limit.
  public var effectiveMaximumLength: UInt32 { maximumLength ?? UserInformation.assumedMaximumLength }

  /// Whether the announced maximum length leaves room for data.
  var allowsData: Bool {
    effectiveMaximumLength == 0 || effectiveMaximumLength >= UserInformation.leastMaximumLength
  }
}
