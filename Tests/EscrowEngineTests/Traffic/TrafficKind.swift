import DICOM
import EscrowCore

/// What the routes of the simulated hospital tell apart: where it goes, and what proves there that it is safe.
enum TrafficKind: String, CaseIterable, Sendable {
  case ct = "CT"
  case mr = "MR"
  case us = "US"
  case cr = "CR"
  case sr = "SR"
  /// Goes elsewhere while its destination is down.
  case xa = "XA"
  /// As that, but is sent there anyhow.
  case dx = "DX"
  /// As that, but what is sent there anyhow is not what is wanted there instead.
  case mg = "MG"
  /// Leaves at night only.
  case nm = "NM"
  /// Is asked for by query.
  case pt = "PT"
  case es = "ES"
  case rf = "RF"
  /// Leaves edited only, which is not enough, or is.
  case op = "OP"
  case gm = "GM"
  /// Leaves edited, and elsewhere while its destination is down.
  case px = "PX"
  /// A class that one of its destinations never takes.
  case xc = "XC"
  /// A class that is refused now and then where nothing is held for that.
  case io = "IO"

  /// One destination of it.
  struct Send: Sendable {
    let to: PeerName
    let proof: Proof
    /// Who gets it while that is down.
    var instead: PeerName?
    var atNight = false
    var isEdited = false

    /// Who may have it in the end.
    var ways: [PeerName] { [to] + (instead.map { [$0] } ?? []) }
  }

  var sends: [Send] {
    switch self {
    case .ct: [Send(to: "archive", proof: .commitment), Send(to: "research", proof: .response)]
    case .mr:
      [
        Send(to: "archive", proof: .commitment), Send(to: "cloud", proof: .response),
        Send(to: "second", proof: .commitment),
      ]
    case .us: [Send(to: "second", proof: .commitment)]
    case .cr: [Send(to: "archive", proof: .commitment), Send(to: "backup", proof: .commitment)]
    case .sr: [Send(to: "research", proof: .response)]
    case .xa: [Send(to: "archive", proof: .commitment, instead: "backup")]
    case .dx: [Send(to: "second", proof: .commitment, instead: "archive"), Send(to: "archive", proof: .response)]
    case .mg:
      [
        Send(to: "second", proof: .commitment, instead: "archive", isEdited: true),
        Send(to: "archive", proof: .commitment),
      ]
    case .nm: [Send(to: "archive", proof: .commitment), Send(to: "research", proof: .response, atNight: true)]
    case .pt: [Send(to: "cloud", proof: .query)]
    case .es: [Send(to: "backup", proof: .query), Send(to: "cloud", proof: .query)]
    case .rf: [Send(to: "cloud", proof: .query, instead: "backup")]
    case .op: [Send(to: "archive", proof: .commitment, isEdited: true)]
    case .gm: [Send(to: "second", proof: .commitment, isEdited: true)]
    case .px:
      [
        Send(to: "second", proof: .response, instead: "cloud", isEdited: true),
        Send(to: "archive", proof: .commitment, atNight: true),
      ]
    case .xc: [Send(to: "second", proof: .commitment), Send(to: "archive", proof: .commitment)]
    case .io: [Send(to: "cloud", proof: .response)]
    }
  }

  /// Whether an edited copy is as good as the original.
  var acceptsEdited: Bool { self == .gm }

  /// The class that some destinations refuse for a while.
  static let doubtfulClass: UID = "1.2.840.10008.5.1.4.1.1.88.11"
  /// The class that one destination never takes.
  static let unwantedClass: UID = "1.2.840.10008.5.1.4.1.1.77.1.1.1"

  var sopClass: UID {
    switch self {
    case .sr, .es, .rf, .io: Self.doubtfulClass
    case .xc: Self.unwantedClass
    default: UID("1.2.840.10008.5.1.4.1.1.\(Self.allCases.firstIndex(of: self) ?? 0)")
    }
  }

  var route: Route? {
    guard let pattern = try? Pattern(rawValue) else { return nil }
    return Route(
      name: rawValue, match: .all([Condition(.attribute(.modality), name: "Modality", patterns: [pattern])]),
      sends: sends.map(\.routed), retention: .after(TrafficContent.retention), acceptEdited: acceptsEdited)
  }
}

extension TrafficKind.Send {
  /// From Monday to Friday, from eight in the evening till six in the morning.
  private static let night = TimeWindow("Mon-Fri 20:00-06:00").map { Timetable([$0], timeZone: "Europe/Vienna") }

  fileprivate var routed: Route.Send {
    Route.Send(
      to: to, proof: proof,
      terms: SendTerms(
        edits: isEdited ? [Edit("InstitutionName", .set("ELSEWHERE"))] : [], timetable: atNight ? Self.night : nil,
        alternative: instead.map { SendTerms.Alternative($0) }))
  }

  /// Whether it may be sent at a moment of the winter in which the simulated days lie, reckoned without the router.
  func isOpen(at moment: Timestamp) -> Bool {
    guard atNight else { return true }
    let hours = moment.microseconds / 3_600_000_000 + 1
    // 1 January 1970 was a Thursday.
    let (day, hour) = ((hours / 24 + 3) % 7, hours % 24)
    return day <= 4 && hour >= 20 || (1...5).contains(day) && hour < 6
  }
}
