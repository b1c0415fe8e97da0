import AdminAPI
import CCurl
import Foundation

/// Calls the API of a running server, through libcurl, one request at a time.
struct EscrowClient {
  /// E.g. `http://127.0.0.1:8042`.
  let base: String

  /// What the server answered.
  struct Answer {
    let status: Int
    let body: Data
  }

  init(base: String) { self.base = base.hasSuffix("/") ? String(base.dropLast()) : base }

  func get<Body: Decodable>(_ type: Body.Type, _ path: String, json: Bool) throws -> Body {
    try decode(type, perform(path), json: json)
  }

  /// - Parameter patience: how long the server may say nothing, in seconds; 0 for as long as it takes.
  func post<Body: Decodable>(
    _ type: Body.Type, _ path: String, _ request: some Encodable, json: Bool, patience: Int = Self.patience
  ) throws -> Body {
    let body = try JSONEncoder().encode(request)
    return try decode(type, perform(path, upload: .bytes(body), patience: patience), json: json)
  }

  /// A request of another method than GET and POST.
  func send<Body: Decodable>(
    _ method: String, _ type: Body.Type, _ path: String, _ request: some Encodable, json: Bool
  ) throws -> Body {
    try decode(type, perform(path, upload: .bytes(JSONEncoder().encode(request)), method: method), json: json)
  }

  /// Has the files of a tar archive written into a folder as they come.
  func download(_ path: String, into folder: TarFolder) throws {
    defer { folder.removePartial() }
    do {
      let answer = try perform(path, folder: folder, patience: 0)
      guard answer.status == 200 else { throw failure(of: answer) }
    } catch {
      throw folder.failure ?? error
    }
  }

  func postFile<Body: Decodable>(_ type: Body.Type, _ path: String, file: String) throws -> Body {
    do {
      return try decode(type, perform(path, upload: .file(file)), json: false)
    } catch let failure as Failure where failure.code != .unreachable && !failure.text.contains(file) {
      throw Failure(failure.code, "\(file): \(failure.text)")
    }
  }

  /// Decodes a success; throws what the server says of a failure. With `json`, prints the body as it came.
  private func decode<Body: Decodable>(_ type: Body.Type, _ answer: Answer, json: Bool) throws -> Body {
    guard (200..<300).contains(answer.status) else { throw failure(of: answer) }
    if json { print(String(decoding: answer.body, as: UTF8.self)) }
    do {
      return try JSONDecoder().decode(type, from: answer.body)
    } catch {
      throw Failure(.unreachable, "\(base) answered something that is not Escrow's: is this the right address?")
    }
  }

  private func failure(of answer: Answer) -> Failure {
    let problem = try? JSONDecoder().decode(ProblemDetails.self, from: answer.body)
    return Failure(
      Self.code(of: answer.status, problem: problem),
      problem?.detail ?? "\(base) answered with status \(answer.status)")
  }

  /// A request that is wrong, or names what is not configured, is the caller's to mend.
  private static func code(of status: Int, problem: ProblemDetails?) -> Failure.Code {
    status == 400 || status == 422 || problem?.title == ProblemDetails.unknownDestinationTitle ? .usage : .no
  }

  // MARK: libcurl

  private enum Upload {
    case bytes(Data)
    case file(String)
  }

  private final class Received {
    var bytes = Data()
    /// Where the body of a success goes instead.
    var folder: TarFolder?
    var easy: UnsafeMutableRawPointer?

    /// False when no more is wanted.
    func take(_ piece: UnsafeRawBufferPointer) -> Bool {
      var status = 0
      if let folder, let easy {
        ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        if status == 200 { return folder.take(piece) }
      }
      bytes.append(contentsOf: piece)
      return true
    }
  }

  /// Who runs the command, for the record: the user who logged in, also behind `sudo`.
  private static let `operator`: String = {
    let environment = ProcessInfo.processInfo.environment
    let name = environment["SUDO_USER"] ?? environment["USER"] ?? "uid \(getuid())"
    let isPlain =
      (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) || $0 == 0x20 }
    return isPlain ? name : "uid \(getuid())"
  }()

  /// A server that has stopped answers nothing for two minutes; one that works does, however large the file.
  private static let patience = 120

  private func perform(
    _ path: String, upload: Upload? = nil, method: String? = nil, folder: TarFolder? = nil,
    patience: Int = Self.patience
  ) throws -> Answer {
    guard let easy = curl_easy_init() else { throw Failure(.unreachable, "libcurl cannot be used") }
    defer { curl_easy_cleanup(easy) }
    let headers = curl_slist_append(nil, "Content-Type: application/json")
    let named = curl_slist_append(headers, "Escrow-Operator: \(Self.operator)")
    let silent = curl_slist_append(named, "Expect:")
    defer { curl_slist_free_all(silent) }
    ccurl_set_string(easy, CURLOPT_URL, base + path)
    ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    ccurl_set_string(easy, CURLOPT_PROXY, "")
    ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, 10_000)
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1)
    ccurl_set_long(easy, CURLOPT_LOW_SPEED_TIME, patience)
    ccurl_set_headers(easy, silent)
    let received = Received()
    received.folder = folder
    received.easy = easy
    ccurl_set_write_callback(easy, Self.write, Unmanaged.passUnretained(received).toOpaque())
    let file = try attach(upload, to: easy)
    if let method { ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, method) }
    defer { if let file { fclose(file) } }
    let code = withExtendedLifetime(received) { curl_easy_perform(easy) }
    guard code == CURLE_OK else { throw failure(code, easy) }
    var status = 0
    ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
    return Answer(status: status, body: received.bytes)
  }

  private func failure(_ code: CURLcode, _ easy: UnsafeMutableRawPointer) -> Failure {
    var connections = 0
    ccurl_get_long(easy, CURLINFO_NUM_CONNECTS, &connections)
    let cause = String(cString: curl_easy_strerror(code))
    return connections > 0
      ? Failure(
        .unreachable,
        "no answer from \(base): \(cause). It may be at work on it all the same: look (escrow status) before you repeat it"
      )
      : Failure(.unreachable, "cannot reach \(base): \(cause). Is escrow serve running?")
  }

  /// Makes the request a POST with a body; a file is streamed and must be closed after the transfer.
  private func attach(_ upload: Upload?, to easy: UnsafeMutableRawPointer) throws -> UnsafeMutablePointer<FILE>? {
    switch upload {
    case nil: return nil
    case .bytes(let data):
      _ = data.withUnsafeBytes { ccurl_set_body(easy, $0.baseAddress, curl_off_t($0.count)) }
      return nil
    case .file(let path):
      let (file, length) = try InputFile.open(path)
      ccurl_set_long(easy, CURLOPT_POST, 1)
      ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(length))
      ccurl_set_pointer(easy, CURLOPT_READDATA, file)
      return file
    }
  }

  private static let write: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<Received>.fromOpaque(context).takeUnretainedValue().take(piece) ? size * count : 0
  }
}

extension String {
  /// For a query's value or a path's component.
  var urlEscaped: String {
    addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~"))) ?? self
  }
}
