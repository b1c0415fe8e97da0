/// A value representation (PS3.5 §6.2, Table 6.2-1): how the bytes of a value are to be read.
public enum VR: String, CaseIterable, Sendable, CustomStringConvertible {
  case ae = "AE"
  case `as` = "AS"
  case at = "AT"
  case cs = "CS"
  case da = "DA"
  case ds = "DS"
  case dt = "DT"
  case fd = "FD"
  case fl = "FL"
  case `is` = "IS"
  case lo = "LO"
  case lt = "LT"
  case ob = "OB"
  case od = "OD"
  case of = "OF"
  case ol = "OL"
  case ov = "OV"
  case ow = "OW"
  case pn = "PN"
  case sh = "SH"
  case sl = "SL"
  case sq = "SQ"
  case ss = "SS"
  case st = "ST"
  case sv = "SV"
  case tm = "TM"
  case uc = "UC"
  case ui = "UI"
  case ul = "UL"
  case un = "UN"
  case ur = "UR"
  case us = "US"
  case ut = "UT"
  case uv = "UV"

  public var description: String { rawValue }

  /// Whether an explicit header has two reserved bytes and a 32-bit length (PS3.5 §7.1.2).
  public var isLongForm: Bool {
    switch self {
    case .ob, .od, .of, .ol, .ov, .ow, .sq, .sv, .uc, .un, .ur, .ut, .uv: true
    default: false
    }
  }

  /// Whether the value is characters, padded with a space or, for UI, with NUL (PS3.5 §6.2).
  public var isText: Bool {
    switch self {
    case .ae, .as, .cs, .da, .ds, .dt, .is, .lo, .lt, .pn, .sh, .st, .tm, .uc, .ui, .ur, .ut: true
    default: false
    }
  }

  /// Whether a backslash separates values; in the long texts and in UR it is a character (PS3.5 §6.4).
  public var isMultiValued: Bool {
    switch self {
    case .lt, .st, .ur, .ut: false
    default: isText
    }
  }

  /// Bytes of one number, whose order depends on the transfer syntax; 1 where there is none (PS3.5 §7.3).
  public var width: Int {
    switch self {
    case .at, .ow, .ss, .us: 2
    case .fl, .of, .ol, .sl, .ul: 4
    case .fd, .od, .ov, .sv, .uv: 8
    default: 1
    }
  }

  /// What makes a value even in length (PS3.5 §6.2).
  var padding: UInt8 { isText && self != .ui ? UInt8(ascii: " ") : 0 }

  /// The VR that two bytes of an explicit header spell, if they spell a known one.
  init?(_ first: UInt8, _ second: UInt8) {
    guard VR.isLetter(first), VR.isLetter(second) else { return nil }
    guard let vr = VR.byLetters[VR.index(first, second)] else { return nil }
    self = vr
  }

  /// Whether a byte is an upper-case letter, of which every VR has two, also those still to be invented.
  static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

  private static func index(_ first: UInt8, _ second: UInt8) -> Int {
    Int(first - UInt8(ascii: "A")) * 26 + Int(second - UInt8(ascii: "A"))
  }

  /// Every VR at the place its letters give.
  private static let byLetters: [VR?] = {
    var table = [VR?](repeating: nil, count: 26 * 26)
    for vr in VR.allCases {
      let letters = Array(vr.rawValue.utf8)
      table[index(letters[0], letters[1])] = vr
    }
    return table
  }()
}
