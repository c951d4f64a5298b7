import Glibc
import KeepFiles
import KeepModel
import Synchronization
import SystemPackage

/// What is to be told of a recipe.
struct RecipeNote: Sendable, Equatable {
  let text: String
  /// Whether a person should look at it.
  var isTrouble = false

  /// It as news.
  var news: WatchNews { isTrouble ? .warning(text, about: nil) : .note(text, about: nil) }
}

/// The recipes of watched folders: that of the command, and in any folder one of its own, which holds there and below.
///
/// A recipe that is broken when it is first seen holds back the files below it; one that breaks later leaves the old one
/// in force. They are looked at again whenever a file arrives, a second apart, and at a person's wish.
final class RecipeTree: Sendable {
  /// A recipe in a folder, as it was last read.
  private struct Leaf {
    var stamp: FileStamp?
    var lookedAt: Duration
    var result: Result<Recipe, KeepError>?
    var number = 0
  }

  private struct State {
    var base: Recipe
    var baseNumber = 0
    var leaves: [FilePath: Leaf] = [:]
    var merged: [String: WatchedRecipe] = [:]
    var next = 1
    /// What was found out where nobody asked for notes.
    var untold: [RecipeNote] = []
    /// The watched folders of which an earlier watch moved files.
    var moved: Set<FilePath> = []
  }

  private let setting: WatchSetting
  private let read: @Sendable () throws -> Recipe
  private let elapsed: @Sendable () -> Duration
  private let state: Mutex<State>

  /// - Parameter read: Gives the recipe of the command, flags above it; again at each reload.
  /// - Throws: What `read` throws.
  init(
    _ setting: WatchSetting, elapsed: @escaping @Sendable () -> Duration,
    read: @escaping @Sendable () throws -> Recipe
  ) throws {
    self.setting = setting
    self.read = read
    self.elapsed = elapsed
    self.state = Mutex(State(base: try read()))
  }

  /// The recipe for a file.
  ///
  /// - Parameter path: Where the file lies below the watched folder.
  /// - Returns: The recipe, or what is wrong in the one that holds for it; and what is to be told of recipes on the way.
  func recipe(for path: FilePath, in folder: FilePath) -> (
    recipe: Result<WatchedRecipe, KeepError>, notes: [RecipeNote]
  ) {
    var notes = state.withLock { state in
      defer { state.untold = [] }
      return state.untold
    }
    let places = places(of: path, in: folder)
    for place in places { look(at: place, &notes) }
    let result = state.withLock { state in
      Result { () throws(KeepError) in try merged(places, &state) }
    }
    return (result, notes)
  }

  /// Whether a file beside another, that is named after it, gives values to it.
  func usesSidecars(_ path: FilePath, in folder: FilePath) -> Bool {
    let (recipe, notes) = recipe(for: path, in: folder)
    state.withLock { $0.untold += notes }
    return (try? recipe.get())?.wish.usesSidecars == true
  }

  /// Takes note that an earlier watch moved files of a folder, so that its `done/` and the like hold what is over.
  func learnMoved(_ folder: FilePath) { _ = state.withLock { $0.moved.insert(folder) } }

  /// Reads everything again. What is broken is told, and leaves the old one in force.
  ///
  /// - Returns: What is to be told.
  func reload() -> [RecipeNote] {
    var notes: [RecipeNote] = []
    do {
      let base = try read()
      state.withLock { state in
        guard base != state.base else { return }
        state.base = base
        state.baseNumber = state.next
        state.next += 1
        notes.append(RecipeNote(text: "the recipe was read anew"))
      }
    } catch {
      let reasons =
        (error as? RecipeRefusal)?.errors.map(\.description) ?? [KeepError.foreign(error).description]
      notes += reasons.map { RecipeNote(text: "the old recipe stays: \($0)", isTrouble: true) }
    }
    let places = state.withLock { state in
      for place in state.leaves.keys { state.leaves[place]?.lookedAt = .seconds(-1_000) }
      // Files that recipes name may be others too.
      for recipe in state.merged.values { recipe.forget() }
      return Array(state.leaves.keys)
    }
    for place in places.sorted(by: { $0.string < $1.string }) { look(at: place, &notes) }
    return notes
  }

  /// Where recipes may lie that hold for a file, the outermost first.
  private func places(of path: FilePath, in folder: FilePath) -> [FilePath] {
    var places = [folder.appending(WatchSetting.recipeName)]
    var below = folder
    var parents = Array(path.removingLastComponent().components)
    // What was moved once it was over is taken again by the recipe of where it came from.
    let isFiled = setting.filing == .move || state.withLock { $0.moved.contains(folder) }
    if isFiled, let first = parents.first?.string, WatchSetting.filed.contains(first) {
      parents.removeFirst()
    }
    for component in parents {
      below.append(component)
      places.append(below.appending(WatchSetting.recipeName))
    }
    return places
  }

  private func look(at place: FilePath, _ notes: inout [RecipeNote]) {
    let now = elapsed()
    let known = state.withLock { $0.leaves[place] }
    if let known, now - known.lookedAt < .seconds(1) { return }
    let stamp = FileStamp(of: place)
    var leaf = known ?? Leaf(stamp: nil, lookedAt: now, result: nil)
    leaf.lookedAt = now
    if stamp != known?.stamp || known == nil || (stamp != nil && known?.result?.failure != nil) {
      leaf.stamp = stamp
      let result = stamp.map { _ in Result { () throws(KeepError) in try recipe(at: place) } }
      switch (result, known?.result) {
      case (.failure(let error)?, .success?):
        notes.append(RecipeNote(text: "the old recipe stays: \(error.description)", isTrouble: true))
      default:
        let isSaid =
          known?.result?.failure != nil && known?.result?.failure?.description == result?.failure?.description
        if let result, !isSaid { notes.append(Self.words(result, place)) }
        leaf.result = result
        leaf.number = state.withLock { state in
          defer { state.next += 1 }
          return state.next
        }
      }
    }
    state.withLock { $0.leaves[place] = leaf }
  }

  private static func words(_ result: Result<Recipe, KeepError>, _ place: FilePath) -> RecipeNote {
    switch result {
    case .success: RecipeNote(text: "\(place.string) was read")
    case .failure(let error): RecipeNote(text: error.inFull, isTrouble: true)
    }
  }

  private func recipe(at place: FilePath) throws(KeepError) -> Recipe {
    // Who it belongs to is asked of what is read, and not of what may lie there a moment later.
    let file = try FileReader(place, followsLinks: false, code: .usage)
    try checkOwner(of: file)
    let recipe: Recipe
    do throws(RecipeRefusal) {
      recipe = try RecipeFile.read(file, home: setting.home)
    } catch {
      throw error.errors.first ?? KeepError(.usage, .path(place), "cannot be read")
    }
    for (name, isNamed) in recipe.settingsOfCommand where isNamed {
      throw KeepError(
        .usage, .path(place), "names \(name), which holds for the whole watch and not for a folder",
        hint: "name it where the watch is started")
    }
    return recipe
  }

  /// A recipe decides what is paid for, and may name a command: it must be of who watches.
  private func checkOwner(of file: borrowing FileReader) throws(KeepError) {
    guard setting.trustsRecipes || file.owner == geteuid() || file.owner == 0 else {
      throw KeepError(
        .usage, .path(file.path), "belongs to somebody else, who would decide what is run and paid for",
        hint: "--trust-recipes takes it all the same")
    }
  }

  private func merged(_ places: [FilePath], _ state: inout State) throws(KeepError) -> WatchedRecipe {
    var recipe = state.base
    var id = "\(state.baseNumber)"
    for place in places {
      guard let leaf = state.leaves[place], let result = leaf.result else { continue }
      let own = try result.get()
      recipe = own.overriding(own.deployment == nil ? recipe : recipe.withoutWorkflow)
      id += ".\(leaf.number)"
    }
    if let known = state.merged[id] { return known }
    let made = try WatchedRecipe(id: id, recipe: recipe, setting)
    // What no file leads to any more is made again where it is wanted.
    if state.merged.count > 1_000 { state.merged = [:] }
    state.merged[id] = made
    return made
  }
}

extension Recipe {
  /// What a recipe in a watched folder cannot change.
  fileprivate var settingsOfCommand: [(String, Bool)] {
    [
      ("archive", archive != nil), ("archive_store", archiveStore.namesTarget), ("ledger", ledger != nil),
      ("api_url", apiURL != nil), ("api_version", apiVersion != nil), ("paths", paths != nil),
      ("table", table != nil), ("webhook", webhook != nil),
    ]
  }

  /// Without what is said of one workflow and means nothing in another.
  fileprivate var withoutWorkflow: Recipe {
    var recipe = self
    recipe.workflow = nil
    recipe.isInline = nil
    recipe.objectInfo = nil
    recipe.allowsCutting = nil
    recipe.assets = nil
    recipe.settings = nil
    recipe.sweeps = nil
    return recipe
  }
}

extension Result {
  fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
