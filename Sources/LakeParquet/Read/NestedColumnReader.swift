import LakeColumnar
import LakeDiagnostics
import LakeTypes

/// Reads a column with structs, lists or maps and assembles its vectors from levels and values of the leaves.
///
/// The levels are those of the Dremel paper (Melnik et al., "Dremel: Interactive Analysis of Web-Scale Datasets").
final class NestedColumnReader {
  private let plan: ReadPlan
  private let readers: [Int: NestedLeafReader]
  private let order: [NestedLeafReader]

  /// `readers` holds one for each leaf of the plan, and for each hollow node's first leaf.
  init(_ plan: ReadPlan, readers: [Int: NestedLeafReader]) {
    self.plan = plan
    self.readers = readers
    order = readers.sorted { $0.key < $1.key }.map(\.value)
  }

  var chunks: [ColumnChunkReader] { order.map(\.chunk) }

  /// Rows `start ..< start + count`.
  func read(from start: Int, count: Int) throws(QueryError) -> Vector {
    var entries: [Int: LeafEntries] = [:]
    for (leaf, reader) in readers { entries[leaf] = try reader.read(from: start, count: count) }
    let assembly = NestedAssembly(entries: entries)
    do throws(FormatFault) {
      let vector = try assembly.vector(plan, count: count)
      guard vector.count == count else { throw .corrupt("levels describe another number of rows") }
      return vector
    } catch {
      throw order[0].chunk.located(error)
    }
  }
}

/// Builds vectors of one range of rows.
private struct NestedAssembly {
  let entries: [Int: LeafEntries]

  /// The vector of a node's slots; `count` is the number of slots where only the caller knows it.
  func vector(_ plan: ReadPlan, count: Int) throws(FormatFault) -> Vector {
    switch plan {
    case .missing(let type, let value): return .constant(value, type, count: count)
    case .leaf(let node, let index, let type): return try leaf(node, levels(index), type)
    case .structure(let node, let parts, let type):
      return try structure(node, parts, type, levels(plan.levelLeaf(of: node)))
    case .list(let node, let element, let type):
      guard case .list(let entryDefinition, _) = node.shape else { throw Self.inconsistent }
      return try list(node, entryDefinition, [element], type, levels(plan.levelLeaf(of: node)))
    case .map(let node, let key, let value, let type):
      guard case .map(let entryDefinition, _, _) = node.shape else { throw Self.inconsistent }
      return try list(node, entryDefinition, [key, value], type, levels(plan.levelLeaf(of: node)))
    }
  }

  private static let inconsistent = FormatFault.corrupt("the levels of its columns contradict each other")

  private func levels(_ leaf: Int) throws(FormatFault) -> LeafEntries {
    guard let found = entries[leaf] else { throw Self.inconsistent }
    return found
  }

  private func leaf(_ node: ColumnNode, _ levels: LeafEntries, _ type: LogicalType) throws(FormatFault) -> Vector {
    let (count, mask) = slots(node, levels)
    let values = levels.values
    guard values.type == type else { return try fail() }
    guard let mask else { return values.count == count ? values : try fail() }
    guard mask.validCount(count) == values.count else { return try fail() }
    let width = type.physical.width
    let result = Vector.flat(type, count: count, validity: mask, heaps: values.heaps)
    result.values.copyMemory(from: values.values, byteCount: values.count * width)
    SlotSpreading.spread(result.values, width: width, packed: values.count, count: count, mask, offset: 0)
    return result
  }

  private func fail() throws(FormatFault) -> Vector { throw Self.inconsistent }

  /// Counts a node's slots and marks the NULL ones; no mask where there is none.
  private func slots(_ node: ColumnNode, _ levels: LeafEntries) -> (count: Int, mask: ValidityMask?) {
    let mask = ValidityMask(count: levels.count, allValid: true)
    var count = 0
    var nulls = 0
    for index in 0..<levels.count {
      let definition = Int(levels.definition[index])
      guard Int(levels.repetition(at: index)) <= node.repetition, definition >= node.slotDefinition else { continue }
      if definition < node.definition {
        mask.setNull(count)
        nulls += 1
      }
      count += 1
    }
    return (count, nulls == 0 ? nil : mask)
  }

  private func structure(
    _ node: ColumnNode, _ parts: [ReadPlan], _ type: LogicalType, _ levels: LeafEntries
  ) throws(FormatFault) -> Vector {
    let (count, mask) = slots(node, levels)
    var children: [Vector] = []
    for part in parts {
      let child = try vector(part, count: count)
      guard child.count == count else { throw Self.inconsistent }
      children.append(child)
    }
    return .flat(type, count: count, validity: mask, children: children)
  }

  /// A list or map: one entry of the leaf for each entry of the list, and one for an empty or NULL list.
  private func list(
    _ node: ColumnNode, _ entryDefinition: Int, _ parts: [ReadPlan], _ type: LogicalType, _ levels: LeafEntries
  ) throws(FormatFault) -> Vector {
    let (count, mask) = slots(node, levels)
    let owner = Buffer(byteCount: count * PhysicalType.list.width)
    let total = try fill(owner.base.assumingMemoryBound(to: ListEntry.self), node, entryDefinition, levels)
    var children: [Vector] = []
    for part in parts {
      let child = try vector(part, count: total)
      guard child.count == total else { throw Self.inconsistent }
      children.append(child.isConstant ? child.flattened() : child)
    }
    return Vector(
      type: type, encoding: .flat, count: count, owner: owner, validity: mask, children: children)
  }

  /// Fills the places of the lists and returns the number of their entries.
  private func fill(
    _ target: UnsafeMutablePointer<ListEntry>, _ node: ColumnNode, _ entryDefinition: Int, _ levels: LeafEntries
  ) throws(FormatFault) -> Int {
    guard levels.count < Int(UInt32.max) else { throw .unsupported("a batch holds too many list entries") }
    var total: UInt32 = 0
    var slot = -1
    for index in 0..<levels.count {
      let repetition = Int(levels.repetition(at: index))
      let definition = Int(levels.definition[index])
      if repetition <= node.repetition {
        guard definition >= node.slotDefinition else { continue }
        slot += 1
        let count: UInt32 = definition >= entryDefinition ? 1 : 0
        target[slot] = ListEntry(offset: total, count: count)
        total += count
      } else if repetition == node.repetition + 1 {
        guard slot >= 0, target[slot].count > 0, definition >= entryDefinition else { throw Self.inconsistent }
        target[slot].count += 1
        total += 1
      }
    }
    return Int(total)
  }
}
