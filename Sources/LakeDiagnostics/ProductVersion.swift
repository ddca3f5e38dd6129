/// The version of LakeSQL.
package enum ProductVersion {
  package static let text = "0.1.0"
}
