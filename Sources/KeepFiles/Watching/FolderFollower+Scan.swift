internal import Glibc
internal import SystemPackage

extension FolderFollower {
  /// Folders that lie deeper than this below the watched one are not looked into.
  private static let deepest = 100

  /// Looks into folders and all below them.
  func scan(_ folders: [FolderNode]) {
    var open = folders
    while let folder = open.popLast(), isAttached, !handover.isStopped {
      if !folder.isDropped { open += enter(folder).reversed() }
    }
  }

  /// Watches a folder and then looks into it, so that nothing is missed between; returns the folders in it.
  private func enter(_ node: FolderNode) -> [FolderNode] {
    guard node.depth <= Self.deepest else {
      tellUnreadable(node, "it lies more than \(Self.deepest) folders deep")
      return []
    }
    settleHow(node)
    guard watch(node) else { return [] }
    do throws(Errno) {
      let folder = try OpenFolder(node.path, followsLinks: node === tree)
      // Another folder lies there by now, perhaps by a link above; what is above tells of it.
      guard folder.identity == node.identity else {
        if node === tree { lose("was moved or removed") }
        return []
      }
      node.isUnreadable = false
      return try look(into: folder, node)
    } catch {
      fail(node, error)
      return []
    }
  }

  private func fail(_ node: FolderNode, _ error: Errno) {
    guard node !== tree else { return lose(error.description.lowercased()) }
    // Gone since, or a link now: what is above tells of it.
    guard ![.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(error) else { return }
    if [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory].contains(error) { scanSoon() }
    tellUnreadable(node, error.description.lowercased())
  }

  private func tellUnreadable(_ node: FolderNode, _ reason: String) {
    guard !node.isUnreadable else { return }
    node.isUnreadable = true
    tell(.unreadable(node.path, reason))
  }

  /// Looks at all names in a folder and forgets the others; returns the folders in it.
  private func look(into folder: borrowing OpenFolder, _ node: FolderNode) throws(Errno) -> [FolderNode] {
    node.memory.beginScan()
    for child in node.children.values { child.wasSeen = false }
    var below: [FolderNode] = []
    for name in try folder.names() {
      name.withBytes { name in
        if let child = see(name, in: node, folder, isNew: true) { below.append(child) }
      }
    }
    for name in node.memory.endScan() { note(FolderSighting(path: node.path.appending(name), state: nil)) }
    for child in node.children.values where !child.wasSeen { drop(child) }
    return below
  }

  /// Looks at one name in a folder and tells what is new; returns the folder that lies there if it is to be entered.
  ///
  /// - Parameter isNew: Whether to enter also a folder that was entered before and is watched since.
  func see(
    _ name: UnsafeBufferPointer<UInt8>, in node: FolderNode, _ folder: borrowing OpenFolder, isNew: Bool
  ) -> FolderNode? {
    let isKnown = node.memory.knows(name)
    let child = isKnown || node.children.isEmpty ? nil : node.children[Array(name)]
    guard isKnown || child != nil || !Self.isPassedOver(name) else { return nil }
    let status: stat
    do throws(Errno) {
      status = try folder.status(of: name)
    } catch {
      guard error != .noSuchFileOrDirectory else {
        forget(name, in: node, child)
        return nil
      }
      node.memory.keep(name)
      child?.wasSeen = true
      return nil
    }
    if status.isRegularFile {
      if let child { drop(child) }
      let state = FileState(status)
      if node.memory.see(name, state) { note(name, in: node, state) }
      return nil
    }
    guard status.isFolder else {
      forget(name, in: node, child)
      return nil
    }
    if node.memory.forget(name) { note(name, in: node, nil) }
    return see(FolderIdentity(status), name, in: node, child, isNew: isNew)
  }

  /// The folder of a name, if it is to be entered.
  private func see(
    _ identity: FolderIdentity, _ name: UnsafeBufferPointer<UInt8>, in node: FolderNode, _ child: FolderNode?,
    isNew: Bool
  ) -> FolderNode? {
    if let child, child.identity == identity {
      child.wasSeen = true
      return isNew || child.watch == nil ? child : nil
    }
    if let child { drop(child) }
    guard let component = FilePath.Component(name) else { return nil }
    let path = node.path.appending(component)
    guard !excluded(path) else { return nil }
    let child = FolderNode(path, identity, in: node)
    node.children[Array(name)] = child
    return child
  }

  private func forget(_ name: UnsafeBufferPointer<UInt8>, in node: FolderNode, _ child: FolderNode?) {
    if node.memory.forget(name) { note(name, in: node, nil) }
    if let child { drop(child) }
  }

  private func note(_ name: UnsafeBufferPointer<UInt8>, in node: FolderNode, _ state: FileState?) {
    guard let component = FilePath.Component(name) else { return }
    note(FolderSighting(path: node.path.appending(component), state: state))
  }

  /// Forgets a folder with all below it, and tells that its files are gone.
  private func drop(_ node: FolderNode) {
    node.parent?.children[node.name] = nil
    node.forEach { node in
      node.isDropped = true
      unwatch(node)
      for name in node.memory.all { note(FolderSighting(path: node.path.appending(name), state: nil)) }
    }
    polled.removeAll { $0.isDropped }
  }

  private static func isPassedOver(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    FilePath.Component(name).map { FolderListing.isPassedOver($0) } ?? true
  }
}
