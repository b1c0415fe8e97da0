/// What names one composite object everywhere: its SOP Class UID and SOP Instance UID (PS3.3 §C.12.1).
public struct SOPInstance: Hashable, Sendable, Codable {
  public var classUID: UID
  public var instanceUID: UID

  public init(classUID: UID, instanceUID: UID) {
    self.classUID = classUID
    self.instanceUID = instanceUID
  }
}
