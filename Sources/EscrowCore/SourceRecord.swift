/// What is on record of what a peer sent.
package struct SourceRecord: Sendable, Equatable {
  package var peer: PeerName
  /// When its newest instance came.
  package var lastReceived: Timestamp
  /// Copies of what it sent that are here.
  package var copies: Int
  /// The bytes of these.
  package var bytes: Int64

  package init(_ peer: PeerName, lastReceived: Timestamp, copies: Int = 0, bytes: Int64 = 0) {
    self.peer = peer
    self.lastReceived = lastReceived
    self.copies = copies
    self.bytes = bytes
  }
}
