import EscrowTesting
import Testing

/// Escrow among foreign programs. One story at a time: each keeps several processes busy.
@Suite(
  .serialized,
  .compactMapIssues { issue in
    Stage.current?.noteFailure()
    return issue
  })
enum Stories {}

// What the stories' configurations are made of.

/// A modality that may store.
func sender(_ name: String, _ aeTitle: String) -> String {
  "\(name): { aeTitle: \(aeTitle), addresses: [127.0.0.1/32], allow: [echo, store] }"
}

/// A destination that may report, asked soon and retried soon.
func destination(
  _ name: String, _ aeTitle: String, port: Int, commitment: String = "quiet: 1s, maxWait: 2s",
  retry: String = "first: 1s, max: 2s", more: String = ""
) -> String {
  """
  \(name): { aeTitle: \(aeTitle), host: 127.0.0.1, port: \(port), allow: [echo, report], \
  retry: { \(retry) }, commitment: { \(commitment) }\(more.isEmpty ? "" : ", " + more) }
  """
}

/// A route that takes what no other takes, and lets go of it as soon as it may.
func everything(to deliveries: String..., purge: String = "0s") -> [String: String] {
  ["everything": route(match: "otherwise", to: deliveries, purge: purge)]
}

/// A route file.
func route(match: String, to deliveries: [String], purge: String = "0s") -> String {
  """
  match: \(match)
  send: [\(deliveries.map { "{ \($0) }" }.joined(separator: ", "))]
  purge: { after: \(purge) }
  """
}

/// The configuration of an endpoint `ops` that is told everything.
func webhooks(to receiver: WebhookReceiver, on stage: Stage) throws -> String {
  try stage.directory.write(receiver.secret + "\n", to: "webhook.secret")
  return """
    webhooks:
      ops: { url: "\(receiver.url)", secretFile: webhook.secret, events: ["*"], allowAddresses: [127.0.0.0/8] }
    """
}
