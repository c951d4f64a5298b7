import Testing

/// The ceilings of the design, and the constructs that its code does without.
@Suite struct StyleTests {
  /// A construct that stands nowhere in `Sources`.
  private static let banned: [(construct: String, reason: String)] = [
    ("try!", "throw the error on"),
    ("as!", "cast with as? and say what was found instead"),
    ("fatalError", "throw KeepError"),
    ("Task {", "tasks have parents: use a task group or async let"),
    ("Task(", "tasks have parents: use a task group or async let"),
    ("Task.init", "tasks have parents: use a task group or async let"),
    ("Task.detached", "tasks have parents: use a task group or async let"),
    ("Thread.sleep", "wait through the clock that was passed in"),
  ]

  /// What a comment right above or beside it must prove.
  private static let proved = ["@unchecked Sendable", "nonisolated(unsafe)"]

  /// The seams: four with time, which is the standard library's `Clock`.
  private static let seams: Set<String> = ["Transport", "ObjectStore", "FolderSource"]

  static func constructs(in file: SourceFile) -> [String] {
    file.code.flatMap { line in
      banned.filter { line.text.containsWord($0.construct) }.map {
        "\(file.path):\(line.number): \($0.construct) – \($0.reason)"
      }
    }
  }

  static func unproved(in file: SourceFile) -> [String] {
    file.code.compactMap { line in
      guard let word = proved.first(where: { line.text.contains($0) }) else { return nil }
      let beside = file.lines[line.number - 1]
      let above = line.number > 1 ? file.lines[line.number - 2] : ""
      let isProved = beside.contains("//") || above.drop { $0 == " " }.hasPrefix("//")
      return isProved ? nil : "\(file.path):\(line.number): \(word) without a comment that proves it"
    }
  }

  static func marks(in file: SourceFile) -> [String] {
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
    return file.lines.enumerated().compactMap { index, line in
      words.contains { line.containsWord($0) } ? "\(file.path):\(index + 1): \(line)" : nil
    }
  }

  static func declarations(_ keyword: String, in file: SourceFile) -> [String] {
    file.code.compactMap { line in
      let words = line.text.split { !$0.isLetter && $0 != "_" }
      guard let index = words.firstIndex(where: { $0 == keyword }), index + 1 < words.count,
        words[..<index].allSatisfy({ ["public", "package", "internal", "private", "final"].contains($0) })
      else { return nil }
      return String(words[index + 1])
    }
  }

  @Test func noSourceFileIsLongerThan400Lines() throws {
    for file in try Repository.swiftFiles(under: "Sources") {
      #expect(file.lineCount <= 400, "\(file.path)")
    }
  }

  @Test func noTestFileIsLongerThan500Lines() throws {
    for file in try Repository.swiftFiles(under: "Tests") {
      #expect(file.lineCount <= 500, "\(file.path)")
    }
  }

  @Test func noFunctionIsLongerThan50Lines() throws {
    for file in try Repository.swiftFiles(under: "Sources") {
      for function in file.functions {
        #expect(function.length <= 50, "\(file.path):\(function.line)")
      }
    }
  }

  @Test func sourcesDoWithoutTrapsAndLooseTasks() throws {
    let found = try Repository.swiftFiles(under: "Sources").flatMap { Self.constructs(in: $0) }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  @Test func whatTheCompilerCannotCheckIsProved() throws {
    let found = try Repository.swiftFiles(under: "Sources").flatMap { Self.unproved(in: $0) }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  @Test func nothingIsLeftForLater() throws {
    let files = try Repository.swiftFiles(under: "Sources") + Repository.swiftFiles(under: "Tests")
    let found = files.flatMap { Self.marks(in: $0) }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }

  @Test func theLibraryHasOneActorAndItsSeams() throws {
    let library = try Repository.swiftFiles(under: "Sources")
      .filter { !["KeepSimulator", "comfykeep"].contains($0.target) }
    let actors = Set(library.flatMap { Self.declarations("actor", in: $0) })
    let protocols = Set(library.flatMap { Self.declarations("protocol", in: $0) })
    #expect(actors.isSubset(of: ["Ledger"]))
    #expect(protocols.isSubset(of: Self.seams))
  }
}

/// The scanners themselves.
@Suite struct StyleScannerTests {
  private func file(_ text: String) -> SourceFile {
    SourceFile(path: "Sources/KeepModel/Sample.swift", text: text)
  }

  @Test(arguments: ["let a = try! b()", "  Task { await c() }", "x as! Y", "fatalError(\"gone\")"])
  func aBannedConstructIsFound(_ line: String) {
    #expect(StyleTests.constructs(in: file(line)).count == 1)
  }

  @Test(arguments: [
    "// never try! here", "let text = \"fatalError\"", "let url = \"https://a.b\"  // as! it stands",
    "withTask { }", "/// `Task {` has no parent",
  ])
  func commentsTextsAndLongerWordsAreNotConstructs(_ line: String) {
    #expect(StyleTests.constructs(in: file(line)).isEmpty)
  }

  @Test func aProofMayStandAboveOrBeside() {
    let line = "final class Box: @unchecked Sendable {"
    #expect(StyleTests.unproved(in: file("\n\(line)")).count == 1)
    #expect(StyleTests.unproved(in: file("// Only the engine thread touches it.\n\(line)")).isEmpty)
    #expect(StyleTests.unproved(in: file("\(line)  // immutable")).isEmpty)
  }

  @Test func functionsAreMeasuredFromHeadToBrace() {
    let text = """
      struct A {
        func short() { 1 }
        func required()
        private static func wide(
          _ a: Int
        ) async throws(KeepError) -> Int {
          if a > 0 {
            a
          }
        }
        init?(b: Int) {
          c = b
        }
      }
      """
    #expect(file(text).functions.map { [$0.line, $0.length] } == [[4, 7], [11, 3]])
  }

  @Test func declarationsAreFoundByKeyword() {
    let text = "package protocol Door {}\nactor Ledger {}\nlet actor = 1\n// protocol: none\n"
    #expect(StyleTests.declarations("protocol", in: file(text)) == ["Door"])
    #expect(StyleTests.declarations("actor", in: file(text)) == ["Ledger"])
  }
}

extension String {
  /// Whether `word` stands here without a letter, digit or underscore before it.
  fileprivate func containsWord(_ word: String) -> Bool {
    var rest = self[...]
    while let range = rest.firstRange(of: word) {
      let before = range.lowerBound > startIndex ? self[index(before: range.lowerBound)] : " "
      let after = range.upperBound < endIndex ? self[range.upperBound] : " "
      let endsOpen = word.last?.isLetter != true || !(after.isLetter || after.isNumber || after == "_")
      if !(before.isLetter || before.isNumber || before == "_"), endsOpen { return true }
      rest = rest[range.upperBound...]
    }
    return false
  }
}
