extension DNSResolver {
    /// Finds TXT records. What doesn't follow their format is left out.
    package func texts(of name: String) async -> TextLookup {
        switch await lookUp(name, .txt) {
        case .records(let records, let isSecure, _):
            let texts = records.compactMap(RecordData.text)
            return texts.isEmpty ? .none(isSecure: isSecure) : .texts(texts, isSecure: isSecure)
        case .noRecords(let isSecure), .noSuchName(let isSecure):
            return .none(isSecure: isSecure)
        case .failure(let fault):
            return .failure(fault)
        }
    }
}
