/// A generated or collected instance in a file.
package struct Sample: Sendable {
  package var path: String
  package var sopClass: String
  package var uid: String
  package var study: String
  package var modality: String
  package var transferSyntax: String

  /// The (class, UID) pair that commitment speaks of.
  package var reference: JSON { [.string(sopClass), .string(uid)] }

  /// What is to be made.
  package struct Order: Sendable {
    package var ct = 0
    package var mr = 0
    package var sr = 0
    package var multiframe = 0
    /// Transfer syntax UIDs that take turns; `all` for the eight that the generator knows.
    package var syntaxes: [String] = ["1.2.840.10008.1.2.1"]
    /// Other text, other UIDs.
    package var seed = "1"
    /// Rows and columns of an image, 16 bits a pixel.
    package var size = 64

    package init(
      ct: Int = 0, mr: Int = 0, sr: Int = 0, multiframe: Int = 0, syntaxes: [String] = ["1.2.840.10008.1.2.1"],
      seed: String = "1", size: Int = 64
    ) {
      self.ct = ct
      self.mr = mr
      self.sr = sr
      self.multiframe = multiframe
      self.syntaxes = syntaxes
      self.seed = seed
      self.size = size
    }
  }

  /// Makes instances with pydicom, the same bytes for the same order.
  package static func make(_ order: Order, on stage: Stage) async throws -> [Sample] {
    try await generate(
      [
        stage.directory.appending("samples-\(order.seed)"), "--ct", "\(order.ct)", "--mr", "\(order.mr)", "--sr",
        "\(order.sr)", "--multiframe", "\(order.multiframe)", "--seed", order.seed, "--size", "\(order.size)",
        "--syntaxes",
      ] + order.syntaxes)
  }

  /// Copies of pydicom's own test files, as far as they can be sent.
  package static func pydicomTestFiles(on stage: Stage) async throws -> [Sample] {
    try await generate([stage.directory.appending("pydicom"), "--pydicom"])
  }

  private static func generate(_ arguments: [String]) async throws -> [Sample] {
    let command = Command(Repository.python, [Repository.peer("generate.py")] + arguments)
    return try await command.check().json().items.map { entry in
      Sample(
        path: entry["path"].string ?? "", sopClass: entry["class"].string ?? "", uid: entry["uid"].string ?? "",
        study: entry["study"].string ?? "", modality: entry["modality"].string ?? "",
        transferSyntax: entry["transferSyntax"].string ?? "")
    }
  }
}
