import KeepModel
import Testing

@testable import KeepPipeline

@Suite struct DashboardMetricsTests {
  private struct Broken: Error { let line: String }

  private struct Family {
    var help: String
    var type = ""
    /// By the labels, as `name=value` pairs.
    var samples: [[String]: Double] = [:]
  }

  /// Reads the format as its description has it: HELP, then TYPE, then the samples of a name together.
  private func parse(_ text: String) throws -> [String: Family] {
    var families: [String: Family] = [:]
    var current = ""
    guard text.hasSuffix("\n"), !text.contains("\r") else { throw Broken(line: "the end") }
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if line.hasPrefix("# HELP "), words.count == 4, families[words[2]] == nil {
        current = words[2]
        families[current] = Family(help: words[3])
      } else if line.hasPrefix("# TYPE "), words.count == 4, words[2] == current,
        families[current]?.type == ""
      {
        families[current]?.type = words[3]
      } else {
        let (name, labels, value) = try sample(line)
        guard name == current, families[name]?.type != "", families[name]?.samples[labels] == nil else {
          throw Broken(line: String(line))
        }
        families[name]?.samples[labels] = value
      }
    }
    return families
  }

  private func sample(_ line: Substring) throws -> (String, [String], Double) {
    let name = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    var rest = line.dropFirst(name.count)
    var labels: [String] = []
    if rest.first == "{" {
      repeat {
        rest = rest.dropFirst()
        let key = rest.prefix { $0.isASCII && ($0.isLetter || $0 == "_") }
        rest = rest.dropFirst(key.count)
        guard !key.isEmpty, rest.hasPrefix("=\"") else { throw Broken(line: String(line)) }
        rest = rest.dropFirst(2)
        var value = ""
        while let sign = rest.popFirst(), sign != "\"" {
          guard sign == "\\" else {
            value.append(sign)
            continue
          }
          switch rest.popFirst() {
          case "\\": value.append("\\")
          case "\"": value.append("\"")
          case "n": value.append("\n")
          default: throw Broken(line: String(line))
          }
        }
        labels.append("\(key)=\(value)")
      } while rest.first == ","
      guard rest.popFirst() == "}" else { throw Broken(line: String(line)) }
    }
    guard !name.isEmpty, rest.popFirst() == " ", let value = Double(rest) else {
      throw Broken(line: String(line))
    }
    return (String(name), labels, value)
  }

  @Test func whatIsDoneIsTold() throws {
    let families = try parse(DashboardMetrics(.busy).text)
    let told = families.mapValues(\.samples)
    #expect(told["comfykeep_build_info"] == [["version=1.2.3"]: 1])
    #expect(told["comfykeep_files"]?[["state=waiting"]] == 1234)
    #expect(told["comfykeep_files"]?[["state=in_doubt"]] == 1 && told["comfykeep_files"]?.count == 6)
    #expect(told["comfykeep_folder_up"]?[["folder=/mnt/gone", "mode=polling"]] == 0)
    #expect(told["comfykeep_folder_up"]?[["folder=/srv/drop", "mode=inotify"]] == 1)
    #expect(told["comfykeep_runs_total"] == [[]: 5694])
    #expect(told["comfykeep_kept_bytes_total"] == [[]: 48_800_000_000])
    #expect(told["comfykeep_heartbeat_timestamp_seconds"] == [[]: 1_790_000_000])
    #expect(told["comfykeep_nearest_deadline_timestamp_seconds"] == [[]: 1_790_009_000])
    #expect(told["comfykeep_today_runs_limit"] == [[]: 200])
    #expect(told["comfykeep_paused"] == [[]: 0] && told["comfykeep_held"] == [[]: 0])
  }

  @Test func whatIsNotThereIsNotTold() throws {
    let families = try parse(DashboardMetrics(.empty).text)
    for name in ["today_runs_limit", "today_sent_bytes_limit", "nearest_deadline_timestamp_seconds"] {
      #expect(families["comfykeep_\(name)"] == nil)
    }
  }

  @Test func namesAndTypesAgree() throws {
    let families = try parse(DashboardMetrics(.busy).text)
    for (name, family) in families {
      #expect(name.hasPrefix("comfykeep_") && name == name.lowercased())
      #expect(family.type == (name.hasSuffix("_total") ? "counter" : "gauge"), "\(name)")
      #expect(family.help.hasSuffix(".") && !family.samples.isEmpty)
    }
  }

  @Test func whateverAFolderIsCalledItIsOneLabel() throws {
    var state = DashboardState.empty
    let names = ["a\"b", "a\\", "a\\n", "a\nb", "\"} 1\ncomfykeep_evil 1", "ä €\u{202E}", ""]
    state.folders = (names + names).map { DashboardFolder(path: $0, mode: .polling) }
    let samples = try #require(try parse(DashboardMetrics(state).text)["comfykeep_folder_up"]?.samples)
    #expect(Set(samples.keys) == Set(names.map { ["folder=\($0)", "mode=polling"] }))
  }

  @Test func aPauseAndAHoldAreTold() throws {
    var state = DashboardState.empty
    state.paused = DashboardPause(since: DashboardState.noon)
    state.held = DashboardHold(reason: "the token is refused", needsPerson: true)
    let families = try parse(DashboardMetrics(state).text)
    for name in ["paused", "held", "needs_person"] {
      #expect(families["comfykeep_\(name)"]?.samples == [[]: 1])
    }
  }
}
