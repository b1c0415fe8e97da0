import Foundation

/// Any JSON value.
enum JSON: Decodable, Equatable {
  case object([String: JSON])
  case array([JSON])
  case string(String)
  case number(Double)
  case bool(Bool)
  case null

  init(_ bytes: [UInt8]) throws { self = try JSONDecoder().decode(JSON.self, from: Data(bytes)) }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  var members: [String: JSON] { if case .object(let members) = self { members } else { [:] } }
  var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }
  var text: String? { if case .string(let text) = self { text } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }
}

/// As much of JSON Schema as ours use; members that a schema does not name are faults.
struct Schema {
  private let root: JSON

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/webhooks/schemas")

  static func named(_ name: String) throws -> Schema {
    Schema(root: try JSON(Array(Data(contentsOf: folder.appending(path: name + ".json")))))
  }

  static func names() throws -> Set<String> {
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return Set(files.map { $0.deletingPathExtension().lastPathComponent })
  }

  /// Everything in `value` that the schema does not allow.
  func problems(in value: JSON) -> [String] { Self.problems(in: value, by: root.members, at: "") }

  private static func problems(in value: JSON, by schema: [String: JSON], at path: String) -> [String] {
    var problems: [String] = []
    if let constant = schema["const"], constant != value { problems.append("\(path) is not \(constant)") }
    if let type = schema["type"]?.text, !isOf(type, value) { return ["\(path) is no \(type)"] }
    if let least = schema["minimum"]?.number, let number = value.number, number < least {
      problems.append("\(path) is too small")
    }
    if let most = schema["maximum"]?.number, let number = value.number, number > most {
      problems.append("\(path) is too great")
    }
    if let shortest = schema["minLength"]?.number, let text = value.text, Double(text.count) < shortest {
      problems.append("\(path) is too short")
    }
    guard let properties = schema["properties"]?.members else { return problems }
    for case let key? in (schema["required"]?.elements ?? []).map(\.text) where value.members[key] == nil {
      problems.append("\(path)/\(key) is missing")
    }
    for (key, member) in value.members {
      guard let rule = properties[key] else {
        problems.append("\(path)/\(key) is unknown")
        continue
      }
      problems += Self.problems(in: member, by: rule.members, at: "\(path)/\(key)")
    }
    return problems
  }

  private static func isOf(_ type: String, _ value: JSON) -> Bool {
    switch (type, value) {
    case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool): true
    case ("integer", .number(let number)): number == number.rounded()
    default: false
    }
  }
}
