/// Where a restore gathers the files of a state directory before they take their places. While it is
/// there no server starts: what has taken its place may be half of a state.
package enum RestoreFolder {
    package static let name = "restoring"
}
