import NIOSSL

/// A self-signed certificate, valid from 2020 to 2124, with its key. Worth nothing outside these tests.
struct TestCertificate: Sendable {
  let certificate: String
  let key: String

  /// What a receiver that shows this certificate is made with.
  func serverContext(maximum: TLSVersion? = nil) throws -> NIOSSLContext {
    let certificates = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv1
    configuration.maximumTLSVersion = maximum
    return try NIOSSLContext(configuration: configuration)
  }

  /// For the address 127.0.0.1.
  static let loopback = TestCertificate(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBeTCCASCgAwIBAgIJAN63hUveemiuMAoGCCqGSM49BAMCMB8xHTAbBgNVBAMM
      FEVzY3JvdyB0ZXN0IHJlY2VpdmVyMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjUwMTAx
      MDAwMDAwWjAfMR0wGwYDVQQDDBRFc2Nyb3cgdGVzdCByZWNlaXZlcjBZMBMGByqG
      SM49AgEGCCqGSM49AwEHA0IABCyUz9qMgnQSzOkOmUcq6dAg42M9LhgxvxZGTkJp
      YuPViEBk6pWEkZqULm7wpNBp4x+wzKubCr5MhxNCI0DAiDGjQzBBMA8GA1UdEwEB
      /wQFMAMBAf8wDwYDVR0RBAgwBocEfwAAATAdBgNVHQ4EFgQUL7ZZPZ4ynihELFcH
      iEYZn5nsBxIwCgYIKoZIzj0EAwIDRwAwRAIgNyJJLvdCgq7FEJYjqboFW1Np9SvJ
      NOo27B1NKCwX0fgCIEi3QWIkQMIAsIq1HQ4tnmiDT3eT78lb/iPHUeUnpkQL
      -----END CERTIFICATE-----
      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg2J01Az6q+M11K+eS
      Pr6V360ALN9P24u2hDYysT6B/6KhRANCAAQslM/ajIJ0EszpDplHKunQIONjPS4Y
      Mb8WRk5CaWLj1YhAZOqVhJGalC5u8KTQaeMfsMyrmwq+TIcTQiNAwIgx
      -----END PRIVATE KEY-----
      """)

  /// For the name receiver.example only.
  static let otherName = TestCertificate(
    certificate: """
      -----BEGIN CERTIFICATE-----
      MIIBhTCCASygAwIBAgIJANG4OZlhqJJmMAoGCCqGSM49BAMCMB8xHTAbBgNVBAMM
      FEVzY3JvdyB0ZXN0IHJlY2VpdmVyMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjUwMTAx
      MDAwMDAwWjAfMR0wGwYDVQQDDBRFc2Nyb3cgdGVzdCByZWNlaXZlcjBZMBMGByqG
      SM49AgEGCCqGSM49AwEHA0IABOwfGWjUb/TDWWE0NCzmGOwwOC3PaXTVi/5mMNQY
      nhvpjeIVedUWnPuncntA+s5F8ZZBg/O8CYkzJdhVXCYdViajTzBNMA8GA1UdEwEB
      /wQFMAMBAf8wGwYDVR0RBBQwEoIQcmVjZWl2ZXIuZXhhbXBsZTAdBgNVHQ4EFgQU
      UoYNnbbciCPBqqRaGkpHbLDumI0wCgYIKoZIzj0EAwIDRwAwRAIgTT4lRQ6iQksM
      32WT69GUnb3bPIYrO/8Qz/SqoDAvZnECIBJ4rjUDDLpx4dtbm6fr4ggxuobvnfx2
      XCLAg0/h5Pnp
      -----END CERTIFICATE-----
      """,
    key: """
      -----BEGIN PRIVATE KEY-----
      MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg5Ry4eR/Sy9h3rcjV
      rGNtnCHW+4/A+1MEvc2tLoGKD06hRANCAATsHxlo1G/0w1lhNDQs5hjsMDgtz2l0
      1Yv+ZjDUGJ4b6Y3iFXnVFpz7p3J7QPrORfGWQYPzvAmJMyXYVVwmHVYm
      -----END PRIVATE KEY-----
      """)
}
