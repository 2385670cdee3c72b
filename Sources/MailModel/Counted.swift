/// `1 message`, `2 messages`.
/// - Parameter nouns: where the plural is not made with an s.
package func counted(_ count: some BinaryInteger, _ noun: String, _ nouns: String? = nil) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(nouns ?? noun + "s")"
}
