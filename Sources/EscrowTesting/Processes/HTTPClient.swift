/// Requests to one server, made by curl.
package struct HTTPClient: Sendable {
  /// Scheme, host and port.
  package let base: String

  package init(port: Int) { base = "http://127.0.0.1:\(port)" }

  /// A status with a body.
  package struct Response: Sendable {
    package var status: Int
    package var body: String

    /// The body as JSON; an error unless the status is 2xx.
    package func json() throws -> JSON {
      guard (200..<300).contains(status) else { throw ProcessError("HTTP \(status): \(body)") }
      return try JSON(parsing: body)
    }
  }

  /// `body` is JSON; `file` is sent as it is.
  package func request(
    _ method: String, _ path: String, body: JSON? = nil, file: String? = nil
  ) async throws -> Response {
    var arguments = [
      "--silent", "--show-error", "--noproxy", "*", "--request", method, "--write-out", "\n%{http_code}",
    ]
    if let body { arguments += ["--header", "Content-Type: application/json", "--data-binary", try body.text()] }
    if let file { arguments += ["--header", "Content-Type: application/dicom", "--data-binary", "@\(file)"] }
    let result = try await Command("curl", arguments + [base + path]).check()
    guard let newline = result.output.lastIndex(of: "\n"),
      let status = Int(result.output[result.output.index(after: newline)...])
    else { throw ProcessError("\(result)") }
    return Response(status: status, body: String(result.output[..<newline]))
  }

  package func get(_ path: String) async throws -> JSON { try await request("GET", path).json() }

  package func post(_ path: String, _ body: JSON) async throws -> JSON {
    try await request("POST", path, body: body).json()
  }

  /// Saves the body of an answer.
  package func download(_ path: String, to file: String) async throws {
    try await Command("curl", ["--silent", "--show-error", "--noproxy", "*", "--fail", "--output", file, base + path])
      .check()
  }
}
