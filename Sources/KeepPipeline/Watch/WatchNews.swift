public import KeepModel
public import SystemPackage

/// What a watch tells.
public enum WatchNews: Sendable {
  /// Something about the watch, or one of its folders or files.
  case note(String, about: FilePath?)
  /// Something that a person should look at.
  case warning(String, about: FilePath?)
  /// Something happened to a run of a file.
  case run(PipelineEvent, of: Arrival)
  /// Something happened to a run that the watch keeps and that was submitted before or elsewhere.
  case swept(PipelineEvent)
  /// A file came to an end, or is in doubt.
  case arrival(Arrival)
}
