internal import MailModel

extension String {
    /// Control characters as `?`, so that the text stays on its line.
    var printable: String {
        guard !isPrintableASCII, unicodeScalars.contains(where: \.isControl) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            text.unicodeScalars.append(scalar.isControl ? "?" : scalar)
        }
        return text
    }
}
