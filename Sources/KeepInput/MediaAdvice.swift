package import KeepModel

package enum MediaAdvice {
  package static func warnings(for asset: Asset, into input: MediaInput?) -> [String] { [] }
}
