package import KeepModel
import SystemPackage

/// One key of a recipe: how it is spelled, read, merged, explained, and by which flag it can be set too.
package struct RecipeKey: Sendable {
  /// The key with those of the mappings around it, such as `limits.warn_inline`.
  package let path: String
  /// The flag that sets the same; `nil` for what only a file needs.
  package let flag: String?
  /// What it is for, a sentence.
  package let summary: String
  /// What holds without it, as it would be written; `nil` for nothing.
  package let standard: JSONValue?
  /// The JSON Schema of its value.
  package let schema: JSONValue
  /// Reads the value into a recipe.
  let read: @Sendable (RecipeNode, inout RecipeReading, inout Recipe) -> Void
  /// Takes the lower recipe's value where the upper one has none.
  let fill: @Sendable (inout Recipe, Recipe) -> Void

  /// A key whose default is that of ``Recipe/standard``.
  init<Value: Sendable>(
    _ path: String, _ flag: String?, _ form: RecipeForm<Value>,
    _ member: any WritableKeyPath<Recipe, Value?> & Sendable,
    standard: (@Sendable (Value) -> JSONValue)? = nil, _ summary: String
  ) {
    self.path = path
    self.flag = flag
    self.summary = summary
    self.schema = form.schema
    self.standard = standard.flatMap { spell in Recipe.standard[keyPath: member].map(spell) }
    self.read = { node, reading, recipe in
      if let value = form.read(node, &reading) { recipe[keyPath: member] = value }
    }
    self.fill = { upper, lower in
      if upper[keyPath: member] == nil { upper[keyPath: member] = lower[keyPath: member] }
    }
  }

  /// The key's own name, without those around it.
  var name: String { String(path.split(separator: ".").last ?? "") }

  /// For the flag's help: what it is for, and what holds without it.
  package var help: String { summary + (standardText.map { " (default: \($0))" } ?? "") }

  /// What holds without it, for people; `false` goes without saying.
  package var standardText: String? {
    switch standard {
    case nil, .bool(false)?, .null?: nil
    case .string(let text)?: text
    case let value?: String(decoding: CanonicalJSON.compact(value), as: UTF8.self)
    }
  }

  /// The key with that path.
  package static subscript(path: String) -> RecipeKey? { all.first { $0.path == path } }

  /// The help for the flag of a key.
  package static func help(_ path: String) -> String { self[path]?.help ?? "" }
}

extension RecipeKey {
  /// Every key, in the order in which a recipe is best read.
  package static let all: [RecipeKey] =
    work + files + values + placement + uploads + following + keeping + storing

  private static let work: [RecipeKey] = [
    RecipeKey("version", nil, .count(1...1), \.version, "The version of the recipe's form, 1."),
    RecipeKey("deployment", "--deployment", .text, \.deployment, "The deployment's id or name."),
    RecipeKey(
      "workflow", "--workflow", .path, \.workflow,
      "The workflow in API form to check against (else the deployment's own)."),
    RecipeKey(
      "inline_workflow", "--inline-workflow", .flag, \.isInline, standard: { .bool($0) },
      "Send the whole workflow of --workflow with each run."),
    RecipeKey(
      "object_info", "--object-info", .path, \.objectInfo,
      "A schema of nodes, as ComfyUI's /object_info gives it, to check values against (else the deployment's own)."
    ),
    RecipeKey(
      "allow_cutting", "--allow-cutting", .flag, \.allowsCutting, standard: { .bool($0) },
      "Let values and files replace an input that is wired to another node."),
  ]

  private static let files: [RecipeKey] = [
    RecipeKey(
      "paths", "PATH", .paths, \.paths,
      "Image, video, audio and 3D files, or folders of them; one run each."),
    RecipeKey(
      "recursive", "--recursive", .flag, \.isRecursive, standard: { .bool($0) },
      "Look into folders of folders."),
    RecipeKey(
      "include", "--include", .texts, \.includes,
      "Take only the files in folders whose names fit this glob, such as '*.png'; repeatable."),
    RecipeKey(
      "exclude", "--exclude", .texts, \.excludes,
      "Leave out the files in folders whose names fit this glob; repeatable."),
    RecipeKey(
      "table", "--table", .path, \.table,
      "A table, CSV with a header line or JSON lines, of which each row makes a run."),
    RecipeKey(
      "sidecars", "--sidecars", .flag, \.usesSidecars, standard: { .bool($0) },
      "Let cat.yaml or cat.json beside cat.jpg give values for its run."),
  ]

  private static let values: [RecipeKey] = [
    RecipeKey(
      "assets", "--asset", .assets, \.assets,
      "Node inputs that take files: each PATH, one file, a folder that pairs by stem, or an https URL."),
    RecipeKey(
      "set", "--set", .settings, \.settings,
      "Values for node inputs; numbers keep their digits, random draws a seed. NODE is an id or a title."),
    RecipeKey(
      "sweep", "--sweep", .sweeps, \.sweeps,
      "Several values for a node input, such as 1..4, random:3 or a JSON list; each makes runs of its own."),
    RecipeKey(
      "strip_metadata", "--strip-metadata", .flag, \.stripsMetadata, standard: { .bool($0) },
      "Leave EXIF, GPS, XMP and text out of the images that are sent."),
  ]

  private static let placement: [RecipeKey] = [
    RecipeKey(
      "prefer", "--prefer", .choice, \.preference, standard: { .string($0.rawValue) },
      "How files travel that could travel either way: auto, inline or upload."),
    RecipeKey(
      "limits.warn_inline", "--warn-inline", .size, \.limits.warnedInline, standard: size,
      "A longer data URI gives a warning, or is uploaded where there is a target."),
    RecipeKey(
      "limits.max_inline", "--max-inline", .size, \.limits.maximumInline, standard: size,
      "A longer data URI does not travel inside a request."),
    RecipeKey(
      "limits.max_body", "--max-body", .size, \.limits.maximumBody, standard: size,
      "A longer request body is refused."),
    RecipeKey(
      "limits.advised_image", "--advised-image", .size, \.limits.advisedImage, standard: size,
      "A larger image file gives a warning."),
    RecipeKey(
      "limits.advised_video", "--advised-video", .size, \.limits.advisedVideo, standard: size,
      "A larger video file gives a warning."),
    RecipeKey(
      "limits.max_file", "--max-file", .sizesByKind, \.limits.maximumFile,
      "A larger file of a kind (image, video, audio, 3d) is refused; repeatable."),
    RecipeKey(
      "probe", "--probe", .flag, \.probesURLs, standard: { .bool($0) },
      "Fetch URLs given in place of files once, before anything is submitted."),
    RecipeKey(
      "budget.max_runs", "--max-runs", .count(1...Int.max), \.maximumRuns, "Refuse more runs than this."),
    RecipeKey(
      "budget.max_upload_bytes", "--max-upload-bytes", .size, \.maximumUploadBytes,
      "Refuse to send more bytes than this, requests and uploads together."),
    RecipeKey(
      "budget.min_balance", "--min-balance", .dollars, \.minimumBalance,
      "Submit nothing while fewer US dollars than this are left in the account."),
  ]

  private static let uploads: [RecipeKey] = [
    RecipeKey(
      "upload.to", "--upload", .secretive, \.upload.target,
      "Where files go that are too large to travel inside a request."),
    RecipeKey(
      "upload.command", "--upload-command", .words, \.upload.command,
      "A program that uploads {path} and prints its URL, run without a shell."),
    RecipeKey(
      "upload.endpoint", "--upload-endpoint", .url, \.upload.endpoint,
      "The S3 server (else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS)."),
    RecipeKey(
      "upload.region", "--upload-region", .text, \.upload.region,
      "The S3 region (else AWS_REGION, AWS_DEFAULT_REGION, else us-east-1)."),
    RecipeKey(
      "upload.addressing", "--upload-addressing", .choice, \.upload.addressing,
      "Where the bucket stands in S3 URLs, path or host (else host at AWS and path elsewhere)."),
    RecipeKey(
      "upload.public_url", "--upload-public-url", .secretive, \.upload.publicURL,
      "Where the service fetches an upload, if that is another URL."),
    RecipeKey(
      "upload.headers", "--upload-header", .headers, \.upload.headers,
      "A header for each PUT, its value from an environment variable; repeatable."),
    RecipeKey(
      "upload.lifetime", "--upload-lifetime", .time, \.upload.lifetime, standard: { .string($0.timeText) },
      "How long an upload's URL lives, which has to outlast the queue."),
    RecipeKey(
      "upload.bearer_env", "--upload-auth", .variable, \.upload.login.bearer,
      "The environment variable that holds a bearer token."),
    RecipeKey(
      "upload.user_env", "--upload-auth", .variable, \.upload.login.user,
      "The environment variable that holds a user's name."),
    RecipeKey(
      "upload.password_env", "--upload-auth", .variable, \.upload.login.password,
      "The environment variable that holds that user's password."),
    RecipeKey(
      "upload.netrc", "--upload-auth", .path, \.upload.login.netrc,
      "A netrc file with the server's login."),
    RecipeKey(
      "upload.access_key_env", "--upload-auth", .variable, \.upload.login.accessKey,
      "The environment variable that holds the id of an S3 access key (else AWS_ACCESS_KEY_ID)."),
    RecipeKey(
      "upload.secret_key_env", "--upload-auth", .variable, \.upload.login.secretKey,
      "The environment variable that holds that key's secret (else AWS_SECRET_ACCESS_KEY)."),
    RecipeKey(
      "upload.session_token_env", "--upload-auth", .variable, \.upload.login.sessionToken,
      "The environment variable that holds the token of temporary credentials (else AWS_SESSION_TOKEN)."),
  ]

  private static let following: [RecipeKey] = [
    RecipeKey(
      "concurrency", "--concurrency", .count(1...64), \.concurrency,
      "How many runs are in flight at once on a deployment (else as many as it has instances, else 4)."),
    RecipeKey(
      "max_in_flight", "--max-in-flight", .count(1...1024), \.overallConcurrency,
      standard: { .integer($0) }, "How many runs are in flight at once on all deployments."),
    RecipeKey(
      "stop_after", "--stop-after", .count(0...1000), \.maximumSameFailures, standard: { .integer($0) },
      "Submit no more after so many runs in a row failed with the same error; 0 for never."),
    RecipeKey(
      "retention", "--retention", .time, \.retention, standard: { .string($0.timeText) },
      "How long the service keeps results after a run has finished."),
    RecipeKey(
      "retry_failed", "--retry-failed", .flag, \.repeatsEnded, standard: { .bool($0) },
      "Submit again what failed, was canceled, expired, came out empty or was abandoned."),
    RecipeKey(
      "max_wait", "--max-wait", .time, \.maximumWait,
      "Leave a run to a later command after so long, such as 90s, 30m, 2h."),
    RecipeKey(
      "poll_interval", "--poll-interval", .time, \.pollInterval, standard: { .string($0.timeText) },
      "The first wait between two looks at a run; it grows to five times that."),
    RecipeKey(
      "webhook.url", "--webhook", .url, \.webhook, "Where the service announces how each run goes."),
    RecipeKey(
      "webhook.progress", "--webhook-progress", .flag, \.webhookAnnouncesProgress, standard: { .bool($0) },
      "Have it announced too that a run is queued and started."),
    RecipeKey(
      "api.url", "--api-url", .url, \.apiURL, standard: { .string("\($0.origin)") },
      "The service (else RUNCOMFY_API_URL)."),
    RecipeKey(
      "api.version", "--api-version", .choice, \.apiVersion, standard: { .string($0.rawValue) },
      "Which version of the inference paths: v1 or v2."),
  ]

  private static let keeping: [RecipeKey] = [
    RecipeKey(
      "archive", "--archive", .folder, \.archive,
      "The archive's folder (else COMFYKEEP_ARCHIVE, else ~/comfykeep)."),
    RecipeKey(
      "ledger", "--ledger", .path, \.ledger, "A ledger outside the archive, for network shares."),
    RecipeKey(
      "export", "--export", .path, \.export,
      "Also write the outputs as plain files there, never overwriting."),
    RecipeKey(
      "inputs", "--inputs", .inclusion, \.includesInputs, standard: inclusion,
      "Whether the files that went in go into the bundle: include or omit."),
    RecipeKey(
      "temp", "--temp", .inclusion, \.includesTemporary, standard: inclusion,
      "Whether temporary outputs, such as previews, go into the bundle: include or omit."),
    RecipeKey(
      "allow_partial", "--allow-partial", .flag, \.allowsPartial, standard: { .bool($0) },
      "Write a .partial.zip when some outputs can no longer be had."),
    RecipeKey(
      "output_host", "--output-host", .hosts, \.outputHosts,
      "Fetch outputs from this host alone, or from all under *.DOMAIN; repeatable."),
  ]

  private static let storing: [RecipeKey] = [
    RecipeKey(
      "archive_store.to", "--archive", .secretive, \.archiveStore.target,
      "The store that bundles are put into, once they are kept in the archive's folder: s3://BUCKET/PREFIX."),
    RecipeKey(
      "archive_store.keep_local", "--keep-local", .flag, \.keepsLocal, standard: { .bool($0) },
      "Keep bundles in the archive's folder too, once they are in the store."),
    RecipeKey(
      "archive_store.endpoint", "--archive-endpoint", .url, \.archiveStore.endpoint,
      "The archive's S3 server (else AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS)."),
    RecipeKey(
      "archive_store.region", "--archive-region", .text, \.archiveStore.region,
      "Its region (else AWS_REGION, AWS_DEFAULT_REGION, else us-east-1)."),
    RecipeKey(
      "archive_store.addressing", "--archive-addressing", .choice, \.archiveStore.addressing,
      "Where its bucket stands in URLs, path or host (else host at AWS and path elsewhere)."),
    RecipeKey(
      "archive_store.access_key_env", "--archive-auth", .variable, \.archiveStore.login.accessKey,
      "The environment variable that holds the id of its access key (else AWS_ACCESS_KEY_ID)."),
    RecipeKey(
      "archive_store.secret_key_env", "--archive-auth", .variable, \.archiveStore.login.secretKey,
      "The environment variable that holds that key's secret (else AWS_SECRET_ACCESS_KEY)."),
    RecipeKey(
      "archive_store.session_token_env", "--archive-auth", .variable, \.archiveStore.login.sessionToken,
      "The environment variable that holds the token of temporary credentials (else AWS_SESSION_TOKEN)."),
  ]

  private static let size: @Sendable (ByteCount) -> JSONValue = { .string($0.sizeText) }
  private static let inclusion: @Sendable (Bool) -> JSONValue = { .string($0 ? "include" : "omit") }
}
