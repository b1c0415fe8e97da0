/// An optional that is written as `null`, not left out, so that a reader sees that the field exists.
@propertyWrapper
package struct OrNull<Value: Codable & Sendable>: Codable, Sendable {
  package var wrappedValue: Value?

  package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}

/// A part of a list: `{"items": [...], "next": cursor|null}`.
package struct ListBody<Item: Sendable>: Sendable {
  package var items: [Item]
  @OrNull package var next: String?

  package init(items: [Item], next: String?) {
    self.items = items
    self.next = next
  }
}

extension ListBody: Encodable where Item: Encodable {}
extension ListBody: Decodable where Item: Decodable {}
