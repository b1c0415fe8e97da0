package import EscrowCore
import Glibc

extension Digest {
  /// The digest of a whole file, read piece by piece. Blocks.
  package static func ofFile(at path: String) throws -> Digest {
    let disk = PosixDisk()
    let here = DiskHandle(descriptor: AT_FDCWD, path: ".") { _ in }
    let file = try disk.openFile(path, in: here)
    let digest = StreamDigest()
    var offset: Int64 = 0
    while true {
      let bytes = try disk.readAll(ChunkPool.chunkSize, at: offset, from: file)
      if bytes.isEmpty { return digest.value }
      bytes.withUnsafeBytes { digest.update($0) }
      offset += Int64(bytes.count)
    }
  }
}
