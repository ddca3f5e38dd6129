import LakeColumnar
import LakeFunctions
import LakePlan
import LakeTypes

/// What a join does, seen from its probe side: the side whose rows stream by, while the build side is kept.
struct JoinShape: Sendable {
  /// What becomes of pairs and of rows without a partner.
  enum Kind: Sendable {
    case inner
    /// Probe rows without a match are kept.
    case probeOuter
    /// Build rows without a match are kept.
    case buildOuter
    case fullOuter
    case semi, anti, nullAwareAnti
    /// The build rows with a match, or those without one, are the result; no probe row is.
    case buildSemi, buildAnti
    /// Like `probeOuter`, but a second match is an error.
    case single
    case mark(isNullAware: Bool)

    /// Whether pairs are part of the result.
    var yieldsPairs: Bool {
      switch self {
      case .inner, .probeOuter, .buildOuter, .fullOuter, .single: true
      case .semi, .anti, .nullAwareAnti, .mark, .buildSemi, .buildAnti: false
      }
    }

    /// Whether only build rows are part of the result.
    var yieldsBuildRowsOnly: Bool {
      switch self {
      case .buildSemi, .buildAnti: true
      default: false
      }
    }

    var keepsProbeRows: Bool {
      switch self {
      case .probeOuter, .fullOuter, .single: true
      default: false
      }
    }

    /// Whether something is passed on of a probe row once all its matches are known.
    var concludesProbeRows: Bool {
      switch self {
      case .inner, .buildOuter, .buildSemi, .buildAnti: false
      default: true
      }
    }

    /// Whether build rows are passed on by themselves when all probe rows have been seen.
    var keepsBuildRows: Bool {
      switch self {
      case .buildOuter, .fullOuter, .buildSemi, .buildAnti: true
      default: false
      }
    }

    var isNullAware: Bool {
      switch self {
      case .nullAwareAnti, .mark(isNullAware: true): true
      default: false
      }
    }

    /// Whether a probe row without a match does not matter, so that scans may skip it.
    var dropsUnmatchedProbeRows: Bool {
      switch self {
      case .inner, .buildOuter, .semi, .buildSemi, .buildAnti: true
      default: false
      }
    }
  }

  let kind: Kind
  /// The probe batch's columns that are passed on.
  let probeSlots: [Int]
  let probeTypes: [LogicalType]
  /// The kept columns that are passed on come first in the build rows.
  let buildColumnCount: Int
  /// The equality keys of the probe side, compiled.
  let probeKeys: ExpressionEvaluator?
  let keyLayout: KeyLayout
  /// Where the keys stand in the build rows.
  let buildKeyIndexes: [Int]
  /// What pairs must satisfy besides; its layout is the probe batch's columns, then the build rows' columns.
  let residual: PredicateEvaluator?
  /// The residual as one expression, for three-valued results.
  let residualTruth: ExpressionEvaluator?
  let probeColumnCount: Int

  /// Whether pairs are tested beyond their keys.
  var hasResidual: Bool { residual != nil || residualTruth != nil }
}
