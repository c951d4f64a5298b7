import Foundation
import KeepTestKit
import SystemPackage
import Testing

/// Recipes as a user meets them: written, checked, run, and overruled by flags.
@Suite struct RecipeCommandTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(Pictures.png(1), to: "photos/a.png")
    try folder.write(Pictures.png(2), to: "photos/b b.png")
    try FileManager.default.copyItem(atPath: CommandTests.workflow, toPath: folder("w.json").string)
  }

  private func recipe(_ text: String, name: String = "recipe.yaml") throws -> String {
    try folder.write(Array(text.utf8), to: name).string
  }

  private func plan(_ arguments: [String], _ environment: [String: String] = [:], launcher: [String] = [])
    throws
    -> Program.Result
  {
    let isArchived = arguments.contains("--archive") || environment["COMFYKEEP_ARCHIVE"] != nil
    return try Program(environment: environment).run(
      ["plan"] + arguments + (isArchived ? [] : ["--archive", folder("none").string]), launcher: launcher)
  }

  private static let whole = "deployment: \(Service.Deployment.image)\nworkflow: w.json\npaths: photos\n"

  @Test func aDraftIsCheckedAndPlannedAsItIs() throws {
    let draft = folder("recipe.yaml").string
    let written = try Program().run("recipe", "init", folder("w.json").string, "--output", draft)
    #expect(written.status == 0, "\(written.errors)")
    let again = try Program().run("recipe", "init", folder("w.json").string, "--output", draft)
    #expect(again.status == 64)
    #expect(again.errors.contains("nothing is overwritten"))
    let printed = try Program().run(["recipe", "init", "w.json"], launcher: inFolder)
    #expect(printed.output == String(decoding: try folder.read("recipe.yaml"), as: UTF8.self))
    let check = try Program().run("recipe", "check", draft, "--json")
    #expect(check.status == 0, "\(check.errors)")
    let inputs = check.objects.first?["inputs"] as? [[String: Any]]
    #expect(inputs?.compactMap { $0["input"] as? String } == ["189.image"])
    let planned = try plan([
      folder("photos").string, "--recipe", draft, "--deployment", Service.Deployment.image,
    ])
    #expect(planned.status == 0, "\(planned.errors)")
    #expect(planned.output.contains("2 of 2 runs"))
  }

  private var inFolder: [String] { ["/usr/bin/env", "-C", folder.path.string] }

  @Test func pathsAreRelativeToTheRecipe() throws {
    let planned = try plan(["--recipe", try recipe(Self.whole), "--json"])
    #expect(planned.status == 0, "\(planned.errors)")
    let inputs = planned.objects.compactMap { ($0["inputs"] as? [String])?.first }
    #expect(inputs == [folder("photos/a.png").string, folder("photos/b b.png").string])
  }

  @Test func flagsOverruleTheRecipe() throws {
    let path = try recipe(Self.whole + "recursive: true\nset: {6.text: from the recipe, 25.noise_seed: 1}\n")
    try folder.write(Pictures.png(3), to: "photos/deeper/c.png")
    let planned = try plan(["--recipe", path, "--no-recursive", "--set", "6.text=from the flag", "--body"])
    #expect(planned.status == 0, "\(planned.errors)")
    #expect(planned.output.contains("2 of 2 runs"))
    #expect(planned.output.contains("from the flag"))
    #expect(!planned.output.contains("from the recipe"))
    #expect(planned.output.contains("\"noise_seed\": 1"))
    #expect(try plan(["--recipe", path]).output.contains("3 of 3 runs"))
  }

  @Test func theArchiveIsThatOfFlagThenEnvironmentThenRecipe() throws {
    let service = try Service()
    let path = try recipe(
      "deployment: \(Service.Deployment.image)\npaths: photos/a.png\narchive: of-recipe\npoll_interval: 20ms\n"
    )
    for (arguments, environment, name) in [
      (["--archive", folder("of-flag").string], folder("of-environment").string, "of-flag"),
      ([], folder("of-environment").string, "of-environment"), ([], "", "of-recipe"),
    ] {
      var program = service.program
      program.environment["COMFYKEEP_ARCHIVE"] = environment
      let run = try program.run(["run", "--recipe", path] + arguments)
      #expect(run.status == 0, "\(run.errors)")
      #expect(folder.files().contains { $0.hasPrefix(name + "/") && $0.hasSuffix(".zip") })
    }
  }

  @Test func whatIsWrongIsToldWithLineAndColumn() throws {
    let path = try recipe(
      "deplyment: d\nworkflow: w.json\nset:\n  6.text: a\n  6.text: b\npassword: hunter2\n")
    for command in [["run"], ["plan"], ["recipe", "check"]] {
      let arguments = command == ["recipe", "check"] ? command + [path] : command + ["--recipe", path]
      let result = try Program().run(arguments)
      #expect(result.status == 64)
      for words in [
        "1:1: \"deplyment\" is no key", "5:3: \"6.text\" is named twice", "6:1: \"password\" would",
      ] {
        #expect(result.errors.contains("comfykeep: \(path):\(words)"), "\(result.errors)")
      }
      #expect(!(result.errors + result.output).contains("hunter2"))
    }
    let object = try #require(try Program().run("run", "--recipe", path, "--json").objects.first)
    #expect((object["error"] as? [String: Any])?["subject"] as? String == "\(path):1:1")
    #expect((object["errors"] as? [[String: Any]])?.count == 3)
    #expect(try Program().run("run", "--recipe", folder("gone.yaml").string).status == 64)
    let unknown = try recipe(Self.whole + "set: {6.txt: a}", name: "other.yaml")
    #expect(try Program().run("recipe", "check", unknown).status == 10)
    #expect(try Program().run("recipe", "check", unknown, path).status == 64)
    #expect(try Program().run(["run", "a.png"]).status == 64)
  }

  @Test func secretsStayInTheEnvironment() throws {
    let path = try recipe(
      Self.whole
        + """
        upload:
          to: https://h.example/{sha256}.{ext}
          user_env: UPLOAD_USER
          password_env: UPLOAD_PASSWORD
          headers: {X-Key: {env: UPLOAD_KEY}}
        webhook: {url: 'https://hook.example/?key=hunter-hook'}
        """)
    let secrets = [
      "UPLOAD_USER": "hunter-user", "UPLOAD_PASSWORD": "hunter-word", "UPLOAD_KEY": "hunter-key",
      "RUNCOMFY_API_TOKEN": "hunter-token",
    ]
    for arguments in [["recipe", "check", path], ["recipe", "check", path, "--json"]] {
      let result = try Program(environment: secrets).run(arguments)
      #expect(result.status == 0, "\(result.errors)")
      #expect(!(result.output + result.errors).contains("hunter"))
    }
    for arguments in [["--recipe", path, "--body"], ["--recipe", path, "--json"]] {
      let result = try plan(arguments, secrets)
      #expect(result.status == 0, "\(result.errors)")
      #expect(!(result.output + result.errors).contains("hunter"))
    }
    for flag in [
      ["--upload", "https://me:hunter2@h.example/{sha256}"], ["--upload-auth", "bearer:hunter-2"],
      ["--upload-header", "X-Key=hunter-2"], ["--webhook", "https://me:hunter2@h.example/"],
    ] {
      let result = try Program().run(["run", "--recipe", path] + flag)
      #expect(result.status == 64 || result.status == 77, "\(result.errors)")
      #expect(!(result.output + result.errors).contains("hunter"), "\(flag)")
    }
  }

  @Test func standardInputGivesAListOfPaths() throws {
    let path = try recipe("deployment: \(Service.Deployment.image)\nworkflow: w.json\n")
    let arguments = ["-", "--recipe", path]
    let lines = [
      "/bin/sh", "-c", "cd '\(folder.path)'; printf 'photos/a.png\\n\\nphotos/b b.png\\n' | \"$@\"", "sh",
    ]
    #expect(try plan(arguments, launcher: lines).output.contains("2 of 2 runs"))
    // Bytes that are no text, and a name with the end of a line in it.
    let odd = [
      "/bin/sh", "-c",
      "cd '\(folder.path)'; cp photos/a.png \"$(printf 'n\\377')\"; cp photos/a.png 'x\ny'; "
        + "printf 'n\\377\\0x\\ny\\0photos/a.png' | \"$@\"", "sh",
    ]
    #expect(try plan(arguments, launcher: odd).output.contains("1 of 3 runs would be submitted"))
    let none = try plan(arguments, launcher: ["/bin/sh", "-c", "printf '\\n' | \"$@\"", "sh"])
    #expect(none.status == 64)
    #expect(none.errors.contains("reads a list from standard input, and it is empty"))
    #expect(try plan(["-", "-", "--recipe", path]).status == 64)
  }

  @Test(arguments: [
    ["--warn-inline", "soon"], ["--max-file", "picture=5"], ["--max-runs", "0"], ["--prefer", "best"],
    ["--upload-addressing", "x"], ["--upload-command", "[1]"], ["--upload-auth", "me"],
    ["--upload-region", "r"],
    ["--upload", "ftp://h"], ["--upload-lifetime", "-5s"], ["--max-upload-bytes", "-1"],
  ])
  func aWrongFlagIsRefused(option: [String]) throws {
    let result = try plan(
      ["a.png", "--deployment", Service.Deployment.image, "--workflow", CommandTests.workflow] + option)
    #expect(result.status == 64, "\(result.errors)")
  }

  // MARK: Both lists

  /// The keys of the schema by their flags: path, and the default in the flag's spelling.
  private func keys() throws -> [(path: String, flag: String?, standard: String?)] {
    let schema = try #require(try Program().run("recipe", "schema").wholeObject)
    func walk(_ object: [String: Any], _ prefix: String) -> [(String, String?, String?)] {
      (object["properties"] as? [String: [String: Any]] ?? [:]).flatMap { name, value in
        let inner = (value["anyOf"] as? [[String: Any]])?.last ?? value
        guard inner["properties"] != nil, value["description"] == nil else {
          return [(prefix + name, value["$comment"] as? String, Self.spelled(value))]
        }
        return walk(inner, prefix + name + ".")
      }
    }
    return walk(schema, "")
  }

  /// A default as a flag's help shows it; that something is off goes without saying.
  private static func spelled(_ property: [String: Any]) -> String? {
    guard property["type"] as? String != "boolean" else { return nil }
    return property["default"].map { "\($0)" }
  }

  @Test func everyKeyHasAFlagWithTheSameDefault() throws {
    let dump = try #require(try Program().run("run", "--experimental-dump-help").wholeObject)
    let command = try #require(dump["command"] as? [String: Any])
    var help: [String: String] = [:]
    for argument in command["arguments"] as? [[String: Any]] ?? [] {
      let names = (argument["names"] as? [[String: Any]])?.compactMap { $0["name"] as? String } ?? []
      let shown = names.isEmpty ? ["PATH"] : names.filter { $0.count > 1 }.map { "--\($0)" }
      for name in shown { help[name] = argument["abstract"] as? String ?? "" }
    }
    let keys = try keys()
    #expect(keys.count > 50)
    for key in keys where key.path != "version" {
      let flag = try #require(key.flag, "\(key.path) has no flag")
      let words = try #require(help[flag], "\(flag) of \(key.path) does not exist")
      if let standard = key.standard {
        #expect(words.contains("(default: \(standard))"), "\(flag): \(words)")
      } else if flag != "--upload-auth" {
        #expect(!words.contains("(default"), "\(flag): \(words)")
      }
    }
    // What a file must not say: secrets, a person's word, and how one command talks.
    let flagsAlone = [
      "--recipe", "--yes", "--force", "--cancel-on-interrupt", "--token-file", "--ca-file", "--allow-http",
      "--json", "--quiet", "--help", "--version", "--listen", "--listen-host", "--public-url",
    ]
    let flags = Set(keys.compactMap(\.flag) + flagsAlone)
    for name in help.keys where !name.hasPrefix("--no-") {
      #expect(flags.contains(name), "\(name) has no key")
    }
  }
}

extension Program.Result {
  /// All of the output as one object.
  fileprivate var wholeObject: [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any]
  }
}
