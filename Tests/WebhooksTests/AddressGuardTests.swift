import EscrowCore
import Testing

@testable import Webhooks

@Suite struct AddressGuardTests {
  @Test(arguments: [
    ("127.0.0.1", "127.0.0.0/8"), ("127.255.0.3", "127.0.0.0/8"), ("0.0.0.0", "0.0.0.0/8"),
    ("169.254.169.254", "169.254.0.0/16"), ("224.0.0.1", "224.0.0.0/4"), ("239.1.2.3", "224.0.0.0/4"),
    ("255.255.255.255", "240.0.0.0/4"), ("100.100.100.200", "100.100.100.200/32"),
    ("::1", "::1/128"), ("::", "::/128"), ("fe80::1", "fe80::/10"), ("febf::1", "fe80::/10"), ("ff02::1", "ff00::/8"),
    ("fd00:ec2::254", "fd00:ec2::254/128"),
    ("::ffff:127.0.0.1", "127.0.0.0/8"), ("::127.0.0.1", "127.0.0.0/8"), ("64:ff9b::7f00:1", "127.0.0.0/8"),
    ("64:ff9b:1::a9fe:a9fe", "169.254.0.0/16"), ("2002:7f00:1::", "127.0.0.0/8"),
    ("2002:a9fe:a9fe::1", "169.254.0.0/16"), ("64:ff9b:1:a9fe:a9:fe00::", "169.254.0.0/16"),
    ("64:ff9b:1::", "0.0.0.0/8"), ("::ffff:0:7f00:1", "127.0.0.0/8"), ("2001:0:7f00:1::f5ff:fffe", "127.0.0.0/8"),
    ("2001:0:808:808::80ff:fffe", "127.0.0.0/8"),
  ])
  func refuses(address: String, range: String) throws {
    let address = try #require(IPAddress(address))
    let range = try #require(AddressRange(range))
    let refusal = AddressGuard(owner: "webhook ops").refusal(of: address)
    #expect(refusal == .refusedAddress(address, range: range, owner: "webhook ops"))
    #expect(AddressGuard(owner: "webhook ops", allowed: [range]).refusal(of: address) == nil)
  }

  @Test(arguments: [
    "10.0.0.7", "172.16.3.4", "192.168.1.1", "100.64.0.1", "8.8.8.8", "126.255.255.255", "128.0.0.1", "1.0.0.0",
    "fd12:3456::1", "2001:db8::1", "64:ff9b::a00:1", "2002:a00:1::", "::ffff:10.0.0.1",
    "64:ff9b:1:a00:0:100:a00:1", "64:ff9b:1::a00:1", "::ffff:0:a00:1", "2001:0:a00:1::f5ff:fffe", "2001:1::7f00:1",
  ])
  func letsThrough(address: String) throws {
    let address = try #require(IPAddress(address))
    #expect(AddressGuard(owner: "webhook ops").refusal(of: address) == nil)
  }

  @Test func theListAddsAndDoesNotRestrict() throws {
    let addressGuard = AddressGuard(owner: "webhook ops", allowed: loopback)
    #expect(addressGuard.refusal(of: try #require(IPAddress("10.0.0.7"))) == nil)
    #expect(addressGuard.refusal(of: try #require(IPAddress("127.0.0.1"))) == nil)
    #expect(addressGuard.refusal(of: try #require(IPAddress("::1"))) != nil)
    #expect(addressGuard.refusal(of: try #require(IPAddress("169.254.169.254"))) != nil)
  }

  @Test func saysWhatToDo() throws {
    let address = try #require(IPAddress("127.0.0.1"))
    #expect(
      AddressGuard(owner: "webhook ops").refusal(of: address)?.description
        == "address 127.0.0.1 is refused by the address guard; add 127.0.0.0/8 to allowAddresses of webhook ops")
  }

  @Test func everyRangeOfTheTableIsRead() {
    #expect(AddressGuard.refused.count == 13)
  }
}
