import KeepModel
import SystemPackage
import Testing

@testable import KeepPipeline

/// Recipes with changed bytes: whatever becomes of them, it is told with a place in the text.
@Suite struct RecipeMutationTests {
  /// The same numbers on every machine.
  private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }

  private static let pieces = [
    "\t", "\n", ": ", "- ", "{", "}", "[", "]", "'", "\"", "&a ", "*a", "!!str ", "---\n", "\u{FEFF}", "\\",
    "|",
    "no", "0", "@", "#", ",", "? ", "é",
  ].map { Array($0.utf8) }

  @Test(arguments: 1...4 as ClosedRange<UInt64>) func everyChangeIsReadOrTold(seed: UInt64) {
    var dice = Dice(state: seed)
    let whole = Array(RecipeReaderTests.everything.utf8)
    var told = 0
    for _ in 0..<150 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &dice) {
        let place = Int.random(in: 0..<bytes.count, using: &dice)
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &dice)
        case 1: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &dice)))
        case 2: bytes.insert(contentsOf: Self.pieces.randomElement(using: &dice) ?? [], at: place)
        default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 30)], at: place)
        }
      }
      let (recipe, findings) = RecipeReader.read(bytes, folder: "work", home: nil)
      let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 1
      for finding in findings {
        #expect((finding.place?.line ?? 1) <= lines + 1)
        #expect(!finding.reason.isEmpty)
      }
      told += findings.isEmpty ? 0 : 1
      // A recipe that can be used can be asked for, or says why not.
      if findings.isEmpty { _ = try? recipe.wish { _ in "x" } }
    }
    #expect(told > 50, "most changes are noticed")
  }
}
