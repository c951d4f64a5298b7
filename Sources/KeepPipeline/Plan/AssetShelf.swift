import KeepInput
import KeepModel
import Synchronization
import SystemPackage

/// Reads each file of a plan once, in however many runs it is, and keeps what was said of it from being repeated.
final class AssetShelf: Sendable {
  private let reader: AssetReader
  private let read = Mutex<[FilePath: Result<Asset, KeepError>]>([:])
  private let said = Mutex<Set<String>>([])

  /// - Parameter known: Files that were read already.
  init(reader: AssetReader, known: [Asset] = []) {
    self.reader = reader
    let known = Dictionary(known.map { ($0.path, Result<Asset, KeepError>.success($0)) }) { first, _ in first
    }
    read.withLock { $0 = known }
  }

  /// A file as it was when it was first read.
  ///
  /// - Throws: ``KeepError`` as ``AssetReader/read(_:)``.
  func asset(at path: FilePath) throws(KeepError) -> Asset {
    if let known = read.withLock({ $0[path] }) { return try known.get() }
    let result = Result { () throws(KeepError) in try reader.read(path) }
    read.withLock { $0[path] = result }
    return try result.get()
  }

  /// Those of some warnings that were not said before in the same words.
  func unsaid(_ warnings: [String]) -> [String] {
    said.withLock { said in warnings.filter { said.insert($0).inserted } }
  }
}
