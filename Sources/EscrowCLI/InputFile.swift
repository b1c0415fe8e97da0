import Glibc

/// A file that a command is given to read.
enum InputFile {
  /// Opens a regular file and tells its bytes; a folder or a pipe has no length that could be announced.
  static func open(_ path: String) throws(Failure) -> (file: UnsafeMutablePointer<FILE>, length: Int) {
    guard let file = fopen(path, "rb") else { throw unreadable(path) }
    var facts = stat()
    guard fstat(fileno(file), &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      fclose(file)
      throw Failure(.usage, "\(path) is no file: name DICOM files, for example \(path)/*.dcm")
    }
    return (file, Int(facts.st_size))
  }

  /// The bytes of a regular file.
  static func contents(of path: String) throws(Failure) -> [UInt8] {
    let (file, length) = try open(path)
    defer { fclose(file) }
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      count = fread(buffer.baseAddress, 1, length, file)
    }
    guard bytes.count == length else { throw unreadable(path) }
    return bytes
  }

  private static func unreadable(_ path: String) -> Failure {
    Failure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
  }
}
