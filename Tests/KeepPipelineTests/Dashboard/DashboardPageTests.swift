import KeepArchive
import KeepModel
import Testing

@testable import KeepPipeline

@Suite struct DashboardPageTests {
  private static let scripts = [DashboardScript.words, DashboardScript.parts, DashboardScript.live].map {
    "\($0)"
  }

  private func page(_ state: DashboardState) -> String { DashboardPage(state).source }

  private func matches(_ pattern: Regex<(Substring, Substring)>, in text: String) -> Set<String> {
    Set(text.matches(of: pattern).map { String($0.output.1) })
  }

  @Test func everythingIsSaidWithoutAScript() {
    let text = page(.busy)
    for word in [
      "Watching in part", "1,234", "5,678", "in queue, place 3", "CUDA out of memory", "and 1,184 more",
      #"src="thumbnail/done-0""#, "a network share does not tell", "132 of 200", "880.0 MB of 900.0 MB",
      "11,020",
      "48.8 GB", "in 2 h 30 min", "7f0f2b1e-6c1a-4a0e-9a84-5d2f6f1f0b77", "<noscript>", "comfykeep 1.2.3",
      "The same as a table, by the hour", #"<html lang="en">"#, "run-done-0.zip",
    ] { #expect(text.contains(word), "\(word)") }
  }

  @Test func whereThereIsNothingItIsSaidInWords() {
    let text = page(.empty)
    for word in [
      "Nothing is waiting. Drop a file into /srv/drop.", "Nothing runs just now.", "Nothing has failed.",
      "Nothing is kept yet.", "1 folder, up for 0 s.",
    ] { #expect(text.contains(word), "\(word)") }
  }

  @Test func whateverANameHoldsItIsText() {
    var state = DashboardState.busy
    let hostile = DashboardState.hostile
    state.folders = [DashboardFolder(path: hostile, mode: .polling, isLost: true, note: hostile)]
    state.paused = DashboardPause(since: state.now, reason: hostile)
    state.running[0].name = hostile
    state.running[0].phase = hostile
    state.waiting[0].name = hostile
    state.finished[0].name = hostile
    state.finished[0].bundle = hostile
    state.finished[0].request = RequestID(hostile)
    state.failures[0].folder = hostile
    state.deadlines[0].name = hostile
    state.version = hostile
    let text = page(state)
    #expect(text.matches(of: /<script>/).count == Self.scripts.count, "ours alone")
    #expect(text.matches(of: /<img\s/).count == state.finished.count - 1, "thumbnails alone")
    for scalar in ["\u{202E}", "\u{1B}", "\u{0}", "\u{2028}"] { #expect(!text.contains(scalar)) }
    #expect(!text.contains(#""'>"#) && !text.contains("<p><script"))
    #expect(text.contains("&gt;\u{240A}\u{FFFD}gpj\u{241B}[2J\u{2400}\u{FFFD}"))
  }

  @Test func onlyItsOwnStyleAndScriptsCount() {
    let policy = DashboardPage.securityPolicy
    let text = page(.busy)
    for rule in [
      "default-src 'none'", "connect-src 'self'", "img-src 'self'", "frame-ancestors 'none'",
      "base-uri 'none'",
    ] {
      #expect(policy.contains(rule), "\(rule)")
    }
    #expect(!policy.contains("unsafe") && !policy.contains("http") && !policy.contains("*"))
    for script in [DashboardScript.words, DashboardScript.parts, DashboardScript.live] {
      #expect(policy.contains(HTML.policySource(of: script)) && text.contains("<script>\(script)</script>"))
      #expect(!"\(script)".contains("</") && !"\(script)".contains("innerHTML"))
    }
    for style in [CatalogStyle.ground, DashboardStyle.sheet] {
      #expect(policy.contains(HTML.policySource(of: style)) && text.contains("<style>\(style)</style>"))
    }
    #expect(!text.contains("http://") && !text.contains("https://") && !text.contains("url("))
    let plain = page(.empty)
    #expect(plain.matches(of: /\son[a-z]+=/).isEmpty && !plain.contains("style="))
  }

  @Test func everyIdOfTheScriptIsOnThePage() {
    let text = page(.empty)
    let there = text.matches(of: /\sid="([^"]+)"/).map { String($0.output.1) }
    #expect(Set(there).count == there.count, "each once")
    var wanted = Self.scripts.reduce(into: Set<String>()) { ids, script in
      ids.formUnion(matches(/byId\("([a-z_-]+)"\)/, in: script))
      ids.formUnion(matches(/empty\("([a-z_-]+)"/, in: script))
      ids.formUnion(matches(/total\("([a-z_-]+)"/, in: script))
    }
    #expect(wanted.count > 30)
    for state in DashboardItem.State.allCases { wanted.insert("count-\(state.rawValue)") }
    for dialog in ["why", "ask"] { wanted.insert("\(dialog)-cancel") }
    #expect(wanted.subtracting(there).isEmpty)
    let referred = text.matches(of: /\saria-labelledby="([^"]+)"/).map { String($0.output.1) }
    // The drawing's own title is the script's.
    #expect(Set(referred).subtracting(there) == ["plot-title"])
  }

  @Test func theMostPressingThingIsTheHeadline() {
    var state = DashboardState.empty
    func headline() -> DashboardWords.Headline { DashboardWords.headline(state) }
    #expect(headline() == .init(tone: "good", word: "Watching", detail: "1 folder, up for 0 s."))
    state.settling = 2
    #expect(headline().detail == "1 folder, 2 files settling, up for 0 s.")
    state.held = DashboardHold(reason: "the service is down", since: state.now.advanced(by: .seconds(-125)))
    #expect(headline().detail == "The service is down, for 2 min. It goes on by itself.")
    state.paused = DashboardPause(since: state.now.advanced(by: .seconds(-7500)), reason: "lunch")
    #expect(headline().word == "Paused" && headline().detail.hasPrefix("“lunch”, for 2 h 05 min."))
    state.held = DashboardHold(reason: "the token is refused", hint: "give another", needsPerson: true)
    #expect(headline() == .init(tone: "bad", word: "Held", detail: "The token is refused. Give another."))
    state.heartbeat = state.now.advanced(by: .seconds(-61))
    #expect(headline().word == "Not going round")
    state = .empty
    state.folders[0].isLost = true
    #expect(headline().word == "No folder to watch")
  }

  @Test func spansAreSaidInWords() {
    let noon = DashboardState.noon
    func span(_ seconds: Int) -> String {
      DashboardWords.span(from: noon, to: noon.advanced(by: .seconds(seconds)))
    }
    #expect(
      [-5, 0, 59, 60, 3599, 3600, 7500].map(span) == [
        "0 s", "0 s", "59 s", "1 min", "59 min", "1 h 00 min", "2 h 05 min",
      ])
    #expect(span(172_799) == "47 h 59 min" && span(172_800) == "2 days")
    #expect(
      DashboardWords.span(from: Timestamp(milliseconds: .min), to: Timestamp(milliseconds: .max)) == "0 s")
  }

  @Test func whatHidesBecomesVisible() {
    #expect(
      DashboardText.visible("a\tb\u{7F}\u{85}\u{200B}\u{061C}\u{FEFF}\u{E0041}")
        == "a\u{2409}b\u{2421}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}")
    let family = "👩‍👩‍👧 na\u{308}h می‌خواهم 日本"
    #expect(DashboardText.visible(family).unicodeScalars.elementsEqual(family.unicodeScalars))
  }
}
