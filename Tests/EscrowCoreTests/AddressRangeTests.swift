import EscrowCore
import Testing

@Suite struct AddressRangeTests {
  @Test(arguments: [
    ("10.0.0.0/24", "10.0.0.255", true), ("10.0.0.0/24", "10.0.1.0", false), ("10.0.0.7", "10.0.0.7", true),
    ("10.0.0.7", "10.0.0.8", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
    ("10.0.0.128/25", "10.0.0.127", false), ("10.0.0.128/25", "10.0.0.129", true), ("10.1.2.3/9", "10.127.0.1", true),
    ("10.1.2.3/9", "10.128.0.1", false), ("fd00::/8", "fd12:3456::1", true), ("fd00::/8", "fe80::1", false),
    ("::1", "::1", true), ("10.0.0.0/8", "::ffff:10.9.8.7", true), ("fe80::/10", "fe80::1%eth0", true),
  ])
  func contains(_ range: String, _ address: String, _ expected: Bool) throws {
    let range = try #require(AddressRange(range))
    #expect(range.contains(try #require(IPAddress(address))) == expected)
  }

  @Test(arguments: [
    "", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "host",
    "10.0.0.*",
  ])
  func isNoRange(_ text: String) {
    #expect(AddressRange(text) == nil)
  }

  @Test(arguments: [
    ("10.0.0.0/8", "10.1.0.0/16", true), ("10.1.0.0/16", "10.0.0.0/8", true), ("10.0.0.0/9", "10.128.0.0/9", false),
    ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false), ("0.0.0.0/0", "::/0", false),
  ])
  func overlaps(_ left: String, _ right: String, _ expected: Bool) throws {
    let left = try #require(AddressRange(left))
    #expect(left.overlaps(try #require(AddressRange(right))) == expected)
  }

  @Test func writesItselfCanonically() throws {
    #expect(try #require(AddressRange("10.0.0.7")).description == "10.0.0.7/32")
    #expect(try #require(AddressRange("FD00:0::/8")).description == "fd00::/8")
    #expect(try #require(IPAddress("::ffff:192.0.2.1")).description == "192.0.2.1")
  }
}
