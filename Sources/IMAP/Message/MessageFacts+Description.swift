package import InternetMessage

extension MessageFacts {
    /// Describes a message as IMAP shows it; given to the cache that keeps the facts.
    package init(describing message: MIMEMessage, preview: String?) {
        var envelope = WireText()
        envelope.bytes.reserveCapacity(512)
        envelope.envelope(message.parts[0].envelope ?? EnvelopeFields())
        var body = WireText()
        body.structure(of: message, extended: false)
        var structure = WireText()
        structure.structure(of: message, extended: true)
        self.init(
            envelope: envelope.bytes, body: body.bytes, bodyStructure: structure.bytes,
            preview: preview, parts: message.tree)
    }
}
