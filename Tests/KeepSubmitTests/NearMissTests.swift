import KeepSubmit
import Testing

@Suite struct NearMissTests {
  @Test(arguments: [
    ("198", ["189", "136", "6"], ["189"]), ("txet", ["text", "clip"], ["text"]),
    ("imgae", ["image", "images"], ["image"]), ("prompt", ["seed"], []), ("7", ["6", "8"], ["6", "8"]),
  ])
  func swappedAndMistypedLettersFindTheName(_ name: String, _ names: [String], _ near: [String]) {
    #expect(NearMiss.names(near: name, among: names) == near)
  }
}
