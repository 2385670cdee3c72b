/// How mail is indexed for text searches.
package struct TextIndexConfiguration: Sendable {
    package enum Mode: String, Sendable, CaseIterable {
        /// An account's mail is indexed from its first search of text on.
        case onDemand = "on-demand"
        /// Every account's mail is indexed as it comes.
        case always
    }

    package var mode: Mode
    /// `search` in the state directory; made when it does not exist.
    package var directory: String

    package init(directory: String, mode: Mode = .onDemand) {
        self.directory = directory
        self.mode = mode
    }
}
