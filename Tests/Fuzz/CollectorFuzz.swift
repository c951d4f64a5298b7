import KeepModel

@testable import KeepArchive

/// One result: no trap; every output has a place of its own, a pointer that leads to it, and a portable path.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCollector(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  guard let document = try? JSONDocument(parsing: bytes, options: .lenient) else { return 0 }
  let result = RunResult(
    verdict: .succeeded, word: "succeeded", document: document.value, irregularities: document.irregularities,
    raw: bytes)
  let workflow = try? Workflow(document: document.value["workflow"] ?? .null)
  let collected = OutputCollector.collect(result, workflow: workflow)
  var places: Set<[String]> = []
  for output in collected.outputs {
    let place = [output.node.rawValue, output.key.rawValue, "\(output.index)"]
    precondition(places.insert(place.map { "\(Array($0.utf8))" }).inserted, "two outputs at one place")
    precondition(output.pointer.value(in: document.value) != nil, "a pointer that leads nowhere")
    precondition(PayloadPath(PayloadPath(output).rawValue) != nil, "a path that is not portable")
  }
  precondition(
    OutputCollector.collect(result, workflow: workflow).outputs == collected.outputs,
    "another collection of the same")
  return 0
}
